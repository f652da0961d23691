"""Test the results of `zimerr check` for settings and catalogue, and its JSON."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.check import run as check
from bot.cli.main import commands
from bot.sandbox.http_server import Sandbox
from tests.cli.checking import check_offline, unsecret, use
from tests.scenarios.conftest import manifest


def test_every_fault_is_found_in_one_run() -> None:
    """Missing settings do not hide the state of the catalogue."""
    result = CliRunner().invoke(commands, ["check"])
    assert result.exit_code == 1
    assert "✓ catalogue: 205 codes" in result.output
    assert "✗ settings: SLACK_BOT_TOKEN is missing" in result.output


def test_a_misspelt_setting_is_named_with_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ignored otherwise, and nobody knows why the setting has no effect."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("ZIMERR_SERVICE_HOST", "10.0.0.1")
    result = CliRunner().invoke(commands, ["check", "--offline"])
    assert result.exit_code == 0
    assert (
        "✓ settings: complete, to connect by socket\n! settings: no setting is named ZIMERR_SERVICE_HOST"
        in result.output
    )
    monkeypatch.setenv("ZIMERR_LANGUGE", "zh")
    line = "ZIMERR_LANGUGE is not a setting; did you mean ZIMERR_LANGUAGE?"
    for command in (["check", "--offline"], ["serve"]):
        result = CliRunner().invoke(commands, command)
        assert result.exit_code == 1
        assert line in result.output


async def test_json_has_each_result_with_its_level(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Monitoring reads it."""
    async with Sandbox(manifest("http"), transport="http") as sandbox:
        use(sandbox, monkeypatch, "http", SLACK_BOT_TOKEN="xoxb-wrong")
        assert await check(offline=False, as_json=True) == 1
    found = json.loads(unsecret(sandbox, capsys.readouterr().out))
    assert found.keys() == {"zimerr", "ok", "results"}
    assert (found["zimerr"], found["ok"]) == (version("zimerr"), False)
    assert all(each.keys() == {"level", "part", "text"} for each in found["results"])
    levels = {each["part"]: each["level"] for each in found["results"]}
    assert levels.items() >= {"network": "ok", "bot token": "fault", "signing secret": "unknown"}.items()


async def test_the_overlay_of_the_settings_is_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Also if .env names it."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.yaml").write_text("section: [")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\nZIMERR_OVERLAY=own\n")
    status, output = await check_offline(capsys)
    assert status == 1
    assert re.search(r"✗ catalogue: .*own\.yaml", output)
    assert await check(tmp_path / "missing", offline=True) == 1
    assert "missing is not a folder; name the folder" in capsys.readouterr().out
