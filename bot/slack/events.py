"""Handle events around the bot itself: a click on its reaction, an invitation to a channel, a rate limit."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.catalogue.platforms import open_platforms
from bot.policy.place import LogSource
from bot.slack.context import RequestContext
from bot.slack.listeners import acknowledge, after_ack
from bot.slack.log_jobs import triage_again
from bot.slack.lookup import Payload, id_at, text_at, thread_for_ephemeral
from bot.slack.replier import MARK
from bot.slack.services import Services

_log = structlog.stdlib.get_logger(__name__)


class Envelopes(AsyncMiddleware):
    """Acknowledges the requests of the Events API that contain no event, before Bolt looks into them."""

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002
    ) -> BoltResponse:
        """Log a rate limit and drop malformed envelopes; leave everything else to the app."""
        kind, context = req.body.get("type"), req.context
        if kind == "app_rate_limited":
            # Slack sends this for each minute in which it dropped events: https://docs.slack.dev/apis/events-api
            minute = req.body.get("minute_rate_limited")
            _log.warning("Slack has dropped events: over 30,000 in an hour", team=context.team_id, minute=minute)
            return BoltResponse(status=200, body="")
        ids = (context.team_id, context.enterprise_id, context.user_id, context.channel_id)
        is_typed = kind != "event_callback" or text_at(req.body, "event", "type")
        if not is_typed or not all(isinstance(each, str | None) for each in ids):
            _log.debug("an envelope was dropped", kind=str(kind), reason="malformed")
            return BoltResponse(status=200, body="")
        return await next()


def register(app: AsyncApp, services: Services) -> None:
    """Listen to reactions and joins; must come last, because it acknowledges all other events."""

    async def is_mark(event: dict[str, Any]) -> bool:
        item = event.get("item")
        is_message = text_at(item, "type") == "message" and id_at(item, "channel") and id_at(item, "ts")
        return bool(event.get("reaction") == MARK and is_message and id_at(event, "user"))

    async def is_own_join(event: dict[str, Any], context: AsyncBoltContext) -> bool:
        return bool(event.get("user") == context.bot_user_id and id_at(event, "inviter") and id_at(event, "channel"))

    app.event("reaction_added", matchers=[is_mark])(after_ack(explain_marked, services))
    app.event("member_joined_channel", matchers=[is_own_join])(after_ack(introduce, services))
    # Slack sends an event again if it is not acknowledged.
    app.event(re.compile(".*"))(acknowledge)


async def explain_marked(context: RequestContext, body: Payload) -> None:
    """Explain the codes of a message, or triage the log, for the person who clicked the bot's reaction."""
    ts = id_at(body, "event", "item", "ts")
    found = await context.services.annotations.reacted_to(context.ref(ts))
    if found:
        context = replace(context, thread=thread_for_ephemeral(found.thread, ts))
        triaged = await triage_again(context, LogSource(found.thread, ts)) if found.log else None
        platform = open_platforms().keyed(found.platform)
        await context.answer_lookup(triaged or context.services.answers.explain(found.codes, platform))


async def introduce(context: RequestContext, body: Payload) -> None:
    """Show the person who invited the bot how it would have acted in the channel."""
    inspections, channel = context.services.inspections, context.place.channel
    await context.channel_language()  # so that it is known when the first answer needs it
    await context.reply_privately(await inspections.preview(channel, context.lookup, own_bot=context.own_bot))
