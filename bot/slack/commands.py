"""Answer the slash command `/zimerr`."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.policy.grammar import TriageCommand, parse
from bot.policy.replies import is_public
from bot.slack.context import RequestContext, Services, with_context
from bot.slack.lookup import Payload, plain_text
from bot.slack.views import open_paste


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the command."""
    app.command("/zimerr")(with_context(zimerr, services))


async def zimerr(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Answer in the acknowledgement, which costs no further call: explanations in the channel, the rest privately."""
    command = parse(plain_text(body.get("text", "")))
    if isinstance(command, TriageCommand):
        await ack()
        await open_paste(context, body, command.text)
        return
    answer = await context.services.answers.answer(command, context.place, context.lookup)
    message = context.services.renderer.message(answer.reply, answer.language)
    await ack(response_type="in_channel" if is_public(answer.reply) else "ephemeral", **message)
