"""Add, change and remove the notes of a workspace about codes.

1. `permissions` decides who may change a note, by ZIMERR_NOTES instead of ZIMERR_ADMINS.
2. A note is one line. Secrets in it are masked before it is stored.
3. Each change is shown to the whole channel where it was made, with a button to undo it.
4. Everybody in the workspace may read a note, but nobody from another workspace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.catalogue.catalogue import Catalogue
from bot.oncall.memory import NOTE_CHARACTERS, NoteReply
from bot.policy.memories import Memories
from bot.policy.permissions import Permissions
from bot.policy.place import Directory, Place
from bot.policy.replies import ChangeReply, Denied, Unknown, Usage
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.note_store import NoteStore
from bot.triage.redact import redact

_MOST_VERSIONS = 6


@dataclass(frozen=True, slots=True)
class TeamNotes:
    """Change and show notes."""

    permissions: Permissions
    _catalogue: Catalogue
    _store: NoteStore
    _changes: ChangeStore
    _memories: Memories
    _clock: Callable[[], float]

    async def answer(
        self, place: Place, code: int, text: str, directory: Directory, *, is_repeated: bool = False
    ) -> ChangeReply | NoteReply | Unknown | Usage | Denied:
        """Answer the command: show the note if there is no *text*, else as `put`."""
        if not text:
            return await self.show(place, code, directory)
        return await self.put(place, code, text, directory, is_repeated=is_repeated)

    async def show(self, place: Place, code: int, directory: Directory) -> NoteReply | Unknown | Denied:
        """Return the note about a code with its last versions, unless the person may be from another workspace."""
        if not self._catalogue.has_code(code):
            return Unknown((code,))
        is_internal = place.is_direct or (await directory.reach(place.channel)).is_internal
        if not is_internal and (denied := await self.permissions.denied_to_call(place, directory)):
            return denied
        return NoteReply(code, tuple(await self._store.versions(place.team, code, most=_MOST_VERSIONS)))

    async def to_edit(self, place: Place, code: int, directory: Directory) -> NoteReply | Unknown | Denied:
        """Return the note about a code if the person of *place* may change it there."""
        denied = await self.permissions.denied_to_change(place, directory, is_for_workspace=True)
        return denied or await self.show(place, code, directory)

    async def put(
        self, place: Place, code: int, text: str, directory: Directory, *, is_repeated: bool = False
    ) -> ChangeReply | NoteReply | Unknown | Usage | Denied:
        """Store *text* as the note about a code, or remove the note if it is empty; if nothing changes, show the note.

        *is_repeated*: this is another attempt at the same request, which may have changed the note before.
        """
        line = " ".join(redact(text[: 2 * NOTE_CHARACTERS]).text.split())
        if len(line) > NOTE_CHARACTERS:
            return Usage("note")
        if not self._catalogue.has_code(code):
            return Unknown((code,))
        if denied := await self.permissions.denied_to_change(place, directory, is_for_workspace=True):
            return denied
        change = await self._store.put(place.team, place.channel, code, line, user=place.user, at=self._clock())
        self._memories.forget(place.team, code)
        if change is None and is_repeated:
            last = await self._changes.last(place.team, place.channel, Changed.NOTE)
            mine = (place.user, code, line)
            change = last if last and (last.user, last.detail["code"], last.detail["after"]) == mine else None
        return ChangeReply(change) if change else await self.show(place, code, directory)
