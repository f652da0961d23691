"""Tests for completion in bash, zsh and fish."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import commands

ROOT = Path(__file__).parents[2]


def complete(*typed: str, variant: str = "zsh") -> list[str]:
    """Return the completions of the last of *typed*, in the protocol of click for that shell."""
    words, last = " ".join(["zimerr", *typed]), str(len(typed))
    environment = {"_ZIMERR_COMPLETE": f"{variant}_complete", "COMP_WORDS": words}
    environment["COMP_CWORD"] = typed[-1] if variant == "fish" else last
    result = CliRunner().invoke(commands, env=environment, prog_name="zimerr")
    assert result.exit_code == 0
    return result.output.splitlines()


@pytest.mark.parametrize("typed", [("explain", "600010"), ("600010",), ("6000354", "600010")])
def test_codes_are_completed_with_their_titles(typed: tuple[str, ...]) -> None:
    """Nobody remembers seven digits; zsh and fish show the titles, too."""
    offered = complete(*typed)
    assert offered[offered.index("6000106") + 1] == "Token expired"
    assert {"6000103", "6000107"} <= {*offered}
    assert "6000354" not in offered
    assert "plain,6000106" in complete(*typed, variant="bash")
    assert "plain,6000106\tToken expired" in complete(*typed, variant="fish")


def test_the_title_is_in_the_language_that_was_asked_for() -> None:
    """It is that of the answer."""
    assert "Token 已过期" in complete("explain", "--lang", "zh", "6000106")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("list", "ro"), "plain,room"),
        (("explain", "6000106", "--platform", "io"), "plain,ios"),
        (("sca",), "plain,scan"),
        (("explain", "--pl"), "plain,--platform"),
    ],
)
def test_sections_platforms_commands_and_options_are_completed(typed: tuple[str, ...], expected: str) -> None:
    """Options and arguments with a fixed set of values are completed."""
    assert complete(*typed, variant="bash") == [expected]


def test_commands_are_not_hidden_among_codes() -> None:
    """Two hundred codes are no help for somebody who looks for a command."""
    offered = complete("", variant="bash")
    assert "plain,explain" in offered
    assert not [line for line in offered if "600" in line]


def test_a_broken_overlay_breaks_no_completion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error message in the middle of a command line helps nobody; the command prints it."""
    (tmp_path / "own.yaml").write_text("section: [")
    monkeypatch.setenv("ZIMERR_OVERLAY", str(tmp_path))
    assert complete("explain", "6000106") == [""]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    """The guide says how to load it."""
    assert f"_ZIMERR_COMPLETE={shell}_source zimerr" in (ROOT / "deploy" / "guide.md").read_text(encoding="utf-8")
    result = CliRunner().invoke(commands, env={"_ZIMERR_COMPLETE": f"{shell}_source"}, prog_name="zimerr")
    assert f"_ZIMERR_COMPLETE={shell}_complete" in result.output


def test_bash_completes_with_the_script_of_the_guide(tmp_path: Path) -> None:
    """The protocol of click is tested above; here a shell speaks it."""
    program = tmp_path / "zimerr"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m bot "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_ZIMERR_COMPLETE=bash_source zimerr)"; COMP_WORDS=(zimerr list ro); COMP_CWORD=2; '
        '_zimerr_completion zimerr; echo "${COMPREPLY[@]}"'
    )
    path = f"{tmp_path}:/usr/bin:/bin"
    shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env={"PATH": path})
    assert shown.stdout == "room\n"
