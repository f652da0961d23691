"""Tests for `zimerr export`: the whole catalogue, in every format and language."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.cli.entry_json import as_object
from bot.cli.export import as_csv
from bot.cli.main import commands
from bot.i18n import Language, words
from tests.triage.feed import CATALOGUE

OVERLAY = """section: room
name: {en: Rooms, zh: 房间}
docs: {en: https://example.com/en, zh: https://example.com/zh}
codes:
  - code: 6009001
    status: documented
    title: {en: "=HYPERLINK(1)", zh: "@标题"}
    meaning: {en: "a *b* <c> | [d](e) `f_*g`", zh: 含义}
    remedy: {en: [Step], zh: [步骤]}
    actor: developer
    retry: "no"
    severity: low
    sources: [{origin: operator}]
"""


def run(*arguments: str) -> bytes:
    """Return what `zimerr export` prints."""
    result = CliRunner().invoke(commands, ["export", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """Write an overlay with one code, whose texts look like formulas and markup."""
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "own.yaml").write_text(OVERLAY, encoding="utf-8")
    return folder


def rows(content: bytes) -> list[dict[str, str]]:
    """Read CSV as a program does."""
    return list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))


def test_json_has_every_code_in_both_languages() -> None:
    """Each text is that of `explain --json`."""
    whole = json.loads(run("--format", "json"))
    assert whole["languages"] == ["en", "zh"]
    found = {entry["code"]: (section, entry) for section in whole["sections"] for entry in section["codes"]}
    assert [*found] == [entry.code for section in CATALOGUE.sections for entry in section.codes]
    assert len(found) == len(CATALOGUE) == 205
    for language in Language.EN, Language.ZH:
        for entry in CATALOGUE:
            section, exported = found[entry.code]
            assert as_object(entry, CATALOGUE, language) == {
                "code": entry.code,
                "language": language,
                "section": section["section"],
            } | in_language(exported, language)


def in_language(value: Any, language: Language) -> Any:
    """Reduce each object of languages to one text."""
    if isinstance(value, dict) and value.keys() == {"en", "zh"}:
        text = value[language]
        return tuple(text) if isinstance(text, list) else text
    if isinstance(value, dict):
        return {key: in_language(each, language) for key, each in value.items()}
    return [in_language(each, language) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("more", [(), ("--lang", "en"), ("--lang", "zh")])
def test_json_is_as_its_schema_says(more: tuple[str, ...], overlay: Path) -> None:
    """Programs are written by the schema, which refuses unknown keys."""
    schema = json.loads(run("--schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for given in ((), ("--overlay", str(overlay))):
        whole = json.loads(run("--format", "json", *given, *more))
        assert list(validator.iter_errors(whole)) == []
        entry = whole["sections"][0]["codes"][0]
        assert [*entry["title"]] == ([more[1]] if more else ["en", "zh"])
        assert not validator.is_valid(whole | {"more": 1})
        for key in entry:
            assert not validator.is_valid(
                whole | {"sections": [whole["sections"][0] | {"codes": [without(entry, key)]}]}
            )


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    """Return *entry* without a key."""
    return {name: each for name, each in entry.items() if name != key}


def test_csv_has_every_code_in_both_languages() -> None:
    """A row for each code, which Excel opens with its Chinese text."""
    content = run("--format", "csv")
    assert content.startswith(b"\xef\xbb\xbfcode,section,title_en,")
    assert content.count(b"\r\n") == len(CATALOGUE) + 1
    assert [int(row["code"]) for row in rows(content)] == [entry.code for entry in CATALOGUE]
    for row, entry in zip(rows(content), CATALOGUE, strict=True):
        assert row["section"] == CATALOGUE.section_of(entry).section
        for language in ("en", "zh"):
            assert row[f"title_{language}"] == getattr(entry.title, language)
            assert row[f"meaning_{language}"] == getattr(entry.meaning, language)
            assert row[f"remedy_{language}"].split("\n") == list(getattr(entry.remedy, language))
            assert row[f"docs_{language}"] == getattr(CATALOGUE.links_of(entry), language)
        assert (row["actor"], row["retry"], row["severity"]) == (entry.actor, entry.retry, entry.severity)


def test_csv_of_one_language_has_no_other_columns() -> None:
    """A wiki in one language needs no other."""
    (row, *_) = rows(run("--format", "csv", "--lang", "zh"))
    assert "title_zh" in row
    assert not [name for name in row if name.endswith("_en")]


def test_no_cell_is_a_formula(overlay: Path) -> None:
    """A spreadsheet must not run what an entry contains."""
    given = rows(run("--format", "csv", "--overlay", str(overlay)))
    for row in given:
        assert not [cell for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    (own,) = [row for row in given if row["code"] == "6009001"]
    assert (own["title_en"], own["title_zh"]) == ("'=HYPERLINK(1)", "'@标题")
    assert own["status"] == "overlay"


@pytest.mark.parametrize("languages", [("en", "zh"), ("en",), ("zh",)])
def test_markdown_has_every_code_under_its_section(languages: tuple[str, ...]) -> None:
    """The contents link to each section, its table to each code."""
    more = ("--lang", languages[0]) if len(languages) == 1 else ()
    text = run("--format", "markdown", *more).decode()
    anchors = re.findall(r'^<a id="([^"]+)"></a>$', text, re.MULTILINE)
    assert len(anchors) == len({*anchors}) == len(CATALOGUE) + len(CATALOGUE.sections)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) == {*anchors}
    headings = re.findall(r"^### ([0-9]+) (.+)$", text, re.MULTILINE)
    assert [int(code) for code, _ in headings] == [e.code for section in CATALOGUE.sections for e in section.codes]
    shown = MarkdownIt("commonmark").enable("table").render(text)
    assert shown.count("<h2>") == shown.count("<table>") == len(CATALOGUE.sections)
    plain = seen(shown)
    for entry in CATALOGUE:
        for language in languages:
            translate = words(Language(language))
            for part in (entry.title, entry.meaning):
                assert seen(translate.pick(part)) in plain
            for step in translate.pick(entry.remedy):
                assert seen(step) in plain


def seen(text: str) -> str:
    """Return the visible text of HTML or of a text of the catalogue."""
    text = re.sub(r"</?[a-z][^>]*>", "", text).replace("&quot;", '"').replace("&amp;", "&")
    return re.sub(r"[\s`]", "", text.replace("&lt;", "<").replace("&gt;", ">"))


def test_no_text_is_read_as_markup(overlay: Path) -> None:
    """An operator's own texts may contain anything."""
    text = run("--format", "markdown", "--lang", "en", "--overlay", str(overlay)).decode()
    shown = MarkdownIt("commonmark").render(text.partition('<a id="6009001"></a>')[2])
    assert "<p>a *b* &lt;c&gt; | [d](e) <code>f_*g</code></p>" in shown


def test_a_file_is_written(tmp_path: Path) -> None:
    """The file has the same bytes as the output."""
    path = tmp_path / "codes.csv"
    assert run("--format", "csv", "--output", str(path)) == b""
    assert path.read_bytes() == run("--format", "csv")
    result = CliRunner().invoke(commands, ["export", "--output", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path} can't be written: Is a directory.\n"


def test_an_overlay_is_part_of_all_formats(overlay: Path) -> None:
    """The operator's codes are codes like others."""
    own: Catalogue = open_catalogue(overlay)
    assert as_csv(own, (Language.EN,)).count("\r\n") == len(own) + 1 == len(CATALOGUE) + 2
    for kind in ("json", "csv", "markdown"):
        assert b"6009001" in run("--format", kind, "--overlay", str(overlay))
