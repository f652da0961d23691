"""Do the work that becomes due by time: update alerts, offer watches, post weekly digests, remind owners.

Updates of incidents that failed are repeated, too. Due work is claimed in the database first, so that only one of
several replicas does it.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import structlog

from bot.errors import GiveUp, RetryLater, StopWorkspace, describe
from bot.periodic import repeating
from bot.policy.links import link_to
from bot.policy.place import Place
from bot.policy.replies import Overdue
from bot.slack.alerts import look_after, offer
from bot.slack.context import RequestContext
from bot.slack.incidents import present, send_dm
from bot.slack.services import Services
from bot.storage.database import UNREACHABLE
from bot.storage.incident_store import Incident

_INTERVAL_S = 15.0
_log = structlog.stdlib.get_logger(__name__)


class Rounds:
    """Does the work that is due, every few seconds."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def running(self) -> AbstractAsyncContextManager[None]:
        """Go round while the context is open."""
        return repeating(self.go, _INTERVAL_S)

    async def go(self) -> None:
        """Do all work that is due now."""
        try:
            await self._look_after_watches()
            await self._post_digests()
            await self._offer_watches()
            await self._show_incidents()
        except UNREACHABLE as error:
            _log.warning("due work could not be read", error=describe(error))

    async def _look_after_watches(self) -> None:
        for watch in await self._services.bursts.claim_due():
            try:
                await look_after(self._services, watch)
            except (GiveUp, RetryLater, StopWorkspace) as error:  # it is due again in a while
                _log.info("a watch is looked after later", channel=watch.channel, reason=str(error))

    async def _post_digests(self) -> None:
        for place in await self._services.weekly.claim_due():
            try:
                await self._post_digest(place)
            except GiveUp as error:  # the bot may not post there
                _log.info("a weekly digest can't be posted", channel=place.channel, reason=str(error))
            except (RetryLater, StopWorkspace) as error:  # it is due again
                _log.info("a weekly digest is posted later", channel=place.channel, reason=str(error))
                await self._services.weekly.release(place)

    async def _post_digest(self, place: Place) -> None:
        context = await RequestContext.of_place(self._services, place)
        reply, language = await self._services.weekly.collect(place, context.lookup), await context.channel_language()
        await self._services.sender.post_new(place, None, self._services.renderer.message(reply, language))

    async def _offer_watches(self) -> None:
        async for place, reply in self._services.offers.claim_due():
            try:
                await offer(self._services, place, reply)
            except (GiveUp, RetryLater, StopWorkspace) as error:
                _log.info("a watch can't be offered", channel=place.channel, reason=str(error))
                if isinstance(error, StopWorkspace) or (isinstance(error, RetryLater) and error.after_s is not None):
                    await self._services.offers.release(place)  # Slack has posted nothing

    async def _show_incidents(self) -> None:
        for incident in await self._services.ownership.claim_due():
            ref = incident.ref
            try:
                context = await RequestContext.of_place(self._services, Place(ref.team, ref.channel, incident.user))
                await self._deal_with(context, incident)
            except GiveUp as error:  # the message or the channel is gone: no repetition helps
                _log.info("an incident can't be shown", channel=ref.channel, ts=ref.ts, reason=str(error))
                await self._services.ownership.settled(incident)
            except (RetryLater, StopWorkspace) as error:  # it is due again in a while
                _log.info("an incident is shown later", channel=ref.channel, ts=ref.ts, reason=str(error))

    async def _deal_with(self, context: RequestContext, incident: Incident) -> None:
        ownership, channel = context.services.ownership, incident.ref.channel
        if incident.shown != incident.version:
            await present(context, incident)
            return
        if not incident.owner:
            await ownership.settled(incident)
            return
        messages = await context.lookup.thread(channel, incident.thread)
        own = [float(each["ts"]) for each in messages if each.get("user") == incident.owner]
        if await ownership.is_silent(incident, last_said=max(own, default=0.0)):
            link = await link_to(context.lookup, channel, incident.ref.ts)
            await send_dm(context, incident.owner, Overdue(incident.at, channel, link, incident.is_alert))
            await ownership.settled(incident)
