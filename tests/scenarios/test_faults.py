"""Test faults of the machine: whatever happens to the database, no event is acknowledged that is not stored."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
import structlog

from bot.inbox import InboxLimits
from bot.sandbox.delivery import Envelope
from bot.sandbox.http_server import Sandbox
from tests.faults import delete_database, locked, no_disk_space
from tests.scenarios.conftest import ANN, ENGLISH
from tests.scenarios.reading import DATABASES, answer_in_thread, faults_of, settled

Fault = Callable[[Path], AbstractContextManager[None]]
MANY = 20
RARELY_S = 5.0  # between two records of the same fault


@pytest.fixture(autouse=True)
def fail_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the database and check the health in fractions of a second.

    To make the tables of a new file takes long on a busy machine. The bot refuses an event that it can't record within
    2 s, and Slack delivers it again; here, the first delivery after a fault must succeed.
    """
    monkeypatch.setattr("bot.storage.database._BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr("bot.storage.batching._MAX_RETRY_S", 0.05)
    monkeypatch.setattr("bot.health._INTERVAL_S", 0.05)
    monkeypatch.setattr("bot.slack.services.InboxLimits", partial(InboxLimits, accept_s=60.0))


@contextlib.contextmanager
def disk_full(path: Path) -> Iterator[None]:
    """No file can grow."""
    with no_disk_space():
        yield


@contextlib.contextmanager
def folder_missing(path: Path) -> Iterator[None]:
    """The volume of the database is gone, and comes back empty."""
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    path.parent.write_text("not a folder")
    yield
    path.parent.unlink()


def messages(slack: Sandbox) -> list[Envelope]:
    """Return the deliveries of messages of people."""
    return [each for each in slack.deliveries("message") if not each.body["event"].get("bot_id")]


@pytest.mark.both_transports
@pytest.mark.parametrize("fault", [locked, disk_full, folder_missing])
async def test_an_event_that_can_not_be_stored_is_not_acknowledged(slack: Sandbox, fault: Fault) -> None:
    """Slack delivers it again, and the bot goes on by itself when the database is back."""
    slack.delivery.ack_timeout_s = 1.0
    database = DATABASES[slack]
    await settled(slack, ENGLISH, ANN)
    before = len(messages(slack))
    with fault(database):
        said = await slack.say(ENGLISH, ANN, "login: 6000106")
        await slack.idle(20)
        (envelope,) = messages(slack)[before:]
        assert not envelope.acknowledged
        assert envelope.attempts == 4
    slack.delivery.ack_timeout_s = 60.0
    assert (await slack.redeliver(envelope.body["event_id"])).acknowledged
    await answer_in_thread(slack, ENGLISH, said)
    await settled(slack, ENGLISH, ANN)
    assert len(slack.replies(ENGLISH, said["ts"])) == 1


@pytest.mark.both_transports
async def test_the_health_check_and_the_log_tell_about_the_database(slack: Sandbox) -> None:
    """Monitoring learns of it, and the log does not fill the disk that is full already."""
    assert await faults_of(slack) == {}
    began = time.monotonic()
    with structlog.testing.capture_logs() as logs:
        with no_disk_space():
            for number in range(MANY):
                await slack.say(ENGLISH, ANN, f"login: 6000106 {number}")
            while not (faults := await faults_of(slack)):
                pass
            assert list(faults) == ["database"]
            assert "can't be written to" in faults["database"]
            await slack.idle(20)
        while await faults_of(slack):
            pass
    lines = Counter(each["event"] for each in logs)
    assert max(lines.values()) <= 1 + (time.monotonic() - began) / RARELY_S, lines
    assert len(lines) <= 6, lines
    assert not any("exc_info" in each for each in logs)
    assert [each["event"] for each in logs if "health" in each["event"]] == ["unhealthy", "healthy again"]


@pytest.mark.both_transports
async def test_messages_in_work_survive_the_deletion_of_the_database(slack: Sandbox) -> None:
    """They were acknowledged, so Slack will not send them again."""
    release = slack.faults.hold("chat.postMessage")
    said = [await slack.say(ENGLISH, ANN, f"login: {code}") for code in (6000106, 6000121, 6000354)]
    await slack.until(lambda: slack.calls("chat.postMessage"))
    await slack.idle()
    delete_database(DATABASES[slack])
    later = await slack.say(ENGLISH, ANN, "login: 6000107")
    await slack.idle()
    release.set()
    await slack.until(lambda: all(slack.replies(ENGLISH, message["ts"]) for message in [*said, later]))
    await settled(slack, ENGLISH, ANN)
    assert [len(slack.replies(ENGLISH, message["ts"])) for message in [*said, later]] == [1, 1, 1, 1]


async def test_the_health_check_tells_that_the_token_is_refused(slack: Sandbox) -> None:
    """The bot answers nobody then, although the process runs."""
    slack.faults.refused("*", "account_inactive")
    await slack.say(ENGLISH, ANN, "login: 6000106")
    while not (faults := await faults_of(slack)):
        pass
    assert faults == {"workspace": "Slack refuses SLACK_BOT_TOKEN: account_inactive"}
