"""Run the commands as people do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.main import commands


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    """Run `zimerr` with these arguments and *given* as standard input."""
    return CliRunner().invoke(commands, arguments, input=given, prog_name="zimerr")


@pytest.mark.parametrize(("language", "title"), [("en", "Token expired"), ("zh", "Token 已过期")])
def test_a_code_is_explained(language: str, title: str) -> None:
    """People without Slack get the same explanation."""
    result = run("explain", "6000106", "--lang", language)
    assert result.exit_code == 0
    assert "6000106" in result.output
    assert title in result.output
    assert "`" not in result.output


def test_programs_get_json() -> None:
    """Each code is one object. Its keys are public: programs depend on them."""
    result = run("explain", "6000354", "NETWORK_MODULE_TOKEN_EXPIRED", "--json", "--lang", "zh")
    first, second = json.loads(result.output)
    keys = (
        "code language section status title meaning remedy actor retry severity judged limits methods symbols aliases"
    )
    keys += " sdk_message server_codes related other_meanings docs sources"
    assert list(first) == keys.split()
    assert (first["code"], second["code"]) == (6000354, 6000106)
    for field in ("title", "meaning", "actor", "retry", "severity", "section", "docs"):
        assert isinstance(first[field], str), field
    assert isinstance(first["remedy"], list)
    assert first["language"] == "zh"
    limit = first["limits"][0]
    assert limit.pop("what")
    assert limit == {"value": 20, "unit": "requests", "window_s": 10, "per": "room", "bound": "max"} | {
        "default": False,
        "origin": "zh-docs",
    }
    assert first["sources"][0] == {"origin": "zh-docs", "differs": None}
    assert second["symbols"]["web"] == "NetworkModuleTokenExpired"


def test_an_unknown_code_is_named_and_fails() -> None:
    """Scripts check the exit status."""
    result = run("explain", "6000106", "6009999", "--json")
    assert result.exit_code == 1
    assert [entry["code"] for entry in json.loads(result.stdout)] == [6000106]
    assert "6009999" in result.stderr


def test_words_are_searched() -> None:
    """The best match comes first; programs also get the scores."""
    result = run("search", "token", "expired", "--json")
    found = json.loads(result.output)
    assert found[0]["code"] == 6000106
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert "6000106" in run("search", "token", "过期").output
    nothing = run("search", "qqqq")
    assert nothing.exit_code == 1
    assert "No results" in nothing.stderr


def test_the_catalogue_is_listed() -> None:
    """It lists all codes, or a section by its name in either language."""
    for language in ("en", "zh"):
        assert len(json.loads(run("list", "--json", "--lang", language).output)) == 205
    assert "6000354" in run("list", "房间").output
    missing = run("list", "nowhere")
    assert missing.exit_code == 1
    assert "room" in missing.stderr


@pytest.mark.parametrize("arguments", [["explain", "6000106"], ["detect"], ["detect", "--jsonl"]])
def test_explain_and_detect_start_without_slack_and_database(arguments: list[str]) -> None:
    """Importing them takes longer than people like to wait for one code."""
    script = (
        "import sys; from click.testing import CliRunner; from bot.cli.main import commands; "
        f"CliRunner().invoke(commands, {arguments!r}, input='6000106'); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'slack_bolt', 'slack_sdk', 'aiohttp', 'sqlalchemy', 'aiosqlite', 'structlog'}))"
    )
    root = Path(__file__).parent.parent
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    assert shown.stdout.strip() == "[]"


def test_serve_without_settings_says_what_is_missing() -> None:
    """Newcomers see this at their first start."""
    result = run("serve")
    assert result.exit_code == 1
    assert "SLACK_BOT_TOKEN is missing" in result.stderr
    assert "SLACK_SIGNING_SECRET is missing" in result.stderr


@pytest.mark.parametrize("group", [[], ["db"], ["inbox"]])
def test_every_command_has_help(group: list[str]) -> None:
    """`--help` of a group describes its commands in one line each, uncut."""
    listed = run(*group, "--help").output.partition("Commands:")[2]
    names = [line.split()[0] for line in listed.splitlines() if line]
    assert len(names) >= 2
    assert "..." not in listed
    for name in names:
        assert f"Usage: zimerr {' '.join([*group, name])}" in run(*group, name, "-h").output
