"""Make, list and stop watches.

1. Making and stopping a watch is a change for everybody in the channel: `permissions` decides who may, the channel sees
   it, and it can be undone.
2. A watch in a direct message is for all channels: nothing is counted in a direct message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Severity
from bot.oncall.watch_rule import SubjectKind, WatchSubject, WatchWords
from bot.oncall.watches import WatchesReply
from bot.policy.command_types import StopWatchCommand, WatchCommand
from bot.policy.permissions import Permissions
from bot.policy.place import Directory, Place
from bot.policy.replies import ChangeReply, Denied, Note, Usage
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.watch_store import Watch, WatchStore

_MOST = 20  # watches of a channel
_ANY = ("any", "any code", "任意", "任意错误码", "任何", "任何错误码")
_SEVERITY = re.compile(r"(?:severity|严重程度|严重性)[\s:]*(.+)", re.IGNORECASE)
_SEVERITIES = {**{str(each): each for each in Severity}, "高": Severity.HIGH, "中": Severity.MEDIUM, "低": Severity.LOW}

WatchReply = ChangeReply | Denied | Note | Usage | WatchesReply


@dataclass(frozen=True, slots=True)
class Watching:
    """Carry out `/zimerr watch`."""

    _permissions: Permissions
    _catalogue: Catalogue
    _store: WatchStore
    _changes: ChangeStore
    _clock: Callable[[], float]

    async def carry_out(
        self,
        command: WatchCommand | StopWatchCommand,
        place: Place,
        directory: Directory,
        *,
        is_repeated: bool = False,
    ) -> WatchReply:
        """Carry out a command; *is_repeated* as in `Changes.set`."""
        match command:
            case WatchCommand(words):
                return await self._start(words, place, directory, is_repeated=is_repeated)
            case StopWatchCommand(number):
                return await self._stop_numbered(number, place, directory, is_repeated=is_repeated)

    async def watches(self, place: Place) -> WatchesReply:
        """List the watches of a channel."""
        return WatchesReply(tuple(await self._store.of_channel(place.team, place.channel)))

    async def stop(self, watch_id: int, place: Place, directory: Directory) -> WatchReply:
        """Stop a watch of the channel."""
        found = await self._store.of_channel(place.team, place.channel)
        watch = next((each for each in found if each.id == watch_id), None)
        return await self._stop(watch, place, directory) if watch else Note("too_late")

    async def _start(self, words: WatchWords, place: Place, directory: Directory, *, is_repeated: bool) -> WatchReply:
        subject = self._subject(words.subject)
        if subject is None:
            return Usage("watch")
        if denied := await self._permissions.denied_to_change(place, directory):
            return denied
        rule = {
            "subject": str(subject),
            "count": words.count,
            "span_s": words.span_s,
            "is_everywhere": words.is_everywhere or place.is_direct,
            "group": words.group,
        }
        where = place.team, place.channel
        change = await self._store.add(*where, rule, user=place.user, at=self._clock(), most=_MOST)
        if change is None and is_repeated:
            return await self._repeated(Changed.WATCH, place)
        if change:
            return ChangeReply(change)
        found = await self.watches(place)  # one of them is equal, unless there are too many
        return Note("watch_full") if len(found.watches) >= _MOST else found

    async def _stop_numbered(
        self, number: int | None, place: Place, directory: Directory, *, is_repeated: bool
    ) -> WatchReply:
        found = await self._store.of_channel(place.team, place.channel)
        if number is None and len(found) == 1:
            return await self._stop(found[0], place, directory)
        if number and number <= len(found):
            return await self._stop(found[number - 1], place, directory)
        if is_repeated:
            return await self._repeated(Changed.WATCH_STOPPED, place)
        return WatchesReply(tuple(found), is_choice=bool(found))

    async def _stop(self, watch: Watch, place: Place, directory: Directory) -> ChangeReply | Denied | Note:
        if denied := await self._permissions.denied_to_change(place, directory):
            return denied
        change = await self._store.stop(watch, user=place.user, at=self._clock())
        return ChangeReply(change) if change else Note("too_late")

    async def _repeated(self, what: Changed, place: Place) -> ChangeReply | WatchesReply:
        """Return the change by an earlier attempt at the same request, or the watches if there was none."""
        last = await self._changes.last(place.team, place.channel, what)
        return ChangeReply(last) if last and last.user == place.user else await self.watches(place)

    def _subject(self, words: str) -> WatchSubject | None:
        """Return the codes that a person named, or None if they named none."""
        name = words.lower()
        if name in _ANY:
            return WatchSubject(SubjectKind.ANY)
        if found := _SEVERITY.fullmatch(name):
            severity = _SEVERITIES.get(found[1])
            return WatchSubject(SubjectKind.SEVERITY, severity) if severity else None
        if re.fullmatch(r"600[0-9]{4}", words):
            return WatchSubject(SubjectKind.CODE, words)
        if section := self._catalogue.section_named(words):
            return WatchSubject(SubjectKind.SECTION, section.section)
        entry = self._catalogue.entry_named(words)
        return WatchSubject(SubjectKind.CODE, str(entry.code)) if entry else None
