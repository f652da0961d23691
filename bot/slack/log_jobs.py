"""Work on the jobs that are about logs: read, triage, attach the report, warn of secrets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.errors import GiveUp, RetryLater
from bot.i18n import Language
from bot.inbox import Job, JobKind
from bot.policy.annotations import SeenMessage
from bot.policy.content import is_whole_log, worth_mentioning
from bot.policy.noise_rules import Act, Mode, SilenceRule
from bot.policy.place import LogSource
from bot.policy.replies import Answer, Leaked, Note, NothingFound, Triaged
from bot.render.digest_report import report
from bot.slack.context import RequestContext
from bot.slack.files import upload
from bot.slack.log_reader import ReadLog
from bot.slack.replier import LogReplier
from bot.storage.annotation_store import MessageRef
from bot.triage.digest import Digest, Secret
from bot.triage.summary import summarize

_log = structlog.stdlib.get_logger(__name__)


class LogJobs:
    """Works on the jobs that are about logs. Methods raise RetryLater, GiveUp or StopWorkspace."""

    def __init__(self) -> None:
        # Slack returns no ephemeral messages, so that after a crash a warning may be repeated.
        self._warned: deque[tuple[str, ...]] = deque(maxlen=1000)

    async def annotate(self, context: RequestContext, job: Job, message: SeenMessage) -> None:
        """Apply the rules for any message to one that is a log or has files; its reply is the triage."""
        annotations = context.services.annotations
        is_edit = job.kind is not JobKind.LOG
        async with LogReplier(context, job) as replier:
            is_handled = await annotations.is_handled(message)
            mode = await annotations.mode(job.place)
            if not is_handled and mode is Mode.OFF:
                context.services.metrics.answers.labels(str(Act.NOTHING), str(SilenceRule.OFF)).inc()
                _log.debug("log not read", channel=job.place.channel, ts=job.ts, reason="mode: off")
                return
            if is_handled and not is_edit:
                await annotations.annotate([message], replier)
                return
            read = await self._read(context, job, replier, LogSource(job.thread, job.ts), is_asked=False)
            if read is None:
                return
            message = await _with_log(context, message, read)
            if message.sightings and not is_edit:
                await self.warn(context, job, read.digest.secrets, tuple(file.name for file in read.digest.files))
            refused = worth_mentioning(read.digest.refused)
            has_codes = message.sightings or message.triaged
            # The author's notice lists the files that could not be read, too.
            is_notified = bool(job.place.user and read.digest.files and read.digest.is_worth_answering)
            if refused and not has_codes and not is_notified and (is_handled or mode is Mode.THREAD):
                await annotations.reply_unreadable(message, refused, replier)
            elif not has_codes and not is_handled:
                await self._notify_author(context, job, message, read.digest)
            elif is_edit:
                await annotations.follow_edit(message, replier)
            else:
                await annotations.annotate([message], replier)
            await _attach_if_cut(context, job, replier, read.digest)

    async def triage(self, context: RequestContext, job: Job, source: LogSource) -> None:
        """Post the triage that a person asked for."""
        async with LogReplier(context, job) as replier:
            read = await self._read(context, job, replier, source, is_asked=True)
            if read is None or not read.has_content:
                note = Answer(Note("nothing" if read else "gone"), await context.language())
                await self._publish(context, job, note, replier)
                return
            await self.warn(context, job, read.digest.secrets, tuple(file.name for file in read.digest.files))
            message = context.ref(job.ts)
            triaged = await related(context, Triaged(read.digest, source), message)
            triage = Answer(triaged, await context.channel_language())
            await self._publish(context, job, triage, replier)
            await _attach_if_cut(context, job, replier, read.digest)

    async def report(self, context: RequestContext, job: Job) -> None:
        """Attach the full report to the thread, once, for the person who pressed the button."""
        reader, source = context.services.log_reader, LogSource.parse(job.detail["source"])
        read = await reader.read(context.lookup, job.place.channel, source, own_bot=context.own_bot)
        if read is None:
            await context.reply_privately(Note("gone"))
        elif not await _attach(context, job, job.ts, read.digest, Language(job.detail["language"])):
            await context.reply_privately(Note("reported"))

    async def warn(
        self, context: RequestContext, job: Job, secrets: Sequence[Secret], files: tuple[str, ...] = ("",)
    ) -> None:
        """Warn the author, once and privately, of *secrets* that look live, found in *files*."""
        if not secrets or not job.place.user or job.key in self._warned:
            return
        leaked = Leaked(tuple(secrets), files, is_private=job.place.is_direct)
        try:
            if job.place.is_direct:
                # Not as the reply to the job, which the triage is.
                message = context.services.renderer.message(leaked, await context.language())
                await context.services.sender.send_dm(job.place, message, job=job)
            else:
                await context.reply_privately(leaked)
        except GiveUp as error:  # an author who has left, or is a bot, can't be warned; the log is triaged all the same
            _log.warning("not warned of secrets", channel=job.place.channel, ts=job.ts, reason=str(error))
        self._warned.append(job.key)

    async def _notify_author(self, context: RequestContext, job: Job, message: SeenMessage, digest: Digest) -> None:
        """Send the author of a log without a known code a summary, once and privately, if the log is about ZIM."""
        if not job.place.user or not digest.is_worth_answering:
            context.services.metrics.answers.labels(str(Act.NOTHING), "not-zim").inc()
            _log.debug("nothing found in a log", channel=job.place.channel, ts=job.ts, reason="not about ZIM")
            return
        try:
            await context.reply_privately(NothingFound(digest))
        except GiveUp as error:  # the author has left
            _log.info("no summary for the author of a log", channel=job.place.channel, ts=job.ts, reason=str(error))
        await context.services.annotations.record_read(message)

    async def _publish(self, context: RequestContext, job: Job, answer: Answer, replier: LogReplier) -> None:
        """Send the answer to a person: to their message, which they may edit, or for their use of a shortcut."""
        if job.kind is JobKind.ASKED:
            message = SeenMessage(job.place, job.ts, job.thread, ())
            await context.services.annotations.answer(message, answer, replier)
        elif answer.is_public:
            await replier.reply(answer)
        else:
            await replier.whisper(answer)

    async def _read(
        self, context: RequestContext, job: Job, replier: LogReplier, source: LogSource, *, is_asked: bool
    ) -> ReadLog | None:
        async with replier.reading():
            read = await context.services.log_reader.read(
                context.lookup, job.place.channel, source, own_bot=context.own_bot, is_asked=is_asked
            )
        if read is None:
            _log.debug("log not read", channel=job.place.channel, ts=job.ts, reason="deleted or not readable")
        return read


async def triage_again(context: RequestContext, source: LogSource) -> Triaged | None:
    """Read a log again, because nothing of it is kept; return None if it is gone."""
    reader = context.services.log_reader
    read = await reader.read(context.lookup, context.place.channel, source, own_bot=context.own_bot)
    if read is None:
        return None
    message = context.ref(source.ts or source.thread)
    return await related(context, Triaged(read.digest, source), message)


async def _with_log(context: RequestContext, message: SeenMessage, read: ReadLog) -> SeenMessage:
    """Return *message* with the codes of its files, and with its triage if there is anything to explain.

    The unknown codes of a log without a known one are for its author, if that is a person.
    """
    if message.place.user and not read.digest.is_conclusive:
        return replace(message, sightings=(), triaged=None)
    own = {sighting.code for sighting in message.sightings}
    found = tuple(sighting for sighting in read.in_files if sighting.code not in own)
    triaged = None
    if read.digest.hits or read.digest.is_conclusive:
        source = LogSource(message.thread, message.ts)
        triaged = await related(context, Triaged(read.digest, source), message.ref)
    is_log = bool(triaged) and is_whole_log(read.digest.files, is_by_bot=not message.place.user)
    return replace(message, sightings=message.sightings + found, triaged=triaged, is_log=is_log)


async def related(context: RequestContext, triaged: Triaged, message: MessageRef) -> Triaged:
    """Relate a triage of the log in *message* to an earlier one; do not relate that of a whole thread."""
    if triaged.source and triaged.source.ts is None:
        return triaged
    services, thread = context.services, triaged.source.thread if triaged.source else ""
    summary = summarize(triaged.digest, services.log_reader.cascades)
    return await services.relations.relate(triaged, summary, message, thread, context.lookup)


async def _attach_if_cut(context: RequestContext, job: Job, replier: LogReplier, digest: Digest) -> None:
    """Attach the full report if the message had to leave something out."""
    language = await context.channel_language()
    if replier.reply_ts and digest.hits and context.services.renderer.is_cut(Triaged(digest), language):
        try:
            await _attach(context, job, replier.reply_ts, digest, language)
        except (GiveUp, RetryLater) as error:  # the message has a button for the report
            _log.warning("no full report", channel=job.place.channel, ts=job.ts, reason=str(error))


async def _attach(context: RequestContext, job: Job, reply: str, digest: Digest, language: Language) -> bool:
    """Attach the report that belongs to the message *reply*; return False if it was attached before."""
    name, services, thread = f"zimerr-{reply}.txt", context.services, job.reply_thread
    channel, lookup = job.place.channel, context.lookup
    for message in await (lookup.thread(channel, thread) if thread else lookup.since(channel, reply)):
        if any(file.get("name") == name for file in message.get("files") or ()):
            return False
    # A report of 10,000 codes takes a quarter of a second.
    text = await asyncio.to_thread(report, digest, services.catalogue, language, services.log_reader.cascades)
    await upload(lookup.client, name, text.encode(), channel=channel, thread=thread)
    return True
