"""The acts around the reading of a log, whatever comes of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.i18n import Language
from bot.inbox import Job
from bot.policy.place import Place
from bot.policy.replies import Answer, Note
from bot.slack.context import RequestContext
from bot.slack.log_jobs import _replier

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


def context(sender: FakeSender) -> RequestContext:
    """The context of a job, with *sender*."""
    renderer = SimpleNamespace(message=lambda reply, language: {"text": "hi", "blocks": []})
    return RequestContext(cast(Any, SimpleNamespace(sender=sender, renderer=renderer)), PLACE, cast(Any, None), "B1")


async def work(sender: FakeSender, error: Exception | None = None, *, attempts: int = 1, posts: bool = False) -> None:
    """Read a log, post if *posts*, and fail with *error*."""
    job = Job(PLACE, "1.0", "1.0", attempts=attempts)
    async with _replier(context(sender), job) as replier:
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
    async with _replier(context(sender), Job(PLACE, "1.0", "1.0", attempts=2)):
        pass
    assert sender.calls == ["remove"]
    sender.calls.clear()
    async with _replier(context(sender), Job(PLACE, "1.0", "1.0", attempts=1)):
        pass
    assert sender.calls == []


async def test_a_refused_hourglass_is_no_failure() -> None:
    """The answer matters, the reaction is extra."""
    sender = FakeSender(add=RetryLater("ratelimited", 30.0), remove=GiveUp("not_in_channel"))
    await work(sender, posts=True)
    assert sender.calls == ["add", "post", "remove"]


@pytest.mark.parametrize(("posts", "after_s"), [(False, 7.0), (True, None)])
async def test_a_rate_limit_after_the_reply_makes_the_next_attempt_look_for_it(
    posts: bool, after_s: float | None
) -> None:
    """An attempt that was only told to wait counts as one that has posted nothing."""
    with pytest.raises(RetryLater) as failure:
        await work(FakeSender(), RetryLater("ratelimited", 7.0), posts=posts)
    assert failure.value.after_s == after_s


@pytest.mark.parametrize("posts", [True, False])
async def test_an_hourglass_that_can_not_be_removed_now_is_removed_later(posts: bool) -> None:
    """All else is done, perhaps by a private reply; the next attempt must look for what was posted."""
    with pytest.raises(RetryLater) as failure:
        await work(FakeSender(remove=RetryLater("ratelimited", 7.0)), posts=posts)
    assert failure.value.after_s is None
