"""Implement `zimerr explain`, `search` and `list`: print entries of the catalogue.

People get panels and tables, programs JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import click

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Limit, Links, Steps, Symbols, Text
from bot.i18n import Language, words


def explain(names: Sequence[str], catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Explain codes, given as numbers or symbols. Return the exit status, 1 if one is unknown."""
    known: dict[int, Entry] = {}
    unknown: list[str] = []
    for name in filter(None, ",".join(names).replace("，", ",").split(",")):
        if entry := catalogue.entry_named(name):
            known[entry.code] = entry
        else:
            unknown.append(name)
    if as_json:
        _print_json([as_object(entry, catalogue, language) for entry in known.values()])
    else:
        # rich is imported only where it prints: that takes as long as all the rest of `explain --json`.
        from bot.cli.entry_panel import print_panels

        print_panels(tuple(known.values()), catalogue, language)
    for name in unknown:
        _print_error(words(language)("terminal.unknown", name=name))
    return 1 if unknown else 0


def search(query: str, catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Print the entries that match *query*, best match first. Return the exit status, 1 if there is none."""
    hits = catalogue.search(query)
    if as_json:
        pick = words(language).pick
        _print_json(
            [{"code": hit.entry.code, "title": pick(hit.entry.title), "score": round(hit.score, 4)} for hit in hits]
        )
    elif hits:
        from bot.cli.entry_panel import print_table

        print_table([hit.entry for hit in hits], language)
    else:
        _print_error(words(language)("terminal.nothing", query=query))
    return 0 if hits else 1


def browse(name: str | None, catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Print the codes of a section, or all codes. Return the exit status, 1 if there is no such section."""
    section = catalogue.section_named(name) if name else None
    if name and not section:
        translate = words(language)
        names = translate("list.item_separator").join(each.section for each in catalogue.sections)
        _print_error(translate("terminal.no_section", name=name, names=names))
        return 1
    entries = section.codes if section else tuple(catalogue)
    if as_json:
        _print_json([as_object(entry, catalogue, language) for entry in entries])
    else:
        from bot.cli.entry_panel import print_table

        print_table(entries, language)
    return 0


def as_object(entry: Entry, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return *entry* as a JSON object: its texts in *language*, its facts as in the catalogue. Its keys are public."""
    pick = words(language).pick
    facts: dict[str, Any] = _as_json(entry, pick) | {"docs": pick(catalogue.links_of(entry))}
    del facts["keywords"]  # for the search only
    return {"code": entry.code, "language": language, "section": catalogue.section_of(entry).section} | facts


def _as_json(value: Any, pick: Callable[[Any], Any]) -> Any:
    """Convert a value of the catalogue to plain JSON; *pick* selects the language of its texts."""
    if isinstance(value, Text | Links | Steps):
        return pick(value)
    if isinstance(value, tuple):
        return [_as_json(item, pick) for item in value]
    if not is_dataclass(value):
        return value
    found = {field.name: _as_json(getattr(value, field.name), pick) for field in fields(value)}
    if isinstance(value, Limit | Symbols):
        # They leave out facts that they lack. The value of a limit is null if there is no bound.
        return {name: fact for name, fact in found.items() if fact is not None or name == "value"}
    return found


def _print_json(content: Any) -> None:
    # Not through rich, which would wrap lines and colour what a program reads.
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))


def _print_error(text: str) -> None:
    from rich.console import Console

    Console(stderr=True).print(text, markup=False, highlight=False)
