"""Let people edit and remove their workspace's notes about codes.

A change is stored before it is acknowledged. It is shown to the channel by the response_url of the note's message.
"""

from __future__ import annotations

import json

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.render import memory_slack
from bot.slack import confirmation
from bot.slack.context import RequestContext
from bot.slack.listeners import after_ack, with_context
from bot.slack.lookup import Payload
from bot.slack.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the buttons of a note, and to its dialog."""
    app.action(memory_slack.EDIT_NOTE)(after_ack(open_dialog, services))
    app.action(memory_slack.REMOVE_NOTE)(with_context(remove, services))
    app.view(memory_slack.EDIT_NOTE)(with_context(save, services))


async def open_dialog(context: RequestContext, body: Payload) -> None:
    """Open the dialog with the current note, or reply that the person may not change it."""
    code, notes = int(body["actions"][0]["value"]), context.services.notes
    found = await notes.to_edit(context.place, code, context.lookup)
    origin = json.dumps({"channel": context.place.channel, "url": body["response_url"], "code": code})
    language = await context.language()
    if view := context.services.renderer.note_dialog(language, found, origin):
        await confirmation.show(context, body, view)
    else:
        await context.reply_privately(found)


async def save(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Store the typed note; an empty text removes it."""
    view = body["view"]
    typed = view["state"]["values"][memory_slack.NOTE][memory_slack.NOTE]["value"] or ""
    await _put(context, json.loads(view["private_metadata"])["code"], typed, ack)


async def remove(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Remove the note."""
    await _put(context, int(body["actions"][0]["value"]), "", ack)


async def _put(context: RequestContext, code: int, text: str, ack: AsyncAck) -> None:
    reply = await context.services.notes.put(context.place, code, text, context.lookup)
    await ack()
    context.in_background(context.show_change(reply))
