"""Implement `zimerr explain`, `search` and `list`: print entries of the catalogue.

People get text, programs JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import click

from bot import i18n
from bot.catalogue.catalogue import EXACT, Catalogue
from bot.catalogue.entry import Entry, Limit, Links, Steps, Symbols, Text
from bot.catalogue.numbers import ResolvedNumbers
from bot.cli.completion import complete_codes, complete_platforms, complete_sections
from bot.cli.options import with_catalogue
from bot.cli.output import echo
from bot.i18n import Language, Translator

if TYPE_CHECKING:
    from bot.catalogue.platforms import Platform


def _platform(context: click.Context, parameter: click.Parameter, name: str | None) -> Platform | None:
    """Return the platform with *name*, or None without a name. Raises BadParameter if the name is unknown."""
    if name is None:
        return None
    from bot.catalogue.platforms import open_platforms  # most calls need none

    if platform := open_platforms().named_in(name):
        return platform
    raise click.BadParameter(f"{name!r} is none of {', '.join(each.key for each in open_platforms().platforms)}.")


@click.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...", shell_complete=complete_codes)
@click.option(
    "--platform",
    callback=_platform,
    shell_complete=complete_platforms,
    help="Print the page, the name and the log of one, such as ios.",
)
@with_catalogue
def explain(
    codes: tuple[str, ...], platform: Platform | None, catalogue: Catalogue, language: Language, as_json: bool
) -> int:
    """Explain codes of the SDK or of ZIM's servers, or SDK symbols.

    The exit status is 1 if a code is unknown. 0 and 1 are explained only alone.
    """
    names = [*filter(None, ",".join(codes).replace("，", ",").split(","))]
    names = [name for name in names if name not in ("0", "1")] or names
    numbers = {name: catalogue.number_named(name) for name in names}
    found = catalogue.resolve(number for number in numbers.values() if number is not None)
    translate = i18n.words(language)
    if as_json:
        _print_json([as_object(entry, catalogue, language, platform) for entry in found.entries])
    else:
        # rich is imported only where it prints: that takes as long as all the rest of `explain --json`.
        from bot.cli.entry_page import print_pages

        _print_server_codes(found, catalogue, translate)
        print_pages(found.entries, catalogue, language, platform)
    _print_foreign(found, translate)
    unknown = [name for name, number in numbers.items() if number is None]
    for name in unknown:
        echo(translate("terminal.unknown", name=name), err=True)
    _print_unknown(found.unknown, catalogue, translate)
    elsewhere = {each.number for each in found.foreign} - {each.number for each in found.server_codes}
    return 1 if unknown or found.unknown or elsewhere else 0


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="WORDS...")
@with_catalogue
def search(words: tuple[str, ...], catalogue: Catalogue, language: Language, as_json: bool) -> int:
    """Search the codes by English or Chinese words.

    Without --lang, the answer is in the language of the words. The exit status is 1 if nothing is found.
    """
    from bot.catalogue.search import SearchHit
    from bot.detection.detector import find_numbers

    query = " ".join(words)
    if not click.get_current_context().params["lang"]:
        language = i18n.question_language(query, usual=language)
    translate = i18n.words(language)
    found = catalogue.resolve(find_numbers(query))
    hits = tuple(SearchHit(entry, EXACT) for entry in found.entries)
    mistyped = () if catalogue.in_range(query) else tuple(filter(catalogue.may_be_code, found.unknown))
    if not (found.entries or found.foreign or mistyped):
        hits = catalogue.search(query)
        mistyped = () if hits else tuple(filter(catalogue.may_be_server_code, found.unknown))
    if as_json:
        titles = [(hit, translate.pick(hit.entry.title)) for hit in hits]
        _print_json([{"code": hit.entry.code, "title": title, "score": round(hit.score, 4)} for hit, title in titles])
    elif hits:
        from bot.cli.entry_page import print_list

        _print_server_codes(found, catalogue, translate)
        entries = [hit.entry for hit in hits]
        print_list(entries, language)
        if query.isdecimal():
            _print_missed(query, entries, catalogue, translate)
    elif mistyped:
        _print_unknown(mistyped, catalogue, translate)
    elif not found.foreign:
        echo(translate("terminal.nothing", query=query), err=True)
    _print_foreign(found, translate)
    return 0 if hits else 1


@click.command("list")
@click.argument("section", required=False, shell_complete=complete_sections)
@with_catalogue
def browse(section: str | None, catalogue: Catalogue, language: Language, as_json: bool) -> int:
    """List all codes, or those of one section.

    The exit status is 1 if there is no such section.
    """
    found = catalogue.section_named(section) if section else None
    if section and not found:
        translate = i18n.words(language)
        names = translate("list.item_separator").join(each.section for each in catalogue.sections)
        echo(translate("terminal.no_section", name=section, names=names), err=True)
        return 1
    entries = found.codes if found else tuple(catalogue)
    if as_json:
        _print_json([as_object(entry, catalogue, language) for entry in entries])
    else:
        from bot.cli.entry_page import print_list

        print_list(entries, language)
    return 0


def as_object(
    entry: Entry, catalogue: Catalogue, language: Language, platform: Platform | None = None
) -> dict[str, Any]:
    """Return *entry* as a JSON object: its texts in *language*, its facts as in the catalogue. Its keys are public.

    The page is that of *platform*.
    """
    pick = i18n.words(language).pick
    facts: dict[str, Any] = _as_json(entry, pick) | {"docs": pick(catalogue.links_of(entry, platform))}
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


def _print_server_codes(found: ResolvedNumbers, catalogue: Catalogue, translate: Translator) -> None:
    from bot.render.entry_wording import server_code_line

    for each in found.server_codes:
        echo(server_code_line(each, catalogue.numbers, translate))


def _print_foreign(found: ResolvedNumbers, translate: Translator) -> None:
    from bot.render.entry_wording import foreign_line

    for each in found.foreign:
        echo(foreign_line(each, translate), err=True)


def _print_unknown(numbers: tuple[int, ...], catalogue: Catalogue, translate: Translator) -> None:
    if numbers:
        from bot.render.unknown_code import terminal_lines

        echo("\n".join(terminal_lines(numbers, catalogue, translate)), err=True)


def _print_missed(query: str, entries: list[Entry], catalogue: Catalogue, translate: Translator) -> None:
    from bot.cli.entry_page import print_list
    from bot.render.unknown_code import missed_digit

    if missed := missed_digit(query, entries, catalogue):
        echo(translate("unknown.nearest"))
        print_list(missed, translate.language)


def _print_json(content: Any) -> None:
    # Not through rich, which would wrap lines and colour what a program reads.
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))
