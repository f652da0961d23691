"""Snooze codes from the menu of an explanation or a triage. A snooze is stored before it is acknowledged."""

from __future__ import annotations

import json

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.oncall.snoozing import MOST_TIMES, SnoozeSpan
from bot.render import snooze_slack
from bot.slack import confirmation
from bot.slack.context import RequestContext
from bot.slack.listeners import with_context
from bot.slack.lookup import Payload
from bot.slack.services import Services


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the dialog."""
    app.view(snooze_slack.SNOOZE)(with_context(snooze, services))


async def open_dialog(context: RequestContext, body: Payload) -> None:
    """Open the dialog with a preview."""
    value = confirmation.value_of(body)
    codes = value["codes"] if "codes" in value else [value["code"]]
    preview = await context.services.snoozes.preview(context.place, codes)
    origin = json.dumps({"channel": context.place.channel, "url": body["response_url"], "codes": codes})
    view = context.services.renderer.snooze_dialog(await context.language(), preview, origin)
    await confirmation.show(context, body, view)


async def snooze(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Snooze the codes, or show in the dialog that the number of messages is invalid."""
    view = body["view"]
    fields = view["state"]["values"]
    span = SnoozeSpan(fields[snooze_slack.SPAN][snooze_slack.SPAN]["selected_option"]["value"])
    typed = str(fields[snooze_slack.TIMES][snooze_slack.TIMES]["value"] or "").strip()
    times = int(typed) if typed.isdecimal() else 0
    if span is SnoozeSpan.TIMES and not 1 <= times <= MOST_TIMES:
        error = context.services.renderer.text(await context.language(), "snooze.times.error")
        await ack(response_action="errors", errors={snooze_slack.TIMES: error})
        return
    codes = json.loads(view["private_metadata"])["codes"]
    reply = await context.services.snoozes.snooze(context.place, codes, span, times, context.lookup)
    await ack()
    context.in_background(context.show_change(reply))
