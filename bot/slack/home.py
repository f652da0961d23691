"""Publish the app's Home tab when a person opens it, and handle its buttons.

1. If it is opened several times within 3 seconds, it is published once.
2. Undoing a change and forgetting a context are shown to the channel, as if done there. The person must be a member of
   it.
3. The outcome is shown at the top of the tab.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import structlog
from cachetools import TTLCache
from slack_bolt.async_app import AsyncApp

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.policy.replies import ChangeReply, ForgotReply, Note, Reply
from bot.render.home_slack import HOME_FORGET, HOME_LOOKUP, HOME_SHOW, HOME_UNDO
from bot.slack import confirmation
from bot.slack.actions import restored
from bot.slack.client import call_api
from bot.slack.context import RequestContext
from bot.slack.listeners import after_ack, with_context
from bot.slack.lookup import Payload
from bot.slack.services import Services
from bot.slack.views import offer_codes, show_entry
from bot.storage.change_store import ChannelChange

_OPENED_AGAIN_S = 3.0
_MOST_OPENED = 10_000
_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to openings of the tab, and to its buttons and field."""
    opened: TTLCache[tuple[str, str], bool] = TTLCache(_MOST_OPENED, _OPENED_AGAIN_S, time.monotonic)

    async def is_home(event: dict[str, Any]) -> bool:
        return event.get("tab") == "home"

    async def publish_once(context: RequestContext, _: Payload) -> None:
        key = context.place.team, context.place.user
        if key not in opened:
            opened[key] = True
            await publish(context)

    app.event("app_home_opened", matchers=[is_home])(after_ack(publish_once, services))
    app.options(HOME_LOOKUP)(with_context(offer_codes, services))
    app.action(HOME_LOOKUP)(after_ack(show_code, services))
    app.action(HOME_SHOW)(after_ack(show_code, services))
    app.action(HOME_UNDO)(after_ack(undo, services))
    app.action(HOME_FORGET)(after_ack(forget, services))


async def publish(context: RequestContext, notice: Reply | None = None) -> None:
    """Publish the tab, with *notice*, the outcome of the person's last click, at the top."""
    services, language = context.services, await context.language()
    content = await services.homes.content(context.place, context.lookup)
    view = services.renderer.home(language, content, notice)
    arguments = {"user_id": context.place.user, "view": view}
    try:
        await call_api(context.lookup.client.api_call("views.publish", json=arguments))
    except (RetryLater, GiveUp, StopWorkspace) as error:  # the next opening publishes it
        _log.warning("Slack showed no Home tab", reason=str(error))


async def show_code(context: RequestContext, body: Payload) -> None:
    """Show a code that was found or looked up before in the modal that looks codes up."""
    await show_entry(context, confirmation.value_of(body), "views.open", trigger_id=body["trigger_id"])


async def undo(context: RequestContext, body: Payload) -> None:
    """Undo a change in its channel."""
    value, changes = confirmation.value_of(body), context.services.changes
    there = _in(context, value["channel"])
    outcome: ChannelChange | Reply = Note("not_in_channel")
    if await context.lookup.is_member(there.place.channel, there.place.user):
        outcome = await changes.find(value["id"], there.place, there.lookup)
    if isinstance(outcome, ChannelChange):
        # A setting has no message to restore, and its line can't be found again.
        message = there.ref(outcome.detail.get("reply", ""))
        outcome = await restored(there, outcome, message)
        if isinstance(outcome, ChangeReply):
            outcome = await _show(there, outcome, message.ts)
    await publish(context, outcome)


async def forget(context: RequestContext, body: Payload) -> None:
    """Stop ignoring a context in its channel."""
    value, changes = confirmation.value_of(body), context.services.changes
    there = _in(context, value["channel"])
    outcome: Reply = Note("not_in_channel")
    if await context.lookup.is_member(there.place.channel, there.place.user):
        outcome = await changes.forget(there.place, there.lookup, fingerprint=value["fingerprint"])
    if isinstance(outcome, ForgotReply):
        outcome = await _show(there, outcome)
    await publish(context, outcome)


async def _show(context: RequestContext, reply: ChangeReply | ForgotReply, ts: str = "") -> Reply:
    """Show a change to its channel, in place of the message *ts* if there is one; return it as it was shown."""
    services = context.services
    message = services.renderer.message(reply, await context.channel_language())
    try:
        if ts:
            await services.sender.update(context.place, ts, message)
        else:
            await services.sender.post_new(context.place, None, message)
    except (RetryLater, GiveUp) as error:
        _log.warning("a change is not shown to the channel", channel=context.place.channel, reason=str(error))
        return replace(reply, untold=context.place.channel)
    return reply


def _in(context: RequestContext, channel: str) -> RequestContext:
    """Return the context of the same person in *channel*."""
    return replace(context, place=replace(context.place, channel=channel))
