"""Tests for reading events about messages: whatever their shape, they are read or dropped."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.content import is_by_person, is_written, log_files
from bot.slack.lookup import id_at, text_at
from bot.slack.messages import MessageEvent

IDS = st.sampled_from(["C1", "D1", "U1", "1.000001", "2.000001"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | IDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("channel", "user", "ts", "thread_ts", "text", "subtype", "bot_id", "files", "edited", "event_ts")
MESSAGES = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES | IDS))
EVENTS = st.builds(
    lambda event, subtype, now, before: event | {"subtype": subtype, "message": now, "previous_message": before},
    MESSAGES.map(lambda event: event | {"type": "message"}),
    st.sampled_from([None, "message_changed", "message_deleted", "bot_message"]) | VALUES,
    MESSAGES | VALUES,
    MESSAGES | VALUES,
)


def body(event: Any) -> dict[str, Any]:
    """Return the body of a request with *event*."""
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event}


@given(EVENTS)
def test_no_event_about_a_message_raises_an_error(event: dict[str, Any]) -> None:
    """An error would make Slack send it again, and in the end no events at all."""
    parsed = MessageEvent.parse(body(event))
    if parsed:
        ids = (parsed.place.channel, parsed.ts, parsed.thread)
        assert all(each and len(each) <= 32 and each.isascii() for each in ids)
        assert isinstance(parsed.place.user, str)
        for message in (parsed.message, parsed.before):
            assert (is_written(message), is_by_person(message)) in ((True, True), (True, False), (False, False))
            assert all(isinstance(each, str) for each in log_files(message))


@pytest.mark.parametrize("user", [None, 7, {}, ["U1"], "x" * 33, "\ud83d", "U\x001"])
def test_a_user_that_is_no_id_is_nobody(user: Any) -> None:
    """The database can't store it, but the message can be answered."""
    event = {"type": "message", "channel": "C1", "ts": "1.000001", "user": user, "text": "6000106"}
    parsed = MessageEvent.parse(body(event))
    assert parsed
    assert parsed.place.user == ""


@pytest.mark.parametrize("missing", ["channel", "ts"])
def test_an_event_without_a_place_is_dropped(missing: str) -> None:
    """There is nothing to answer."""
    event = {"type": "message", "channel": "C1", "ts": "1.000001", "text": "6000106"} | {missing: None}
    assert MessageEvent.parse(body(event)) is None


def test_a_path_through_another_type_leads_to_nothing() -> None:
    """Payloads of forms and of other apps have other shapes."""
    payload = {"item": {"channel": "C1", "ts": 5}, "list": [{"ts": "1"}]}
    assert id_at(payload, "item", "channel") == "C1"
    assert [text_at(payload, *path) for path in (("item", "ts"), ("item", "channel", "id"), ("list", "ts"), ())] == [
        ""
    ] * 4
