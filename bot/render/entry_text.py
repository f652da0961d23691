"""An entry's facts in words of one language, for Slack and for the terminal alike. No markup, no escaping."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalogue.entry import Entry, EntryStatus, Limit, Links, Steps, Text
from bot.i18n import Language, Translator


def said(text: Text | Links, language: Language) -> str:
    """*text* in *language*."""
    return text.zh if language.is_chinese else text.en


def steps(remedy: Steps, language: Language) -> tuple[str, ...]:
    """The steps of *remedy* in *language*, the first one first to do."""
    return remedy.zh if language.is_chinese else remedy.en


def limit_line(limit: Limit, language: Language, words: Translator) -> str:
    """One limit, such as “attribute changes: at most 20 requests in 10 seconds (per room, …)”."""
    if limit.value is None:
        amount = words("limit.unlimited")
    else:
        amount = words.count(f"unit.{limit.unit}", limit.value)
        amount = amount if limit.bound == "exact" else words(f"limit.{limit.bound}", amount=amount)
    if limit.window_s:
        amount = words.count("limit.window", limit.window_s, amount=amount)
    remarks = [words(f"limit.per.{limit.per}")] if limit.per else []
    remarks += [words(f"limit.plan.{limit.plan}")] if limit.plan else []
    remarks += [words("limit.default")] if limit.default else []
    remarks.append(words(f"origin.{limit.origin}"))
    return words(
        "limit.line", what=said(limit.what, language), amount=amount, remarks=words("list.separator").join(remarks)
    )


def notes(entry: Entry, language: Language, words: Translator) -> Iterator[str]:
    """What the entry rests on, where that is worth a word: its status, and sources that say something else."""
    if entry.status is not EntryStatus.DOCUMENTED:
        yield words(f"status.{entry.status}")
    for source in entry.sources:
        if source.differs:
            yield words("card.differs", origin=words(f"origin.{source.origin}"), text=said(source.differs, language))
