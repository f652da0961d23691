"""Show on a triage who is on it and who was called to it. The message itself stores who did so and when."""

from __future__ import annotations

import json
from dataclasses import replace

from bot.errors import RetryLater
from bot.i18n import Language
from bot.inbox import Job
from bot.policy.replies import Escalated
from bot.render.block_kit import MessagePayload
from bot.render.digest_slack import IncidentState, StateChange, state_of, with_state
from bot.slack.context import RequestContext
from bot.slack.lookup import Payload


async def assign(context: RequestContext, body: Payload) -> None:
    """Show on the triage that the person is on it; if they were already, take that back."""
    message, language = body["message"], Language(json.loads(body["actions"][0]["value"])["language"])
    state = state_of(message["blocks"])
    is_own = state.taken_by is not None and state.taken_by.user == context.place.user
    taken_by = None if is_own else StateChange(context.place.user, context.services.clock())
    await _show(context, message, replace(state, taken_by=taken_by), language)


async def escalate(context: RequestContext, job: Job) -> None:
    """Call the person or group of the settings into the thread of the triage, once."""
    services, place = context.services, job.place
    call = Escalated(services.escalation_target, place.user)
    await services.sender.post([job], services.renderer.message(call, await context.channel_language()))
    message = await context.lookup.message(place.channel, job.ts, job.thread)
    if message:
        state = replace(state_of(message["blocks"]), escalated_by=StateChange(place.user, services.clock()))
        try:
            await _show(context, message, state, Language(job.detail["language"]))
        except RetryLater as error:
            # Without the wait: the next attempt must look for the call, although Slack rate-limited the update.
            raise RetryLater(str(error)) from error


async def _show(context: RequestContext, message: Payload, state: IncidentState, language: Language) -> None:
    blocks = with_state(message["blocks"], state, language)
    # Slack may return its chart in a form that it does not accept.
    without_chart = [block for block in blocks if block["type"] != "data_visualization"]
    forms: list[MessagePayload] = [{"text": message["text"], "blocks": each} for each in (blocks, without_chart)]
    await context.services.sender.update(context.place, message["ts"], *forms)
