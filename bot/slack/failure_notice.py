"""Tell people why their messages get no answer: privately, in their language, at most once a day."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot import log
from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import ASKED_KINDS, UNASKED_KINDS, Job
from bot.policy.replies import Barred, Barrier
from bot.slack.context import RequestContext

WARNING = "warning"  # the reaction, if no message can be sent
_REPEAT_AFTER_S = 86_400.0  # for one channel and reason
_log = log.get(__name__)


async def notify(context: RequestContext, job: Job, error: GiveUp) -> None:
    """Tell the author of the message, as far as they can do something about it. Raises RetryLater or StopWorkspace.

    Only people who spoke to the bot are told of a missing scope or an error that they can do nothing about.
    """
    # Slack has several kinds of restricted_action (docs.slack.dev/reference/methods/chat.postMessage).
    reason = error.reason
    barrier = next((each for each in Barrier if reason == each or reason.startswith(f"{each}_")), None)
    waits = job.kind in ASKED_KINDS or (job.kind in UNASKED_KINDS and barrier is not Barrier.MISSING_SCOPE)
    if not waits or not job.place.user:
        return
    if barrier is None:
        if job.kind in ASKED_KINDS:
            await context.report_error(error)
        return
    notices, key = context.services.notices, (job.place.team, job.place.channel, barrier)
    now = context.services.clock()
    if not await notices.claim(*key, now=now, unless_since=now - _REPEAT_AFTER_S):
        return
    try:
        await _send(context, job, Barred(barrier, job.place.channel, error.scope))
    except (RetryLater, StopWorkspace, asyncio.CancelledError):  # another attempt follows
        await notices.forget(*key)
        raise


async def _send(context: RequestContext, job: Job, notice: Barred) -> None:
    """Send an ephemeral message; if Slack refuses, a direct message; if Slack refuses that, too, react."""
    sender, place = context.services.sender, job.place
    message = context.services.renderer.message(notice, await context.language())
    ways: tuple[Callable[[], Awaitable[None]], ...] = (
        lambda: sender.post_ephemeral(place, context.thread, message, lease=job.lease),
        lambda: sender.send_dm(place, message, lease=job.lease),
        lambda: sender.add_reaction(place, job.ts, WARNING),
    )
    for way in ways:
        try:
            return await way()
        except GiveUp as error:
            _log.info("Slack refused a failure notice", channel=place.channel, ts=job.ts, reason=str(error))
    return None
