"""Print entries for people: all about each of them, or a line for each. The text is plain, in colours on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as Rich

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Meaning
from bot.catalogue.platforms import Platform
from bot.cli.output import columns
from bot.i18n import Language, Translator, words
from bot.render.entry_wording import limit_lines, notes, platform_lines, retry_text
from bot.render.line_layout import cut, line_starts

_COLOURS = {"info": "blue", "low": "yellow", "medium": "dark_orange", "high": "red"}
_INDENT = "  "

_Row = tuple[str, Rich]  # how a paragraph begins; its text, which is indented as far as that is wide


def print_pages(
    entries: Sequence[Entry], catalogue: Catalogue, language: Language, platform: Platform | None = None
) -> None:
    """Print all about each of *entries* on *platform*."""
    for number, entry in enumerate(entries):
        rows = [("", Rich())] if number else []
        _print([*rows, _title(entry, language), *_page(entry, catalogue, words(language), platform)])


def print_list(entries: Sequence[Entry], language: Language) -> None:
    """Print a line for each of *entries*: its code and title."""
    _print([_title(entry, language, style="") for entry in entries])


def _print(rows: Sequence[_Row]) -> None:
    width = columns()
    text = Rich("\n").join(_fitted(mark, body, width) for mark, body in rows)
    # The lines fit. Replacing emoji names such as :bug: needs a table that is slow to import, and no text has any.
    Console(emoji=False).print(text, soft_wrap=True)


def _fitted(mark: str, body: Rich, width: int | None) -> Rich:
    """Wrap *body* to *width* behind *mark*, and indent its further lines by the width of *mark*."""
    indent = cell_len(mark)
    lines = body.divide(line_starts(body.plain, width - indent)) if width else [body]
    for line in lines:
        line.rstrip()
    return Rich.assemble(mark, Rich(f"\n{' ' * indent}").join(lines))


def _title(entry: Entry, language: Language, *, style: str = "bold") -> _Row:
    """Return the code and title of *entry* in one line; a title that does not fit is cut."""
    code, title, width = f"{entry.code}{_INDENT}", words(language).pick(entry.title), columns()
    shown = cut(title, width - len(code)) if width else title
    return "", Rich.assemble((code, "bold"), (shown, style))


def _page(entry: Entry, catalogue: Catalogue, translate: Translator, platform: Platform | None) -> Iterator[_Row]:
    """Yield the contents of the card in Slack, then an example and the URL of ZEGO's page."""
    yield "", _prose(translate.pick(entry.meaning))
    yield "", Rich()
    yield from _remedy(entry, translate)
    yield "", Rich()
    yield from _columns(
        [*_facts(entry, translate), *_limits_and_methods(entry, translate), *_example(entry, translate)]
    )
    for meaning in entry.other_meanings:
        yield "", Rich()
        yield "", Rich(translate("card.other", title=translate.pick(meaning.title)), style="bold")
        when = translate("card.fact", name=translate("card.when"), value=translate.pick(meaning.when))
        yield "", _prose(when)
        yield "", _prose(translate.pick(meaning.meaning))
        yield from _remedy(meaning, translate)
        yield from _columns([*_facts(meaning, translate), *_limits_and_methods(meaning, translate)])
    yield "", Rich()
    for line in (*notes(entry, translate), *platform_lines(entry, platform, translate)):
        yield "", Rich(line.replace("`", ""), style="dim")
    yield "", Rich(translate.pick(catalogue.links_of(entry, platform)), style="dim")


def _remedy(meaning: Entry | Meaning, translate: Translator) -> Iterator[_Row]:
    """Yield a title and the steps; a single step gets no number."""
    yield "", Rich(translate("card.remedy"), style="bold")
    steps = translate.pick(meaning.remedy)
    for number, step in enumerate(steps, 1):
        yield f"{_INDENT}{number}. " if len(steps) > 1 else _INDENT, _prose(step)


def _facts(meaning: Entry | Meaning, translate: Translator) -> Iterator[_Row]:
    """Yield actor, retry and, of an entry, severity. Facts that zimerr judged have a remark."""
    judged = meaning.judged if isinstance(meaning, Entry) else ()
    remark = f" {translate('card.judged').replace('_', '')}"
    for name, value in (("actor", translate(f"actor.{meaning.actor}")), ("retry", retry_text(meaning, translate))):
        yield translate(f"card.{name}"), Rich(value + (remark if name in judged else ""))
    if isinstance(meaning, Entry):
        severity = translate(f"severity.{meaning.severity}")
        yield translate("card.severity"), Rich(severity, style=_COLOURS[meaning.severity])


def _limits_and_methods(meaning: Entry | Meaning, translate: Translator) -> Iterator[_Row]:
    for number, line in enumerate(limit_lines(meaning.limits, translate)):
        yield "" if number else translate("card.limits"), _prose(line)
    if meaning.methods:
        yield translate("card.methods"), Rich(translate("list.item_separator").join(meaning.methods))


def _example(entry: Entry, translate: Translator) -> Iterator[_Row]:
    if entry.example:
        yield translate("card.example"), Rich(entry.example)


def _columns(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Yield *rows* with their labels filled up to the width of the widest."""
    width = max(cell_len(label) for label, _ in rows) if rows else 0
    for label, body in rows:
        yield label + " " * (width - cell_len(label)) + _INDENT, body


def _prose(text: str) -> Rich:
    """Set the parts of a catalogue text that are in back-ticks in bold."""
    parts = enumerate(text.split("`"))
    return Rich.assemble(*((part, "bold" if position % 2 else "") for position, part in parts))
