"""Test what `zimerr check` says about the ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import running
from bot.cli.check import run as check
from bot.sandbox.http_server import Sandbox
from tests import migrated
from tests.cli.checking import use
from tests.scenarios.conftest import free_port, manifest, settings_for


async def test_a_port_is_free_or_has_the_bot_or_another_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A second bot can't start, and the operator may not know of the first."""
    path, port = tmp_path / "bot.db", free_port()
    migrated.create(path)
    async with Sandbox(manifest("http"), transport="http") as sandbox:
        use(sandbox, monkeypatch, "http", DATABASE_URL=f"sqlite:///{path}", PORT=str(port))
        assert await check(offline=True) == 0
        assert f"✓ port: {port} is free" in capsys.readouterr().out
        async with running(settings_for(sandbox, "http", path, port=port)):
            assert await check(offline=True) == 0
            assert f"✓ port: the bot runs at {port} and is well" in capsys.readouterr().out
        other = sandbox.base_url.rpartition(":")[2]
        monkeypatch.setenv("PORT", other)
        assert await check(offline=True) == 1
        assert f"✗ port: another program has {other}; stop it, or set PORT to a free one" in capsys.readouterr().out
        monkeypatch.setenv("HEALTH_PORT", other)
        monkeypatch.setenv("PORT", str(port))
        assert await check(offline=True) == 1
        assert "or set HEALTH_PORT to a free one" in capsys.readouterr().out
        monkeypatch.setenv("HOST", "192.0.2.1")
        assert await check(offline=True) == 1
        assert f"✗ port: {port} can't be opened at 192.0.2.1" in capsys.readouterr().out


async def test_the_running_bot_tells_its_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It knows of a lost socket, and of tokens that Slack refuses to it."""
    path, port = tmp_path / "bot.db", free_port()
    migrated.create(path)
    monkeypatch.setattr("bot.health._INTERVAL_S", 0.05)
    monkeypatch.setattr("bot.health._SOCKET_PATIENCE_S", 0.1)
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        use(sandbox, monkeypatch, DATABASE_URL=f"sqlite:///{path}", HEALTH_PORT=str(port))
        async with running(settings_for(sandbox, "socket", path, health_port=port)):
            await sandbox.stop()
            output = ""
            while "✗ port" not in output:
                await check(offline=True)
                output = capsys.readouterr().out
    assert f"✗ port: the bot at {port} says: the socket to Slack has been lost" in output
