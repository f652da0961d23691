"""Test that errors reach Sentry without what people wrote, names and tokens."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot import log
from bot.policy.annotations import Annotations
from bot.policy.answers import Answers
from bot.telemetry.error_reports import reporting, stripped
from tests.scenarios.conftest import ANN, ENGLISH, bot_with
from tests.telemetry.receiver import receiving

WORD = "quetzalcoatl"


@pytest.fixture(autouse=True)
def _no_reports_afterwards() -> Iterator[None]:
    """Other tests log, too."""
    yield
    log.configure("info")


async def test_a_bug_is_reported_without_words_and_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentry is another company's machine. The id that the person was told finds the report there."""

    def search(_: object, query: str) -> None:
        secret = f"{query} of {WORD}"
        raise ValueError(secret)

    async def annotate(*_: object) -> None:
        try:
            dict[str, str]()[WORD]
        except KeyError as error:
            raise ValueError(WORD) from error

    monkeypatch.setattr(Answers, "search", search)
    monkeypatch.setattr(Annotations, "annotate", annotate)
    async with receiving() as receiver:
        sending = reporting(f"http://key@127.0.0.1:{receiver.port}/1")
        log.configure("info", "json", sending.__enter__())
        async with bot_with("http", tmp_path) as slack:
            await slack.command(ENGLISH, ANN, f"{WORD} and more")
            (reply,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
            await slack.say(ENGLISH, ANN, f"{WORD}: 6000106")
            await receiver.until(2)
            logging.getLogger("sentry_sdk.errors").error("not sent")
            logging.getLogger("slack_sdk").error("refused: %s", slack.app.bot_token)
            token = slack.app.bot_token
        await asyncio.to_thread(sending.__exit__, None, None, None)
        assert {path for path, _ in receiver.requests} == {"/api/1/envelope/"}
        sent = b"".join(body for _, body in receiver.requests).decode()
        events = [json.loads(body.splitlines()[2]) for _, body in receiver.requests]
    for secret in (WORD, token, "Ann", "oncall", "breadcrumbs", '"vars"', '"request"', "server_name"):
        assert secret not in sent
    asked = next(each for each in events if each["logentry"]["message"] == "a request failed")
    assert asked["tags"]["id"] in str(reply)
    assert asked["tags"]["team"] == "T0DEMO"
    assert [each["type"] for each in asked["exception"]["values"]] == ["ValueError"]
    assert asked["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "search"
    assert "an error in slack_sdk" in {each["logentry"]["message"] for each in events}
    assert "an error in sentry_sdk.errors" not in {each["logentry"]["message"] for each in events}
    attempt = next(each for each in events if each["logentry"]["message"] == "an attempt failed")
    assert [each["type"] for each in attempt["exception"]["values"]] == ["KeyError", "ValueError"]
    assert attempt["tags"]["event_id"].startswith("Ev")


def test_what_sentry_adds_is_stripped() -> None:
    """A later version of its package may collect more."""
    event = {
        "level": "error",
        "tags": {"team": "T1"},
        "request": {"data": WORD, "headers": {"Authorization": WORD}},
        "breadcrumbs": {"values": [{"message": WORD}]},
        "extra": {"sys.argv": [WORD]},
        "user": {"id": WORD},
        "contexts": {"trace": {"data": WORD}},
        "server_name": WORD,
        "modules": {WORD: "1"},
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"function": "f", "vars": {"text": WORD}}]}}]},
    }
    left = cast(dict[str, Any], stripped(cast(Any, event), {}))
    assert left == {
        "level": "error",
        "tags": {"team": "T1"},
        "exception": {"values": [{"type": "E", "stacktrace": {"frames": [{"function": "f"}]}}]},
    }


def test_without_a_dsn_nothing_is_reported() -> None:
    """The default."""
    with reporting("") as report:
        assert report is None
