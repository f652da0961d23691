"""Tests for what all commands of `zimerr` have in common: start, errors and help."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.main import commands


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    """Run `zimerr` with these arguments and *given* as standard input."""
    return CliRunner().invoke(commands, arguments, input=given, prog_name="zimerr")


@pytest.mark.parametrize("arguments", [["explain", "6000106"], ["detect"], ["detect", "--jsonl"]])
def test_explain_and_detect_start_without_slack_and_database(arguments: list[str]) -> None:
    """Importing them takes longer than people like to wait for one code."""
    script = (
        "import sys; from click.testing import CliRunner; from bot.cli.main import commands; "
        f"CliRunner().invoke(commands, {arguments!r}, input='6000106'); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'slack_bolt', 'slack_sdk', 'aiohttp', 'sqlalchemy', 'aiosqlite', 'structlog'}))"
    )
    root = Path(__file__).parents[2]
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
