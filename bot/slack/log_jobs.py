"""Working on logs: read what a job names, say what came of it, and how far it is while that takes long."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient

from bot import log
from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.i18n import Language
from bot.inbox import Job, JobKind
from bot.policy.annotate import Annotations, SeenMessage
from bot.policy.language import Languages
from bot.policy.log_input import worth_a_word
from bot.policy.noise_rules import Mode
from bot.policy.place import DirectoryError, LogSource
from bot.policy.replies import Answer, Leaked, Note, Reading, Triaged
from bot.render.block_kit import MessagePayload
from bot.render.digest_chart import Picture, png
from bot.render.renderer import Renderer
from bot.slack.log_reader import BotSite, LogReader, Progress, ReadLog
from bot.slack.lookup import SlackLookup, begun
from bot.slack.report_upload import ReportUpload
from bot.slack.sender import Sender
from bot.slack.upload import upload
from bot.slack.worker import ThreadReplier
from bot.triage.digest import Secret

WAIT = "hourglass_flowing_sand"  # the reaction that says: I am reading this
_REFUSED = ("invalid_blocks", "invalid_blocks_format")
_CHART = "data_visualization"
_REACT_AFTER_S = 1.0
_TELL_AFTER_S = 3.0
_TELL_EVERY_S = 3.0
_log = log.get(__name__)


class _NoPicture(Exception):  # noqa: N818  says what is the matter
    """The picture can't be shown."""


class LogReplier(ThreadReplier):
    """The bot's acts around a log: it may say how far it is, and draws what it found."""

    def __init__(self, job: Job, poster: Sender, renderer: Renderer, client: AsyncWebClient) -> None:
        super().__init__([job], poster, renderer)
        self._job = job
        self._client = client
        self._progress: str | None = None  # the message that says how far it is
        self._waits = job.may_be_answered  # an earlier attempt may have left the reaction
        self.replied: str | None = None

    @property
    def has_acted(self) -> bool:
        """Whether anything of this attempt may show."""
        return bool(self._waits or self._progress or self.replied)

    async def wait(self) -> None:
        """Say at once that this is being read."""
        self._waits = True
        await self._poster.react(self._place, self._job.ts, WAIT)

    async def tell(self, answer: Answer) -> None:
        """Say how far it is, in one message; not where an earlier attempt may have answered already."""
        message = self._renderer.message(answer.reply, answer.language)
        if self._progress:
            await self._poster.update(self._place, self._progress, message)
        elif not self._job.may_be_answered:
            try:
                self._progress = await self._poster.post([self._job], message, is_progress=True)
            except RetryLater:
                # Slack may have posted it all the same: from now on the thread is asked first, as after a crash.
                self._job = replace(self._job, attempt=self._job.refused + 2)
                raise

    async def reply(self, answer: Answer, to: Sequence[str] = ()) -> str:
        """Post in the message's thread, in place of what said how far it is."""

        async def post(message: MessagePayload) -> str:
            return await self._poster.post([self._job], message, over=self._progress)

        self.replied = await self._drawn(answer, post)
        return self.replied

    async def revise(self, reply: str, answer: Answer) -> None:
        """Change one of the bot's replies."""

        async def update(message: MessagePayload) -> str:
            await self._poster.update(self._place, reply, message)
            return reply

        await self._drawn(answer, update)

    async def settle(self) -> None:
        """Take away what said that this was being read, where nothing took its place."""
        if self._waits:
            await self._poster.unreact(self._place, self._job.ts, WAIT)
        if not self.replied:
            await self._poster.clear(self._job, self._progress)

    async def _drawn(self, answer: Answer, say: Callable[[MessagePayload], Awaitable[str]]) -> str:
        """Say *answer* with the best picture that Slack takes; a picture is no reason to say nothing."""
        reply, language = answer.reply, answer.language
        if not isinstance(reply, Triaged):
            return await say(self._renderer.message(reply, language))
        message = self._renderer.triage(reply, language)
        try:
            return await say(message)
        except GiveUp as error:
            if error.reason not in _REFUSED or not any(block["type"] == _CHART for block in message["blocks"]):
                raise
        with contextlib.suppress(_NoPicture):
            return await self._with_image(reply, language, say)
        return await say(self._renderer.triage(reply, language, Picture.TEXT))

    async def _with_image(
        self, reply: Triaged, language: Language, say: Callable[[MessagePayload], Awaitable[str]]
    ) -> str:
        try:
            image = await upload(self._client, "codes.png", png(reply.digest))
        except (GiveUp, RetryLater) as error:
            raise _NoPicture from error
        try:
            return await say(self._renderer.triage(reply, language, Picture.IMAGE, image))
        except GiveUp as error:
            if error.reason not in _REFUSED:
                raise
            raise _NoPicture from error


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
        is_edit, is_done = job.kind is not JobKind.LOG, await self._annotations.is_done(message.spot)
        if is_done and not is_edit:
            async with self._speaking(job, site) as voice:  # an earlier attempt may have left its reaction
                await self._annotations.take([message], voice, directory)
            return
        if not is_done and await self._annotations.mode(job.place) is Mode.OFF:
            return
        async with self._speaking(job, site) as voice:
            read = await self._read(job, site, voice, LogSource(job.thread, job.ts), is_asked=False)
            if read is None:
                return
            message = _as_read(message, read)
            refused = worth_a_word(read.digest.refused)
            if message.sightings and not is_edit:
                await self.warn(job, read.digest.secrets, site, tuple(file.name for file in read.digest.files))
            if refused and not message.sightings:
                await self._annotations.say_unreadable(message, refused, voice, directory)
            elif is_edit:
                await self._annotations.follow(message, voice, directory)
            else:
                await self._annotations.take([message], voice, directory)
            await self._reported(job, site, voice, read)

    async def asked(self, job: Job, source: LogSource, site: BotSite) -> None:
        """Triage what somebody asked for: everybody sees it where it is."""
        async with self._speaking(job, site) as voice:
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
    async def _speaking(self, job: Job, site: BotSite) -> AsyncIterator[LogReplier]:
        """A voice for *job*; what it said of its progress is taken away where nothing took its place."""
        voice = LogReplier(job, self._poster, self._renderer, site.client)
        try:
            yield voice
            await voice.settle()
        except RetryLater as error:
            # The next attempt must look for what this one has posted, although Slack only told it to wait.
            raise RetryLater(str(error), None if voice.has_acted else error.after_s) from error
        except GiveUp:
            with contextlib.suppress(GiveUp, RetryLater):
                await voice.settle()
            raise

    async def _read(
        self, job: Job, site: BotSite, voice: LogReplier, source: LogSource, *, is_asked: bool
    ) -> ReadLog | None:
        progress, is_read = Progress(), asyncio.Event()
        telling = asyncio.create_task(self._tell(job, site, voice, progress, is_read))
        try:
            return await self._reader.read(site, job.place.channel, source, is_asked=is_asked, progress=progress)
        finally:
            is_read.set()
            await telling

    async def _tell(
        self, job: Job, site: BotSite, voice: LogReplier, progress: Progress, is_read: asyncio.Event
    ) -> None:
        """React when it takes a moment; say how far it is when it takes longer."""
        is_quiet = await self._annotations.mode(job.place) is not Mode.THREAD and job.detail.get("log")
        try:
            if await _within(is_read, _REACT_AFTER_S):
                return
            await voice.wait()
            pause_s = _TELL_AFTER_S - _REACT_AFTER_S
            while not is_quiet and not await _within(is_read, pause_s):
                choice = await self._languages.of_channel(job.place, SlackLookup(site.client))
                await voice.tell(Answer(Reading(progress.bytes // 2**20), choice.language))
                pause_s = _TELL_EVERY_S
        except (RetryLater, GiveUp, StopWorkspace) as error:
            _log.info("progress not shown", channel=job.place.channel, ts=job.ts, reason=str(error))

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


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether *event* happens so soon."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


def _as_read(message: SeenMessage, read: ReadLog) -> SeenMessage:
    """*message* with what its files hold, and its triage where there is anything to say."""
    own = {sighting.code for sighting in message.sightings}
    found = tuple(sighting for sighting in read.in_files if sighting.code not in own)
    triaged = Triaged(read.digest, LogSource(message.thread, message.ts)) if read.digest.hits else None
    return replace(message, sightings=message.sightings + found, triaged=triaged)


def _has_content(read: ReadLog) -> bool:
    """Whether there is anything to tell: a code, or a file."""
    return bool(read.digest.hits or read.digest.refused or any(file.name for file in read.digest.files))
