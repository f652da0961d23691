"""Test the results of `zimerr check` for the network, clock, tokens and scopes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation

from bot.app import running
from bot.cli.check import run as check
from bot.sandbox.http_server import Sandbox
from bot.settings import Settings
from bot.slack.workspaces import installations
from bot.storage.database import Database
from tests import migrated
from tests.cli.checking import check_offline, run_check, unsecret, use
from tests.scenarios.conftest import ANN, ENGLISH, Transport, free_port, manifest, settings_for


async def test_the_shipped_manifest_has_all_scopes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Admins install the app with it."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 0, output
    assert not {"!", "✗"} & {line[0] for line in output.splitlines()}
    assert "✓ scopes: complete" in output


async def test_a_missing_scope_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An admin who trimmed the manifest learns which line to restore."""
    trimmed = manifest("socket")
    for scope in ("users:read", "files:read"):
        trimmed["oauth_config"]["scopes"]["bot"].remove(scope)
    async with Sandbox(trimmed, transport="socket") as sandbox:
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 1
    assert "add files:read, users:read" in output


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
            "PORT": str(free_port()),
            "SLACK_API_URL": sandbox.api_url,
        }.items():
            monkeypatch.setenv(name, value)
        assert await check(offline=False) == 0, capsys.readouterr().out
        assert "zimerr.db does not exist yet; the first start creates it" in capsys.readouterr().out

        migrated.create(tmp_path / "zimerr.db")
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
        output = unsecret(sandbox, capsys.readouterr().out)
        assert "✓ installed: in 1 workspaces" in output
        assert "✗ bot tokens: Slack refuses the token of Ours: invalid_auth" in output
        assert "Ours has not granted app_mentions:read, channels:history" in output
        assert "SLACK_CLIENT_ID with SLACK_CLIENT_SECRET: bad_client_secret" in output

        monkeypatch.setenv("ZIMERR_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        status, output = await check_offline(capsys)
        assert status == 1
        assert "✗ database: A stored token can't be decrypted" in output


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk asks aiohttp for it
@pytest.mark.usefixtures("database_file")
async def test_with_oauth_accepted_and_expired_tokens_are_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refresh token can be used once, and the running bot needs it: the check must not refresh."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        use(sandbox, monkeypatch, SLACK_BOT_TOKEN="")
        monkeypatch.setenv("SLACK_CLIENT_ID", sandbox.app.client_id)
        monkeypatch.setenv("SLACK_CLIENT_SECRET", sandbox.app.client_secret)
        monkeypatch.setenv("ZIMERR_ENCRYPTION_KEYS", Fernet.generate_key().decode())
        database = Database(Settings.load().database_url)
        store = installations(Settings.load(), database)
        bot: dict[str, Any] = {"app_id": "A1", "bot_id": "B1", "bot_user_id": "U1", "user_id": "U2"}
        for number, token in enumerate([*[sandbox.app.bot_token] * 21, "xoxe.xoxb-old"]):
            bot |= {"bot_refresh_token": "xoxe-1", "bot_token_expires_at": 1_000} if number == 21 else {}
            bot |= {"team_id": f"T{number}", "team_name": f"Team {number}", "bot_token": token}
            await store.async_save(Installation(**bot, bot_scopes=sandbox.app.scopes, installed_at=float(number)))
        await database.close()
        assert await check(offline=False) == 0
        output = unsecret(sandbox, capsys.readouterr().out)
        assert len(sandbox.calls("auth.test")) == 20
        assert {call.arguments["code"] for call in sandbox.calls("oauth.v2.access")} == {"made-up"}
    assert "✓ bot tokens: Slack accepts 20" in output
    assert "? bot tokens: 20 of 22 were tried" in output
    assert "✓ scopes: complete in each workspace" in output


async def test_scopes_that_slack_does_not_tell_are_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some proxies remove the header. That is no missing scope."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        sandbox.faults.hides_scopes = True
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 0
    assert "? scopes: Slack does not tell the granted ones; see that the app has app_mentions:read" in output


@pytest.mark.parametrize(
    ("ahead_s", "transport", "status", "words"),
    [
        (0, "http", 0, "✓ clock: agrees"),
        (90, "http", 0, "! clock: 90 s ahead of Slack's; synchronize"),
        (-400, "http", 1, "✗ clock: 400 s behind Slack's; synchronize it (NTP): zimerr refuses requests"),
        (-400, "socket", 0, "! clock: 400 s behind"),  # without signatures
    ],
)
async def test_a_wrong_clock_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ahead_s: float,
    transport: Transport,
    status: int,
    words: str,
) -> None:
    """All requests are refused then, and the signing secret seems to be wrong."""
    async with Sandbox(manifest(transport), transport=transport) as sandbox:
        use(sandbox, monkeypatch, transport)
        started = int(time.time())  # Slack's time has whole seconds
        monkeypatch.setattr("bot.cli.check_slack.parsedate_to_datetime", lambda _: datetime.fromtimestamp(started, UTC))
        assert await check(offline=False, clock=lambda: started + ahead_s) == status
    assert words in capsys.readouterr().out


@pytest.mark.parametrize("refusal", ["token_revoked", "account_inactive", "token_expired", "org_login_required"])
async def test_a_refused_token_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], refusal: str
) -> None:
    """Each reason has a remedy of its own."""
    remedies = {
        "token_revoked": "Install the app again",
        "account_inactive": "install the app again",
        "token_expired": "without token rotation",
        "org_login_required": "wait until that is done",
    }
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        sandbox.faults.refused("auth.test", refusal)
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 1
    (line,) = (line for line in output.splitlines() if line.startswith("✗"))
    assert line.startswith(f"✗ bot token: Slack refuses SLACK_BOT_TOKEN: {refusal}. ")
    assert remedies[refusal] in line
    assert "✓ app token" in output


async def test_without_a_network_only_slack_is_not_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One fault, and not one for each token."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        pass
    status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 1
    (line,) = (line for line in output.splitlines() if line.startswith("✗"))
    assert line.startswith("✗ network: Slack can't be reached at http://127.0.0.1:")
    assert "allow connections to 127.0.0.1, or set HTTPS_PROXY" in line


async def test_without_events_the_check_says_how_to_test_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_file: Path
) -> None:
    """All tokens and scopes are right then, and the bot is silent."""
    without = manifest("socket")
    without["settings"]["event_subscriptions"]["bot_events"] = []
    async with Sandbox(without, transport="socket") as sandbox:
        async with running(settings_for(sandbox, "socket", database_file)):
            await sandbox.say(ENGLISH, ANN, "login: 6000106")
            await sandbox.idle()
        assert sandbox.deliveries("message") == []
        status, output = await run_check(sandbox, monkeypatch, capsys)
    assert status == 0
    assert "? events: " in output
    assert "turn on Event Subscriptions with the events of the manifest" in output
