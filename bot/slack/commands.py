"""Answer the slash command `/zimerr`; `bot.policy.grammar` parses it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.policy.command_types import TriageCommand
from bot.policy.grammar import parse, with_group
from bot.policy.replies import Answer, AnyChange
from bot.render.message_forms import REPLACEABLE, simplified
from bot.slack.context import RequestContext
from bot.slack.listeners import with_context
from bot.slack.lookup import Payload, plain_text
from bot.slack.services import Services
from bot.slack.views import open_paste

_ACK_TIMEOUT_S = 2.0


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the command."""
    app.command("/zimerr")(with_context(zimerr, services))


async def zimerr(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Answer in the acknowledgement, which costs no further call: explanations in the channel, the rest privately.

    Slack waits 3 seconds for it. An answer that takes longer goes to the response_url.
    """
    text = body.get("text", "")
    command = with_group(parse(plain_text(text)), text)
    if isinstance(command, TriageCommand):
        await ack()
        context.in_background(open_paste(context, body, command.text))
        return
    answering = asyncio.ensure_future(
        context.services.answers.answer(
            command,
            context.place,
            context.lookup,
            context.text_language,
            is_slash_command=True,
            read_files=context.read_files,
        )
    )
    await asyncio.wait([answering], timeout=_ACK_TIMEOUT_S)
    if not answering.done():
        await ack()
        context.in_background(_answer_later(context, answering))
        return
    answer = answering.result()
    context.services.metrics.answers.labels("command", "").inc()
    render = context.message if answer.is_public else context.private_message
    # Slack does not say whether it accepts the blocks of an acknowledgement.
    message = simplified(await render(answer.reply, answer.language), REPLACEABLE)
    await ack(response_type="in_channel" if answer.is_public else "ephemeral", **message)
    context.record_lookup(answer.reply)


async def _answer_later(context: RequestContext, answering: Awaitable[Answer]) -> None:
    answer = await answering
    context.services.metrics.answers.labels("command", "").inc()
    if isinstance(answer.reply, AnyChange):
        await context.show_change(answer.reply)
        return
    await context.reply_to_url(answer.reply, answer.language, is_public=answer.is_public)
    context.record_lookup(answer.reply)
