"""The command line, run as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import log
from bot.cli.main import commands


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    """Run `zimerr` with these arguments, and *given* on standard input."""
    return CliRunner().invoke(commands, arguments, input=given)


@pytest.mark.parametrize(("language", "title"), [("en", "Token expired"), ("zh", "Token 已过期")])
def test_a_code_is_explained(language: str, title: str) -> None:
    """The same knowledge without Slack."""
    result = run("explain", "6000106", "--lang", language)
    assert result.exit_code == 0
    assert "6000106" in result.output
    assert title in result.output
    assert "`" not in result.output


def test_programs_get_json() -> None:
    """One object a code, with everything that the card shows."""
    result = run("explain", "6000354", "NETWORK_MODULE_TOKEN_EXPIRED", "--json", "--lang", "zh")
    first, second = json.loads(result.output)
    assert (first["code"], second["code"]) == (6000354, 6000106)
    for field in ("title", "meaning", "actor", "retry", "severity", "section", "docs"):
        assert isinstance(first[field], str), field
    assert isinstance(first["remedy"], list)
    assert first["language"] == "zh"
    assert {name: first["limits"][0][name] for name in ("value", "window_s")} == {"value": 20, "window_s": 10}
    assert second["symbols"]["web"] == "NetworkModuleTokenExpired"


def test_an_unknown_code_is_named_and_fails() -> None:
    """A script must notice."""
    result = run("explain", "6000106", "6009999", "--json")
    assert result.exit_code == 1
    assert [entry["code"] for entry in json.loads(result.stdout)] == [6000106]
    assert "6009999" in result.stderr


def test_words_are_searched() -> None:
    """Ranked, with scores for programs."""
    result = run("search", "token", "expired", "--json")
    found = json.loads(result.output)
    assert found[0]["code"] == 6000106
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert "6000106" in run("search", "token", "过期").output
    nothing = run("search", "qqqq")
    assert nothing.exit_code == 1
    assert "No results" in nothing.stderr


def test_the_catalogue_is_listed() -> None:
    """All of it, or a section by its name in either language."""
    for language in ("en", "zh"):
        assert len(json.loads(run("list", "--json", "--lang", language).output)) == 205
    assert "6000354" in run("list", "房间").output
    missing = run("list", "nowhere")
    assert missing.exit_code == 1
    assert "room" in missing.stderr


@pytest.mark.parametrize("arguments", [["explain", "6000106"], ["detect"], ["detect", "--jsonl"]])
def test_explain_and_detect_start_without_slack_and_database(arguments: list[str]) -> None:
    """Whoever waits a second for one code stops using it."""
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
    """The first start of a newcomer."""
    result = run("serve")
    assert result.exit_code == 1
    assert "SLACK_BOT_TOKEN is missing" in result.stderr
    assert "SLACK_SIGNING_SECRET is missing" in result.stderr


def test_the_logs_never_hold_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs are copied into tickets."""
    log.configure("info")
    token = "xoxb-very-secret"
    try:
        raise ValueError("broken")
    except ValueError:
        log.get("bot.test").exception("failed", id="x")
    shown = capsys.readouterr().err
    assert "ValueError: broken" in shown
    assert token not in shown
