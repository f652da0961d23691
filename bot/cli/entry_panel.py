"""Lay out one entry as a rich panel."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Rich

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.i18n import Language, words
from bot.render.entry_text import limit_line, notes

_COLOURS = {"info": "blue", "low": "yellow", "medium": "dark_orange", "high": "red"}


def panel(entry: Entry, catalogue: Catalogue, language: Language) -> Panel:
    """Return the panel that explains *entry*."""
    say = words(language)
    facts = Table.grid(padding=(0, 2))
    facts.add_row(say("card.actor"), say(f"actor.{entry.actor}"))
    facts.add_row(say("card.retry"), say(f"retry.{entry.retry}"))
    facts.add_row(say("card.severity"), Rich(say(f"severity.{entry.severity}"), style=_COLOURS[entry.severity]))
    for limit in entry.limits:
        facts.add_row(say("card.limits"), _prose(limit_line(limit, say)))
    if entry.methods:
        facts.add_row(say("card.methods"), say("list.item_separator").join(entry.methods))
    parts: list[RenderableType] = [_prose(say.pick(entry.meaning)), Rich()]
    parts += [*_numbered(say.pick(entry.remedy)), Rich(), facts]
    for meaning in entry.other_meanings:
        parts += [Rich(), Rich(say("card.other", title=say.pick(meaning.title)), style="bold")]
        parts += [
            _prose(say("sentences", first=say("card.when"), second=say.pick(meaning.when))),
            _prose(say.pick(meaning.meaning)),
        ]
        parts += _numbered(say.pick(meaning.remedy))
    small_print = [*notes(entry, say), say.pick(catalogue.links_of(entry))]
    parts += [Rich(), Rich("\n".join(small_print), style="dim")]
    return Panel(Group(*parts), title=Rich(f"{entry.code}  {say.pick(entry.title)}"), title_align="left")


def _numbered(lines: Sequence[str]) -> list[Padding]:
    return [Padding(_prose(f"{number}. {line}"), (0, 0, 0, 2)) for number, line in enumerate(lines, 1)]


def _prose(text: str) -> Rich:
    """Set the parts of a catalogue text that are in back-ticks in bold."""
    parts = enumerate(text.split("`"))
    return Rich.assemble(*((part, "bold" if position % 2 else "") for position, part in parts))
