"""What the bot says, unasked, about a message, and how that follows the message's edits and deletion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.catalogue.catalogue import Catalogue
from bot.detection.detector import find_in_message
from bot.detection.result import Detection
from bot.detection.slack_text import lines_of
from bot.policy.input import WRITTEN, Contents, contents
from bot.policy.language import Languages
from bot.policy.noise_rules import Act, ChannelHistory, Decision, Mode, Sighting, decide
from bot.policy.place import Directory, Place
from bot.policy.replies import Annotation, Answer, Triaged, UnreadableReply, WhyReply
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, MessageRef
from bot.storage.channel_store import ChannelState, ChannelStore
from bot.triage.digest import FileRefused

COOL_DOWN_S = 3600.0
_ONCE: Mapping[int, int] = {}  # every code came once


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message to decide about. Its text is not kept."""

    place: Place
    ts: str
    thread: str  # the thread that an answer goes to: the message's own, or the one it stands in
    sightings: tuple[Sighting, ...]
    triaged: Triaged | None = None  # where it is a log; it is answered alone then

    @property
    def spot(self) -> MessageRef:
        """Where it stands."""
        return MessageRef(self.place.team, self.place.channel, self.ts)


_Decided = tuple[SeenMessage, Decision]


class ThreadVoice(Protocol):
    """How the bot makes itself seen in one thread. Each act can be repeated without harm."""

    async def reply(self, answer: Answer, to: Sequence[str]) -> str:
        """Post one answer to messages of the thread; return the time stamp of the reply."""

    async def revise(self, reply: str, answer: Answer) -> None:
        """Change one of the bot's replies."""

    async def withdraw(self, reply: str) -> None:
        """Delete one of the bot's replies."""

    async def mark(self, ts: str) -> None:
        """React to a message."""

    async def unmark(self, ts: str) -> None:
        """Take the reaction back."""


class Annotations:
    """Decides what a message deserves, and does it."""

    def __init__(
        self,
        catalogue: Catalogue,
        languages: Languages,
        settings: ChannelStore,
        store: AnnotationStore,
        clock: Callable[[], float],
    ) -> None:
        self._catalogue = catalogue
        self._languages = languages
        self._settings = settings
        self._store = store
        self._clock = clock

    def contents(self, message: Mapping[str, Any]) -> Contents:
        """What *message* holds, as Slack sends it; nothing where nobody wrote it."""
        return contents(message, self._catalogue)

    async def take(self, messages: Sequence[SeenMessage], voice: ThreadVoice, directory: Directory) -> None:
        """Deal with new messages of one thread; once, also where an earlier attempt was interrupted after it had acted.

        One reply explains what several of them deserve to have explained.
        """
        decided: list[_Decided] = []
        explained: frozenset[int] = frozenset()
        counted: tuple[int, ...] = ()
        channel: ChannelState | None = None
        for message in messages:
            record, situation, channel = await self._survey(message)
            if record is None:
                if explained:
                    situation = replace(situation, in_thread=situation.in_thread | explained)
                decision = await self._beside_triage(message, decide(message.sightings, situation))
                decided.append((message, decision))
                explained |= {*decision.codes} if decision.act is Act.REPLY else set()
            elif record.act == Act.COUNT:
                counted += record.codes
            elif record.act == Act.REACT:
                await voice.mark(message.ts)
        await self._deal(decided, voice, directory, channel)
        await self._show_counts(messages[0], counted, voice, directory)

    async def _deal(
        self, decided: Sequence[_Decided], voice: ThreadVoice, directory: Directory, channel: ChannelState | None
    ) -> None:
        replied = [(message, decision) for message, decision in decided if decision.act is Act.REPLY]
        reply = None
        if replied:
            codes = tuple(code for _, decision in replied for code in decision.codes)
            answer = await self._triage(replied[0][0], directory, channel)
            answer = answer or await self._answer(replied[0][0], codes, directory, channel=channel)
            reply = await voice.reply(answer, [message.ts for message, _ in replied])
        # Recorded before the rest: whoever clicks a reaction at once must find what it stands for.
        records = {
            message.spot: _record(message, decision, reply)
            for message, decision in decided
            if decision.act is not Act.NOTHING
        }
        counted = Counter(code for _, decision in decided for code in decision.repeated)
        if records:
            await self._store.put(records, now=self._clock(), counted=counted)
        for message, decision in decided:
            if decision.act is Act.REACT:
                await voice.mark(message.ts)
        if counted:
            await self._show_counts(decided[0][0], tuple(counted), voice, directory)

    async def follow(self, message: SeenMessage, voice: ThreadVoice, directory: Directory) -> None:
        """Deal with an edit of a message; *message* is as it stands now. The rules are those for a new one."""
        record, situation, channel = await self._survey(message)
        if record is None:
            await self._deal([(message, decide(message.sightings, situation))], voice, directory, channel)
            return
        situation = _without(record, situation)
        if record.reply is None:
            await self._follow_mark(message, record, decide(message.sightings, situation), voice, directory)
            return
        # What was answered stays answered, also in a channel that was told to be quiet since.
        decision = decide(message.sightings, replace(situation, mode=Mode.THREAD))
        if decision.act is not Act.REPLY:
            await self.withdraw(message, voice, directory)
        elif decision.codes != record.codes:
            now = _record(message, decision, record.reply)
            answered = await self._store.of_reply(replace(message.spot, ts=record.reply)) | {message.ts: now}
            triaged = await self._triage(message, directory) if len(answered) == 1 else None
            if triaged:
                await voice.revise(record.reply, triaged)
            else:
                await self._revise(message, record.reply, answered, voice, directory)
            dropped = {*record.codes} - {*now.codes}
            await self._store.put({message.spot: now}, now=self._clock(), dropped=dropped)

    async def _follow_mark(
        self,
        message: SeenMessage,
        record: AnnotationRecord,
        decision: Decision,
        voice: ThreadVoice,
        directory: Directory,
    ) -> None:
        """Deal with an edit of a message that was reacted to, or counted."""
        if decision.act in (Act.REPLY, Act.REACT):
            await self._deal([(message, decision)], voice, directory, None)
        elif decision.act is Act.NOTHING:
            await voice.unmark(message.ts)
            await self._store.forget(message.spot, record)

    async def withdraw(self, message: SeenMessage, voice: ThreadVoice, directory: Directory) -> None:
        """Take back what was said about a message, because it is gone or holds no code any more."""
        record = await self._store.get(message.spot)
        if record and record.reply:
            others = await self._store.of_reply(replace(message.spot, ts=record.reply))
            others.pop(message.ts, None)
            if others:
                await self._revise(message, record.reply, others, voice, directory)
            else:
                await voice.withdraw(record.reply)
        if record:
            await self._store.forget(message.spot, record)

    async def refuse(self, reply: MessageRef, voice: ThreadVoice) -> None:
        """A person says that what *reply* explains is no code: take it back, and learn it for this channel."""
        answered = await self._store.of_reply(reply)
        shapes = [shape for record in answered.values() for shape in record.shapes]
        await self._settings.refuse(reply.team, reply.channel, shapes)
        await voice.withdraw(reply.ts)
        for ts, record in answered.items():
            await self._store.forget(replace(reply, ts=ts), record)

    async def say_unreadable(
        self, message: SeenMessage, files: tuple[FileRefused, ...], voice: ThreadVoice, directory: Directory
    ) -> None:
        """Say why the files of a message were not read, where the bot would have answered and did not yet."""
        record, situation, channel = await self._survey(message)
        if record is None and situation.mode is Mode.THREAD:
            language = (await self._languages.of_channel(message.place, directory, channel)).language
            reply = await voice.reply(Answer(UnreadableReply(files), language), [message.ts])
            record = AnnotationRecord(message.thread, Act.TRIAGE, reply, (), ())
            await self._store.put({message.spot: record}, now=self._clock())

    async def call_wrong(self, reply: MessageRef, voice: ThreadVoice) -> None:
        """A person says that the triage *reply* is wrong: take it back, and keep that it was."""
        for ts, record in (await self._store.of_reply(reply)).items():
            spot = replace(reply, ts=ts)
            await self._store.forget(spot, record)
            await self._store.put({spot: replace(record, act=Act.WRONG, reply=None)}, now=self._clock())
        await voice.withdraw(reply.ts)

    async def is_done(self, spot: MessageRef) -> bool:
        """Whether something was done about a message already."""
        return await self._store.get(spot) is not None

    async def set_mode(self, place: Place, mode: Mode) -> None:
        """Set how the bot behaves, unasked, in a channel."""
        await self._settings.set(place.team, place.channel, mode=mode)

    async def mode(self, place: Place) -> Mode:
        """How the bot behaves, unasked, in a channel."""
        channel = await self._settings.get(place.team, place.channel)
        return Mode(channel.mode) if channel.mode else Mode.THREAD

    async def marked(self, spot: MessageRef) -> tuple[str, tuple[int, ...]] | None:
        """The thread and the codes of a message that the bot only reacted to, or None."""
        record = await self._store.get(spot)
        return (record.thread, record.codes) if record and record.act == Act.REACT else None

    async def why(self, message: Mapping[str, Any], place: Place) -> WhyReply:
        """Why a message of *place*, as Slack has it, was answered, or was not."""
        detection = self.detection(message)
        ts = str(message["ts"])
        seen = SeenMessage(place, ts, str(message.get("thread_ts", ts)), self.contents(message).sightings)
        record, situation, _ = await self._survey(seen)
        situation = _without(record, situation) if record else situation
        silenced = dict(decide(seen.sightings, situation).silenced)
        line_of = lines_of(message, detection)
        return WhyReply(
            findings=tuple((replace(each, line=line_of[each]), silenced.get(each.code)) for each in detection.findings),
            lookalikes=tuple(replace(each, line=line_of[each]) for each in detection.lookalikes),
            did=Act(record.act) if record else None,
            is_written=message.get("subtype") in WRITTEN,
        )

    def detection(self, message: Mapping[str, Any]) -> Detection:
        """Everything seen in a message, look-alikes among it."""
        return find_in_message(message, self._catalogue)

    async def _survey(self, message: SeenMessage) -> tuple[AnnotationRecord | None, ChannelHistory, ChannelState]:
        """What was done about a message already, and what is known about its place."""
        found = await self._store.survey(message.spot, message.thread, since=self._clock() - COOL_DOWN_S)
        mode = Mode(found.channel.mode) if found.channel.mode else Mode.THREAD
        return found.record, ChannelHistory(mode, found.refused, found.in_thread, found.lately), found.channel

    async def _show_counts(
        self, message: SeenMessage, codes: Sequence[int], voice: ThreadVoice, directory: Directory
    ) -> None:
        """Say in the thread's first replies how often their codes came."""
        if not codes:
            return
        replies = await self._store.in_thread(message.spot, message.thread)
        for reply in {replies[code] for code in codes if code in replies}:
            answered = await self._store.of_reply(replace(message.spot, ts=reply))
            if not _is_triage(answered):  # that would have to be read again
                await self._revise(message, reply, answered, voice, directory)

    async def _beside_triage(self, message: SeenMessage, decision: Decision) -> Decision:
        """*decision*, but a reaction where it would count codes that a triage explains: its message does not count."""
        if decision.act is not Act.COUNT:
            return decision
        replies = await self._store.in_thread(message.spot, message.thread)
        for reply in {replies[code] for code in decision.codes if code in replies}:
            if _is_triage(await self._store.of_reply(replace(message.spot, ts=reply))):
                return replace(decision, act=Act.REACT)
        return decision

    async def _triage(
        self, message: SeenMessage, directory: Directory, channel: ChannelState | None = None
    ) -> Answer | None:
        """The answer to a log, in its channel's language."""
        if message.triaged is None:
            return None
        choice = await self._languages.of_channel(message.place, directory, channel)
        return Answer(message.triaged, choice.language)

    async def _revise(
        self,
        message: SeenMessage,
        reply: str,
        answered: Mapping[str, AnnotationRecord],
        voice: ThreadVoice,
        directory: Directory,
    ) -> None:
        """Have a reply say what the messages that it answers deserve, in their order, and how often each code came."""
        counts = await self._store.counts(message.spot, reply)
        codes = dict.fromkeys(code for ts in sorted(answered) for code in answered[ts].codes) or counts
        times = {code: counts.get(code, 1) for code in codes}
        await voice.revise(reply, await self._answer(message, tuple(codes), directory, times))

    async def _answer(
        self,
        message: SeenMessage,
        codes: tuple[int, ...],
        directory: Directory,
        counts: Mapping[int, int] = _ONCE,
        channel: ChannelState | None = None,
    ) -> Answer:
        entries = tuple(entry for code in codes if (entry := self._catalogue.get(code)))
        unknown = tuple(code for code in codes if not self._catalogue.has_code(code))
        choice = await self._languages.of_channel(message.place, directory, channel)
        return Answer(Annotation(entries, unknown, counts), choice.language)


def _record(message: SeenMessage, decision: Decision, reply: str | None) -> AnnotationRecord:
    shapes = tuple(dict.fromkeys(each.shape for each in message.sightings))
    is_reply = decision.act is Act.REPLY
    act = Act.TRIAGE if is_reply and message.triaged else decision.act
    return AnnotationRecord(message.thread, act, reply if is_reply else None, decision.codes, shapes)


def _is_triage(answered: Mapping[str, AnnotationRecord]) -> bool:
    """Whether a reply to such messages is a triage."""
    return any(record.act == Act.TRIAGE for record in answered.values())


def _without(record: AnnotationRecord, situation: ChannelHistory) -> ChannelHistory:
    """*situation* as if the message of *record* had not been answered: that is no reason against its own codes."""
    own = frozenset(record.codes) if record.reply else frozenset()
    return replace(situation, in_thread=situation.in_thread - own, lately=situation.lately - own)
