"""Share private answers with the channel.

1. The button contains the question: an ephemeral message comes back without its content. The answer is made again,
   in the language of the channel, or in the one that its reader had selected.
2. The answer is posted where the private one was, in the same thread; that of a pasted log, from a direct message, in
   the channel where it was pasted. Where the bot is not a member, it goes to the response_url.
3. If people click several times, one click posts. If that fails, a click after a minute may post.
4. The private answer loses its button.
5. The modal that looks a code up has no channel: the person selects one, for which Slack sends a response_url.
"""

from __future__ import annotations

import json
from dataclasses import replace

import structlog
from slack_bolt.async_app import AsyncApp

from bot.errors import GiveUp, RetryLater
from bot.i18n import Language
from bot.policy.question import Question
from bot.policy.replies import Note, Reply, Shared, Triaged
from bot.policy.troubles import Barrier, barred
from bot.render.entry_slack import LOOKUP
from bot.render.share_slack import SHARE
from bot.slack.context import RequestContext, as_copy, responder
from bot.slack.listeners import after_ack
from bot.slack.log_jobs import triage_again
from bot.slack.lookup import Payload, id_at
from bot.slack.services import Services

_CLAIM_S = 60.0  # for which a click counts as a repetition of an earlier one
_FOREVER_S = 30 * 86_400.0
_NOT_MEMBER = (Barrier.NOT_IN_CHANNEL, Barrier.CHANNEL_NOT_FOUND)
_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the button."""
    app.action(SHARE)(after_ack(share, services))
    app.view(LOOKUP)(after_ack(share_lookup, services))


async def share(context: RequestContext, body: Payload) -> None:
    """Post the private answer with the button to its channel, and remove the button."""
    value = json.loads(body["actions"][0]["value"])
    language, is_chosen = Language(value["language"]), value.get("chosen", False)
    target = _target(context, value)
    reply = await answer_again(target, Question.from_json(value))
    if reply is None:
        await context.reply_privately(Note("gone"))
        return
    channels, place = context.services.channels, context.place
    claim = place.team, place.channel, f"share:{id_at(body, 'container', 'message_ts')}"
    now = context.services.clock()
    if not await channels.claim_notice(*claim, now=now, unless_since=now - _CLAIM_S):
        return
    try:
        await post_shared(target, Shared(reply, place.user), language if is_chosen else await target.channel_language())
    except GiveUp as error:
        await channels.forget_notice(*claim)
        notice = barred(error, target.place)
        if notice is None:
            raise
        await context.reply_privately(notice)
        return
    await channels.claim_notice(*claim, now=now + _FOREVER_S, unless_since=now + 1)
    if isinstance(reply, Triaged) and "to" in value:
        reply = replace(reply, origin=value["to"])
    try:
        await context.reply_to_url(reply, language, replaces=True)
    except RetryLater as error:
        _log.warning("a shared answer keeps its button", channel=place.channel, reason=str(error))


async def share_lookup(context: RequestContext, body: Payload) -> None:
    """Post the code that the modal shows to the channel chosen in it. Each modal can be submitted once."""
    chosen = body["response_urls"][0]
    context = _at(context, chosen["channel_id"], chosen["response_url"])
    reply = context.services.answers.explain((int(body["view"]["private_metadata"]),))
    await post_shared(context, Shared(reply, context.place.user), await context.channel_language())


def _target(context: RequestContext, value: Payload) -> RequestContext:
    """Return the context of the channel to share with; of a triage in a direct message, the one that *value* names."""
    if "to" not in value:
        return context
    return _at(context, value["to"], value.get("url"))


def _at(context: RequestContext, channel: str, url: str | None) -> RequestContext:
    """Return the context of another channel and the response_url to post there."""
    respond = responder(context.lookup.client, url)
    return replace(context, place=replace(context.place, channel=channel), thread=None, respond=respond)


async def answer_again(context: RequestContext, question: Question) -> Reply | None:
    """Answer *question*; return None if its log is gone."""
    return (
        await triage_again(context, question.log)
        if question.log
        else await context.services.answers.again(question, context.place, context.lookup)
    )


async def post_shared(context: RequestContext, shared: Shared, language: Language) -> str:
    """Post an answer; where the bot is not a member, by the response_url. Return its ts, empty if Slack tells none.

    A message of the response_url can't be changed by the bot, so that a triage has no buttons for that there. Raises
    RetryLater, GiveUp or StopWorkspace.
    """
    try:
        return await context.services.sender.post_new(
            context.place, context.thread, await context.message(shared, language)
        )
    except GiveUp as error:
        if error.reason not in _NOT_MEMBER:
            raise
        fixed = replace(shared, reply=as_copy(shared.reply))
        try:
            await context.send_to_url(await context.message(fixed, language), is_public=True)
        except GiveUp:
            raise error from None
        return ""
