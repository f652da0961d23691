"""Places and log sources."""

from __future__ import annotations

import pytest

from bot.policy.place import LogSource


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
