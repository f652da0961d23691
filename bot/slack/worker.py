"""Work on the jobs of the inbox: call the policy or the log jobs, and turn refusals into notices."""

from __future__ import annotations

from collections.abc import Sequence

from bot import log
from bot.detection.slack_text import passages
from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import Job, JobKind
from bot.policy.annotate import SeenMessage
from bot.policy.content import is_paste, log_files
from bot.policy.grammar import TRIAGE_WORDS, parse
from bot.policy.noise_rules import Sighting
from bot.policy.place import LogSource
from bot.policy.replies import Note, is_public
from bot.slack import failure_notice, incident
from bot.slack.context import RequestContext, Services
from bot.slack.log_jobs import LogJobs
from bot.slack.lookup import plain_text
from bot.slack.replier import ThreadReplier
from bot.triage.digest import Secret, SecretKind

_log = log.get(__name__)


class Worker:
    """Works on jobs."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._logs = LogJobs()

    async def work(self, jobs: Sequence[Job]) -> None:
        """Work on several jobs of kind MESSAGE in one thread, or on one job of any kind.

        Can be repeated for the same jobs, after an error or a crash. Raises RetryLater, GiveUp or StopWorkspace.
        """
        team = jobs[0].place.team
        try:
            context = await RequestContext.of_job(self._services, jobs[0])
            try:
                await self._work(context, jobs)
            except GiveUp as error:
                await failure_notice.notify(context, jobs[0], error)
                raise
        except StopWorkspace as error:
            if await self._services.workspaces.is_lost(team, str(error)):
                raise
            raise RetryLater(str(error)) from error

    async def _work(self, context: RequestContext, jobs: Sequence[Job]) -> None:
        job = jobs[0]
        match job.kind, job.detail:
            case (JobKind.LOG, _) | (JobKind.CHANGED, {"log": True}):
                await self._logs.annotate(context, job, _message(job))
            case ((JobKind.MESSAGE | JobKind.CHANGED | JobKind.DELETED), _):
                await self._annotate(context, jobs)
            case JobKind.ASKED, _:
                await self._answer(context, job)
            case JobKind.THREAD, _:
                await self._logs.triage(context, job, LogSource(job.thread))
            case JobKind.REPORT, _:
                await self._logs.report(context, job)
            case JobKind.ESCALATE, _:
                await incident.escalate(context, job)
            case _:
                raise GiveUp("unknown_job_kind")

    async def _annotate(self, context: RequestContext, jobs: Sequence[Job]) -> None:
        annotations, replier = context.services.annotations, ThreadReplier(context, jobs)
        messages = [_message(job) for job in jobs]
        match jobs[0].kind:
            case JobKind.MESSAGE:
                await annotations.annotate(messages, replier)
            case JobKind.CHANGED:
                await annotations.follow_edit(messages[0], replier)
            case JobKind.DELETED:
                await annotations.withdraw(messages[0], replier)
        for job in jobs:
            secrets = [Secret(SecretKind(kind), 0, line) for kind, line in job.detail.get("secrets", ())]
            await self._logs.warn(context.with_job(job), job, secrets)

    async def _answer(self, context: RequestContext, job: Job) -> None:
        """Answer a person who spoke to the bot. The text is read from Slack again: the inbox stores none."""
        message = await context.lookup.message(job.place.channel, job.ts, job.thread)
        if message is None:
            _log.debug("no answer", channel=job.place.channel, ts=job.ts, reason="deleted or not readable")
            # A mention in a group direct message arrives without the scope to read it.
            if not job.place.is_direct:
                await context.reply_privately(Note("no_message"))
            return
        # Mentions, such as that of the bot, are no words.
        text = plain_text(message.get("text", ""))
        words = " ".join(part for part in text.split() if not part.startswith("@"))
        is_triage = words.lower().startswith(TRIAGE_WORDS)
        if is_triage or is_paste(passages(message)) or log_files(message):
            is_whole_thread = is_triage and job.thread != job.ts
            await self._logs.triage(context, job, LogSource(job.thread, None if is_whole_thread else job.ts))
            return
        answer = await context.services.answers.answer(parse(words), job.place, context.lookup)
        if is_public(answer.reply):
            rendered = context.services.renderer.message(answer.reply, answer.language)
            await context.services.sender.post([job], rendered)
        else:
            await context.reply_privately(answer.reply, answer.language)


def _message(job: Job) -> SeenMessage:
    sightings = tuple(Sighting.from_json(each) for each in job.detail.get("sightings", ()))
    return SeenMessage(job.place, job.ts, job.thread, sightings)
