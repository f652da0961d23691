"""Share private answers with the channel.

1. The button contains the question: an ephemeral message comes back without its content. The answer is made again,
   in the language of the channel, or in the one that its reader had chosen.
2. The answer is posted where the private one was, in the same thread. Where the bot is not a member, it goes to the
   response_url.
3. Of several clicks, one posts. If that fails, another may after a minute.
4. The private answer loses its button.
"""

from __future__ import annotations

import json

import structlog
from slack_bolt.async_app import AsyncApp

from bot.errors import GiveUp, RetryLater
from bot.i18n import Language
from bot.policy.question import Question
from bot.policy.replies import Barrier, Note, Reply, Shared, barred
from bot.render.share_slack import SHARE
from bot.slack.context import RequestContext, Services, after_ack
from bot.slack.log_jobs import triage_again
from bot.slack.lookup import Payload, id_at

_CLAIM_S = 60.0  # for which a click counts as a repetition of an earlier one
_FOREVER_S = 30 * 86_400.0
_NOT_MEMBER = (Barrier.NOT_IN_CHANNEL, Barrier.CHANNEL_NOT_FOUND)
_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the button."""
    app.action(SHARE)(after_ack(share, services))


async def share(context: RequestContext, body: Payload) -> None:
    """Post the private answer with the button to its channel, and remove the button."""
    value = json.loads(body["actions"][0]["value"])
    language, is_chosen = Language(value["language"]), value.get("chosen", False)
    reply = await answer_again(context, Question.from_json(value))
    if reply is None:
        await context.reply_privately(Note("gone"))
        return
    channels, place = context.services.channels, context.place
    claim = place.team, place.channel, f"share:{id_at(body, 'container', 'message_ts')}"
    now = context.services.clock()
    if not await channels.claim_notice(*claim, now=now, unless_since=now - _CLAIM_S):
        return
    try:
        await _post(context, Shared(reply, place.user), language if is_chosen else await context.channel_language())
    except GiveUp as error:
        await channels.forget_notice(*claim)
        notice = barred(error, place)
        if notice is None:
            raise
        await context.reply_privately(notice)
        return
    await channels.claim_notice(*claim, now=now + _FOREVER_S, unless_since=now + 1)
    try:
        await context.reply_to_url(reply, language, replaces=True)
    except RetryLater as error:
        _log.warning("a shared answer keeps its button", channel=place.channel, reason=str(error))


async def answer_again(context: RequestContext, question: Question) -> Reply | None:
    """Answer *question*; return None if its log is gone."""
    return await triage_again(context, question.log) if question.log else context.services.answers.again(question)


async def _post(context: RequestContext, shared: Shared, language: Language) -> None:
    """Post an answer; where the bot is not a member, by the response_url.

    Raises RetryLater, GiveUp or StopWorkspace.
    """
    message = context.services.renderer.message(shared, language)
    try:
        await context.services.sender.post_new(context.place, context.thread, message)
    except GiveUp as error:
        if error.reason not in _NOT_MEMBER:
            raise
        await context.send_to_url(message, is_public=True)
