"""What the command line prints about codes: for people with rich, for programs as JSON."""

from __future__ import annotations

import json
import locale
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Rich

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Limit, Meaning
from bot.i18n import Language, negotiate, words
from bot.render.entry_text import limit_line, notes

_COLOURS = {"info": "blue", "low": "yellow", "medium": "dark_orange", "high": "red"}


def language(choice: str | None) -> Language:
    """The language asked for, else the one of the terminal's locale."""
    if choice:
        return Language(choice)
    return negotiate((locale.getlocale()[0] or "").partition(".")[0], default=Language.EN)


def explain(names: Sequence[str], catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Explain codes given as numbers or symbols; return the exit status, 1 where one is unknown."""
    known, unknown = _resolve(names, catalogue)
    if as_json:
        _print_json([as_object(entry, catalogue, language) for entry in known])
    else:
        for entry in known:
            Console().print(_panel(entry, catalogue, language))
    say = words(language)
    for name in unknown:
        Console(stderr=True).print(say("terminal.unknown", name=name), markup=False, highlight=False)
    return 1 if unknown else 0


def search(query: str, catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Print what fits *query*, best first; return the exit status, 1 where nothing does."""
    hits = catalogue.search(query)
    if as_json:
        _print_json([_row(hit.entry, language) | {"score": round(hit.score, 4)} for hit in hits])
    elif hits:
        Console().print(_table([hit.entry for hit in hits], language))
    else:
        Console(stderr=True).print(words(language)("terminal.nothing", query=query), markup=False, highlight=False)
    return 0 if hits else 1


def browse(name: str | None, catalogue: Catalogue, language: Language, *, as_json: bool) -> int:
    """Print the codes of a section, or all; return the exit status, 1 where there is no such section."""
    section = catalogue.section_named(name) if name else None
    if name and not section:
        names = ", ".join(each.section for each in catalogue.sections)
        Console(stderr=True).print(words(language)("terminal.no_section", name=name, names=names), markup=False)
        return 1
    entries = section.codes if section else tuple(catalogue)
    if as_json:
        _print_json([as_object(entry, catalogue, language) for entry in entries])
    else:
        Console().print(_table(entries, language))
    return 0


def as_object(entry: Entry, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """*entry* as JSON holds it: its texts in *language*, its facts as in the catalogue."""
    links, pick = catalogue.links_of(entry), words(language).pick
    return {
        "code": entry.code,
        "language": str(language),
        "section": catalogue.section_of(entry).section,
        "status": str(entry.status),
        "title": pick(entry.title),
        "meaning": pick(entry.meaning),
        "remedy": list(pick(entry.remedy)),
        "actor": str(entry.actor),
        "retry": str(entry.retry),
        "severity": str(entry.severity),
        "judged": list(entry.judged),
        "limits": [_limit(limit, language) for limit in entry.limits],
        "methods": list(entry.methods),
        "symbols": entry.symbols.model_dump(exclude_none=True),
        "aliases": list(entry.aliases),
        "sdk_message": entry.sdk_message,
        "server_codes": list(entry.server_codes),
        "related": list(entry.related),
        "other_meanings": [_other(meaning, language) for meaning in entry.other_meanings],
        "docs": pick(links),
        "sources": [
            {"origin": str(source.origin), "differs": pick(source.differs) if source.differs else None}
            for source in entry.sources
        ],
    }


def _limit(limit: Limit, language: Language) -> dict[str, Any]:
    return limit.model_dump(mode="json", exclude_none=True, exclude={"what"}) | {
        "what": words(language).pick(limit.what),
        "value": limit.value,
    }


def _other(meaning: Meaning, language: Language) -> dict[str, Any]:
    pick = words(language).pick
    return {
        "when": pick(meaning.when),
        "title": pick(meaning.title),
        "meaning": pick(meaning.meaning),
        "remedy": list(pick(meaning.remedy)),
        "actor": str(meaning.actor),
        "retry": str(meaning.retry),
    }


def _row(entry: Entry, language: Language) -> dict[str, Any]:
    return {"code": entry.code, "title": words(language).pick(entry.title)}


def _resolve(names: Sequence[str], catalogue: Catalogue) -> tuple[list[Entry], list[str]]:
    known: dict[int, Entry] = {}
    unknown: list[str] = []
    for name in filter(None, ",".join(names).replace("，", ",").split(",")):
        code = int(name) if name.isdecimal() else catalogue.code_of_symbol(name)
        entry = catalogue.get(code) if code is not None else None
        if entry:
            known[entry.code] = entry
        else:
            unknown.append(name)
    return list(known.values()), unknown


def _panel(entry: Entry, catalogue: Catalogue, language: Language) -> Panel:
    say = words(language)
    facts = Table.grid(padding=(0, 2))
    facts.add_row(say("card.actor"), say(f"actor.{entry.actor}"))
    facts.add_row(say("card.retry"), say(f"retry.{entry.retry}"))
    facts.add_row(say("card.severity"), Rich(say(f"severity.{entry.severity}"), style=_COLOURS[entry.severity]))
    for limit in entry.limits:
        facts.add_row(say("card.limits"), _prose(limit_line(limit, say)))
    if entry.methods:
        facts.add_row(say("card.methods"), ", ".join(entry.methods))
    parts: list[Any] = [
        _prose(say.pick(entry.meaning)),
        Rich(),
        *_numbered(say.pick(entry.remedy)),
        Rich(),
        facts,
    ]
    for meaning in entry.other_meanings:
        parts += [Rich(), Rich(say("card.other", title=say.pick(meaning.title)), style="bold")]
        parts += [_prose(f"{say('card.when')} {say.pick(meaning.when)}"), _prose(say.pick(meaning.meaning))]
        parts += _numbered(say.pick(meaning.remedy))
    parts += [
        Rich(),
        Rich("\n".join([*notes(entry, say), say.pick(catalogue.links_of(entry))]), style="dim"),
    ]
    return Panel(Group(*parts), title=f"{entry.code}  {say.pick(entry.title)}", title_align="left")


def _numbered(lines: Sequence[str]) -> list[Padding]:
    return [Padding(_prose(f"{number}. {line}"), (0, 0, 0, 2)) for number, line in enumerate(lines, 1)]


def _prose(text: str) -> Rich:
    """A text of the catalogue's, what stands in back-ticks set off."""
    parts = enumerate(text.split("`"))
    return Rich.assemble(*((part, "bold" if position % 2 else "") for position, part in parts))


def _table(entries: Sequence[Entry], language: Language) -> Table:
    table = Table.grid(padding=(0, 2))
    for entry in entries:
        table.add_row(Rich(str(entry.code), style="bold"), Rich(words(language).pick(entry.title)))
    return table


def _print_json(content: Any) -> None:
    # Not through rich: it would wrap lines and colour what a program reads.
    print(json.dumps(content, ensure_ascii=False, indent=2))  # noqa: T201 - the command's output
