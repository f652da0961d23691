"""Write the catalogue as one Markdown page for a wiki: contents, then a table and the entries of each section."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Meaning, Section
from bot.i18n import Language, Translator, words
from bot.render.entry_wording import fact_line, limit_lines, notes, platform_lines

_Translators = Sequence[Translator]  # of the page's languages
_MARKUP = re.compile(r"[\\*_\[\]<>#|~]")


def page(catalogue: Catalogue, languages: Sequence[Language]) -> str:
    """Return the page. Each entry has the texts of one language after those of the other."""
    translators = [words(language) for language in languages]
    lines = [f"# {_both(translate('export.title') for translate in translators)}", ""]
    for section in catalogue.sections:
        count = len(section.codes)
        lines.append(
            f"- [{_both(translate.pick(section.name) for translate in translators)}](#{section.section}) ({count})"
        )
    for section in catalogue.sections:
        lines += ["", *_section(section, catalogue, translators)]
    return "\n".join(lines) + "\n"


def _section(section: Section, catalogue: Catalogue, translators: _Translators) -> Iterator[str]:
    """Yield the lines of a section: its contents as a table, then its entries."""
    # Wikis make anchors of headings in different ways, of Chinese ones above all.
    yield f'<a id="{section.section}"></a>'
    yield ""
    yield f"## {_both(translate.pick(section.name) for translate in translators)}"
    yield ""
    code = _both(translate("export.code") for translate in translators)
    severity = _both(translate("card.severity") for translate in translators)
    actor = _both(translate("card.actor") for translate in translators)
    titles = [translate("export.name") for translate in translators]
    yield _table_row([code, *titles, severity, actor])
    yield _table_row(["---"] * (len(titles) + 3))
    for entry in section.codes:
        texts = [_escaped(translate.pick(entry.title)) for translate in translators]
        harm = _both(translate(f"severity.{entry.severity}") for translate in translators)
        who = _both(translate(f"actor.{entry.actor}") for translate in translators)
        yield _table_row([f"[{entry.code}](#{entry.code})", *texts, harm, who])
    for entry in section.codes:
        title = _both(translate.pick(entry.title) for translate in translators)
        yield from ("", f'<a id="{entry.code}"></a>', "", f"### {entry.code} {title}")
        for translate in translators:
            yield from ("", *_entry(entry, catalogue, translate))


def _entry(entry: Entry, catalogue: Catalogue, translate: Translator) -> Iterator[str]:
    """Yield the meaning and all facts of *entry* in one language."""
    yield from _meaning(entry, translate)
    yield f"- {_escaped(fact_line('severity', translate(f'severity.{entry.severity}'), translate))}"
    if entry.example:
        yield f"- {fact_line('example', _code(entry.example), translate)}"
    for line in (*notes(entry, translate), *platform_lines(entry, None, translate)):
        yield f"- {_escaped(line)}"
    yield f"- <{translate.pick(catalogue.links_of(entry))}>"
    for other in entry.other_meanings:
        yield ""
        yield f"**{_escaped(translate('card.other', title=translate.pick(other.title)))}**"
        yield ""
        when = translate("card.fact", name=translate("card.when"), value=translate.pick(other.when))
        yield _escaped(when)
        yield ""
        yield from _meaning(other, translate)


def _meaning(meaning: Entry | Meaning, translate: Translator) -> Iterator[str]:
    """Yield the meaning, the steps, and the facts as a list."""
    yield _escaped(translate.pick(meaning.meaning))
    yield ""
    for number, step in enumerate(translate.pick(meaning.remedy), 1):
        yield f"{number}. {_escaped(step)}"
    yield ""
    for name in ("actor", "retry"):
        yield f"- {_escaped(fact_line(name, translate(f'{name}.{getattr(meaning, name)}'), translate))}"
    for line in limit_lines(meaning.limits, translate):
        yield f"- {_escaped(fact_line('limits', line, translate))}"
    if meaning.methods:
        methods = translate("list.item_separator").join(f"`{method}`" for method in meaning.methods)
        yield f"- {fact_line('methods', methods, translate)}"


def _both(texts: Iterable[str]) -> str:
    """Return a text in each language of the page."""
    return " · ".join(map(_escaped, texts))


def _table_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Keep Markdown from reading markup into *text*, except its code between back-ticks."""
    parts = text.split("`")
    return "`".join(part if number % 2 else _MARKUP.sub(r"\\\g<0>", part) for number, part in enumerate(parts))


def _code(text: str) -> str:
    """Return *text* as code, whatever back-ticks it has."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
