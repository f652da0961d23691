"""Handle events around the bot itself: a click on its reaction, an invitation to a channel."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bot.slack.context import RequestContext, Services, acknowledge, after_ack
from bot.slack.lookup import Payload, thread_for_ephemeral
from bot.slack.replier import MARK
from bot.storage.annotation_store import MessageRef


def register(app: AsyncApp, services: Services) -> None:
    """Listen to reactions and joins; must come last, because it acknowledges all other events."""

    async def is_mark(event: dict[str, Any]) -> bool:
        return bool(event["reaction"] == MARK) and event["item"].get("type") == "message"

    async def is_own_join(event: dict[str, Any], context: AsyncBoltContext) -> bool:
        return event["user"] == context.bot_user_id and bool(event.get("inviter"))

    app.event("reaction_added", matchers=[is_mark])(after_ack(explain_marked, services))
    app.event("member_joined_channel", matchers=[is_own_join])(after_ack(introduce, services))
    # Slack sends an event again that nobody acknowledges.
    app.event(re.compile(".*"))(acknowledge)


async def explain_marked(context: RequestContext, body: Payload) -> None:
    """Explain the codes of a message to the person who clicked the bot's reaction."""
    ts = body["event"]["item"]["ts"]
    found = await context.services.annotations.reacted_to(MessageRef(context.place.team, context.place.channel, ts))
    if found:
        thread, codes = found
        context = replace(context, thread=thread_for_ephemeral(thread, ts))
        await context.reply_privately(context.services.answers.explain(codes))


async def introduce(context: RequestContext, body: Payload) -> None:
    """Show the person who invited the bot how it would have acted in the channel."""
    annotations, channel = context.services.annotations, context.place.channel
    await context.reply_privately(await annotations.preview(channel, context.lookup, own_bot=context.own_bot))
