"""Answer a log that a person pasted for themselves alone, in their direct message with the bot.

1. The buttons of the triage read the log again. It is a file in the thread of the triage, without secrets and personal
   data. The database contains nothing of it, and Slack keeps it as long as the workspace's other files.
2. The channel where they pasted it shows them, and nobody else, a line with a link.
3. If Slack refuses the direct message or the file, that line is the triage, without the buttons that need the log.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.errors import GiveUp
from bot.policy.place import LogSource, link_to
from bot.policy.replies import PrivateTriage, Triaged
from bot.slack.context import RequestContext
from bot.slack.files import send_file, share_file
from bot.triage.redact import redact

_NAME = "pasted-log.txt"
_log = structlog.stdlib.get_logger(__name__)


async def answer_privately(context: RequestContext, triaged: Triaged, pasted: str) -> None:
    """Answer with the triage of *pasted*. Raises RetryLater, GiveUp or StopWorkspace."""
    language = await context.language()
    try:
        link = await _send(context, triaged, pasted)
    except GiveUp as error:
        _log.warning("a private triage has no buttons", channel=context.place.channel, reason=error.reason)
        await context.reply_to_url(replace(triaged, is_without_file=True), language)
        return
    await context.reply_to_url(PrivateTriage(triaged, link), language)


async def _send(context: RequestContext, triaged: Triaged, pasted: str) -> str:
    """Send the triage and the log as a direct message; return a link to it, empty if Slack gives none."""
    client, sender, place = context.lookup.client, context.services.sender, context.place
    file_id = await send_file(client, _NAME, redact(pasted).text.encode(errors="replace"))
    triaged = replace(triaged, source=LogSource("", file=file_id), origin=place.channel)
    posted = await sender.send_dm(place, await context.private_message(triaged, await context.language()))
    channel, ts = str(posted["channel"]), str(posted["ts"])
    try:
        await share_file(client, file_id, _NAME, channel=channel, thread=ts)
    except GiveUp:
        await sender.delete(replace(place, channel=channel), ts)
        raise
    return await link_to(context.lookup, channel, ts)
