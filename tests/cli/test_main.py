"""Test the start, the errors and the help of all commands."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
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


def test_an_old_python_is_reported() -> None:
    """A checkout runs without pip, which would refuse it. The first import that fails says nothing of Python."""
    script = "import sys; sys.version_info = (3, 10, 13); from bot.__main__ import main; main()"
    root = Path(__file__).parents[2]
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=root)
    assert shown.returncode == 1
    assert shown.stderr.startswith("zimerr needs Python 3.11 or later; this is 3.")
    assert shown.stderr.count("\n") == 1


def test_serve_without_settings_says_what_is_missing() -> None:
    """Newcomers see this at their first start."""
    result = run("serve")
    assert result.exit_code == 1
    assert "SLACK_BOT_TOKEN is missing" in result.stderr
    assert "SLACK_SIGNING_SECRET is missing" in result.stderr


@pytest.mark.parametrize(
    "name", ["6000106", "103040", "NetworkModuleTokenExpired", "NETWORK_MODULE_TOKEN_EXPIRED,6000354"]
)
def test_a_code_or_a_symbol_needs_no_command(name: str) -> None:
    """It is the first thing that people type; Slack's command explains both, too."""
    for options in (["--json"], ["--lang", "zh"]):
        short, long = run(name, *options), run("explain", name, *options)
        assert (short.stdout, short.stderr, short.exit_code) == (long.stdout, long.stderr, long.exit_code)
    assert "6000106" in run("6000354", "6000106").stdout


def test_an_unknown_number_needs_no_command_either() -> None:
    """The answer names the codes that it may be a typo of."""
    result = run("600354", "--lang", "en")
    assert result.exit_code == 1
    assert "6000354" in result.stderr


@pytest.mark.parametrize(("name", "similar"), [("token", None), ("expain", "explain"), ("令牌", None), ("-x", None)])
def test_an_unknown_command_is_an_error_that_says_how_to_look_things_up(name: str, similar: str | None) -> None:
    """A typing error in a script must not become a search."""
    result = run(name, "6000106")
    assert (result.exit_code, result.stdout) == (2, "")
    if name.startswith("-"):
        assert "No such option" in result.stderr
        return
    assert f"No such command '{name}'." in result.stderr
    assert "zimerr explain CODE" in result.stderr
    assert "zimerr search WORDS" in result.stderr
    assert ("Did you mean 'explain'?" in result.stderr) == bool(similar)


def test_both_options_print_the_version() -> None:
    """Bug reports begin with it."""
    assert run("-V").output == run("--version").output == f"zimerr, version {version('zimerr')}\n"


@pytest.mark.parametrize("group", [[], ["db"], ["inbox"]])
def test_every_command_has_help(group: list[str]) -> None:
    """`--help` of a group describes its commands in one line each, uncut."""
    listed = run(*group, "--help").output.partition("Commands:")[2]
    names = [line.split()[0] for line in listed.splitlines() if line]
    assert len(names) >= 2
    assert "..." not in listed
    for name in names:
        shown = run(*group, name, "-h").output
        assert f"Usage: zimerr {' '.join([*group, name])}" in shown
        assert "exit status" in " ".join(shown.split()) or name in ("db", "inbox")


@pytest.mark.parametrize(
    "command",
    ["db upgrade", "inbox list", "inbox show 1", "inbox retry --all", "inbox purge", "serve", "check --offline"],
)
def test_the_status_is_1_if_the_database_can_not_be_used(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Deployment scripts stop there; the reason is a sentence, not a traceback."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'zimerr.db'}")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    result = run(*command.split())
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "database" in result.output.lower()


@pytest.mark.parametrize("command", ["explain 6000106", "search token", "list", "check --offline"])
def test_the_status_is_1_if_the_catalogue_can_not_be_used(
    command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The faults of an overlay are named, whatever was asked."""
    (tmp_path / "own.yaml").write_text("section: [")
    monkeypatch.setenv("ZIMERR_OVERLAY", str(tmp_path))
    result = run(*command.split())
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "own.yaml" in result.output
