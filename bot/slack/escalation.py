"""Call the escalation target, a person or user group (ZIMERR_ESCALATE), to a triage.

1. The call is posted in the triage's thread, once, and mentions them.
2. A person who is not in the channel also gets a direct message with a link: Slack does not notify them of the call.
3. After both, the triage shows who called. Until then the job is not done, and pressing the button again repeats it.
"""

from __future__ import annotations

from collections import deque

import structlog

from bot.errors import GiveUp
from bot.inbox import Job
from bot.policy.replies import Escalated, Summons
from bot.slack import incidents
from bot.slack.context import RequestContext

_log = structlog.stdlib.get_logger(__name__)


class NobodyCalled(GiveUp):
    """The person to call is not in the channel, and Slack refuses a direct message to them."""


class Escalations:
    """Works on the jobs of the button. Methods raise RetryLater, GiveUp or StopWorkspace."""

    def __init__(self) -> None:
        # After a crash, a direct message may be repeated: calling a person twice is better than not at all.
        self._sent: deque[tuple[str, ...]] = deque(maxlen=1000)

    async def escalate(self, context: RequestContext, job: Job) -> None:
        """Call the person or group, and show that on the triage."""
        services, place = context.services, job.place
        call = Escalated(services.escalation_target, place.user)
        await services.sender.post([job], services.renderer.message(call, await context.channel_language()))
        await self._send_link(context, job)
        await _show(context, job)

    async def _send_link(self, context: RequestContext, job: Job) -> None:
        """Send the person a direct message unless they are in the channel."""
        place, target = job.place, context.services.escalation_target
        is_group = target.startswith("S")
        if is_group or job.key in self._sent or await context.lookup.is_member(place.channel, target):
            return
        link = await context.lookup.permalink(place.channel, job.ts)
        called = context.for_person(target)
        summons = Summons(place.user, place.channel, link)
        message = context.services.renderer.message(summons, await called.language())
        try:
            await context.services.sender.send_dm(called.place, message, job=job)
        except GiveUp as error:
            raise NobodyCalled(error.reason, error.scope, error.messages) from error
        self._sent.append(job.key)


async def _show(context: RequestContext, job: Job) -> None:
    """Show on the triage who called, if it can be changed."""
    described = {"key": job.detail["source"], **job.detail}
    seed = incidents.seed(context, {"ts": job.ts, "thread_ts": job.thread}, described)
    claim = await context.services.ownership.escalate(seed, job.place.user)
    try:
        await incidents.present(context, claim.after, job=job)
    except GiveUp as error:  # they were called all the same
        _log.warning("a triage can't show who called", channel=job.place.channel, ts=job.ts, reason=error.reason)
