"""Work on the jobs of the inbox, and notify people of failures.

A failure notice gives the reason. It is private and in the person's language.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bot.detection.slack_text import passages
from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import ASKED_KINDS, UNASKED_KINDS, Job, JobKind
from bot.policy.annotations import SeenMessage
from bot.policy.content import is_paste, log_files
from bot.policy.grammar import TRIAGE_WORDS, parse, with_group
from bot.policy.noise_rules import Sighting
from bot.policy.place import LogSource
from bot.policy.replies import AnyChange, Reply
from bot.policy.troubles import Barrier, Uncalled, barred
from bot.slack.context import RequestContext, text_language_of
from bot.slack.escalation import Escalations, NobodyCalled
from bot.slack.log_jobs import LogJobs
from bot.slack.lookup import plain_text, read_aside
from bot.slack.replier import ThreadReplier
from bot.slack.services import Services
from bot.slack.workflow_steps import WorkflowSteps
from bot.slack.workspaces import TEAM_REMOVED
from bot.triage.digest import Secret, SecretKind

WARNING = "warning"  # the reaction, if no message can be sent
_REPEAT_AFTER_S = 86_400.0  # for one channel and reason
_log = structlog.stdlib.get_logger(__name__)


class Worker:
    """Works on jobs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._logs = LogJobs()
        self._escalations = Escalations()
        self._steps = WorkflowSteps()

    async def work(self, jobs: Sequence[Job]) -> None:
        """Work on several jobs of kind MESSAGE in one thread, or on one job of any kind.

        Can be repeated for the same jobs, after an error or a crash. Raises RetryLater, GiveUp or StopWorkspace.
        """
        team = jobs[0].place.team
        try:
            context = await RequestContext.of_job(self._services, jobs[0])
            if jobs[0].kind is JobKind.STEP:
                await self._steps.work(context, jobs[0])
                return
            try:
                await self._work(context, jobs)
            except GiveUp as error:
                await _notify(context, jobs[0], error)
                raise
        except StopWorkspace as error:
            # One call that Slack refuses proves nothing. For a removed team, the token of its organization still works.
            if str(error) != TEAM_REMOVED:
                await self._services.workspaces.check(team)
                raise RetryLater(str(error)) from error
            raise

    async def report_exhausted(self, jobs: Sequence[Job], error: Exception) -> None:
        """Notify the people who asked that their *jobs* were given up after the last attempt failed with *error*."""
        for job in jobs:
            if job.kind is JobKind.STEP:
                await self._steps.fail(await RequestContext.of_job(self._services, job), job, error)
            elif job.kind in ASKED_KINDS and job.place.user:
                context = await RequestContext.of_job(self._services, job)
                attempts = job.attempts - job.refused
                await _send(context, job, context.failure(error, kind=job.stored_kind, attempts=attempts))

    async def _work(self, context: RequestContext, jobs: Sequence[Job]) -> None:
        job, annotations = jobs[0], context.services.annotations
        match job.kind, job.detail:
            case JobKind.CHANGED, {"shared": True} if not await annotations.is_handled(_message(job)):
                # Another workspace of the channel may have answered the message, and follows the edit.
                _log.debug("no reply", channel=job.place.channel, ts=job.ts, reason="edited in a shared channel")
            case (JobKind.LOG, _) | (JobKind.CHANGED, {"log": True}):
                await self._logs.annotate(context, job, _message(job))
            case JobKind.MESSAGE, _:
                await self._annotate(context, jobs)
            case JobKind.CHANGED, _:
                await annotations.follow_edit(_message(job), ThreadReplier(context, jobs))
            case JobKind.DELETED, _:
                await annotations.withdraw(_message(job), ThreadReplier(context, jobs))
            case JobKind.ASKED, _:
                await self._answer(context, job)
            case JobKind.THREAD, _:
                await self._logs.triage(context, job, LogSource(job.thread))
            case JobKind.REPORT, _:
                await self._logs.report(context, job)
            case JobKind.ESCALATE, _:
                await self._escalations.escalate(context, job)
            case _:
                raise GiveUp("unknown kind of job")  # the inbox leaves such jobs to later versions

    async def _annotate(self, context: RequestContext, jobs: Sequence[Job]) -> None:
        messages = [_message(job) for job in jobs]
        await context.services.annotations.annotate(messages, ThreadReplier(context, jobs))
        for job in jobs:
            secrets = [Secret(SecretKind(kind), 0, *lines) for kind, *lines in job.detail.get("secrets", ())]
            await self._logs.warn(context.with_job(job), job, secrets)

    async def _answer(self, context: RequestContext, job: Job) -> None:
        """Answer a person who spoke to the bot. The text is read from Slack again: the inbox stores none."""
        message = await context.lookup.message(job.place.channel, job.ts, job.thread)
        if message is None:
            _log.debug("no answer", channel=job.place.channel, ts=job.ts, reason="deleted")
            return
        # Mentions, such as that of the bot, are not part of the command.
        text = plain_text(message.get("text", ""))
        words = " ".join(part for part in text.split() if not part.startswith("@"))
        is_triage = words.lower().startswith(TRIAGE_WORDS)
        if is_triage or is_paste(await read_aside(passages, message)) or log_files(message):
            is_whole_thread = is_triage and job.thread != job.ts
            await self._logs.triage(context, job, LogSource(job.thread, None if is_whole_thread else job.ts))
            return
        answer = await context.services.answers.answer(
            with_group(parse(words), message.get("text", "")),
            job.place,
            context.lookup,
            context.text_language,
            is_repeated=job.attempts > 1,
            thread=job.thread if job.thread != job.ts else None,
            read_files=context.read_files,
        )
        try:
            await context.services.annotations.answer(_message(job), answer, ThreadReplier(context, [job]))
        except GiveUp:
            if not isinstance(answer.reply, AnyChange):
                raise
            await context.show_untold(answer.reply)
        context.record_lookup(answer.reply)


def _message(job: Job) -> SeenMessage:
    sightings = tuple(Sighting.from_json(each) for each in job.detail.get("sightings", ()))
    return SeenMessage(
        job.place,
        job.ts,
        job.thread,
        sightings,
        text_language=text_language_of(job),
        platform=job.detail.get("platform"),
        server_codes=tuple((code, number) for code, number in job.detail.get("server_codes", ())),
    )


async def _notify(context: RequestContext, job: Job, error: GiveUp) -> None:
    """Send the person the reason why they get no answer. Raises RetryLater or StopWorkspace.

    A person who asked always gets it. The author of another message gets it once a day and channel, and only if people
    can remove the barrier.
    """
    if not job.place.user:
        return
    notice = barred(error, job.place)
    if isinstance(error, NobodyCalled):
        incident = context.log_failure(error, kind=job.stored_kind)
        await _send(context, job, Uncalled(context.services.escalation_target, error.reason, incident))
    elif job.kind in ASKED_KINDS:
        failed = context.failure(error, kind=job.stored_kind)
        await _send(context, job, notice or failed)
    elif notice and notice.barrier is not Barrier.MISSING_SCOPE and job.kind in UNASKED_KINDS:
        store, key = context.services.channels, (job.place.team, job.place.channel, notice.barrier)
        now = context.services.clock()
        if not await store.claim_notice(*key, now=now, unless_since=now - _REPEAT_AFTER_S):
            return
        try:
            await _send(context, job, notice)
        except (RetryLater, StopWorkspace, asyncio.CancelledError):  # another attempt follows
            await store.forget_notice(*key)
            raise


async def _send(context: RequestContext, job: Job, notice: Reply) -> None:
    """Send an ephemeral message; if Slack refuses, a direct message; if Slack refuses that, too, react."""
    sender, place = context.services.sender, job.place
    message = context.services.renderer.message(notice, await context.language())
    ways: tuple[Callable[[], Awaitable[object]], ...] = (
        lambda: sender.post_ephemeral(place, context.thread, message, job=job),
        lambda: sender.send_dm(place, message, job=job),
        lambda: sender.add_reaction(place, job.ts, WARNING),
    )
    for way in ways:
        try:
            await way()
        except GiveUp as error:
            _log.info("Slack refused a failure notice", channel=place.channel, ts=job.ts, reason=str(error))
        else:
            return
