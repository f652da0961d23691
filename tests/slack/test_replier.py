"""The acts around the reading of a log, whatever comes of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.i18n import Language
from bot.inbox import Job
from bot.policy.place import Place
from bot.policy.replies import Answer, Note
from bot.slack.background import Background
from bot.slack.context import RequestContext
from bot.slack.reactions import TAKEN, Reactions
from bot.slack.replier import LogReplier
from tests.slack.forgetful import Forgetful

PLACE = Place("T1", "C1", "U1")


class FakeSender:
    """Records reactions and posts; *refusals* are raised by the methods of these names."""

    def __init__(self, **refusals: Exception) -> None:
        self.refusals = refusals
        self.calls: list[str] = []

    def _call(self, name: str) -> str:
        self.calls.append(name)
        if name in self.refusals:
            raise self.refusals[name]
        return "9.9"

    async def add_reaction(self, *_: object) -> None:
        """React."""
        self._call("add")

    async def remove_reaction(self, *_: object) -> None:
        """Remove the reaction."""
        self._call("remove")

    async def post(self, *_: object) -> str:
        """Post."""
        return self._call("post")


def context(sender: FakeSender, background: Background | None = None) -> RequestContext:
    """The context of a job, with *sender*."""
    renderer = SimpleNamespace(message=lambda reply, language, **_: {"text": "hi", "blocks": []})
    background = background or Background()
    services = SimpleNamespace(sender=sender, renderer=renderer, background=background, memories=Forgetful())
    return RequestContext(cast(Any, services), PLACE, cast(Any, None), "B1")


async def work(
    sender: FakeSender, error: Exception | None = None, *, posts: bool = False, background: Background | None = None
) -> None:
    """Read a log, post if *posts*, and fail with *error*."""
    async with LogReplier(context(sender, background), Job(PLACE, "1.0", "1.0", attempts=1)) as replier:
        async with replier.reading():
            pass
        if posts:
            await replier.reply(Answer(Note("nothing"), Language.EN))
        if error:
            raise error


@pytest.mark.parametrize("error", [None, RetryLater("x"), GiveUp("x"), StopWorkspace("x"), ValueError()], ids=repr)
async def test_the_hourglass_goes_whatever_happened(error: Exception | None) -> None:
    """Nobody knows whether another attempt comes."""
    sender = FakeSender()
    if error is None:
        await work(sender)
    else:
        with pytest.raises(type(error)):
            await work(sender, error)
    assert sender.calls == ["add", "remove"]


async def test_a_second_attempt_removes_the_hourglass_that_the_first_may_have_left() -> None:
    """It may find the message handled, and read nothing."""
    sender = FakeSender()
    async with LogReplier(context(sender), Job(PLACE, "1.0", "1.0", attempts=2)):
        pass
    assert sender.calls == ["remove"]
    sender.calls.clear()
    async with LogReplier(context(sender), Job(PLACE, "1.0", "1.0", attempts=1)):
        pass
    assert sender.calls == []


async def test_a_refused_hourglass_is_no_failure() -> None:
    """The answer matters, the reaction is extra."""
    sender = FakeSender(add=RetryLater("ratelimited", 30.0), remove=GiveUp("not_in_channel"))
    await work(sender, posts=True)
    assert sender.calls == ["add", "post", "remove"]


async def test_an_hourglass_that_can_not_be_removed_now_is_removed_later() -> None:
    """The job is done. A retry for the reaction alone would read the log again, and repeat private replies."""
    background = Background()
    sender = FakeSender(remove=RetryLater("ratelimited", 0.0))
    await work(sender, posts=True, background=background)
    assert sender.calls == ["add", "post", "remove"]
    sender.refusals.clear()
    await background.drain(10)
    assert sender.calls == ["add", "post", "remove", "remove"]


async def test_an_hourglass_that_slack_never_removes_is_left() -> None:
    """Calls to remove a reaction end after a few."""
    background, sender = Background(), FakeSender(remove=RetryLater("ratelimited", 0.0))
    await work(sender, background=background)
    await background.drain(10)
    assert sender.calls == ["add"] + ["remove"] * 6


async def test_a_mark_that_can_not_be_removed_now_does_not_repeat_the_reading() -> None:
    """The log was edited and contains no code any more."""
    background, sender = Background(), FakeSender(remove=RetryLater("ratelimited", 0.0))
    async with LogReplier(context(sender, background), Job(PLACE, "1.0", "1.0", attempts=1)) as replier:
        await replier.unmark("1.0")
    sender.refusals.clear()
    await background.drain(10)
    assert sender.calls == ["remove", "remove"]


async def test_the_error_of_an_attempt_outweighs_a_refused_hourglass() -> None:
    """Whether the job is retried depends on the log, not on the reaction."""
    with pytest.raises(GiveUp, match="is_archived"):
        await work(FakeSender(remove=StopWorkspace("token_revoked")), GiveUp("is_archived"))


async def test_an_attempt_that_is_cancelled_removes_its_hourglass() -> None:
    """An attempt has a time limit, and the bot may stop in the middle."""
    sender, is_reading = FakeSender(), asyncio.Event()

    async def read() -> None:
        async with LogReplier(context(sender), Job(PLACE, "1.0", "1.0", attempts=1)) as replier, replier.reading():
            is_reading.set()
            await asyncio.Event().wait()

    attempt = asyncio.create_task(read())
    await is_reading.wait()
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt
    assert sender.calls == ["add", "remove"]


async def test_a_reaction_that_slack_refuses_now_is_added_later_unless_it_is_removed() -> None:
    """Nobody sees on the log that a person is on it; after a release, nobody must."""
    background, sender = Background(), FakeSender(add=RetryLater("ratelimited", 0.0))
    reactions = Reactions(context(sender, background))
    await reactions.add("1.0", TAKEN)
    sender.refusals.clear()
    await background.drain(10)
    assert sender.calls == ["add", "add"]
    sender.refusals["add"] = RetryLater("ratelimited", 30.0)
    await reactions.add("1.0", TAKEN)
    await reactions.remove("1.0", TAKEN)
    await background.drain(10)
    assert sender.calls == ["add", "add", "add", "remove"]
