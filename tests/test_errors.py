"""What an error is called where people and logs see it."""

from __future__ import annotations

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.errors import ZimerrError, named


def test_an_error_is_named_without_the_token_that_it_carries() -> None:
    """aiohttp's errors have the request's headers in their representation, and reasons are stored."""
    url = URL("https://slack.com/api/chat.postMessage")
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer xoxb-secret"}))
    error = aiohttp.ClientResponseError(aiohttp.RequestInfo(url, "POST", headers, url), (), status=400)
    assert "xoxb" in repr(error)
    assert named(error) == "ClientResponseError: 400"


def test_an_error_of_the_system_and_one_of_ours_say_what_is_wrong() -> None:
    """Who reads the inbox wants to know."""
    assert named(ConnectionRefusedError(111, "Connection refused")) == "ConnectionRefusedError: Connection refused"
    assert named(ZimerrError("Set PORT to a free one.")) == "Set PORT to a free one."
    assert named(TimeoutError()) == "TimeoutError"
