"""Describe errors for people and logs."""

from __future__ import annotations

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.errors import GiveUp, ZimerrError, describe


def test_a_description_does_not_contain_the_token() -> None:
    """The representation of aiohttp's errors contains the request's headers, and reasons are stored."""
    url = URL("https://slack.com/api/chat.postMessage")
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer xoxb-secret"}))
    error = aiohttp.ClientResponseError(aiohttp.RequestInfo(url, "POST", headers, url), (), status=400)
    assert "xoxb" in repr(error)
    assert describe(error) == "ClientResponseError: 400"


def test_a_description_contains_the_reason() -> None:
    """An operator who lists the inbox looks for the cause."""
    assert describe(ConnectionRefusedError(111, "Connection refused")) == "ConnectionRefusedError: Connection refused"
    assert describe(ZimerrError("Set PORT to a free one.")) == "Set PORT to a free one."
    assert describe(TimeoutError()) == "TimeoutError"


def test_a_missing_scope_is_named() -> None:
    """An admin has to add it to the app."""
    assert str(GiveUp("missing_scope", "chat:write")) == "missing_scope: chat:write"
    assert str(GiveUp("is_archived")) == "is_archived"
