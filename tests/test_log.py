"""Configure logging."""

from __future__ import annotations

import pytest
import structlog

from bot import log


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
