"""What the bot says, unasked, about a message, and how that follows the message's edits and deletion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.catalogue.catalogue import Catalogue
from bot.detect.find import find_in_message
from bot.detect.finding import Detection
from bot.services.decisions import Act, Decision, Mode, Rule, Sighting, Situation, decide
from bot.services.languages import Languages
from bot.services.place import Directory, Place
from bot.services.replies import Annotation, Answer, Triaged, Unreadable, Why
from bot.services.sightings import WRITTEN, sightings_in
from bot.storage.annotations import AnnotationStore, Record, Spot
from bot.storage.channels import Channel, ChannelSettings
from bot.triage.digest import FileRefused

COOL_DOWN_S = 3600.0
_ONCE: Mapping[int, int] = {}  # every code came once


@dataclass(frozen=True, slots=True)
class Message:
    """A message to decide about. Its text is not kept."""

    place: Place
    ts: str
    thread: str  # the thread that an answer goes to: the message's own, or the one it stands in
    sightings: tuple[Sighting, ...]
    triaged: Triaged | None = None  # where it is a log

    @property
    def spot(self) -> Spot:
        """Where it stands."""
        return Spot(self.place.team, self.place.channel, self.ts)


class Voice(Protocol):
    """How the bot makes itself seen around one message. Each act can be repeated without harm."""

    async def reply(self, answer: Answer) -> str:
        """Post in the message's thread; return the time stamp of the reply."""

    async def revise(self, reply: str, answer: Answer) -> None:
        """Change one of the bot's replies."""

    async def withdraw(self, reply: str) -> None:
        """Delete one of the bot's replies."""

    async def mark(self) -> None:
        """React to the message."""

    async def unmark(self) -> None:
        """Take the reaction back."""


class Annotations:
    """Decides what a message deserves, and does it."""

    def __init__(
        self,
        catalogue: Catalogue,
        languages: Languages,
        settings: ChannelSettings,
        store: AnnotationStore,
        clock: Callable[[], float],
    ) -> None:
        self._catalogue = catalogue
        self._languages = languages
        self._settings = settings
        self._store = store
        self._clock = clock

    def sightings(self, message: Mapping[str, Any]) -> tuple[Sighting, ...]:
        """The codes in *message*, as Slack sends it; none where nobody wrote it."""
        return sightings_in(message, self._catalogue)

    async def take(self, message: Message, voice: Voice, directory: Directory) -> None:
        """Deal with a new message; once, also where an earlier attempt was interrupted after it had acted."""
        record, situation, channel = await self._survey(message)
        if record is None:
            await self._deal(message, decide(message.sightings, situation), voice, directory, channel)
        elif record.act == Act.COUNT:
            await self._show_counts(message, record.codes, voice, directory)
        elif record.act == Act.REACT:
            await voice.mark()

    async def _deal(
        self, message: Message, decision: Decision, voice: Voice, directory: Directory, channel: Channel
    ) -> None:
        if decision.act is Act.COUNT and await self._is_triaged(message, decision.codes):
            decision = replace(decision, act=Act.REACT)
        if decision.act is Act.REPLY:
            reply = await voice.reply(await self._answer(message, decision.codes, directory, channel=channel))
            await self._record(message, decision, reply=reply)
            repeated = tuple(code for code, rule in decision.silenced if rule is Rule.IN_THREAD)
            if repeated:
                await self._store.count(message.spot, message.thread, repeated)
                await self._show_counts(message, repeated, voice, directory)
        elif decision.act is Act.COUNT:
            await self._store.count(message.spot, message.thread, decision.codes)
            await self._record(message, decision, reply=None)
            await self._show_counts(message, decision.codes, voice, directory)
        elif decision.act is Act.REACT:
            # Recorded first: whoever clicks the reaction at once must find what it stands for.
            await self._record(message, decision, reply=None)
            await voice.mark()

    async def follow(self, message: Message, voice: Voice, directory: Directory) -> None:
        """Deal with an edit of a message; *message* is as it stands now. The rules are those for a new one."""
        record, situation, channel = await self._survey(message)
        if record is None:
            await self._deal(message, decide(message.sightings, situation), voice, directory, channel)
            return
        situation = _without(record, situation)
        if record.reply is None:
            await self._follow_mark(message, decide(message.sightings, situation), voice, directory, channel)
            return
        # What was answered stays answered, also in a channel that was told to be quiet since.
        decision = decide(message.sightings, replace(situation, mode=Mode.THREAD))
        if decision.act is not Act.REPLY:
            await self.withdraw(message.spot, voice)
        elif decision.codes != record.codes:
            await self._store.forget(message.spot, record.reply)
            await voice.revise(record.reply, await self._answer(message, decision.codes, directory))
            await self._record(message, decision, reply=record.reply)

    async def _follow_mark(
        self, message: Message, decision: Decision, voice: Voice, directory: Directory, channel: Channel
    ) -> None:
        """Deal with an edit of a message that was reacted to, or counted."""
        if decision.act in (Act.REPLY, Act.REACT):
            await self._deal(message, decision, voice, directory, channel)
        elif decision.act is Act.NOTHING:
            await voice.unmark()
            await self._store.forget(message.spot, None)

    async def withdraw(self, spot: Spot, voice: Voice) -> None:
        """Take back what was said about a message, because it is gone or was no code."""
        record = await self._store.get(spot)
        if record and record.reply:
            await voice.withdraw(record.reply)
        await self._store.forget(spot, record.reply if record else None)

    async def refuse(self, reply: Spot, voice: Voice) -> None:
        """A person says that what *reply* explains is no code: take it back, and learn it for this channel."""
        found = await self._store.of_reply(reply)
        if found:
            ts, record = found
            await self._settings.refuse(reply.team, reply.channel, list(record.shapes))
            await self.withdraw(Spot(reply.team, reply.channel, ts), voice)
        else:
            await voice.withdraw(reply.ts)

    async def say_unreadable(
        self, message: Message, files: tuple[FileRefused, ...], voice: Voice, directory: Directory
    ) -> None:
        """Say why the files of a message were not read, where the bot would have answered and did not yet."""
        record, situation, channel = await self._survey(message)
        if record is None and situation.mode is Mode.THREAD:
            language = (await self._languages.of_channel(message.place, directory, channel)).language
            reply = await voice.reply(Answer(Unreadable(files), language))
            record = Record(message.thread, Act.TRIAGE, reply, (), ())
            await self._store.put(message.spot, record, now=self._clock())

    async def call_wrong(self, reply: Spot, voice: Voice) -> None:
        """A person says that the triage *reply* is wrong: take it back, and keep that it was."""
        found = await self._store.of_reply(reply)
        await voice.withdraw(reply.ts)
        if found:
            spot = replace(reply, ts=found[0])
            await self._store.forget(spot, reply.ts)
            await self._store.put(spot, replace(found[1], act=Act.WRONG, reply=None), now=self._clock())

    async def is_done(self, spot: Spot) -> bool:
        """Whether something was done about a message already."""
        return await self._store.get(spot) is not None

    async def set_mode(self, place: Place, mode: Mode) -> None:
        """Set how the bot behaves, unasked, in a channel."""
        await self._settings.set(place.team, place.channel, mode=mode)

    async def mode(self, place: Place) -> Mode:
        """How the bot behaves, unasked, in a channel."""
        channel = await self._settings.get(place.team, place.channel)
        return Mode(channel.mode) if channel.mode else Mode.THREAD

    async def marked(self, spot: Spot) -> tuple[str, tuple[int, ...]] | None:
        """The thread and the codes of a message that the bot only reacted to, or None."""
        record = await self._store.get(spot)
        return (record.thread, record.codes) if record and record.act == Act.REACT else None

    async def why(self, message: Mapping[str, Any], place: Place) -> Why:
        """Why a message of *place*, as Slack has it, was answered, or was not."""
        detection = self.detection(message)
        ts = str(message["ts"])
        seen = Message(place, ts, str(message.get("thread_ts", ts)), self.sightings(message))
        record, situation, _ = await self._survey(seen)
        situation = _without(record, situation) if record else situation
        silenced = dict(decide(seen.sightings, situation).silenced)
        return Why(
            findings=tuple((finding, silenced.get(finding.code)) for finding in detection.findings),
            lookalikes=detection.lookalikes,
            did=Act(record.act) if record else None,
            is_written=message.get("subtype") in WRITTEN,
        )

    def detection(self, message: Mapping[str, Any]) -> Detection:
        """Everything seen in a message, look-alikes among it."""
        return find_in_message(message, self._catalogue)

    async def _survey(self, message: Message) -> tuple[Record | None, Situation, Channel]:
        """What was done about a message already, and what is known about its place."""
        found = await self._store.survey(message.spot, message.thread, since=self._clock() - COOL_DOWN_S)
        mode = Mode(found.channel.mode) if found.channel.mode else Mode.THREAD
        return found.record, Situation(mode, found.refused, found.in_thread, found.lately), found.channel

    async def _show_counts(self, message: Message, codes: tuple[int, ...], voice: Voice, directory: Directory) -> None:
        """Say in the thread's first replies how often their codes came."""
        replies = await self._store.in_thread(message.spot, message.thread)
        for reply in {replies[code] for code in codes if code in replies}:
            counts = await self._store.counts(message.spot, reply)
            first = await self._store.of_reply(replace(message.spot, ts=reply))
            if first and first[1].act == Act.TRIAGE:
                continue  # that would have to be read again
            explained = first[1].codes if first else tuple(counts)  # in the order of the message
            await voice.revise(reply, await self._explain(message, explained, directory, counts))

    async def _is_triaged(self, message: Message, codes: tuple[int, ...]) -> bool:
        """Whether a triage in the thread explains one of *codes*: it does not count."""
        replies = await self._store.in_thread(message.spot, message.thread)
        found = [
            await self._store.of_reply(replace(message.spot, ts=replies[code])) for code in codes if code in replies
        ]
        return any(first and first[1].act == Act.TRIAGE for first in found)

    async def _answer(
        self, message: Message, codes: tuple[int, ...], directory: Directory, channel: Channel | None = None
    ) -> Answer:
        if message.triaged:
            return Answer(
                message.triaged, (await self._languages.of_channel(message.place, directory, channel)).language
            )
        return await self._explain(message, codes, directory, channel=channel)

    async def _explain(
        self,
        message: Message,
        codes: tuple[int, ...],
        directory: Directory,
        counts: Mapping[int, int] = _ONCE,
        channel: Channel | None = None,
    ) -> Answer:
        entries = tuple(entry for code in codes if (entry := self._catalogue.get(code)))
        unknown = tuple(code for code in codes if not self._catalogue.has_code(code))
        choice = await self._languages.of_channel(message.place, directory, channel)
        return Answer(Annotation(entries, unknown, counts), choice.language)

    async def _record(self, message: Message, decision: Decision, *, reply: str | None) -> None:
        shapes = tuple(dict.fromkeys(each.shape for each in message.sightings))
        act = Act.TRIAGE if reply and message.triaged else decision.act
        record = Record(message.thread, act, reply, decision.codes, shapes)
        explains = decision.codes if reply else ()
        await self._store.put(message.spot, record, now=self._clock(), explains=explains)


def _without(record: Record, situation: Situation) -> Situation:
    """*situation* as if the message of *record* had not been answered: that is no reason against its own codes."""
    own = frozenset(record.codes) if record.reply else frozenset()
    return replace(situation, in_thread=situation.in_thread - own, lately=situation.lately - own)
