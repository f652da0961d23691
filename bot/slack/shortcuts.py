"""Handle the shortcuts: explain a message's codes, triage its thread, tell the thread's story, look a code up."""

from __future__ import annotations

import asyncio

from slack_bolt.async_app import AsyncApp

from bot.errors import GiveUp
from bot.inbox import Job, JobKind
from bot.policy.command_types import CatchUpCommand
from bot.policy.replies import Note
from bot.policy.troubles import missing_scope
from bot.slack.context import RequestContext
from bot.slack.listeners import after_ack
from bot.slack.lookup import Payload, text_at
from bot.slack.services import Services
from bot.slack.views import open_lookup


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the shortcuts."""
    app.message_shortcut("explain_message")(after_ack(explain_message, services))
    app.message_shortcut("triage_thread")(after_ack(triage_thread, services))
    app.message_shortcut("catch_up")(after_ack(catch_up, services))
    app.global_shortcut("lookup")(after_ack(open_lookup, services))


async def explain_message(context: RequestContext, body: Payload) -> None:
    """Explain the codes of a message. This works in threads, too, where Slack allows no commands."""
    await context.answer_lookup(await asyncio.to_thread(context.services.answers.explain_message, body["message"]))


async def triage_thread(context: RequestContext, body: Payload) -> None:
    """Triage the whole thread of a message. The result is posted in the thread."""
    ts = body["message"]["ts"]
    thread = body["message"].get("thread_ts", ts)
    try:
        found = await context.lookup.message(context.place.channel, ts, thread)
    except GiveUp as error:
        # The bot can't be invited to a direct message of other people: that would be another conversation.
        is_dm = context.place.is_direct or text_at(body, "channel", "name").startswith("mpdm-")
        not_member = Note("not_in_dm" if is_dm else "not_member")
        await context.reply_privately(missing_scope(error, context.place) or not_member)
        return
    if found:
        detail = {"text_language": str(context.text_language)} if context.text_language else {}
        job = Job(context.place, ts, thread, kind=JobKind.THREAD, trigger_ts=body["action_ts"], detail=detail)
        await context.services.inbox.accept(job)
    else:
        await context.reply_privately(Note("no_message"))


async def catch_up(context: RequestContext, body: Payload) -> None:
    """Tell the story of the thread of a message to the person alone."""
    thread = body["message"].get("thread_ts", body["message"]["ts"])
    answer = await context.services.answers.answer(CatchUpCommand(), context.place, context.lookup, thread=thread)
    await context.reply_privately(answer.reply)
