"""Show catalogue entries in Slack: as cards in a message, as lines of a list, in the lookup modal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Meaning
from bot.catalogue.numbers import ServerCode
from bot.catalogue.platforms import Platform
from bot.i18n import Translator
from bot.policy.replies import Annotation, Explained, Unknown
from bot.render import block_kit, unknown_code
from bot.render.block_kit import Block, Element, MessagePayload
from bot.render.entry_wording import foreign_line, limit_line, notes, platform_lines, server_code_line
from bot.triage.cascades import CascadeRule, Cascades

SHOW_LANGUAGE = "show_language"  # action ids
SHOW_CODE = "show_code"
OPEN_DOCS = "open_docs"
NOT_A_CODE = "not_a_code"
QUIET_HERE = "quiet_here"
LOOKUP = "lookup"
LOOKUP_CODE = "lookup_code"
_MOST_CARDS = 5
_MOST_LINES = 30  # codes after the cards, one line each
_EXAMPLE = 1000  # characters of a quoted example; escaping can make a line of 600 longer
_MOST_CODES = 100  # in the value of a button, which Slack limits to 2,000 characters
_SEVERITY_MARK = {"info": "🔵", "low": "🟡", "medium": "🟠", "high": "🔴"}


def explained(catalogue: Catalogue, reply: Explained, translate: Translator) -> MessagePayload:
    """Build the answer to a question: a card for each of the first codes, a line for each of the others."""
    before = [server_code_line(each, catalogue.numbers, translate) for each in reply.server_codes]
    blocks = block_kit.paragraphs(before) if before else []
    blocks += _cards(reply.entries, reply.unknown, reply.platform, translate)
    after = [foreign_line(each, translate, "<{}>") for each in reply.foreign]
    blocks += block_kit.paragraphs(after) if after else []
    blocks.append(block_kit.actions(*_reading_buttons(catalogue, reply, translate)))
    return block_kit.message(_notification(reply.entries, translate), blocks)


def unknown(catalogue: Catalogue, reply: Unknown, translate: Translator) -> MessagePayload:
    """Build the answer to a question about unknown codes."""
    return _unknown(catalogue, reply.codes, translate)


def annotation(catalogue: Catalogue, cascades: Cascades, reply: Annotation, translate: Translator) -> MessagePayload:
    """Build a reply that nobody asked for: the explanation, how often a code was repeated, buttons to dismiss it.

    A code that follows from another one of the message by *cascades* gets a line that says so instead of a card.
    """
    codes = block_kit.joined([*(entry.code for entry in reply.entries), *reply.unknown], translate)
    rejection = translate("not_a_code.text", codes=block_kit.shorten(codes, 60))
    no_code = translate("not_a_code.title"), rejection, translate("not_a_code.yes"), translate("not_a_code.no")
    quiet = (translate(f"quiet.{part}") for part in ("title", "text", "yes", "no"))
    dismiss = [
        block_kit.button(translate("button.not_a_code"), NOT_A_CODE, confirm=block_kit.confirmation(*no_code)),
        block_kit.button(translate("button.quiet"), QUIET_HERE, confirm=block_kit.confirmation(*quiet)),
    ]
    if not reply.entries:
        return _unknown(catalogue, reply.unknown, translate, block_kit.actions(*dismiss))
    causes = _causes(reply.entries, cascades)
    leading = [entry for entry in reply.entries if entry.code not in causes]
    blocks = _cards(leading, (), reply.platform, translate)
    lines = [_follows(entry, *causes[entry.code], translate) for entry in reply.entries if entry.code in causes]
    lines += [_server_code(code, beside, catalogue, translate) for code, beside in reply.server_codes[:_MOST_CARDS]]
    blocks += block_kit.paragraphs(lines) if lines else []
    blocks += _beside(reply.unknown, translate)
    repeated = [translate.count("card.repeated", n, code=code) for code, n in sorted(reply.counts.items()) if n > 1]
    blocks += [block_kit.context(*repeated)] if repeated else []
    blocks.append(block_kit.actions(*_reading_buttons(catalogue, reply, translate), *dismiss))
    return block_kit.message(_notification(leading, translate), blocks)


def lookup(entry: Entry | None, translate: Translator) -> dict[str, Any]:
    """Build the modal that searches codes while a person types, with all about *entry* below the field.

    Only here the card is followed by the entry's example: messages stay short.
    """
    blocks = [block_kit.lookup(translate("lookup.label"), translate("lookup.placeholder"), LOOKUP_CODE)]
    blocks += card(entry, translate) if entry else []
    if entry and entry.example:
        quoted = block_kit.literal(entry.example, _EXAMPLE)
        blocks.append(block_kit.section(f"*{translate('card.example')}*\n`{quoted}`", verbatim=True))
    return {"callback_id": LOOKUP, **block_kit.modal(translate("lookup.title"), translate("lookup.close"), blocks)}


def card(entry: Entry, translate: Translator, platform: Platform | None = None) -> list[Block]:
    """Build the blocks that explain *entry* on *platform*: meaning, remedy, actor, limits, sources."""
    blocks = [
        block_kit.header(f"{entry.code} · {translate.pick(entry.title)}"),
        block_kit.section(block_kit.escape(translate.pick(entry.meaning))),
        block_kit.section(f"*{translate('card.remedy')}*\n{numbered(translate.pick(entry.remedy))}"),
        block_kit.fields(list(_facts(entry, translate))),
    ]
    if entry.limits:
        blocks.append(block_kit.section(_limits(entry, translate)))
    blocks += [_other_meaning(meaning, translate) for meaning in entry.other_meanings]
    phrases = (*notes(entry, translate), *platform_lines(entry, platform, translate))
    small_print = [block_kit.escape(phrase) for phrase in phrases]
    return [*blocks, block_kit.context(*small_print)] if small_print else blocks


def line(entry: Entry, translate: Translator) -> str:
    """Format *entry* as one line of mrkdwn: its code and title."""
    return f"*{entry.code}*  {block_kit.escape(translate.pick(entry.title))}"


def numbered(steps: Sequence[str]) -> str:
    """Format *steps* as a numbered list in mrkdwn; a single step gets no number."""
    escaped = [block_kit.escape(step) for step in steps]
    return escaped[0] if len(escaped) == 1 else "\n".join(f"{number}. {step}" for number, step in enumerate(escaped, 1))


def _cards(
    entries: Sequence[Entry], unknown: Sequence[int], platform: Platform | None, translate: Translator
) -> list[Block]:
    """Build a card for each of the first entries, a line for each of the others, and a line of unknown codes."""
    blocks: list[Block] = []
    for entry in entries[:_MOST_CARDS]:
        blocks += [block_kit.DIVIDER] if blocks else []
        blocks += card(entry, translate, platform)
    if rest := entries[_MOST_CARDS:]:
        lines = [line(entry, translate) for entry in rest[:_MOST_LINES]]
        more = len(rest) - _MOST_LINES
        lines += [translate.count("card.more", more)] if more > 0 else []
        blocks += [block_kit.DIVIDER, *block_kit.paragraphs(lines)]
    return [*blocks, *_beside(unknown, translate)]


def _unknown(catalogue: Catalogue, codes: Sequence[int], translate: Translator, *last: Block) -> MessagePayload:
    """Say that none of *codes* is known, which known ones are near, and what to do; *last* ends the message."""
    said = unknown_code.statement(codes, catalogue, translate)
    blocks = [block_kit.section(said)]
    if entries := unknown_code.nearest(codes, catalogue):
        blocks.append(block_kit.section(translate("unknown.nearest")))
    for entry in entries:
        show = block_kit.button(translate("button.show"), SHOW_CODE, value=str(entry.code))
        blocks.append(block_kit.section(line(entry, translate), accessory=show))
    steps = unknown_code.steps(codes, unknown_code.slack_link(catalogue, translate), translate)
    return block_kit.message(said, [*blocks, block_kit.section("\n".join(steps)), *last])


def _beside(unknown: Sequence[int], translate: Translator) -> list[Block]:
    """Build the line of *unknown* codes, if there are any."""
    codes = block_kit.joined(unknown, translate)
    return [block_kit.context(translate("unknown.beside", codes=codes, code=unknown[0]))] if unknown else []


def _causes(entries: Sequence[Entry], cascades: Cascades) -> dict[int, tuple[int, CascadeRule]]:
    """Return the cause of each code that follows from an earlier one of a few *entries*, with the rule that says so."""
    causes: dict[int, tuple[int, CascadeRule]] = {}
    for index, entry in enumerate(entries[:_MOST_CARDS]):
        for cause in entries[:index]:
            if rule := cascades.rule(cause.code, entry.code):
                causes.setdefault(entry.code, (cause.code, rule))
    return causes


def _follows(entry: Entry, cause: int, rule: CascadeRule, translate: Translator) -> str:
    """Say in mrkdwn that *entry* likely follows from *cause*, and why."""
    title, reason = (block_kit.escape(translate.pick(text)) for text in (entry.title, rule.reason))
    return translate("card.follows", code=entry.code, title=title, cause=cause, reason=reason)


def _server_code(code: int, beside: ServerCode, catalogue: Catalogue, translate: Translator) -> str:
    """Say in mrkdwn what the server's own code *beside* a code stands for."""
    title = block_kit.escape(translate.pick(catalogue[beside.code].title))
    return translate("card.server_code", code=code, number=beside.number, stands_for=beside.code, title=title)


def _reading_buttons(catalogue: Catalogue, reply: Explained | Annotation, translate: Translator) -> list[Element]:
    """Build the buttons for the other language and for the vendor's page."""
    platform = {"platform": reply.platform.key} if reply.platform else {}
    value = json.dumps({"codes": _numbers(reply)[:_MOST_CODES], "language": translate.language.other} | platform)
    url = translate.pick(catalogue.links_of(reply.entries[0], reply.platform))
    return [
        block_kit.button(translate("button.other_language"), SHOW_LANGUAGE, value=value),
        block_kit.button(translate("button.docs"), OPEN_DOCS, url=url),
    ]


def _numbers(reply: Explained | Annotation) -> list[int]:
    """Return what was asked for, as it was asked for."""
    if isinstance(reply, Annotation):
        return [*(entry.code for entry in reply.entries), *reply.unknown]
    asked = {each.code: each.number for each in reply.server_codes}
    foreign = (each.number for each in reply.foreign if each.number not in asked.values())
    return [*(asked.get(entry.code, entry.code) for entry in reply.entries), *reply.unknown, *foreign]


def _notification(entries: Sequence[Entry], translate: Translator) -> str:
    """Return the titles as plain text; a single code also gets its first step."""
    titles = [f"{entry.code} {translate.pick(entry.title)}" for entry in entries]
    if len(entries) == 1:
        titles.append(translate.pick(entries[0].remedy)[0])
    return block_kit.escape(" · ".join(titles))


def _facts(entry: Entry, translate: Translator) -> Iterator[str]:
    """Yield one field each: actor, retry, severity, methods that return the code."""
    for name, value in (("actor", entry.actor), ("retry", entry.retry), ("severity", entry.severity)):
        mark = f"{_SEVERITY_MARK[value]} " if name == "severity" else ""
        judged = f" {translate('card.judged')}" if name in entry.judged and name != "severity" else ""
        yield f"*{translate(f'card.{name}')}*\n{mark}{translate(f'{name}.{value}')}{judged}"
    if entry.methods:
        yield f"*{translate('card.methods')}*\n{_methods(entry)}"


def _limits(meaning: Entry | Meaning, translate: Translator) -> str:
    lines = "\n".join(f"• {block_kit.escape(limit_line(limit, translate))}" for limit in meaning.limits)
    return f"*{translate('card.limits')}*\n{lines}"


def _methods(meaning: Entry | Meaning) -> str:
    return " ".join(f"`{method}`" for method in meaning.methods)


def _other_meaning(meaning: Meaning, translate: Translator) -> Block:
    texts = (meaning.title, meaning.when, meaning.meaning)
    title, when, text = (block_kit.escape(translate.pick(each)) for each in texts)
    more = f"\n{translate('card.methods')}: {_methods(meaning)}" if meaning.methods else ""
    more += f"\n{_limits(meaning, translate)}" if meaning.limits else ""
    return block_kit.section(
        f"*{translate('card.other', title=title)}*\n_{translate('card.when')}_ {when}\n"
        f"{text}\n{numbered(translate.pick(meaning.remedy))}\n"
        f"{translate('card.actor')}: {translate(f'actor.{meaning.actor}')} · "
        f"{translate('card.retry')}: {translate(f'retry.{meaning.retry}')}{more}"
    )
