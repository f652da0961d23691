"""Answer a log that a person pasted into the dialog of `/zimerr triage`, for the channel or for themselves alone.

1. The buttons of the triage read the log again. It is a file in the person's direct message with the bot, without
   secrets and personal data. The database contains nothing of it, and Slack keeps it as long as the workspace's other
   files.
2. A public triage is in the channel where they pasted it. The file is in the thread of a line with a link to it.
3. A private triage is in the direct message, and the file in its thread. The channel shows them, and nobody else, a
   line with a link.
4. If Slack does not take the direct message or the file, the triage has no buttons: it is needed now. A private one is
   shown in the channel, to them only.
5. If the channel can't be posted in, a public triage becomes a private one, which they can share later.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from bot.errors import GiveUp, RetryLater
from bot.policy.links import link_to
from bot.policy.place import LogSource, Place
from bot.policy.replies import LogKept, PrivateTriage, Reply, Shared, Triaged
from bot.slack.context import RequestContext
from bot.slack.files import send_file, share_file
from bot.slack.sharing import post_shared
from bot.triage.redact import redact

_NAME = "pasted-log.txt"
_log = structlog.stdlib.get_logger(__name__)


async def answer_paste(context: RequestContext, triaged: Triaged, pasted: str, *, is_public: bool) -> None:
    """Answer with the triage of *pasted*. Raises RetryLater, GiveUp or StopWorkspace."""
    place = context.place
    try:
        file = await send_file(context.lookup.client, _NAME, redact(pasted).text.encode(errors="replace"))
        triaged = replace(triaged, source=LogSource("", file=file))
        private = replace(triaged, origin=place.channel)
        direct, ts = await _send_with_file(context, LogKept(place.channel) if is_public else private, file)
    except (GiveUp, RetryLater) as error:
        _log.warning("the triage of a pasted log has no buttons", channel=place.channel, reason=str(error))
        await _answer_without_file(context, replace(triaged, source=None), is_public=is_public)
        return
    if is_public:
        await _publish(context, private, direct, ts)
    else:
        link = await link_to(context.lookup, direct.channel, ts)
        await context.reply_to_url(PrivateTriage(triaged, link), await context.language())


async def _send_with_file(context: RequestContext, reply: Reply, file: str) -> tuple[Place, str]:
    """Send *reply* as a direct message, with the file in its thread; return the place and the ts."""
    sender = context.services.sender
    posted = await sender.send_dm(context.place, await context.private_message(reply, await context.language()))
    direct, ts = replace(context.place, channel=str(posted["channel"])), str(posted["ts"])
    try:
        await share_file(context.lookup.client, file, _NAME, channel=direct.channel, thread=ts)
    except (GiveUp, RetryLater):
        await sender.delete(direct, ts)
        raise
    return direct, ts


async def _publish(context: RequestContext, private: Triaged, direct: Place, ts: str) -> None:
    """Post the triage in the channel, and a link to it in the message with the file."""
    place = context.place
    kept: Reply = private
    if direct.channel != place.channel:
        try:
            shared = Shared(replace(private, origin=""), place.user)
            posted = await post_shared(context, shared, await context.channel_language())
            kept = LogKept(place.channel, await link_to(context.lookup, place.channel, posted) if posted else "")
        except (GiveUp, RetryLater) as error:
            _log.warning("a triage is not shown to the channel", channel=place.channel, reason=str(error))
    await context.services.sender.update(direct, ts, await context.private_message(kept, await context.language()))


async def _answer_without_file(context: RequestContext, triaged: Triaged, *, is_public: bool) -> None:
    if is_public:
        await context.reply_to_url(triaged, await context.channel_language(), is_public=True)
    else:
        await context.reply_to_url(replace(triaged, is_without_file=True), await context.language())
