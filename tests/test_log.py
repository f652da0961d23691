"""Configure logging."""

from __future__ import annotations

import pytest
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.log import RareWarning
from tests.inbox.time import Time


def test_a_traceback_contains_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Logs are copied into tickets, and a local variable may be a token."""
    log.configure("info")
    token = "xoxb-very-secret"
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.stdlib.get_logger("bot.test").exception("failed", id="x")
    shown = capsys.readouterr().err
    assert "ValueError: broken" in shown
    assert token not in shown


def test_bolt_does_not_say_that_the_token_is_unused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An admin would look for a mistake. The token is used by our clients."""

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1")

    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    log.configure("info")
    for token in (None, "xoxb-1"):
        AsyncApp(client=AsyncWebClient(token), authorize=authorize)
    assert capsys.readouterr().err == ""


def test_a_warning_that_is_due_all_the_time_is_logged_rarely() -> None:
    """A full disk must not be filled by the log, and the number of lost events must still be known."""
    time = Time()
    warning = RareWarning("not recorded", clock=time.steady_clock)
    with structlog.testing.capture_logs() as logs:
        for passed_s in (0.0, 1.0, 3.9, 0.1, 0.1, 55.0):
            time.advance(passed_s)
            warning.log(structlog.get_logger(), error="full")
    assert [(each["event"], each["times"], each["error"]) for each in logs] == [
        ("not recorded", 1, "full"),
        ("not recorded", 3, "full"),
        ("not recorded", 2, "full"),
    ]
