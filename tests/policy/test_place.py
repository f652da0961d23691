"""Places and log sources."""

from __future__ import annotations

import pytest

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.policy.links import link_to
from bot.policy.place import LogSource
from tests.directory import FakeDirectory


@pytest.mark.parametrize(
    ("source", "text"),
    [(LogSource("1.0", "1.5"), "message:1.5:1.0"), (LogSource("1.0"), "thread:1.0")],
)
def test_a_log_source_keeps_its_text_form(source: LogSource, text: str) -> None:
    """Buttons in old messages contain it, and they must keep working."""
    assert str(source) == text
    assert LogSource.parse(text) == source


@pytest.mark.parametrize("text", ["", "message:1.0", "channel:1.0", "thread:1.0:2.0"])
def test_text_that_is_no_log_source_is_refused(text: str) -> None:
    """A malformed value must not read the wrong message."""
    with pytest.raises(ValueError, match="log source"):
        LogSource.parse(text)


@pytest.mark.parametrize("error", [GiveUp("message_not_found"), RetryLater("away"), StopWorkspace("invalid_auth")])
async def test_a_missing_link_fails_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A log is not read again, and a button not refused, for the sake of a link."""
    directory = FakeDirectory()
    assert (await link_to(directory, "C1", "1.5")).endswith("/C1/p15")

    async def refuse(channel: str, ts: str) -> str:
        raise error

    monkeypatch.setattr(directory, "permalink", refuse)
    assert await link_to(directory, "C1", "1.5") == ""
