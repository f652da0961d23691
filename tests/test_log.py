"""Configure logging."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, cast

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
        raise ValueError(token)
    except ValueError:
        structlog.stdlib.get_logger("bot.test").exception("failed", id="x")
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert "test_log.py" in shown
    assert token not in shown


def test_records_are_json_unless_people_read_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs collect them from containers. A record has one line, whatever it contains."""
    shown = {}
    for layout in ("json", "text", None):
        log.configure("info", cast(Any, layout))
        structlog.stdlib.get_logger("bot.test").info("explained", team="T1", reason="错\n误")
        shown[layout] = capsys.readouterr().err
    record = json.loads(shown["json"])
    assert record.pop("timestamp")
    assert record == {"event": "explained", "level": "info", "team": "T1", "reason": "错\n误"}
    assert "event='explained'" in shown["text"]
    assert json.loads(str(shown[None]))
    assert [each.count("\n") for each in shown.values()] == [1, 1, 1]


def test_a_token_is_masked_wherever_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Libraries may quote a header or a URL."""
    log.configure("info")
    tokens = ("xoxb-1-abc", "xapp-1-A-2", "xoxe.xoxb-1-Mi", "xoxp-9")
    for token in tokens:
        logging.getLogger("slack_sdk").error("headers: {'Authorization': 'Bearer %s'} %s", token, token)
    shown = capsys.readouterr().err
    assert [token for token in tokens if token in shown] == []
    assert "headers" in shown


async def test_an_error_that_no_task_handles_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """asyncio would log the task with the message of its error."""
    log.configure("info")
    loop = asyncio.get_running_loop()
    log.log_loop_errors(loop)
    loop.call_exception_handler({"message": "never retrieved", "exception": ValueError("words"), "future": "words"})
    shown = capsys.readouterr().err
    assert "never retrieved" in shown
    assert "ValueError" in shown
    assert "words" not in shown


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
