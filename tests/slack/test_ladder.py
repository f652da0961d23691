"""Each message is sent in the fullest form that Slack accepts, and refused types of blocks are remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import GiveUp, RetryLater
from bot.inbox import Job, JobState
from bot.policy.place import Place
from bot.render.block_kit import MessagePayload
from bot.slack.ladder import REMEMBERED_S, Ladder

CHART = {"type": "data_visualization", "title": "t", "chart": {"series": [], "axis_config": {"categories": ["a"]}}}
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "6000106"}]]}
MESSAGE = {"text": "hi", "blocks": [{"type": "divider"}, CHART, TABLE]}
FULL, NO_CHART, NO_TABLE, NEITHER, TEXT = "chart table", "table", "chart", "", "text"


def form_of(message: MessagePayload) -> str:
    """Return which of the blocks a form has."""
    if not message.get("blocks"):
        return TEXT
    types = [block["type"] for block in message["blocks"]]
    return " ".join(name for name, block in (("chart", CHART), ("table", TABLE)) if block["type"] in types)


class Slack:
    """Refuses forms that contain any of these words, with an error each."""

    def __init__(self, **errors: Callable[[list[dict[str, Any]]], Exception]) -> None:
        self.errors = errors
        self.sent: list[str] = []

    async def __call__(self, message: MessagePayload) -> str:
        """Take or refuse a form."""
        form = form_of(message)
        self.sent.append(form)
        for word, error in self.errors.items():
            if word in form.split():
                raise error(message.get("blocks", []))
        return form


def unnamed(reason: str = "invalid_blocks") -> Callable[[object], Exception]:
    """A refusal without an explanation."""
    return lambda _: GiveUp(reason)


def named(kind: str, reason: str = "invalid_blocks") -> Callable[[list[dict[str, Any]]], Exception]:
    """A refusal that names the block."""

    def refusal(blocks: list[dict[str, Any]]) -> Exception:
        (at,) = [at for at, block in enumerate(blocks) if block["type"] == kind]
        return GiveUp(reason, messages=[f"[ERROR] unsupported type: {kind} [json-pointer:/blocks/{at}/type]"])

    return refusal


def internal(_: object) -> Exception:
    """An internal error of Slack's."""
    return RetryLater("internal_error")


def job(attempts: int, reason: str | None = "internal_error", refused: int = 0) -> Job:
    """A job in its attempt number *attempts*."""
    place = Place("T1", "C1", "U1")
    return Job(place, "1.0", "1.0", state=JobState.WORKING, attempts=attempts, refused=refused, reason=reason)


@pytest.mark.parametrize(
    ("slack", "sent"),
    [
        (Slack(), [FULL]),
        (Slack(chart=unnamed()), [FULL, NO_CHART]),
        (Slack(table=unnamed()), [FULL, NO_CHART, NEITHER]),
        (Slack(table=named("table")), [FULL, NO_TABLE]),
        (Slack(chart=named("data_visualization"), table=named("table")), [FULL, NO_CHART, NEITHER]),
        (Slack(table=named("table", "invalid_arguments")), [FULL, NO_TABLE]),
        (Slack(chart=unnamed("msg_blocks_too_long")), [FULL, NO_CHART]),
    ],
)
async def test_the_next_form_is_the_fullest_that_may_be_accepted(slack: Slack, sent: list[str]) -> None:
    """Slack may name the blocks that it refuses; else charts are given up before tables."""
    assert await Ladder().send("T1", MESSAGE, slack) == sent[-1]
    assert slack.sent == sent


async def test_the_last_form_is_text_alone_and_its_refusal_is_final() -> None:
    """There is nothing simpler."""
    sent: list[str] = []

    async def refuse(message: MessagePayload) -> None:
        sent.append(form_of(message))
        raise GiveUp("invalid_blocks")

    with pytest.raises(GiveUp):
        await Ladder().send("T1", MESSAGE, refuse)
    assert sent == [FULL, NO_CHART, NEITHER, TEXT]


@pytest.mark.parametrize(
    ("slack", "second"),
    [
        (Slack(chart=unnamed()), NO_CHART),
        (Slack(table=unnamed()), NO_TABLE),
        (Slack(chart=named("data_visualization"), table=named("table")), NEITHER),
        (Slack(chart=unnamed("msg_blocks_too_long")), FULL),
        (Slack(chart=internal), FULL),
    ],
    ids=["chart", "table", "both", "long", "internal"],
)
async def test_only_what_a_workspace_refuses_is_remembered(slack: Slack, second: str) -> None:
    """A long message or a passing error says nothing about the next message."""
    time = 0.0
    ladder = Ladder(lambda: time)
    await ladder.send("T1", MESSAGE, slack)
    slack.errors = {}
    assert await ladder.send("T1", MESSAGE, slack) == second
    assert await ladder.send("T2", MESSAGE, slack) == FULL
    time = REMEMBERED_S + 1.0
    assert await ladder.send("T1", MESSAGE, slack) == FULL


@pytest.mark.parametrize(
    ("attempt", "sent"),
    [
        (None, [FULL, NO_CHART]),  # no job repeats the call
        (job(1, None), [FULL]),
        (job(2), [FULL]),
        (job(3), [FULL, NO_CHART]),
        (job(3, "status 503"), [FULL]),
        (job(5, refused=3), [FULL]),
    ],
    ids=["request", "first", "second", "third", "other-reason", "rate-limited"],
)
async def test_an_internal_error_is_tried_three_times_before_a_simpler_form(
    attempt: Job | None, sent: list[str]
) -> None:
    """Most internal errors pass. If a job fails so again and again, Slack does not like its blocks."""
    slack = Slack(chart=internal)
    if len(sent) == 1:
        with pytest.raises(RetryLater):
            await Ladder().send("T1", MESSAGE, slack, job=attempt)
    else:
        await Ladder().send("T1", MESSAGE, slack, job=attempt)
    assert slack.sent == sent


@pytest.mark.parametrize("error", [GiveUp("not_in_channel"), RetryLater("ratelimited", 7.0), RetryLater("status 503")])
async def test_other_errors_are_the_same_for_each_form(error: Exception) -> None:
    """One call is enough."""
    slack = Slack(table=lambda _: error)
    with pytest.raises(type(error)):
        await Ladder().send("T1", MESSAGE, slack)
    assert slack.sent == [FULL]
