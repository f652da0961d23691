"""Answer the slash command `/zimerr` and the shortcuts, and handle the modals that they open.

The modals look a code up, and take a log that is pasted to be triaged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from io import BytesIO

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.inbox import Job, JobKind
from bot.policy.grammar import TriageCommand, parse
from bot.policy.replies import Answer, Leaked, Note, Triaged, is_public
from bot.render.entry_slack import LOOKUP_CODE
from bot.render.notices import AUDIENCE, EVERYBODY, PASTE, PASTED
from bot.slack.context import RequestContext, Services, after_ack, with_context
from bot.slack.lookup import Payload, plain_text
from bot.triage.reader import LogFile

_ACK_TIMEOUT_S = 2.0
_MAX_OPTIONS = 20


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the command, the shortcuts, and the fields and submissions of the modals."""
    app.command("/zimerr")(with_context(zimerr, services))
    app.message_shortcut("explain_message")(after_ack(explain_message, services))
    app.message_shortcut("triage_thread")(after_ack(triage_thread, services))
    app.global_shortcut("lookup")(after_ack(open_lookup, services))
    app.options(LOOKUP_CODE)(with_context(offer_codes, services))
    app.action(LOOKUP_CODE)(after_ack(show_choice, services))
    app.view(PASTE)(after_ack(triage_paste, services))


async def zimerr(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Answer in the acknowledgement, which costs no further call: explanations in the channel, the rest privately.

    Slack waits 3 seconds for it. An answer that takes longer goes to the response_url.
    """
    command = parse(plain_text(body.get("text", "")))
    if isinstance(command, TriageCommand):
        await ack()
        context.in_background(open_paste(context, body, command.text))
        return
    answering = asyncio.ensure_future(context.services.answers.answer(command, context.place, context.lookup))
    await asyncio.wait([answering], timeout=_ACK_TIMEOUT_S)
    if not answering.done():
        await ack()
        context.in_background(_answer_later(context, answering))
        return
    answer = answering.result()
    message = context.services.renderer.message(answer.reply, answer.language)
    await ack(response_type="in_channel" if is_public(answer.reply) else "ephemeral", **message)


async def _answer_later(context: RequestContext, answering: Awaitable[Answer]) -> None:
    answer = await answering
    await context.reply_to_url(answer.reply, answer.language, is_public=is_public(answer.reply))


async def explain_message(context: RequestContext, body: Payload) -> None:
    """Explain the codes of a message. In a thread, where no command can be typed, it is the way to ask."""
    await context.reply_privately(context.services.answers.explain_message(body["message"]))


async def triage_thread(context: RequestContext, body: Payload) -> None:
    """Triage the whole thread of a message; everybody in it sees the result."""
    ts = body["message"]["ts"]
    thread = body["message"].get("thread_ts", ts)
    if await context.lookup.message(context.place.channel, ts, thread):
        job = Job(context.place, ts, thread, kind=JobKind.THREAD, trigger_ts=body["action_ts"])
        await context.services.inbox.accept(job)
    else:
        await context.reply_privately(Note("not_member"))


async def open_lookup(context: RequestContext, body: Payload) -> None:
    """Open the modal that finds a code. The trigger is valid for 3 seconds."""
    view = context.services.renderer.lookup(await context.language())
    await context.lookup.client.views_open(trigger_id=body["trigger_id"], view=view)


async def offer_codes(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Offer the codes that match the input so far."""
    hits = context.services.catalogue.search(body.get("value", ""), _MAX_OPTIONS)[:_MAX_OPTIONS]
    options = context.services.renderer.options([hit.entry for hit in hits], await context.language())
    await ack(options=options)


async def show_choice(context: RequestContext, body: Payload) -> None:
    """Show the chosen code in the modal."""
    entry = context.services.catalogue.get(int(body["actions"][0]["selected_option"]["value"]))
    view = context.services.renderer.lookup(await context.language(), entry)
    await context.lookup.client.views_update(view_id=body["view"]["id"], view=view)


async def open_paste(context: RequestContext, command: Payload, text: str) -> None:
    """Open the modal to paste a log into, with *text* in it; it brings back where the command was typed."""
    origin = json.dumps({"channel": command["channel_id"], "url": command["response_url"]})
    view = context.services.renderer.paste(await context.language(), text, origin)
    await context.lookup.client.views_open(trigger_id=command["trigger_id"], view=view)


async def triage_paste(context: RequestContext, body: Payload) -> None:
    """Triage the pasted text, for the person or for the channel, as they chose.

    The answer goes to the response_url of the command, which works where the bot is not a member, too.
    """
    fields = body["view"]["state"]["values"]
    pasted = str(fields[PASTED][PASTED]["value"] or "").encode(errors="replace")
    digest = await context.services.log_reader.triage([LogFile("", lambda: BytesIO(pasted))])
    if not digest.hits:
        await context.reply_privately(Note("nothing"))
    elif fields[AUDIENCE][AUDIENCE]["selected_option"]["value"] == EVERYBODY:
        await context.reply_to_url(Triaged(digest), await context.channel_language(), is_public=True)
    else:
        await context.reply_privately(Triaged(digest))
    if digest.secrets:
        await context.reply_privately(Leaked(digest.secrets, ("",)))
