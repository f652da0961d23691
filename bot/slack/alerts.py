"""Post one alert when a watch is reached, keep it up to date, and close it.

1. The alert is recorded before it is posted. If the post may have failed, the channel is searched for it first.
2. It mentions the user group of the watch when it is posted. Slack notifies nobody of an update.
3. It shows its owner, as a triage does (see `bot.slack.incidents`).
4. If Slack refuses it, the person who made the watch gets a direct message.
5. Accepting an offer makes the watch as the command does. The public line about it replaces the offer.
"""

from __future__ import annotations

import structlog
from slack_bolt.async_app import AsyncApp

from bot.errors import GiveUp
from bot.oncall.watch_rule import parse_watch
from bot.oncall.watches import AlertReply, OfferReply
from bot.policy.command_types import WatchCommand
from bot.policy.place import Place
from bot.policy.replies import ChangeReply
from bot.policy.troubles import barred
from bot.render.watch_slack import ACCEPT_OFFER, DECLINE_OFFER, STOP_WATCH, alert_id
from bot.slack.context import RequestContext
from bot.slack.incidents import present, send_dm
from bot.slack.listeners import after_ack
from bot.slack.lookup import Payload, id_at
from bot.slack.services import Services
from bot.storage.watch_store import Watch

_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the buttons that stop a watch, and accept or decline an offer."""
    app.action(STOP_WATCH)(after_ack(stop, services))
    app.action(ACCEPT_OFFER)(after_ack(accept, services))
    app.action(DECLINE_OFFER)(after_ack(decline, services))


async def stop(context: RequestContext, body: Payload) -> None:
    """Stop a watch, show that to the channel, and update the list with the button."""
    watching = context.services.watching
    reply = await watching.stop(int(body["actions"][0]["value"]), context.place, context.lookup)
    if not isinstance(reply, ChangeReply):
        await context.reply_privately(reply)
        return
    await context.show_change(reply)
    if body["container"].get("is_ephemeral"):
        await context.reply_to_url(await watching.watches(context.place), await context.language(), replaces=True)


async def accept(context: RequestContext, body: Payload) -> None:
    """Make the offered watch, and show that to the channel in place of the offer."""
    if words := parse_watch(body["actions"][0]["value"]):
        reply = await context.services.watching.carry_out(WatchCommand(words), context.place, context.lookup)
        await context.show_change(reply, replaces=True)


async def decline(context: RequestContext, body: Payload) -> None:
    """Remove the offer."""
    services, place = context.services, context.place
    if denied := await services.changes.permissions.denied_to_change(place, context.lookup):
        await context.reply_privately(denied)
        return
    await services.sender.delete(place, id_at(body, "container", "message_ts"))


async def offer(services: Services, place: Place, reply: OfferReply) -> None:
    """Offer a watch in the channel of *place*. Raises RetryLater, GiveUp or StopWorkspace."""
    context = await RequestContext.of_place(services, place)
    message = services.renderer.message(reply, await context.channel_language())
    await services.sender.post_new(place, None, message)


async def look_after(services: Services, watch: Watch) -> None:
    """Count the messages of a watch, and post, update or close its alert. Raises RetryLater or StopWorkspace."""
    context = await RequestContext.of_place(services, Place(watch.team, watch.channel, watch.user))
    bursts, was_open = services.bursts, watch.since is not None
    watch, alert = await bursts.look(watch, context.lookup)
    if alert is None:
        await bursts.looked(watch)
    elif watch.alert_ts is None:
        await bursts.opened(watch)
        ts = await _posted(context, alert) if was_open else None
        await bursts.shown(watch, alert, await _post(context, alert) if ts is None else ts)
    elif bursts.is_outdated(watch, alert):
        await _update(context, alert, watch.alert_ts)
        await bursts.shown(watch, alert, watch.alert_ts)
    else:
        await bursts.looked(watch)


async def _post(context: RequestContext, alert: AlertReply) -> str:
    """Post an alert; return its ts, empty if Slack refuses it."""
    services = context.services
    message = services.renderer.message(alert, await context.channel_language())
    try:
        return await services.sender.post_new(context.place, None, message)
    except GiveUp as error:
        _log.warning("Slack refused an alert", channel=context.place.channel, reason=error.reason)
        if notice := barred(error, context.place):
            await send_dm(context, alert.watch.user, notice)
        return ""


async def _update(context: RequestContext, alert: AlertReply, ts: str) -> None:
    """Update an alert, which keeps the state of its incident."""
    if not ts:
        return
    services, ref = context.services, context.ref(ts)
    message = services.renderer.message(alert, await context.channel_language())
    incident = await services.ownership.find(ref)
    message = services.renderer.with_state(message, incident) if incident else message
    try:
        await services.sender.update(context.place, ts, message)
        latest = await services.ownership.find(ref)
        if latest and (incident is None or latest.version != incident.version):  # a click in the meantime
            await present(context, latest)
    except GiveUp as error:  # the channel is archived, for example
        _log.info("an alert can't be updated", channel=context.place.channel, ts=ts, reason=error.reason)


async def _posted(context: RequestContext, alert: AlertReply) -> str | None:
    """Return the ts of the message of *alert* if an earlier attempt has posted it, or None."""
    id_ = alert_id(alert)
    for message in await context.lookup.since(context.place.channel, f"{alert.since:.6f}"):
        if any(block.get("block_id") == id_ for block in message.get("blocks") or ()):
            return str(message["ts"])
    return None
