"""Answering where something was pressed or pasted, by the address that Slack gave for it."""

from __future__ import annotations

from slack_bolt.context.respond.async_respond import AsyncRespond

from bot import log
from bot.i18n import Language
from bot.policy.replies import Reply, Triaged
from bot.render.renderer import Renderer

_log = log.get(__name__)


async def answer(
    respond: AsyncRespond,
    renderer: Renderer,
    reply: Reply,
    language: Language,
    *,
    audience: str = "ephemeral",
    thread: str | None = None,
) -> None:
    """Say *reply*; a triage without its chart where Slack does not take that, which it tells by its status only."""
    message = renderer.message(reply, language)
    sent = await respond(response_type=audience, replace_original=False, thread_ts=thread, **message)
    if sent.status_code != 200 and isinstance(reply, Triaged):
        message = renderer.triage_without_chart(reply, language)
        sent = await respond(response_type=audience, replace_original=False, thread_ts=thread, **message)
    if sent.status_code != 200:
        _log.warning("an answer was refused", status=sent.status_code, reason=sent.body)
