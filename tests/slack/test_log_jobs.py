"""The on-call person is called once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.errors import RetryLater
from bot.i18n import Language
from bot.inbox import Job, JobKind
from bot.policy.place import Place
from bot.slack.context import RequestContext
from bot.slack.log_jobs import LogJobs


async def test_a_rate_limit_after_the_call_makes_the_next_attempt_look_for_it() -> None:
    """An attempt that was only told to wait counts as one that has posted nothing: the call would be repeated."""

    async def post(*_: object) -> str:
        return "9.9"

    async def update(*_: object, **__: object) -> None:
        raise RetryLater("ratelimited", 7.0)

    async def message(*_: object) -> dict[str, Any]:
        return {"ts": "1.0", "text": "hi", "blocks": []}

    async def of_channel(*_: object, **__: object) -> Any:
        return SimpleNamespace(language=Language.EN)

    services = SimpleNamespace(
        sender=SimpleNamespace(post=post, update=update),
        renderer=SimpleNamespace(message=lambda reply, language: {}),
        languages=SimpleNamespace(of_channel=of_channel),
        escalation_target="U9",
        clock=lambda: 0.0,
    )
    job = Job(Place("T1", "C1", "U1"), "1.0", "1.0", kind=JobKind.ESCALATE, detail={"language": "en"})
    lookup = SimpleNamespace(message=message)
    context = RequestContext(cast(Any, services), job.place, cast(Any, lookup), "B1")
    with pytest.raises(RetryLater) as failure:
        await LogJobs().escalate(context, job)
    assert failure.value.after_s is None
