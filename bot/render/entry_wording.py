"""Phrase the facts of an entry and a platform, for Slack and for the terminal alike. No escaping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.catalogue.entry import Actor, Entry, EntryStatus, Limit, Meaning, Retry, Source
from bot.catalogue.numbers import ForeignNumber, KnownNumbers, ServerCode
from bot.catalogue.platforms import Platform, needs_log
from bot.i18n import Translator

# The end of a sentence, not the point in “2.5 s” or “SDK 1.x”.
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z`])|(?<=[。！？])")


def first_sentence(text: str) -> str:
    """Return the first sentence of a text of the catalogue, in either language."""
    return _SENTENCE.split(text, maxsplit=1)[0]


def retry_text(meaning: Entry | Meaning, translate: Translator) -> str:
    """Say whether a retry helps. Where nobody has to fix anything, none is needed."""
    if meaning.actor is Actor.NOBODY and meaning.retry is Retry.NO:
        return translate("retry.unneeded")
    return translate(f"retry.{meaning.retry}")


def numbered(steps: Sequence[str]) -> str:
    """Format *steps* as a numbered list; a single step gets no number."""
    return steps[0] if len(steps) == 1 else "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))


def fact_line(name: str, value: str, translate: Translator) -> str:
    """Return a line such as “Who fixes it: App developer”; *name* is the key of its label below `card`."""
    return translate("card.fact", name=translate(f"card.{name}"), value=value)


def limit_lines(limits: Sequence[Limit], translate: Translator) -> Iterator[str]:
    """Yield lines such as “attribute changes: at most 20 requests per 10 seconds (per room, …)”.

    Limits that differ in nothing but the name of their plan and their origin are one line.
    """
    equal: dict[tuple[Limit, bool], list[Limit]] = {}
    for limit in limits:
        alike = replace(limit, plan=None, origin=limits[0].origin), limit.plan is None
        equal.setdefault(alike, []).append(limit)
    for same in equal.values():
        yield _limit_line(same, translate)


def _limit_line(same: Sequence[Limit], translate: Translator) -> str:
    """Format limits that differ in nothing but their plan and origin."""
    limit = same[0]
    if limit.value is None:
        amount = translate("limit.unlimited")
    else:
        amount = translate.count(f"unit.{limit.unit}", limit.value)
        amount = amount if limit.bound == "exact" else translate(f"limit.{limit.bound}", amount=amount)
    if limit.window_s == 1:
        amount = translate("limit.per_second", amount=amount)
    elif limit.window_s:
        amount = translate("limit.window", amount=amount, n=limit.window_s)
    remarks = [f"limit.per.{limit.per}"] if limit.per else []
    remarks += [f"limit.plan.{each.plan}" for each in same if each.plan]
    remarks += ["limit.default"] if limit.default else []
    remarks += [f"origin.{each.origin}" for each in same]
    what = translate.pick(limit.what)
    said = [text for text in map(translate, dict.fromkeys(remarks)) if text not in what]  # “单个 key 的长度”
    return translate("limit.line", what=what, amount=amount, remarks=translate("list.separator").join(said))


def server_code_line(asked: ServerCode, known: KnownNumbers, translate: Translator) -> str:
    """Return the line that says which code the SDK makes of a code of ZIM's servers."""
    read = known.server_codes_read
    return translate("number.server_code", number=asked.number, code=asked.code, read=read)


def foreign_line(asked: ForeignNumber, translate: Translator, docs: str = "{}") -> str:
    """Return the line that says whose number it is and where to look it up; *docs* is the format of a URL."""
    name, *others = (translate.pick(product.name) for product in asked.products)
    for other in others:
        name = translate("number.or", first=name, second=other)
    urls = dict.fromkeys(docs.format(translate.pick(product.docs)) for product in asked.products)
    return translate("number.foreign", number=asked.number, name=name, docs=translate("list.item_separator").join(urls))


def notes(entry: Entry, translate: Translator) -> Iterator[str]:
    """Yield remarks on the entry: SDK version, plan, status unless documented, differences between its sources."""
    if entry.since:
        yield translate("card.since", version=entry.since)
    if entry.plan:
        yield translate(f"card.plan.{entry.plan}")
    if entry.status is not EntryStatus.DOCUMENTED:
        yield translate(f"status.{entry.status}")
    for source in entry.sources:
        origin = source_name(source, translate)
        if source.differs:
            yield translate("card.differs", origin=origin, text=translate.pick(source.differs))
        if source.likely:
            yield translate("card.likely", origin=origin, text=translate.pick(source.likely))


def source_name(source: Source, translate: Translator) -> str:
    """Name *source*, with its version if it has one."""
    origin = translate(f"origin.{source.origin}")
    version = (source.version or "").replace(", ", translate("list.separator"))
    return translate("card.version", origin=origin, version=version) if version else origin


def platform_lines(entry: Entry, platform: Platform | None, translate: Translator) -> Iterator[str]:
    """Yield the SDK's name of the code, on *platform* if it has one, and where the log is if the remedy needs it."""
    if platform and (symbol := platform.symbol_of(entry)):
        yield translate("card.symbol_on", platform=translate.pick(platform.name), symbol=symbol)
    elif symbols := [*entry.symbols.by_sdk().values()]:
        yield translate("card.symbol", symbol=symbols[0])
    if platform and needs_log(entry.remedy.en):
        yield log_line(platform, translate)


def log_line(platform: Platform, translate: Translator, *, is_short: bool = False) -> str:
    """Say where the SDK's log is on *platform* and how to upload it; *is_short* is for a list of platforms."""
    key = "logs.short" if is_short else "logs.line"
    calls = translate("list.item_separator").join(f"`{call}`" for call in platform.upload)
    name, place = translate.pick(platform.name), translate.pick(platform.log)
    return translate(key, platform=name, place=place, calls=calls)


def log_advice(platform: Platform, translate: Translator) -> Iterator[str]:
    """Yield how to upload the log, and how to set its folder."""
    yield translate("logs.wait")
    if platform.config:
        yield translate("logs.repeat")
    yield from map(translate.pick, platform.advice)
    if platform.config:
        yield translate("logs.folder", call=platform.config)
    yield translate("logs.send")
