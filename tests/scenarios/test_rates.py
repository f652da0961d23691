"""Test Slack's rate limits of methods that read: nobody waits for a language, and nobody is forgotten."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from bot.sandbox.http_server import Sandbox
from bot.sandbox.model import Channel
from tests.faults import locked
from tests.scenarios.conftest import ANN, ENGLISH, LIN, Clock
from tests.scenarios.reading import BOT_USER, DATABASES, answer_in_thread, settled, shown, until_stored


def new_channel(slack: Sandbox, id_: str, locale: str = "zh-CN") -> str:
    """Add a channel that the bot has not met; return its id."""
    slack.workspace.channels[id_] = Channel(id_, id_.lower(), locale, members={ANN, LIN, BOT_USER})
    return id_


def refused_attempts(database: Path) -> int:
    """Return how many attempts Slack has rate-limited, as the inbox stores it."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT coalesce(sum(refused), 0) FROM inbox").fetchone()[0])


async def test_many_new_channels_are_answered_in_their_language_within_the_rate_limit(slack: Sandbox) -> None:
    """After a start, one message in each of 80 channels asked for 80 locales at once, and answers turned English."""
    slack.faults.rate_limited("conversations.info", times=2)
    slack.faults.limit("conversations.info", calls=50, per_s=60.0)
    channels = [new_channel(slack, f"C0NEW{number:02}") for number in range(80)]
    said = [await slack.say(channel, LIN, "登录报错误码 6000106") for channel in channels]
    for channel, message in zip(channels, said, strict=True):
        assert "Token 已过期" in shown(await answer_in_thread(slack, channel, message))
    calls = slack.calls("conversations.info")
    assert calls[-1].at - calls[0].at < 60.0
    assert len(calls) <= 50


async def test_no_answer_waits_for_a_language(slack: Sandbox) -> None:
    """Slack may be slow for a minute, and a command must be answered within 3 seconds."""
    slack.faults.hold("conversations.info")
    slack.faults.hold("users.info")
    channel = new_channel(slack, "C0NEW")
    message = await slack.say(channel, LIN, "login: 6000106")
    assert "Token expired" in shown(await answer_in_thread(slack, channel, message))
    await slack.command(channel, LIN, "6000121")
    await slack.until(lambda: [each for each in slack.messages(channel) if "6000121" in shown(each)])
    await slack.command(channel, LIN, "房间")
    (found,) = await slack.until(lambda: slack.ephemerals(LIN, channel))
    assert "房间" in shown(found)
    assert slack.calls("response_url") == []


def knows_locale(database: Path, channel: str) -> bool:
    """Return whether an SQLite database contains the locale of a channel."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("SELECT 1 FROM locales WHERE id = ?", (channel,)).fetchone())


async def test_a_language_is_known_from_the_second_answer_on(slack: Sandbox) -> None:
    """It is asked for once, in the background."""
    channel = new_channel(slack, "C0NEW")
    first = await slack.say(channel, ANN, "6000106")
    await answer_in_thread(slack, channel, first)
    await until_stored(lambda: knows_locale(DATABASES[slack], channel))
    for code in ("6000121", "6000281"):
        message = await slack.say(channel, ANN, code)
        assert "由谁处理" in shown(await answer_in_thread(slack, channel, message))
    assert len(slack.calls("conversations.info")) == 1


async def test_mentions_wait_for_slack_to_let_their_messages_be_read(slack: Sandbox) -> None:
    """Of three within a second, one was answered: each attempt read twice, and the second read was always refused."""
    slack.faults.limit("conversations.replies", calls=1, per_s=2.0)
    said = [await slack.say(ENGLISH, ANN, f"@zimerr {code}") for code in (6000103, 6000106, 6000121)]
    for message in said:
        assert shown(await answer_in_thread(slack, ENGLISH, message))
    reads = slack.calls("conversations.replies")
    assert len([call for call in reads if not call.error]) == 3


async def test_a_rate_limited_read_delays_no_other_message(slack: Sandbox) -> None:
    """The limit is that of reading. An answer that needs no read is posted meanwhile."""
    slack.faults.rate_limited("conversations.replies", retry_after_s=600)
    await slack.say(ENGLISH, ANN, "@zimerr 6000103")
    await slack.until(lambda: slack.calls("conversations.replies"))
    await slack.idle()
    message = await slack.say(ENGLISH, ANN, "login: 6000106")
    await answer_in_thread(slack, ENGLISH, message)


async def test_a_failed_read_is_logged_in_a_line(slack: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """Slack is slow, or says stop: nobody has to fix that."""
    slack.faults.rate_limited("conversations.replies")
    slack.faults.server_error("conversations.replies")
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000103")
    await answer_in_thread(slack, ENGLISH, message)
    written = "".join(capsys.readouterr())
    assert "Traceback" not in written
    assert "error" not in [line.split()[2].strip("[]") for line in written.splitlines() if line[:2] == "20"]


@pytest.mark.parametrize("fault", ["rate limit", "error", "slow"])
async def test_a_dialog_that_slack_does_not_show_is_replaced_by_advice(
    slack: Sandbox, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger is valid for 3 seconds. After a wait, the dialog could not be shown any more."""
    match fault:
        case "rate limit":
            slack.faults.rate_limited("views.open", retry_after_s=30, times=None)
        case "error":
            slack.faults.server_error("views.open", times=None)
        case "slow":
            monkeypatch.setattr("bot.slack.views._SHOW_TIMEOUT_S", 0.1)
            slack.faults.hold("views.open", times=None)
    await slack.command(ENGLISH, ANN, "triage")
    (private,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "post the log in a message that mentions me" in shown(private)
    await slack.shortcut("lookup", LIN)
    (message,) = await slack.until(lambda: slack.messages(slack.workspace.im(LIN, BOT_USER).id))
    assert "Slack 暂时打不开对话框。" in shown(message)
    assert len(slack.calls("views.open")) == 2
    assert [each.acknowledged for each in slack.deliveries()[:2]] == [True, True]


async def test_a_chosen_code_that_slack_does_not_show_is_replaced_by_advice(slack: Sandbox) -> None:
    """Without it, the dialog would stay as it is, without a word."""
    await slack.shortcut("lookup", ANN)
    view = await slack.until(lambda: slack.modal(ANN))
    assert view
    options = await slack.suggest(view, ANN, "lookup_code", "6000106")
    slack.faults.rate_limited("views.update", retry_after_s=30)
    await slack.select(view, "lookup_code", ANN, options[0])
    (message,) = await slack.until(lambda: slack.messages(slack.workspace.im(ANN, BOT_USER).id))
    assert "use `/zimerr` with a code or a few words" in shown(message)


@pytest.mark.parametrize("header", ["inf", "1000000000000", "nan", "-5", "soon", ""])
async def test_a_post_waits_between_a_second_and_an_hour(slack: Sandbox, clock: Clock, header: str) -> None:
    """One such header stopped a channel for ever, another made the bot call 17 times a second."""
    slack.faults.rate_limited("chat.postMessage", header=header)
    message = await slack.say(ENGLISH, ANN, "login: 6000106")
    await until_stored(lambda: refused_attempts(DATABASES[slack]))
    assert len(slack.calls("chat.postMessage")) == 1
    clock.ahead_s = 3601.0
    await answer_in_thread(slack, ENGLISH, message)
    assert len(slack.calls("chat.postMessage")) == 2
    assert slack.calls("conversations.replies") == []


async def test_an_event_that_the_database_does_not_take_is_delivered_again(slack: Sandbox) -> None:
    """Somebody copies the database, which locks it. Slack waits for 3 seconds, then delivers the event again."""
    with locked(DATABASES[slack]):
        message = await slack.say(ENGLISH, ANN, "login: 6000106")
        await slack.until(lambda: [each for each in slack.deliveries("message") if each.attempts > 1])
    await answer_in_thread(slack, ENGLISH, message)
    await settled(slack, ENGLISH, ANN)
    assert len(slack.replies(ENGLISH, message["ts"])) == 1
