"""Execute the workflow steps *Explain codes* and *Triage a log* (`deploy/workflow-steps.yaml`).

Slack sends ``function_executed``; the step is recorded, acknowledged, and completed as a job of the inbox. Slack does
not send the inputs again, and no text is stored. So codes are read, and a pasted log is triaged, before that.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from io import BytesIO
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.catalogue.platforms import open_platforms
from bot.detection.detector import find_in_message
from bot.errors import GiveUp
from bot.i18n import Language, Translator, script_language, words
from bot.inbox import Job, JobKind
from bot.policy.grammar import linked_message
from bot.policy.place import LogSource, Place
from bot.policy.replies import Explained, Foreign, Unknown
from bot.render.entry_wording import foreign_line
from bot.render.step_outputs import Outputs, explain_outputs, plain, plain_outputs, triage_outputs
from bot.render.unknown_code import terminal_lines
from bot.slack.client import call_api
from bot.slack.context import RequestContext
from bot.slack.listeners import with_context
from bot.slack.lookup import Payload, id_at, plain_text, team_of, text_at
from bot.slack.services import Services
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits

EXPLAIN, TRIAGE = "explain_codes", "triage_log"
_MOST_NUMBERS = 50
_MOST_SEARCHED = 200  # characters; the name of a code is shorter
_PASTE_LIMITS = ReadLimits(seconds=1.5)  # Slack wants to be acknowledged within 3 s
_ENDED = ("execution_not_in_running_state", "function_execution_not_found")
_LANGUAGES = {str(language): language for language in (Language.EN, Language.ZH)}
_log = structlog.stdlib.get_logger(__name__)


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the executions of both steps."""
    app.function(EXPLAIN, auto_acknowledge=False)(with_context(record_explanation, services))
    app.function(TRIAGE, auto_acknowledge=False)(with_context(record_triage, services))


async def record_explanation(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Record the codes to explain."""
    typed = plain_text(text_at(body, "event", "inputs", "codes"))
    numbers = await asyncio.to_thread(_numbers, context.services, typed)
    platform = open_platforms().named_in(text_at(body, "event", "inputs", "platform") or typed)
    detail = {"numbers": numbers, "platform": platform.key if platform else None}
    await _record(context, body, EXPLAIN, detail, typed)
    await ack()


async def record_triage(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Record the message with the log, or the triage of a log that was passed as text."""
    log = text_at(body, "event", "inputs", "log")
    link = linked_message(text_at(body, "event", "inputs", "message"))
    detail: dict[str, Any] = {"message": link} if link else {}
    if log.strip() and not link:
        detail["outputs"] = await asyncio.to_thread(_triaged, context.services, plain_text(log))
    elif text_at(body, "event", "inputs", "message") and not link:
        detail["has_no_link"] = True
    await _record(context, body, TRIAGE, detail, log, link[0] if link else "")
    await ack()


def _numbers(services: Services, typed: str) -> list[int]:
    """Return the numbers that *typed* names: codes, codes of ZIM's servers, numbers of other products."""
    numbers = find_in_message({"text": typed}, services.catalogue).codes
    if not numbers:
        match services.answers.search(typed[:_MOST_SEARCHED]) if typed.strip() else None:
            case Explained() as found:
                numbers = tuple(entry.code for entry in found.entries)
                replaced = {each.code: each.number for each in found.server_codes}
                numbers = tuple(replaced.get(code, code) for code in numbers)
            case Unknown() as found:
                numbers = found.codes
            case Foreign() as found:
                numbers = tuple(each.number for each in found.numbers)
    return list(numbers[:_MOST_NUMBERS])


def _triaged(services: Services, log: str) -> dict[str, Outputs]:
    """Triage *log*, and return the outputs in each language."""
    source = LogFile("", partial(BytesIO, log.encode(errors="replace")))
    cascades = services.log_reader.cascades
    digest = triage([source], services.catalogue, cascades, _PASTE_LIMITS, clock=time.monotonic)
    return {key: triage_outputs(digest, services.catalogue, words(each)) for key, each in _LANGUAGES.items()}


async def _record(
    context: RequestContext, body: Payload, step: str, detail: dict[str, Any], text: str, channel: str = ""
) -> None:
    """Record the execution of a step. A repeated delivery of the same execution is not new."""
    execution, ts = id_at(body, "event", "function_execution_id"), id_at(body, "event", "event_ts")
    if not (execution and ts):
        _log.warning("a workflow step was dropped", step=step, reason="no id of the execution")
        return
    # Slack fills in the person who started the workflow: docs.slack.dev/reference/types/user_context-type
    person = id_at(body, "event", "inputs", "person", "id")
    place = Place(team_of(body), id_at(body, "event", "inputs", "channel") or channel, person)
    detail |= {"step": step, "language": text_at(body, "event", "inputs", "language").strip().lower()[:16]}
    if language := script_language(text):
        detail["text_language"] = str(language)
    event_id = id_at(body, "event_id") or None
    job = Job(place, ts, ts, kind=JobKind.STEP, trigger_ts=execution, detail=detail, event_id=event_id)
    await context.services.inbox.accept(job)


class WorkflowSteps:
    """Completes the executions of steps, each once. Methods raise RetryLater, GiveUp or StopWorkspace."""

    async def work(self, context: RequestContext, job: Job) -> None:
        """Report the outputs of a step, or why there are none."""
        try:
            await self._complete(context, job)
        except GiveUp as error:
            await self.fail(context, job, error)
            raise

    async def _complete(self, context: RequestContext, job: Job) -> None:
        translate = words(await self._language(context, job))
        if job.detail["step"] == EXPLAIN:
            outputs = self._explanation(context, job, translate)
        else:
            outputs = await self._triage(context, job, translate)
        if isinstance(outputs, str):
            await self._end(context, job, "functions.completeError", error=plain(outputs, translate))
        else:
            await self._end(context, job, "functions.completeSuccess", outputs=outputs)

    async def fail(self, context: RequestContext, job: Job, error: Exception) -> None:
        """Tell the workflow that a step failed with *error*, which is logged."""
        translate = words(await self._language(context, job))
        incident = context.log_failure(error, kind=job.stored_kind)
        scope = error.scope if isinstance(error, GiveUp) else None
        sentence = translate("step.no_scope", scope=scope) if scope else translate("step.failed", incident=incident)
        await self._end(context, job, "functions.completeError", error=plain(sentence, translate))

    async def _language(self, context: RequestContext, job: Job) -> Language:
        """Return the language that the step names, else that of its channel, else that of its text."""
        if chosen := _LANGUAGES.get(job.detail["language"]):
            return chosen
        return await (context.channel_language() if job.place.channel else context.language())

    def _explanation(self, context: RequestContext, job: Job, translate: Translator) -> Outputs | str:
        """Return the outputs, or why there are none."""
        services, numbers = context.services, tuple(job.detail["numbers"])
        if not numbers:
            return translate("step.no_codes")
        match services.answers.explain(numbers, open_platforms().keyed(job.detail["platform"])):
            case Explained() as explained:
                return explain_outputs(explained, services.catalogue, translate)
            case Foreign() as foreign:
                return "\n".join(foreign_line(each, translate) for each in foreign.numbers)
            case Unknown() as unknown:
                return "\n".join(terminal_lines(unknown.codes, services.catalogue, translate))

    async def _triage(self, context: RequestContext, job: Job, translate: Translator) -> Outputs | str:
        """Return the outputs, or why there are none. A message is read from Slack."""
        if job.detail.get("has_no_link"):
            return translate("step.no_link")
        if outputs := job.detail.get("outputs"):
            return plain_outputs(outputs["zh" if translate.language.is_chinese else "en"], translate)
        if not (link := job.detail.get("message")):
            return translate("step.no_log")
        channel, ts, thread = link
        if not await _may_read(context, job, channel):
            return translate("step.private")
        reader, source = context.services.log_reader, LogSource(thread, ts)
        try:
            read = await reader.read(context.lookup, channel, source, own_bot=context.own_bot)
        except GiveUp as error:
            if error.scope:
                raise
            return translate("step.unreadable", reason=error.reason)
        if read is None:
            return translate("step.gone")
        found = await asyncio.to_thread(triage_outputs, read.digest, context.services.catalogue, translate)
        return found if read.digest.files else str(found["summary"])

    async def _end(self, context: RequestContext, job: Job, method: str, **result: Any) -> None:
        """Report the end of an execution, unless an earlier attempt has, or its workflow was stopped."""
        arguments = {"function_execution_id": job.trigger_ts, **result}
        try:
            await call_api(context.lookup.client.api_call(method, json=arguments))
        except GiveUp as error:
            if error.reason not in _ENDED:
                raise
            _log.info("a workflow step had ended", execution=job.trigger_ts, reason=error.reason)


async def _may_read(context: RequestContext, job: Job, channel: str) -> bool:
    """Return whether the results of a workflow may be about messages of *channel*.

    Everybody may read a public channel. Another one is for its members only, and the bot is one of them.
    """
    if await context.lookup.is_public(channel):
        return True
    return bool(job.place.user) and await context.lookup.is_member(channel, job.place.user)
