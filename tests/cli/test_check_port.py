"""Test the results of `zimerr check` for the ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.app import running
from bot.sandbox.http_server import Sandbox
from tests.cli.checking import check_offline, use
from tests.scenarios.conftest import free_port, manifest, settings_for


async def test_a_port_is_free_or_has_the_bot_or_another_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    """A second bot can't start, and the operator may not know of the first."""
    port = free_port()
    async with Sandbox(manifest("http"), transport="http") as sandbox:
        use(sandbox, monkeypatch, "http", PORT=str(port))
        status, output = await check_offline(capsys)
        assert status == 0
        assert f"✓ port: {port} is free" in output
        async with running(settings_for(sandbox, "http", database_file, port=port)):
            status, output = await check_offline(capsys)
            assert status == 0
            assert f"✓ port: the bot runs at {port} and is well" in output
        other = sandbox.base_url.rpartition(":")[2]
        monkeypatch.setenv("PORT", other)
        status, output = await check_offline(capsys)
        assert status == 1
        assert f"✗ port: another program has {other}; stop it, or set PORT to a free one" in output
        monkeypatch.setenv("HEALTH_PORT", other)
        monkeypatch.setenv("PORT", str(port))
        status, output = await check_offline(capsys)
        assert status == 1
        assert "or set HEALTH_PORT to a free one" in output
        monkeypatch.setenv("HOST", "192.0.2.1")
        status, output = await check_offline(capsys)
        assert status == 1
        assert f"✗ port: {port} can't be opened at 192.0.2.1" in output


async def test_the_running_bot_tells_its_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    """It knows of a lost socket, and of tokens that Slack refuses to it."""
    port = free_port()
    monkeypatch.setattr("bot.health._INTERVAL_S", 0.05)
    monkeypatch.setattr("bot.health._SOCKET_PATIENCE_S", 0.1)
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        use(sandbox, monkeypatch, HEALTH_PORT=str(port))
        async with running(settings_for(sandbox, "socket", database_file, health_port=port)):
            await sandbox.stop()
            output = ""
            while "✗ port" not in output:
                _, output = await check_offline(capsys)
    assert f"✗ port: the bot at {port} says: the socket to Slack has been lost" in output
