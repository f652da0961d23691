"""Implement `zimerr export`: write the whole catalogue as JSON, CSV or Markdown, in both languages or in one."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import click

from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.catalogue.entry import Entry
from bot.cli.entry_json import Schema, entry_facts, entry_properties, schema_of
from bot.cli.export_page import page
from bot.cli.options import overlay_option
from bot.errors import ZimerrError
from bot.i18n import Language, Translator, words
from bot.render.entry_wording import limit_lines

_BOTH = (Language.EN, Language.ZH)
# Excel takes a cell that begins with these for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@click.command()
@click.option("--format", "kind", type=click.Choice(["json", "csv", "markdown"]), default="json", show_default=True)
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Only this language. [default: both]")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE, which is replaced.")
@click.option("--schema", "is_schema", is_flag=True, help="Print the JSON Schema of --format json instead.")
@overlay_option
def export(kind: str, lang: str | None, output: Path | None, is_schema: bool, overlay: Path | None) -> int:
    """Export the whole catalogue for wikis and other tools.

    The exit status is 1 if the file can't be written.
    """
    if is_schema:
        text = json.dumps(export_schema(), ensure_ascii=False, indent=2) + "\n"
    else:
        text = _WRITERS[kind](open_catalogue(overlay), (Language(lang),) if lang else _BOTH)
    # Bytes: on Windows, a text stream would change the line ends and not be UTF-8.
    content = text.encode()
    if output is None:
        click.echo(content, nl=False)
        return 0
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ZimerrError(f"{output} can't be written: {error.strerror}.") from error
    return 0


def as_json(catalogue: Catalogue, languages: Sequence[Language]) -> str:
    """Return the catalogue as JSON: the objects of `explain --json`, with an object of languages for each text."""

    def pick(content: Any) -> dict[str, Any]:
        return {language: words(language).pick(content) for language in languages}

    sections = [
        {"section": section.section, "name": pick(section.name), "docs": pick(section.docs)}
        | {"codes": [entry_facts(entry, catalogue, pick) for entry in section.codes]}
        for section in catalogue.sections
    ]
    whole = {"zimerr": version("zimerr"), "languages": languages, "sections": sections}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def export_schema() -> Schema:
    """Return the JSON Schema of `as_json`."""
    text = {"type": "string"}
    entry = schema_of(Entry, {"Text": _by_language(text), "Links": _by_language(text)} | {
        "Steps": _by_language({"type": "array", "items": text}),
    })  # fmt: skip
    definitions = entry.pop("$defs")
    entry["properties"] = entry_properties(entry)
    entry["required"] = list(entry["properties"])
    facts = {"name": {"$ref": "#/$defs/Text"}, "docs": {"$ref": "#/$defs/Links"}}
    codes = {"type": "array", "items": {"$ref": "#/$defs/Entry"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The catalogue of ZIM error codes",
        **_object(
            zimerr={"type": "string", "description": "Version of zimerr."},
            languages={"type": "array", "items": {"enum": list(_BOTH)}},
            sections={"type": "array", "items": {"$ref": "#/$defs/Section"}},
        ),
        "$defs": definitions | {"Entry": entry, "Section": _object(section=text, **facts, codes=codes)},
    }


def _by_language(content: Schema) -> Schema:
    """Return the schema of an object with *content* in each language."""
    properties = {str(language): content for language in _BOTH}
    return {"type": "object", "properties": properties, "minProperties": 1, "additionalProperties": False}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def as_csv(catalogue: Catalogue, languages: Sequence[Language]) -> str:
    """Return a row for each code, with a column for each text and language.

    The text begins with a byte order mark, without which Excel shows no Chinese. A quote precedes what Excel would
    take for a formula.
    """
    file = StringIO()
    rows = [_row(entry, catalogue, languages) for entry in catalogue]
    writer = csv.DictWriter(file, rows[0])  # lines end in CR LF: https://www.rfc-editor.org/rfc/rfc4180
    writer.writeheader()
    writer.writerows({name: _safe(cell) for name, cell in row.items()} for row in rows)
    return "\ufeff" + file.getvalue()


def _row(entry: Entry, catalogue: Catalogue, languages: Sequence[Language]) -> dict[str, str]:
    row = {"code": str(entry.code), "section": catalogue.section_of(entry).section}
    for language in languages:
        row |= {f"{name}_{language}": text for name, text in _texts(entry, catalogue, words(language)).items()}
    facts: dict[str, object] = {name: getattr(entry, name) for name in ("actor", "retry", "severity", "status")}
    facts |= {"since": entry.since, "plan": entry.plan, "example": entry.example, "sdk_message": entry.sdk_message}
    names = dict.fromkeys(entry.symbols.by_sdk().values())
    facts |= {"methods": _joined(entry.methods), "symbols": _joined(names), "aliases": _joined(entry.aliases)}
    facts |= {"server_codes": _joined(entry.server_codes), "related": _joined(entry.related)}
    return row | {name: "" if fact is None else str(fact) for name, fact in facts.items()}


def _texts(entry: Entry, catalogue: Catalogue, translate: Translator) -> dict[str, str]:
    """Return the texts of *entry*; the parts of a text are lines of its cell."""
    pick = translate.pick
    others = [
        "\n".join((f"{pick(each.title)} ({pick(each.when)})", pick(each.meaning), *pick(each.remedy)))
        for each in entry.other_meanings
    ]
    return {
        "title": pick(entry.title),
        "meaning": pick(entry.meaning),
        "remedy": "\n".join(pick(entry.remedy)),
        "limits": "\n".join(limit_lines(entry.limits, translate)),
        "other_meanings": "\n".join(others),
        "docs": pick(catalogue.links_of(entry)),
    }


def _joined(values: Sequence[object] | dict[str, None]) -> str:
    return ", ".join(map(str, values))


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


_WRITERS: dict[str, Callable[[Catalogue, Sequence[Language]], str]] = {
    "json": as_json,
    "csv": as_csv,
    "markdown": page,
}
