"""Print entries for people with rich: a panel for each, or a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Rich

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Meaning
from bot.catalogue.platforms import Platform
from bot.i18n import Language, Translator, words
from bot.render.entry_wording import limit_line, notes, platform_lines

_COLOURS = {"info": "blue", "low": "yellow", "medium": "dark_orange", "high": "red"}


def print_panels(
    entries: Sequence[Entry], catalogue: Catalogue, language: Language, platform: Platform | None = None
) -> None:
    """Print a panel that explains each of *entries* on *platform*."""
    for entry in entries:
        # Replacing emoji names such as :bug: needs a table that is slow to import, and no text contains any.
        Console(emoji=False).print(_panel(entry, catalogue, words(language), platform))


def print_table(entries: Sequence[Entry], language: Language) -> None:
    """Print a line for each of *entries*: its code and title."""
    table = Table.grid(padding=(0, 2))
    for entry in entries:
        table.add_row(Rich(str(entry.code), style="bold"), Rich(words(language).pick(entry.title)))
    Console().print(table)


def _panel(entry: Entry, catalogue: Catalogue, translate: Translator, platform: Platform | None) -> Panel:
    facts = Table.grid(padding=(0, 2))
    facts.add_row(translate("card.actor"), translate(f"actor.{entry.actor}"))
    facts.add_row(translate("card.retry"), translate(f"retry.{entry.retry}"))
    severity = Rich(translate(f"severity.{entry.severity}"), style=_COLOURS[entry.severity])
    facts.add_row(translate("card.severity"), severity)
    _add_limits_and_methods(facts, entry, translate)
    if entry.example:
        facts.add_row(translate("card.example"), Rich(entry.example, overflow="fold"))
    parts: list[RenderableType] = [_prose(translate.pick(entry.meaning)), Rich()]
    parts += [*_numbered(translate.pick(entry.remedy)), Rich(), facts]
    for meaning in entry.other_meanings:
        parts += [Rich(), Rich(translate("card.other", title=translate.pick(meaning.title)), style="bold")]
        when = translate("sentences", first=translate("card.when"), second=translate.pick(meaning.when))
        parts += [_prose(when), _prose(translate.pick(meaning.meaning))]
        parts += _numbered(translate.pick(meaning.remedy))
        more = Table.grid(padding=(0, 2))
        _add_limits_and_methods(more, meaning, translate)
        parts += [more] if more.row_count else []
    lines = [*notes(entry, translate), *(platform_lines(entry, platform, translate) if platform else ())]
    small_print = [*(line.replace("`", "") for line in lines), translate.pick(catalogue.links_of(entry, platform))]
    parts += [Rich(), Rich("\n".join(small_print), style="dim")]
    return Panel(Group(*parts), title=Rich(f"{entry.code}  {translate.pick(entry.title)}"), title_align="left")


def _add_limits_and_methods(table: Table, meaning: Entry | Meaning, translate: Translator) -> None:
    for limit in meaning.limits:
        table.add_row(translate("card.limits"), _prose(limit_line(limit, translate)))
    if meaning.methods:
        table.add_row(translate("card.methods"), translate("list.item_separator").join(meaning.methods))


def _numbered(lines: Sequence[str]) -> list[Padding]:
    return [Padding(_prose(f"{number}. {line}"), (0, 0, 0, 2)) for number, line in enumerate(lines, 1)]


def _prose(text: str) -> Rich:
    """Set the parts of a catalogue text that are in back-ticks in bold."""
    parts = enumerate(text.split("`"))
    return Rich.assemble(*((part, "bold" if position % 2 else "") for position, part in parts))
