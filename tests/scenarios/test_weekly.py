"""Test the weekly digest: for channels that asked for it, once, and only about the channel."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import running
from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.oncall.weekly import WeeklyReply, last_due, next_due
from bot.render.renderer import Renderer
from bot.sandbox.http_server import Sandbox
from bot.slack import rounds
from bot.storage.sighting_store import CodeTrend, Seen
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, Clock, settings_for
from tests.scenarios.reading import choose, dialog_of, last_said, said_by_bot, settled, shown
from tests.scenarios.test_incidents import triage_of


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look whether anything is due all the time."""
    monkeypatch.setattr(rounds, "_INTERVAL_S", 0.02)


def digests(slack: Sandbox, channel: str) -> list[dict[str, Any]]:
    """Return the digests in a channel."""
    return [
        each for each in said_by_bot(slack, channel) if "/zimerr digest off" in shown(each) or "周报 关" in shown(each)
    ]


def until_monday(clock: Clock) -> float:
    """Return the seconds until the next digest is due."""
    return next_due(clock()) - clock() + 0.5


def test_it_is_due_on_mondays_at_nine() -> None:
    """In UTC; the line about the setting shows the time in its reader's zone."""
    monday = datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()
    assert (last_due(monday), next_due(monday)) == (monday, monday + 7 * 86_400)
    assert last_due(monday - 1) == monday - 7 * 86_400
    assert last_due(monday + 6.9 * 86_400) == monday


def test_a_digest_without_the_week_before_claims_nothing_as_new(catalogue: Catalogue) -> None:
    """An operator may keep counts for less than 14 days."""
    trend = CodeTrend(6000106, 3, 0, (3,) * 14, Seen(ENGLISH, "1.0"), Seen(ENGLISH, "1.0"))
    renderer = Renderer(catalogue)
    for is_compared in (True, False):
        message = renderer.message(WeeklyReply((trend,), (), (), is_compared=is_compared), Language.EN)
        assert ("*New*" in shown(message)) is is_compared
        assert_sendable(message)


@pytest.mark.both_transports
async def test_a_channel_that_asked_gets_it_once(slack: Sandbox, clock: Clock) -> None:
    """It has new codes and lines about what helped, without a mention; other channels get none."""
    _, answer = await triage_of(slack)
    await choose(slack, answer, "triage_resolve", LIN)
    await slack.submit(await dialog_of(slack, LIN), LIN, {"helped": "rotated the secret"})
    await slack.say(CHINESE, LIN, "错误码 6000354")
    await settled(slack, CHINESE, LIN)
    await slack.command(ENGLISH, ANN, "digest on")
    await slack.until(lambda: "turned on the weekly digest" in shown(said_by_bot(slack, ENGLISH)[-1]))
    clock.ahead_s += until_monday(clock)
    (digest,) = await slack.until(lambda: digests(slack, ENGLISH))
    text = shown(digest)
    for part in ("*New*", "*6000106*  Token expired", "*What helped*", "rotated the secret", "|Open>"):
        assert part in text
    assert "<@" not in text
    assert "6000354" not in text
    assert "thread_ts" not in digest
    await settled(slack, ENGLISH, ANN)
    assert len(digests(slack, ENGLISH)) == 1
    assert digests(slack, CHINESE) == []
    clock.ahead_s += 7 * 86_400
    await slack.until(lambda: len(digests(slack, ENGLISH)) == 2)
    assert "A quiet week" in shown(digests(slack, ENGLISH)[-1])


async def test_it_is_turned_off_and_undone_for_everybody_to_see(slack: Sandbox, clock: Clock) -> None:
    """As any other setting of the channel."""
    await slack.command(CHINESE, LIN, "周报 开")
    line = await last_said(slack, CHINESE, 1)
    assert f"<@{LIN}> 开启了本频道的周报" in shown(line)
    await slack.command(CHINESE, ANN, "status")
    await slack.until(lambda: any("weekly digest is on" in shown(each) for each in slack.ephemerals(ANN)))
    await slack.click(line, "undo_change", BEN)
    await slack.until(lambda: f"<@{BEN}>" in shown(said_by_bot(slack, CHINESE)[-1]))
    clock.ahead_s += until_monday(clock)
    await settled(slack, CHINESE, LIN)
    assert digests(slack, CHINESE) == []


async def test_two_replicas_post_one_and_a_rate_limit_loses_none(slack: Sandbox, clock: Clock, tmp_path: Path) -> None:
    """It is claimed in the database, and due again if Slack did not take it."""
    await slack.command(ENGLISH, ANN, "digest on")
    await last_said(slack, ENGLISH, 1)
    slack.faults.rate_limited("chat.postMessage", retry_after_s=1)
    async with running(settings_for(slack, "http", tmp_path / "bot.db"), clock, clock.steady):
        clock.ahead_s += until_monday(clock)
        await slack.until(lambda: digests(slack, ENGLISH))
        await settled(slack, ENGLISH, ANN)
    assert len(digests(slack, ENGLISH)) == 1


@pytest.mark.parametrize("typed", ["digest", "周报"])
async def test_misuse_gets_the_line_that_helps(slack: Sandbox, typed: str) -> None:
    """It names both choices."""
    await slack.command(ENGLISH, ANN, typed)
    await slack.until(lambda: any("digest on` or `/zimerr digest off" in shown(each) for each in slack.ephemerals(ANN)))
