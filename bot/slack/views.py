"""Open the modals and handle their input: look a code up, paste a log to be triaged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from io import BytesIO
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.policy.replies import Explained, Leaked, Note, Triaged
from bot.render.entry_slack import LOOKUP_CODE
from bot.render.notices import AUDIENCE, EVERYBODY, PASTE, PASTED
from bot.slack.client import call_api
from bot.slack.context import RequestContext
from bot.slack.listeners import after_ack, with_context
from bot.slack.log_jobs import related
from bot.slack.lookup import Payload
from bot.slack.pasted_log import answer_paste
from bot.slack.services import Services
from bot.triage.digest import Digest
from bot.triage.reader import LogFile

_MAX_OPTIONS = 20
_ACK_TIMEOUT_S = 1.5
_SHOW_TIMEOUT_S = 2.5  # https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses
_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the fields and the submissions of the modals."""
    app.options(LOOKUP_CODE)(with_context(offer_codes, services))
    app.action(LOOKUP_CODE)(after_ack(show_choice, services))
    app.view(PASTE)(with_context(triage_paste, services))


async def open_lookup(context: RequestContext, body: Payload) -> None:
    """Open the modal that finds a code."""
    view = context.services.renderer.lookup(await context.language())
    await show_modal(context, "views.open", Note("no_lookup"), trigger_id=body["trigger_id"], view=view)


async def offer_codes(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Offer the codes that match the input so far."""
    await context.services.answers.prepare_search()
    hits = context.services.catalogue.search(body.get("value", ""), _MAX_OPTIONS)[:_MAX_OPTIONS]
    options = context.services.renderer.options([hit.entry for hit in hits], await context.language())
    await ack(options=options)


async def show_choice(context: RequestContext, body: Payload) -> None:
    """Show the chosen code in the modal."""
    code = int(body["actions"][0]["selected_option"]["value"])
    await show_entry(context, code, "views.update", view_id=body["view"]["id"])


async def show_entry(context: RequestContext, code: int, method: str, **modal: str) -> None:
    """Show a code in the modal that looks codes up."""
    explained = context.services.answers.explain((code,))
    entry = explained.entries[0] if isinstance(explained, Explained) else None
    view = context.services.renderer.lookup(await context.language(), entry)
    await show_modal(context, method, Note("no_lookup"), view=view, **modal)
    context.record_lookup(explained)


async def open_paste(context: RequestContext, command: Payload, text: str) -> None:
    """Open the modal to paste a log into, with *text* in it; its metadata names the channel of the command."""
    origin = json.dumps({"channel": command["channel_id"], "url": command["response_url"]})
    view = context.services.renderer.paste(await context.language(), text, origin)
    await show_modal(context, "views.open", Note("no_paste"), trigger_id=command["trigger_id"], view=view)


async def show_modal(context: RequestContext, method: str, otherwise: Note, **arguments: Any) -> None:
    """Show a modal, or send the person *otherwise*. Not retried: the trigger is valid for 3 seconds."""
    try:
        await call_api(context.lookup.client.api_call(method, json=arguments), timeout_s=_SHOW_TIMEOUT_S)
    except (RetryLater, GiveUp, StopWorkspace) as error:
        _log.warning("Slack showed no modal", method=method, kind=context.kind, reason=str(error))
        await context.reply_to_url(otherwise, await context.language())


async def triage_paste(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Triage the pasted text, or show in the modal that it contains no code, so that the person can correct it.

    Slack waits 3 seconds for that. A triage that takes longer, behind other logs, gets the same answer in the channel.
    """
    fields = body["view"]["state"]["values"]
    pasted = str(fields[PASTED][PASTED]["value"] or "").encode(errors="replace")
    reader = context.services.log_reader
    triaging = asyncio.ensure_future(reader.triage([LogFile("", lambda: BytesIO(pasted))]))
    await asyncio.wait([triaging], timeout=_ACK_TIMEOUT_S)
    if triaging.done() and not triaging.exception() and not _has_answer(triaging.result()):
        error = context.services.renderer.text(await context.language(), "log.paste.no_code")
        await ack(response_action="errors", errors={PASTED: error})
        return
    await ack()
    is_public = fields[AUDIENCE][AUDIENCE]["selected_option"]["value"] == EVERYBODY
    context.in_background(_answer_paste(context, triaging, pasted.decode(), is_public=is_public))


async def _answer_paste(context: RequestContext, triaging: Awaitable[Digest], pasted: str, *, is_public: bool) -> None:
    """Send the triage, or say that there is nothing to triage, and warn of secrets."""
    digest = await triaging
    triaged = Triaged(digest)
    if digest.is_conclusive:
        triaged = await related(context, triaged, context.ref(""))
    if not _has_answer(digest):
        await context.reply_privately(Note("nothing"))
    else:
        await answer_paste(context, triaged, pasted, is_public=is_public)
    if digest.secrets:
        await context.reply_privately(Leaked(digest.secrets, ("",), is_private=True))


def _has_answer(digest: Digest) -> bool:
    return bool(digest.hits) or digest.is_conclusive
