"""Tests for `zimerr check`."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation

from bot.cli.check import run as check
from bot.cli.main import commands
from bot.sandbox.http_server import Sandbox
from bot.settings import Settings
from bot.slack.workspaces import installations
from bot.storage.database import Database
from tests import migrated
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
    assert "by socket; ZIMERR_SERVICE_HOST is not a setting\n" in result.output
    monkeypatch.setenv("ZIMERR_LANGUGE", "zh")
    line = "ZIMERR_LANGUGE is not a setting; did you mean ZIMERR_LANGUAGE?"
    for command in (["check", "--offline"], ["serve"]):
        result = CliRunner().invoke(commands, command)
        assert result.exit_code == 1
        assert line in result.output


async def run_check(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Run `zimerr check` against a workspace; return its exit status and output."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", sandbox.app.bot_token)
    monkeypatch.setenv("SLACK_APP_TOKEN", sandbox.app.app_token)
    monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
    return await check(offline=False), capsys.readouterr().out


async def test_the_shipped_manifest_has_all_scopes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Admins install the app with it."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 0, output
    assert output.count("✓") == 6


async def test_a_missing_scope_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An admin who trimmed the manifest learns which line to restore."""
    trimmed = manifest("socket")
    for scope in ("users:read", "files:read"):
        trimmed["oauth_config"]["scopes"]["bot"].remove(scope)
    async with Sandbox(trimmed, transport="socket") as sandbox:
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 1
    assert "add files:read, users:read" in output


async def test_a_database_that_can_not_be_written_to_and_an_old_backlog_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The bot answers nobody then, although its database opens."""
    path = tmp_path / "bot.db"
    migrated.create(path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setattr("bot.storage.database._BUSY_TIMEOUT_S", 0.05)
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "INSERT INTO inbox (team, channel, user, ts, thread, kind, codes, detail, state, attempts, refused,"
                " received_at, next_attempt_at) VALUES ('T', 'C', 'U', '1', '1', 'message', '[]', '{}', 'pending', 0,"
                " 0, 0, ?)",
                (time.time() - 900,),
            )
            connection.commit()
            status, output = await run_check(sandbox, monkeypatch, capsys)
            assert status == 1
            assert "✗ inbox: a message has been waiting for 15 minutes" in output
            connection.execute("BEGIN IMMEDIATE")
            status, output = await run_check(sandbox, monkeypatch, capsys)
            assert status == 1
            assert "✗ database: " in output
            assert "locked" in output


async def test_a_user_group_of_admins_needs_a_scope(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it, nobody could change anything, and the operator should learn that first."""
    monkeypatch.setenv("ZIMERR_ADMINS", "U0ANN,S0ADMINS")
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 1
    assert "add usergroups:read" in output


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk asks aiohttp for it
async def test_with_oauth_faults_of_the_app_and_of_each_workspace_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """There is no token to try before the app is installed, and many afterwards."""
    async with Sandbox(manifest("http"), transport="http") as sandbox:
        app = sandbox.app
        for name, value in {
            "SLACK_CLIENT_ID": app.client_id,
            "SLACK_CLIENT_SECRET": app.client_secret,
            "ZIMERR_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "SLACK_SIGNING_SECRET": "s",
            "SLACK_API_URL": sandbox.api_url,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'bot.db'}",
        }.items():
            monkeypatch.setenv(name, value)
        assert await check(offline=False) == 0, capsys.readouterr().out
        assert "installed: in 0" in capsys.readouterr().out

        database = Database(Settings.load().database_url)
        where: dict[str, Any] = {"team_id": "T1", "team_name": "Ours", "bot_scopes": "commands"}
        bot: dict[str, Any] = {
            "app_id": "A1",
            "bot_id": "B1",
            "bot_user_id": "U1",
            "bot_token": "xoxb-1",
            "user_id": "U2",
        }
        await installations(Settings.load(), database).async_save(Installation(**where, **bot))
        await database.close()
        monkeypatch.setenv("SLACK_CLIENT_SECRET", "wrong")
        assert await check(offline=False) == 1
        output = capsys.readouterr().out
        assert "Ours has not granted app_mentions:read, channels:history" in output
        assert "SLACK_CLIENT_ID with SLACK_CLIENT_SECRET: bad_client_secret" in output

        monkeypatch.setenv("ZIMERR_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        assert await check(offline=True) == 1
        assert "✗ database: A stored token can't be decrypted" in capsys.readouterr().out
