"""Run `zimerr check` against a sandbox."""

from __future__ import annotations

import pytest

from bot.cli.check import run as check
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import Transport, free_port


def use(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, transport: Transport = "socket", **more: str) -> None:
    """Set the environment for a workspace."""
    values = {
        "SLACK_BOT_TOKEN": sandbox.app.bot_token,
        "SLACK_API_URL": sandbox.api_url,
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        **more,
    }
    secrets = {"socket": sandbox.app.app_token, "http": sandbox.app.signing_secret}
    values["SLACK_APP_TOKEN" if transport == "socket" else "SLACK_SIGNING_SECRET"] = secrets[transport]
    for name, value in values.items():
        monkeypatch.setenv(name, value)


async def run_check(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Run `zimerr check` against a workspace; return its exit status and output."""
    use(sandbox, monkeypatch)
    status = await check(offline=False)
    return status, unsecret(sandbox, capsys.readouterr().out)


async def check_offline(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run `zimerr check --offline`; return its exit status and output."""
    status = await check(offline=True)
    return status, capsys.readouterr().out


def unsecret(sandbox: Sandbox, output: str) -> str:
    """Return *output*, which must not have a token or secret in it."""
    app = sandbox.app
    for secret in (app.bot_token, app.app_token, app.signing_secret, app.client_secret):
        assert secret not in output
    return output
