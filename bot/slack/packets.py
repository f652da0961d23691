"""Make a text for ZEGO support from a triage: ask for data that the log lacks, attach the text, and show it to copy.

The AppID that a person enters is not stored: the work is done in the background, not as a job. If it fails, the person
gets the error.
"""

from __future__ import annotations

import asyncio

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.errors import GiveUp
from bot.i18n import Language
from bot.oncall.packet import Packet, PacketReply, app_id_in
from bot.policy.place import LogSource
from bot.policy.replies import Note
from bot.render.packet_slack import APP_ID, LANGUAGE, TRIAGE_PACKET, TRIED, packet_text
from bot.slack import confirmation
from bot.slack.context import RequestContext
from bot.slack.files import upload
from bot.slack.listeners import with_context
from bot.slack.lookup import Payload
from bot.slack.services import Services
from bot.triage.redact import redact

_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the dialog."""
    app.view(TRIAGE_PACKET)(with_context(confirmation.confirmed(submit), services))


async def ask(context: RequestContext, body: Payload) -> None:
    """Open the dialog."""
    origin = confirmation.origin(context, body)
    await confirmation.show(context, body, context.services.renderer.packet_dialog(await context.language(), origin))


async def submit(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Make the text from the input, or show in the dialog that the AppID is invalid."""
    fields = body["view"]["state"]["values"]
    app_id = app_id_in(fields[APP_ID][APP_ID]["value"] or "")
    if app_id is None:
        error = context.services.renderer.text(await context.language(), "packet.app_id.error")
        await ack(response_action="errors", errors={APP_ID: error})
        return
    await ack()
    language = Language(fields[LANGUAGE][LANGUAGE]["selected_option"]["value"])
    tried = redact(fields[TRIED][TRIED]["value"] or "").text.strip()
    context.in_background(_send(context, body, Packet(language, app_id, tried)))


async def _send(context: RequestContext, body: Payload, packet: Packet) -> None:
    """Read the log again, because nothing of it is kept; attach the text to the thread, and show it to the person."""
    services, channel, lookup = context.services, context.place.channel, context.lookup
    source, message = LogSource.parse(confirmation.value_of(body)["key"]), body["message"]
    read = await services.log_reader.read(lookup, channel, source, own_bot=context.own_bot)
    if read is None or not read.digest.is_conclusive:  # a deleted message with replies leaves a tombstone
        await context.reply_privately(Note("gone"))
        return
    text = await asyncio.to_thread(packet_text, packet, read.digest, services.catalogue)
    name, thread, is_attached = f"zego-support-{message['ts']}.txt", message.get("thread_ts", message["ts"]), True
    try:
        await upload(lookup.client, name, text.encode(), channel=channel, thread=thread)
    except GiveUp as error:  # the person can still copy it
        _log.warning("no file for ZEGO support", channel=channel, ts=message["ts"], reason=error.reason)
        is_attached = False
    await context.reply_privately(PacketReply(text, is_attached))
