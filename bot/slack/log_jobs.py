"""Work on the jobs that are about logs: read the log, post its triage, and mark the message meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from bot import log
from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import Job, JobKind
from bot.policy.annotate import Annotations, SeenMessage
from bot.policy.content import worth_mentioning
from bot.policy.language import Languages
from bot.policy.noise_rules import Mode
from bot.policy.place import DirectoryError, LogSource
from bot.policy.replies import Answer, Leaked, Note, Triaged
from bot.render.block_kit import MessagePayload
from bot.render.renderer import Renderer
from bot.slack.log_reader import BotSite, LogReader, ReadLog
from bot.slack.lookup import SlackLookup, begun
from bot.slack.report_upload import ReportUpload
from bot.slack.sender import Sender
from bot.slack.worker import ThreadReplier
from bot.triage.digest import Secret

READING = "hourglass_flowing_sand"  # the reaction to a log that is being read
_REFUSED = ("invalid_blocks", "invalid_blocks_format")
_CHART = "data_visualization"
_log = log.get(__name__)


class LogReplier(ThreadReplier):
    """The bot's acts around a log: it marks the message while it reads, and posts a triage without a refused chart."""

    def __init__(self, job: Job, poster: Sender, renderer: Renderer) -> None:
        super().__init__([job], poster, renderer)
        self._job = job
        self._is_marked = job.attempts > 1  # an earlier attempt may have left the reaction
        self.replied: str | None = None

    async def mark_as_reading(self) -> None:
        """React to the message. A failure is logged: the reaction is not worth a retry."""
        self._is_marked = True
        try:
            await self._poster.react(self._place, self._job.ts, READING)
        except (RetryLater, GiveUp, StopWorkspace) as error:
            _log.info("reading not shown", channel=self._place.channel, ts=self._job.ts, reason=str(error))

    async def finish_reading(self) -> None:
        """Remove the reaction. Raises RetryLater or StopWorkspace."""
        if self._is_marked:
            with contextlib.suppress(GiveUp):  # the bot has been removed from the channel, for example
                await self._poster.unreact(self._place, self._job.ts, READING)

    async def reply(self, answer: Answer, to: Sequence[str] = ()) -> str:
        """Post in the message's thread."""

        async def post(message: MessagePayload) -> str:
            return await self._poster.post([self._job], message)

        self.replied = await self._without_refused_chart(answer, post)
        return self.replied

    async def revise(self, reply: str, answer: Answer) -> None:
        """Change one of the bot's replies."""

        async def update(message: MessagePayload) -> str:
            await self._poster.update(self._place, reply, message)
            return reply

        await self._without_refused_chart(answer, update)

    async def _without_refused_chart(self, answer: Answer, send: Callable[[MessagePayload], Awaitable[str]]) -> str:
        """Send *answer*; where Slack refuses a triage's chart, send it again with bars in text."""
        reply, language = answer.reply, answer.language
        if not isinstance(reply, Triaged):
            return await send(self._renderer.message(reply, language))
        message = self._renderer.message(reply, language)
        try:
            return await send(message)
        except GiveUp as error:
            if error.reason not in _REFUSED or not any(block["type"] == _CHART for block in message["blocks"]):
                raise
        return await send(self._renderer.triage_without_chart(reply, language))


class LogJobs:
    """Deals with the jobs that are about logs."""

    def __init__(
        self,
        reader: LogReader,
        reports: ReportUpload,
        annotations: Annotations,
        languages: Languages,
        renderer: Renderer,
        poster: Sender,
    ) -> None:
        self._reader = reader
        self._reports = reports
        self._annotations = annotations
        self._languages = languages
        self._renderer = renderer
        self._poster = poster
        # Warnings can't be looked up in Slack; after a crash one may come twice.
        self._warned: deque[tuple[str, ...]] = deque(maxlen=1000)

    async def unasked(self, job: Job, message: SeenMessage, site: BotSite) -> None:
        """Deal with a message that is a log, or has files: by the rules for any message, and with its own answer."""
        directory = SlackLookup(site.client)
        is_edit, is_done = job.kind is not JobKind.LOG, await self._annotations.is_handled(message)
        if is_done and not is_edit:
            async with self._speaking(job) as voice:  # an earlier attempt may have left its reaction
                await self._annotations.annotate([message], voice, directory)
            return
        if not is_done and await self._annotations.mode(job.place) is Mode.OFF:
            return
        async with self._speaking(job) as voice:
            read = await self._read(job, site, voice, LogSource(job.thread, job.ts), is_asked=False)
            if read is None:
                return
            message = _as_read(message, read)
            refused = worth_mentioning(read.digest.refused)
            if message.sightings and not is_edit:
                await self.warn(job, read.digest.secrets, site, tuple(file.name for file in read.digest.files))
            if refused and not message.sightings:
                await self._annotations.reply_unreadable(message, refused, voice, directory)
            elif is_edit:
                await self._annotations.follow_edit(message, voice, directory)
            else:
                await self._annotations.annotate([message], voice, directory)
            await self._reported(job, site, voice, read)

    async def asked(self, job: Job, source: LogSource, site: BotSite) -> None:
        """Triage what somebody asked for: everybody sees it where it is."""
        async with self._speaking(job) as voice:
            read = await self._read(job, site, voice, source, is_asked=True)
            choice = await self._languages.of_channel(job.place, SlackLookup(site.client))
            if read is None:
                return
            if not _has_content(read):
                await self._note(job, Note("nothing"), site)
                return
            await self.warn(job, read.digest.secrets, site, tuple(file.name for file in read.digest.files))
            await voice.reply(Answer(Triaged(read.digest, source), choice.language))
            await self._reported(job, site, voice, read)

    async def report(self, job: Job, site: BotSite) -> None:
        """Attach the full report to the thread, once, for somebody who asked."""
        read = await self._reader.read(site, job.place.channel, LogSource.parse(job.detail["source"]))
        if read is None:
            await self._note(job, Note("gone"), site)
        elif not await self._reports.attach(job, job.ts, read.digest, site.client, job.detail["language"]):
            await self._note(job, Note("reported"), site)

    async def _note(self, job: Job, note: Note, site: BotSite) -> None:
        choice = await self._languages.of_person(job.place, SlackLookup(site.client))
        message = self._renderer.message(note, choice.language)
        if job.place.is_direct:
            await self._poster.post([job], message)
        else:
            await self._poster.whisper(job.place, begun(job.thread, job.ts), message, lease=job.lease)

    @contextlib.asynccontextmanager
    async def _speaking(self, job: Job) -> AsyncIterator[LogReplier]:
        """Make the replier for *job*; its reaction is removed at the end, also after a failure."""
        voice = LogReplier(job, self._poster, self._renderer)
        try:
            yield voice
        except BaseException as error:
            # The job may be given up after this attempt. If the next one comes, it sets the reaction again.
            with contextlib.suppress(RetryLater, StopWorkspace):
                await voice.finish_reading()
            if isinstance(error, RetryLater):
                raise self._retry(voice, error) from error
            raise
        try:
            await voice.finish_reading()
        except RetryLater as error:
            raise self._retry(voice, error) from error

    def _retry(self, voice: LogReplier, error: RetryLater) -> RetryLater:
        """Return *error* without its pause where this attempt has posted, so that the next one looks for the reply."""
        return RetryLater(str(error), None if voice.replied else error.after_s)

    async def _read(
        self, job: Job, site: BotSite, voice: LogReplier, source: LogSource, *, is_asked: bool
    ) -> ReadLog | None:
        marking = asyncio.create_task(voice.mark_as_reading())
        try:
            return await self._reader.read(site, job.place.channel, source, is_asked=is_asked)
        finally:
            await marking

    async def _reported(self, job: Job, site: BotSite, voice: LogReplier, read: ReadLog) -> None:
        """Attach the full report where the message had to leave something out."""
        language = (await self._languages.of_channel(job.place, SlackLookup(site.client))).language
        if voice.replied and read.digest.hits and self._renderer.is_cut(Triaged(read.digest), language):
            try:
                await self._reports.attach(job, voice.replied, read.digest, site.client, language)
            except (GiveUp, RetryLater, DirectoryError) as error:  # there is a button for it
                _log.warning("no full report", channel=job.place.channel, ts=job.ts, reason=str(error))

    async def warn(self, job: Job, secrets: Sequence[Secret], site: BotSite, files: tuple[str, ...] = ("",)) -> None:
        """Tell the author, alone and once, what looked live; *files* are the names of what the secrets stand in."""
        if not secrets or not job.place.user or job.key in self._warned:
            return
        choice = await self._languages.of_person(job.place, SlackLookup(site.client))
        message = self._renderer.message(Leaked(tuple(secrets), files), choice.language)
        try:
            if job.place.is_direct:
                await self._poster.tell(job.place, message, lease=job.lease)
            else:
                await self._poster.whisper(job.place, begun(job.thread, job.ts), message, lease=job.lease)
        except GiveUp as error:  # who has left, or is another bot, can't be warned; the log is triaged all the same
            _log.warning("not warned of secrets", channel=job.place.channel, ts=job.ts, reason=str(error))
        self._warned.append(job.key)


def _as_read(message: SeenMessage, read: ReadLog) -> SeenMessage:
    """*message* with what its files hold, and its triage where there is anything to say."""
    own = {sighting.code for sighting in message.sightings}
    found = tuple(sighting for sighting in read.in_files if sighting.code not in own)
    triaged = Triaged(read.digest, LogSource(message.thread, message.ts)) if read.digest.hits else None
    return replace(message, sightings=message.sightings + found, triaged=triaged)


def _has_content(read: ReadLog) -> bool:
    """Whether there is anything to tell: a code, or a file."""
    return bool(read.digest.hits or read.digest.refused or any(file.name for file in read.digest.files))
