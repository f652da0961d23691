"""Working on what the inbox holds: each kind of job by its service, seen by people through Slack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.detection.slack_text import passages
from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import Job, JobKind
from bot.policy.annotate import Annotations, SeenMessage
from bot.policy.answer import Answers
from bot.policy.content import is_paste, log_files
from bot.policy.grammar import TRIAGE_WORDS, parse
from bot.policy.noise_rules import Sighting
from bot.policy.place import LogSource
from bot.policy.replies import Answer, is_public
from bot.render.renderer import Renderer
from bot.slack.failure_notice import FailureNotice
from bot.slack.log_reader import BotSite, site_of
from bot.slack.lookup import SlackLookup, begun, plain_text
from bot.slack.sender import Sender
from bot.slack.workspaces import Workspaces
from bot.triage.digest import Secret, SecretKind

if TYPE_CHECKING:  # they speak by the voice that is here
    from bot.slack.incident import Incidents
    from bot.slack.log_jobs import LogJobs

MARK = "mag"  # the reaction that says: I know this code


class ThreadReplier:
    """The bot's acts around the messages of jobs of one thread."""

    def __init__(self, jobs: Sequence[Job], poster: Sender, renderer: Renderer) -> None:
        self._jobs = {job.ts: job for job in jobs}
        self._place = jobs[0].place
        self._poster = poster
        self._renderer = renderer

    async def reply(self, answer: Answer, to: Sequence[str]) -> str:
        """Post in the messages' thread."""
        jobs = [self._jobs[ts] for ts in to]
        return await self._poster.post(jobs, self._renderer.message(answer.reply, answer.language))

    async def revise(self, reply: str, answer: Answer) -> None:
        """Change one of the bot's replies."""
        message = self._renderer.message(answer.reply, answer.language)
        await self._poster.update(self._place, reply, message)

    async def withdraw(self, reply: str) -> None:
        """Delete one of the bot's replies."""
        await self._poster.delete(self._place, reply)

    async def mark(self, ts: str) -> None:
        """React to a message."""
        await self._poster.react(self._place, ts, MARK)

    async def unmark(self, ts: str) -> None:
        """Take the reaction back."""
        await self._poster.unreact(self._place, ts, MARK)


class Worker:
    """Does the work of jobs."""

    def __init__(
        self,
        annotations: Annotations,
        answers: Answers,
        renderer: Renderer,
        poster: Sender,
        given_up: FailureNotice,
        workspaces: Workspaces,
        logs: LogJobs,
        standings: Incidents,
    ) -> None:
        self._annotations = annotations
        self._answers = answers
        self._renderer = renderer
        self._poster = poster
        self._given_up = given_up
        self._workspaces = workspaces
        self._logs = logs
        self._standings = standings

    async def work(self, jobs: Sequence[Job]) -> None:
        """Deal with *jobs*: messages of one thread, or one of another kind.

        It may be called again for the same ones, after an error or a crash.
        """
        team = jobs[0].place.team
        try:
            site = await site_of(self._workspaces, team)
            try:
                await self._work_at(jobs, site)
            except GiveUp as error:
                await self._given_up.tell(jobs[0], error, SlackLookup(site.client))
                raise
        except StopWorkspace as error:
            if await self._workspaces.is_lost(team, str(error)):
                raise
            raise RetryLater(str(error)) from error

    async def _work_alone(self, job: Job, site: BotSite) -> bool:
        """Deal with *job* where it is of a kind that is about no other message: somebody asked, or it is a log."""
        match job.kind, job.detail:
            case (JobKind.LOG, _) | (JobKind.CHANGED, {"log": True}):
                await self._logs.unasked(job, _message(job), site)
            case JobKind.ASKED, _:
                await self._answer(job, site)
            case JobKind.THREAD, _:
                await self._logs.asked(job, LogSource(job.thread), site)
            case JobKind.REPORT, _:
                await self._logs.report(job, site)
            case JobKind.ESCALATE, _:
                await self._standings.escalate(job, SlackLookup(site.client))
            case JobKind.UNKNOWN, _:
                raise GiveUp("unknown_job_kind")
            case _:
                return False
        return True

    async def _work_at(self, jobs: Sequence[Job], site: BotSite) -> None:
        if not await self._work_alone(jobs[0], site):
            await self._work(jobs, SlackLookup(site.client))
            for job in jobs:
                await self._logs.warn(job, _secrets(job), site)

    async def _work(self, jobs: Sequence[Job], directory: SlackLookup) -> None:
        voice = ThreadReplier(jobs, self._poster, self._renderer)
        messages = [_message(job) for job in jobs]
        match jobs[0].kind:
            case JobKind.MESSAGE:
                await self._annotations.annotate(messages, voice, directory)
            case JobKind.CHANGED:
                await self._annotations.follow_edit(messages[0], voice, directory)
            case JobKind.DELETED:
                await self._annotations.withdraw(messages[0], voice, directory)

    async def _answer(self, job: Job, site: BotSite) -> None:
        """Answer somebody who spoke to the bot. What was said is asked of Slack: the inbox keeps no text."""
        directory = SlackLookup(site.client)
        message = await directory.message(job.place.channel, job.ts, job.thread)
        if message is None:
            return
        words = _words(message)
        if words.lower().startswith(TRIAGE_WORDS) or is_paste(passages(message)) or log_files(message):
            is_all = words.lower().startswith(TRIAGE_WORDS) and job.thread != job.ts
            await self._logs.asked(job, LogSource(job.thread) if is_all else LogSource(job.thread, job.ts), site)
            return
        answer = await self._answers.answer(parse(words), job.place, directory)
        said = self._renderer.message(answer.reply, answer.language)
        if is_public(answer.reply) or job.place.is_direct:
            await self._poster.post([job], said)
        else:
            await self._poster.whisper(job.place, begun(job.thread, job.ts), said, lease=job.lease)


def _words(message: Mapping[str, Any]) -> str:
    """What somebody said to the bot, without its name."""
    return " ".join(part for part in plain_text(message.get("text", "")).split() if not part.startswith("@"))


def _secrets(job: Job) -> list[Secret]:
    return [Secret(SecretKind(kind), 0, line) for kind, line in job.detail.get("secrets", ())]


def _message(job: Job) -> SeenMessage:
    return SeenMessage(
        job.place, job.ts, job.thread, tuple(Sighting.from_json(each) for each in job.detail.get("sightings", ()))
    )
