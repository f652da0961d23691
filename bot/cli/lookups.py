"""Look up codes for `zimerr explain`, `search` and `list`, and for the MCP server, which answers with the same JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot import i18n
from bot.catalogue.catalogue import EXACT, Catalogue
from bot.catalogue.entry import Entry
from bot.catalogue.numbers import ResolvedNumbers
from bot.cli.entry_json import as_object
from bot.errors import ZimerrError
from bot.i18n import Language, Translator

if TYPE_CHECKING:
    from bot.catalogue.platforms import Platform

_NOTHING = ResolvedNumbers((), (), (), ())


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """The answer to a look-up."""

    entries: tuple[Entry, ...]
    content: list[dict[str, Any]]  # an object for each of `entries`, as --json prints it
    notes: tuple[str, ...] = ()  # lines about codes and words without an entry, for standard error
    status: int = 0  # the exit status
    found: ResolvedNumbers = _NOTHING


def explain_codes(
    codes: Iterable[str], catalogue: Catalogue, language: Language, platform: Platform | None = None
) -> LookupAnswer:
    """Explain *codes*: codes of the SDK or of ZIM's servers, or SDK symbols, several in one text after commas.

    0 and 1 are explained only alone.
    """
    names = [*filter(None, (name.strip() for name in ",".join(codes).replace("，", ",").split(",")))]
    names = [name for name in names if name not in ("0", "1")] or names
    numbers = {name: catalogue.number_named(name) for name in names}
    found = catalogue.resolve(number for number in numbers.values() if number is not None)
    translate = i18n.words(language)
    unknown = [name for name, number in numbers.items() if number is None]
    notes = (
        *_foreign(found, translate),
        *(translate("terminal.unknown", name=name) for name in unknown),
        *_unknown(found.unknown, catalogue, translate),
    )
    elsewhere = {each.number for each in found.foreign} - {each.number for each in found.server_codes}
    content = [as_object(entry, catalogue, language, platform) for entry in found.entries]
    return LookupAnswer(found.entries, content, notes, int(bool(unknown or found.unknown or elsewhere)), found)


def search_codes(query: str, catalogue: Catalogue, language: Language) -> LookupAnswer:
    """Search by words, a code, a symbol, a section or the first digits of codes; the best match comes first."""
    from bot.catalogue.search import SearchHit
    from bot.detection.detector import find_numbers

    translate = i18n.words(language)
    found = catalogue.resolve(find_numbers(query))
    hits = tuple(SearchHit(entry, EXACT) for entry in found.entries)
    mistyped = () if catalogue.in_range(query) else tuple(filter(catalogue.may_be_code, found.unknown))
    if not (found.entries or found.foreign or mistyped):
        hits = catalogue.search(query)
        mistyped = () if hits else tuple(filter(catalogue.may_be_server_code, found.unknown))
    notes: tuple[str, ...] = ()
    if not hits and mistyped:
        notes = tuple(_unknown(mistyped, catalogue, translate))
    elif not hits and not found.foreign:
        notes = (translate("terminal.nothing", query=query),)
    titles = [(hit, translate.pick(hit.entry.title)) for hit in hits]
    content = [{"code": hit.entry.code, "title": title, "score": round(hit.score, 4)} for hit, title in titles]
    notes += tuple(_foreign(found, translate))
    return LookupAnswer(tuple(hit.entry for hit in hits), content, notes, 0 if hits else 1, found)


def list_codes(section: str | None, catalogue: Catalogue, language: Language, *, brief: bool = False) -> LookupAnswer:
    """List all codes, or those of *section*, which is a key or a name in either language."""
    found = catalogue.section_named(section) if section else None
    translate = i18n.words(language)
    if section and not found:
        names = translate("list.item_separator").join(each.section for each in catalogue.sections)
        return LookupAnswer((), [], (translate("terminal.no_section", name=section, names=names),), status=1)
    entries = found.codes if found else tuple(catalogue)
    if brief:
        content = [
            {"code": each.code, "section": catalogue.section_of(each).section, "title": translate.pick(each.title)}
            for each in entries
        ]
    else:
        content = [as_object(each, catalogue, language) for each in entries]
    return LookupAnswer(entries, content)


def platform_named(name: str | None) -> Platform | None:
    """Return the platform with *name*, or None without a name. Raises ZimerrError if the name is unknown."""
    if name is None:
        return None
    from bot.catalogue.platforms import open_platforms  # most calls need none

    if platform := open_platforms().named_in(name):
        return platform
    raise ZimerrError(f"{name!r} is none of {', '.join(each.key for each in open_platforms().platforms)}.")


def _foreign(found: ResolvedNumbers, translate: Translator) -> Iterator[str]:
    from bot.render.entry_wording import foreign_line

    for each in found.foreign:
        yield foreign_line(each, translate)


def _unknown(numbers: tuple[int, ...], catalogue: Catalogue, translate: Translator) -> Iterator[str]:
    if numbers:
        from bot.render.unknown_code import terminal_lines

        yield from terminal_lines(numbers, catalogue, translate)
