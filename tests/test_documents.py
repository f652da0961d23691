"""The documents agree with the code, and their links and commands lead somewhere."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin
from urllib.parse import unquote

import click
import pytest
from prometheus_client import Counter, Gauge, Histogram
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.cli.main import commands
from bot.policy.command_types import HelpCommand
from bot.policy.grammar import parse
from bot.settings import Settings
from bot.telemetry.metrics import Metrics
from tests.markdown import DOCUMENTS, ROOT, codes, sections

SETTINGS = ROOT / "deploy" / "settings.md"
EXAMPLE = ROOT / ".env.example"
# Defaults that depend on something else, in words.
_DEFAULTS = {
    "DATABASE_URL": "a file in the user's data folder",
    "PORT": "`3000`",
    "ZIMERR_LOG_FORMAT": "`text` on a terminal, otherwise `json`",
}
# At the start of a command, perhaps with a path. `/zimerr` alone is Slack's command.
_ZIMERR = re.compile(r"(?:^|&& |-- |\| |\w=\S+ )(?:[\w./-]+/)?zimerr ([^|>&)]*)")


def names(document: Path) -> list[str]:
    """Return the paths and the anchors of a document's headings."""
    return [section.anchor for section in sections(document)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(document: Path) -> None:
    """A broken link costs time in an incident."""
    for section in sections(document):
        for link in section.links:
            if not link.startswith(("https:", "http:")):
                path, _, anchor = link.partition("#")
                leads_to = (document.parent / path).resolve() if path else document
                assert leads_to.exists(), link
                assert not anchor or unquote(anchor) in names(leads_to), link


def code_in(document: Path) -> Iterator[str]:
    """Yield the lines of code blocks, and all inline code."""
    for section in sections(document):
        yield from section.commands
        yield from section.codes
        yield from (code for row in section.rows for cell in row for code in codes(cell))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_exists(document: Path) -> None:
    """A command that was renamed must be renamed in the documents, too."""
    for arguments in (found for line in code_in(document) for found in _ZIMERR.findall(line)):
        words = shlex.split(arguments)
        command: click.Command = commands
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            _, found, words = command.resolve_command(click.Context(command), words)
            assert found, arguments
            command = found
        options = {name for each in command.get_params(click.Context(command)) for name in each.opts}
        assert {word.partition("=")[0] for word in words if word.startswith("-")} <= options, arguments


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_slack_is_understood(document: Path) -> None:
    """A misused command is answered with a hint. A word alone names the command, and ? asks for the hint."""
    typed = [line.removeprefix("/zimerr ") for line in code_in(document) if line.startswith("/zimerr ")]
    complete = [text for text in typed if " " in text and "<" not in text and not text.endswith("?")]
    assert [text for text in complete if isinstance(parse(text), HelpCommand)] == []


def rows() -> dict[str, list[str]]:
    """Return the cells of each row of the table of settings, by name."""
    cells = [row for section in sections(SETTINGS) for row in section.rows]
    return {codes(row[0])[0]: [cell.content for cell in row] for row in cells if codes(row[0])}


def default(name: str, field: FieldInfo) -> str:
    """Return the default as the table shows it."""
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    number = f"{value:g}" if isinstance(value, float) else value
    return _DEFAULTS.get(name) or (f"`{number}`" if value not in ("", None) else "none")


def values(field: FieldInfo) -> str | None:
    """Return the values as the table shows them; None if the annotation does not restrict them."""
    kinds = [kind for kind in get_args(field.annotation) if kind is not NoneType]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{kind}`" for kind in kinds)
    limits: dict[str, Any] = {}
    for each in field.metadata:
        limits |= {name: getattr(each, name) for name in ("gt", "ge", "lt", "le") if hasattr(each, name)}
    if {*limits} == {"ge", "le"}:
        return f"{limits['ge']} to {limits['le']}"
    words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    return ", ".join(f"{words[name]} {limit}" for name, limit in limits.items()) or None


def test_the_table_has_every_setting_with_its_default_and_values() -> None:
    """Add a row to deploy/settings.md for a new setting."""
    documented = rows()
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    assert {*documented} == {*fields}
    assert {name: cells[2] for name, cells in documented.items()} == {
        name: default(name, field) for name, field in fields.items()
    }
    limited = {name: values(field) for name, field in fields.items() if values(field)}
    assert {name: documented[name][3] for name in limited} == limited


def test_the_example_has_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Add a comment and a line to .env.example for a new setting; people copy it and fill in two tokens."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    settings = [re.fullmatch(r"(?:# )?([A-Z_]+)=(.*)", line) for line in lines]
    given = {match[1]: match[2] for match in settings if match}
    assert sorted(given) == sorted(name.upper() for name in Settings.model_fields)
    for number, match in enumerate(settings):
        assert not match or lines[number - 1].endswith("."), f"{match[1]} has no comment"

    for name in given:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    tokens = "SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n"
    uncommented = "\n".join(f"{name}={value}" for name, value in given.items())
    Path(".env").write_text(f"{uncommented}\n{tokens}", encoding="utf-8")
    shown = Settings.load()
    Path(".env").write_text(f"{EXAMPLE.read_text(encoding='utf-8')}\n{tokens}", encoding="utf-8")
    copied = Settings.load()
    # The default of the port is decided where it is opened.
    assert shown.model_dump(exclude={"port"}) == copied.model_dump(exclude={"port"})
    assert copied.port is None
    assert shown.port == 3000


def test_every_metric_is_documented_with_its_labels() -> None:
    """Alerts are written with these names."""
    table = [row for section in sections(ROOT / "deploy" / "monitoring.md") for row in section.rows if codes(row[0])]
    metrics = vars(Metrics()).values()
    ours = [each for each in metrics if isinstance(each, Counter | Gauge | Histogram)]
    described = {next(iter(each.describe())).name + "_total" * isinstance(each, Counter): each for each in ours}
    assert {codes(row[0])[0] for row in table} == {*described}
    for name, labels in ((codes(row[0])[0], codes(row[1])) for row in table):
        assert labels == [*described[name]._labelnames], name


def test_every_guarantee_names_a_test() -> None:
    """A promise without a test is a wish."""
    promises = [row for section in sections(ROOT / "deploy" / "guarantees.md") for row in section.rows]
    named = [codes(cells[1]) for cells in promises if cells[0].content != "guarantee"]
    assert len(named) > 20
    assert all(named)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_tests_that_a_document_names_exist(document: Path) -> None:
    """A test that was renamed or removed must not leave its promise behind."""
    for path, name in re.findall(r"`(tests/\S+\.py)::(\w+)`", document.read_text(encoding="utf-8")):
        assert re.search(rf"^ *(?:async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), name


def test_the_changelog_begins_with_this_version() -> None:
    """Operators read the changelog before they upgrade."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = next(each for each in sections(ROOT / "deploy" / "CHANGELOG.md") if each.level == 2)
    assert newest.title.split()[0] == version
