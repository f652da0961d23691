"""Apply the noise rules to messages, and keep the bot's replies in step with edits and deletions.

1. A new message gets the act that `noise_rules` chooses. New messages of one thread share one reply.
2. A log is explained by a triage. A message that would only count codes of a triage gets a reaction instead: a triage
   shows no counts, because it would have to read the log again.
3. An edited message is decided again, as if it were new. Its reply is updated, or deleted if no code is left to
   explain. A reply stays, even if the channel's mode has been changed or a code was snoozed since.
4. The reply to a deleted message is deleted. If it explains other messages too, it is updated instead.
5. A message to the bot gets an answer, which follows edits and deletions, too. The line about a change of
   the channel stays, so that the change remains visible.
6. Every act can be repeated after a crash. A reply is recorded before reactions are added, because a person who
   clicks a reaction at once must get its codes.

Each decision against a reply is logged with its reason at debug level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.numbers import ServerCode
from bot.catalogue.platforms import open_platforms
from bot.i18n import Language
from bot.policy.language import Languages
from bot.policy.noise_rules import COOL_DOWN_S, Act, ChannelHistory, Decision, Mode, Sighting, SilenceRule, decide
from bot.policy.place import Directory, Place
from bot.policy.replies import Annotation, Answer, AnyChange, Reply, Triaged, UnreadableReply
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.channel_store import ChannelState, ChannelStore
from bot.telemetry.metrics import Metrics
from bot.triage.digest import FileRefused

_NOT_SEEN = (SilenceRule.OFF, SilenceRule.QUOTED, SilenceRule.NOT_A_CODE)  # codes that are not counted
_MOST_UNKNOWN = 100  # unknown codes of a log that are counted
_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message to decide about, without its text."""

    place: Place
    ts: str
    thread: str  # the thread of an answer: the message's own, or the one that contains it
    sightings: tuple[Sighting, ...]
    triaged: Triaged | None = None  # the triage, if the message is to be explained by one
    is_log: bool = False  # it gets its own triage, whatever was explained before
    text_language: Language | None = None  # by its script (see `bot.i18n.script_language`)
    platform: str | None = None  # the key of the platform that it shows; None: not certain
    server_codes: tuple[tuple[int, int], ...] = ()  # codes, each with the server's own code beside it

    @property
    def ref(self) -> MessageRef:
        """The key of the message in the database."""
        return MessageRef(self.place.team, self.place.channel, self.ts)


_Decided = tuple[SeenMessage, Decision]


class ThreadVoice(Protocol):
    """The bot's acts in one thread. Each can be repeated without harm."""

    @property
    def lookup(self) -> Directory:
        """The directory to choose the language of replies by."""

    async def reply(self, answer: Answer, to: Sequence[str]) -> str:
        """Post one answer to the messages *to* (time stamps) of the thread; return the reply's time stamp."""

    async def revise(self, reply: str, answer: Answer) -> None:
        """Replace the content of one of the bot's replies."""

    async def withdraw(self, reply: str) -> None:
        """Delete one of the bot's replies."""

    async def whisper(self, answer: Answer) -> None:
        """Show an answer only to the person who asked."""

    async def mark(self, ts: str) -> None:
        """Add the bot's reaction to a message."""

    async def unmark(self, ts: str) -> None:
        """Remove the bot's reaction from a message."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """Apply the noise rules to messages, and carry out the acts."""

    _catalogue: Catalogue
    _languages: Languages
    _settings: ChannelStore
    _store: AnnotationStore
    _clock: Callable[[], float]
    _metrics: Metrics = field(default_factory=Metrics)

    async def annotate(self, messages: Sequence[SeenMessage], voice: ThreadVoice) -> None:
        """Handle new messages of one thread with at most one reply.

        Called again for the same messages, after an error or a crash, it repeats acts that may be missing.
        """
        decided: list[_Decided] = []
        explained: frozenset[int] = frozenset()
        counted: tuple[int, ...] = ()
        channel: ChannelState | None = None
        for message in messages:
            record, history, channel = await self.load(message)
            if record is None:
                history = replace(history, in_thread=history.in_thread | explained)
                decision = await self._beside_triage(message, _decide(message, history))
                decided.append((message, decision))
                explained |= {*decision.codes} if decision.act is Act.REPLY else set()
                continue
            _log.debug("handled before", channel=message.place.channel, ts=message.ts, act=record.act)
            if record.act == Act.COUNT:
                counted += record.codes
            elif record.act == Act.REACT:
                await voice.mark(message.ts)
        await self._act(decided, voice, channel)
        await self._show_counts(messages[0], counted, voice)

    async def follow_edit(self, message: SeenMessage, voice: ThreadVoice) -> None:
        """Handle an edit; *message* is the new version."""
        record, history, channel = await self.load(message)
        if record is None:  # as a new message
            await self.annotate([message], voice)
            return
        if record.reply is None:  # the message got a reaction, or was counted
            decision = _decide(message, history)
            if decision.act in (Act.REPLY, Act.REACT):
                await self._act([(message, decision)], voice, channel, is_edit=True)
            elif decision.act is Act.COUNT and record.act == Act.COUNT:
                now = _record_of(message, decision, None)
                await self._store.put({message.ref: now}, now=self._clock(), sighted=_sighted([(message, decision)]))
            elif decision.act is Act.NOTHING and record.act != Act.READ:
                await voice.unmark(message.ts)
                await self._store.forget(message.ref, record)
            return
        decision = _decide(message, replace(history, mode=Mode.THREAD, snoozed=frozenset()))
        if decision.act is not Act.REPLY:
            await self.withdraw(message, voice)
        elif decision.codes != record.codes:
            now = _record_of(message, decision, record.reply)
            answered = await self._store.find_by_reply(replace(message.ref, ts=record.reply)) | {message.ts: now}
            if message.triaged and len(answered) == 1:
                await voice.revise(record.reply, await self._answer(message, message.triaged, voice))
            else:
                await self._revise(message, record.reply, answered, voice)
            dropped = {*record.codes} - {*now.codes}
            sighted = _sighted([(message, decision)])
            await self._store.put({message.ref: now}, now=self._clock(), dropped=dropped, sighted=sighted)

    async def answer(self, message: SeenMessage, answer: Answer, voice: ThreadVoice) -> None:
        """Answer a message to the bot; if it was edited, replace its earlier answer.

        In a direct message, all answers are replies.
        """
        record, reply = await self._store.get(message.ref), None
        is_reply = answer.is_public or message.place.is_direct
        is_change = isinstance(answer.reply, AnyChange)
        if is_reply and not is_change and record and record.reply and record.act == Act.ANSWER:
            await voice.revise(record.reply, answer)
            return
        await self.withdraw(message, voice)
        if is_reply:
            reply = await voice.reply(answer, [message.ts])
        else:
            await voice.whisper(answer)
        log = answer.reply.log if isinstance(answer.reply, Triaged) else None
        record = AnnotationRecord(message.thread, Act.ANSWER, None if is_change else reply, (), (), log)
        await self._store.put({message.ref: record}, now=self._clock())
        self._metrics.answers.labels(str(Act.ANSWER), "").inc()

    async def withdraw(self, message: SeenMessage, voice: ThreadVoice) -> None:
        """Delete the reply to a message that was deleted, or that contains no code any more."""
        record = await self._store.get(message.ref)
        if record and record.reply:
            others = await self._store.find_by_reply(replace(message.ref, ts=record.reply))
            others.pop(message.ts, None)
            if others:
                await self._revise(message, record.reply, others, voice)
            else:
                await voice.withdraw(record.reply)
        if record:
            await self._store.forget(message.ref, record)

    async def reply_unreadable(self, message: SeenMessage, files: tuple[FileRefused, ...], voice: ThreadVoice) -> None:
        """Reply why the files of a message could not be read, if the mode is thread and there is no reply yet."""
        record, history, channel = await self.load(message)
        if record or history.mode is not Mode.THREAD:
            reason = f"handled before: {record.act}" if record else f"mode: {history.mode}"
            _log.debug("no reply about files", channel=message.place.channel, ts=message.ts, reason=reason)
            return
        answer = await self._answer(message, UnreadableReply(files), voice, channel)
        reply = await voice.reply(answer, [message.ts])
        record = AnnotationRecord(message.thread, Act.TRIAGE, reply, (), ())
        await self._store.put({message.ref: record}, now=self._clock())

    async def record_read(self, message: SeenMessage) -> None:
        """Record that the author of a log without a known code got a summary of it."""
        record = AnnotationRecord(message.thread, Act.READ, None, (), ())
        await self._store.put({message.ref: record}, now=self._clock())
        self._metrics.answers.labels(str(Act.READ), "no-code").inc()

    async def is_handled(self, message: SeenMessage) -> bool:
        """Return whether an act was recorded for a message."""
        return await self._store.get(message.ref) is not None

    async def reacted_to(self, ref: MessageRef) -> AnnotationRecord | None:
        """Return the record of a message that the bot only reacted to."""
        record = await self._store.get(ref)
        return record if record and record.act == Act.REACT else None

    async def first_answered(self, reply: MessageRef) -> str | None:
        """Return the ts of the first message that *reply* answers, or None."""
        return min(await self._store.find_by_reply(reply), default=None)

    async def content(self, reply: MessageRef) -> Annotation | None:
        """Return the content of *reply*: the codes of the messages that it answers, or None if it answers none."""
        answered = await self._store.find_by_reply(reply)
        return await self._content(reply, answered) if answered else None

    async def load(self, message: SeenMessage) -> tuple[AnnotationRecord | None, ChannelHistory, ChannelState]:
        """Load the record of a message, and the state of its channel and thread before it, in one query."""
        now = self._clock()
        found = await self._store.history(message.ref, message.thread, since=now - COOL_DOWN_S, now=now)
        # Its own reply must not silence the message's codes.
        own = frozenset(found.record.codes) if found.record and found.record.reply else frozenset()
        mode = Mode(found.channel.mode or Mode.THREAD)
        history = ChannelHistory(mode, found.ignored, found.in_thread - own, found.recent - own, found.snoozed)
        return found.record, history, found.channel

    async def mode(self, place: Place) -> Mode:
        """Return the mode of a channel."""
        return Mode((await self._settings.get(place.team, place.channel)).mode or Mode.THREAD)

    async def _beside_triage(self, message: SeenMessage, decision: Decision) -> Decision:
        """Replace counting by a reaction if a triage explains a code: triages show no counts."""
        if decision.act is not Act.COUNT:
            return decision
        explaining = await self._replies_explaining(decision.codes, message)
        return replace(decision, act=Act.REACT) if any(map(_is_triage, explaining.values())) else decision

    async def _act(
        self, decided: Sequence[_Decided], voice: ThreadVoice, channel: ChannelState | None, *, is_edit: bool = False
    ) -> None:
        """Post at most one reply to the messages, record their acts, then add reactions and show counts.

        A message that was edited was counted by the snoozes of its codes before.
        """
        replied = [(message, decision) for message, decision in decided if decision.act is Act.REPLY]
        reply = None
        if replied:
            first = replied[0][0]
            codes = tuple(code for _, decision in replied for code in decision.codes)
            annotation = self._annotation(codes, {}, [message for message, _ in replied])
            answer = await self._answer(first, first.triaged or annotation, voice, channel)
            reply = await voice.reply(answer, [message.ts for message, _ in replied])
        records = {
            message.ref: _record_of(message, decision, reply)
            for message, decision in decided
            if decision.act is not Act.NOTHING
        }
        counted = Counter(code for _, decision in decided for code in decision.repeated)
        if records:
            snoozed = () if is_edit else [code for _, decision in decided for code in decision.snoozed]
            sighted = _sighted(decided)
            await self._store.put(
                records, now=self._clock(), counted=counted, sighted=sighted, snoozed=snoozed, are_new=not is_edit
            )
        for message, decision in decided:
            outcome = Act.TRIAGE if decision.act is Act.REPLY and message.triaged else decision.act
            self._metrics.answers.labels(str(outcome), decision.reason).inc()
            if decision.act is Act.REACT:
                await voice.mark(message.ts)
        if counted:
            await self._show_counts(decided[0][0], tuple(counted), voice)

    async def _show_counts(self, message: SeenMessage, codes: Sequence[int], voice: ThreadVoice) -> None:
        """Update the replies of the thread that explain *codes* with the current counts."""
        explaining = await self._replies_explaining(codes, message) if codes else {}
        for reply, answered in explaining.items():
            if not _is_triage(answered):
                await self._revise(message, reply, answered, voice)

    async def _replies_explaining(
        self, codes: Sequence[int], message: SeenMessage
    ) -> dict[str, dict[str, AnnotationRecord]]:
        """Return the replies of the thread that explain *codes*, each with the messages that it answers."""
        replies = await self._store.replies_in_thread(message.ref, message.thread)
        relevant = dict.fromkeys(replies[code] for code in codes if code in replies)
        return {reply: await self._store.find_by_reply(replace(message.ref, ts=reply)) for reply in relevant}

    async def _revise(
        self, message: SeenMessage, reply: str, answered: Mapping[str, AnnotationRecord], voice: ThreadVoice
    ) -> None:
        """Update a reply to the codes of the messages that it answers, in their order, and to the current counts."""
        annotation = await self._content(replace(message.ref, ts=reply), answered)
        await voice.revise(reply, await self._answer(message, annotation, voice))

    async def _content(self, reply: MessageRef, answered: Mapping[str, AnnotationRecord]) -> Annotation:
        counts = await self._store.counts(reply, reply.ts)
        codes = dict.fromkeys(code for ts in sorted(answered) for code in answered[ts].codes) or counts
        messages = [answered[ts] for ts in sorted(answered)]
        return self._annotation(tuple(codes), {code: counts.get(code, 1) for code in codes}, messages)

    def _annotation(
        self, codes: tuple[int, ...], counts: Mapping[int, int], messages: Collection[SeenMessage | AnnotationRecord]
    ) -> Annotation:
        """Explain *codes* of *messages*, on their platform if all show the same one."""
        platforms = {message.platform for message in messages}
        platform = open_platforms().keyed(*platforms) if len(platforms) == 1 else None
        entries = tuple(entry for code in codes if (entry := self._catalogue.get(code)))
        unknown = tuple(code for code in codes if not self._catalogue.has_code(code))
        beside = dict.fromkeys(pair for message in messages for pair in message.server_codes)
        known = self._catalogue.server_codes  # a newer catalogue may have other server codes than the record
        server_codes = tuple(
            (code, ServerCode(number, known[number]))
            for code, number in beside
            if code in codes and known.get(number, code) != code
        )
        return Annotation(entries, unknown, counts, platform, server_codes)

    async def _answer(
        self, message: SeenMessage, reply: Reply, voice: ThreadVoice, channel: ChannelState | None = None
    ) -> Answer:
        choice = await self._languages.of_channel(
            message.place, voice.lookup, channel, text_language=message.text_language
        )
        return Answer(reply, choice.language)


def _decide(message: SeenMessage, history: ChannelHistory) -> Decision:
    """Decide about a message by the noise rules; log the reasons if it gets no reply."""
    cause = message.triaged.digest.cause if message.triaged else None
    decision = decide(message.sightings, history, is_log=message.is_log, cause=cause)
    if decision.act is not Act.REPLY:
        reasons = {code: str(rule) for code, rule in decision.silenced} or "no code"
        _log.debug("no reply", channel=message.place.channel, ts=message.ts, act=str(decision.act), reasons=reasons)
    return decision


def _record_of(message: SeenMessage, decision: Decision, reply: str | None) -> AnnotationRecord:
    contexts = tuple(dict.fromkeys((each.code, each.fingerprint) for each in message.sightings))
    is_reply = decision.act is Act.REPLY
    act = Act.TRIAGE if is_reply and message.triaged else decision.act
    log = message.triaged.log if message.triaged else None
    reply = reply if is_reply else None
    return AnnotationRecord(
        message.thread, act, reply, decision.codes, contexts, log, message.platform, message.server_codes
    )


def _sighted(decided: Sequence[_Decided]) -> dict[MessageRef, dict[int, int]]:
    """Return how often each code came in each message that gets an act, in a log by the lines of the log.

    Quoted codes, and those that people called not a code, do not count.
    """
    counts: dict[MessageRef, dict[int, int]] = {}
    for message, decision in decided:
        found = Counter(each.code for each in message.sightings if not each.quoted)
        if message.triaged:
            digest = message.triaged.digest
            found |= Counter({row.code: row.count for row in (*digest.rows, *digest.unknown[:_MOST_UNKNOWN])})
        rejected = {code for code, rule in decision.silenced if rule in _NOT_SEEN}
        counted = {code: count for code, count in found.items() if code not in rejected}
        if decision.act is not Act.NOTHING and counted:
            counts[message.ref] = counted
    return counts


def _is_triage(answered: Mapping[str, AnnotationRecord]) -> bool:
    """Return whether the reply to these messages is a triage."""
    return any(record.act == Act.TRIAGE for record in answered.values())
