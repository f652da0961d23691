"""Test what is stored of the workspaces' notes, on every database."""

from __future__ import annotations

import pytest

from bot.storage.change_store import Changed, ChangeStore, OvertakenError
from bot.storage.database import Database
from bot.storage.memory_store import MemoryStore
from bot.storage.note_store import NoteStore, NoteVersion, restore_note

CODE = 6000106


async def note_of(database: Database, team: str = "T1") -> NoteVersion | None:
    """Return the note that cards show."""
    return (await MemoryStore(database).load(team, [CODE]))[CODE].note


async def test_the_newest_version_counts_and_earlier_ones_are_kept(database: Database) -> None:
    """A note is the workspace's, whatever channel it was made in."""
    store = NoteStore(database)
    first = await store.put("T1", "C1", CODE, "see the wiki", user="U1", at=1.0)
    assert first
    assert (first.what, first.detail["before"], first.detail["after"]) == (Changed.NOTE, "", "see the wiki")
    assert await store.put("T1", "C2", CODE, "see the wiki", user="U2", at=2.0) is None
    await store.put("T1", "C2", CODE, "see the new wiki", user="U2", at=3.0)
    assert await note_of(database) == NoteVersion("see the new wiki", "U2", 3.0)
    assert [each.text for each in await store.versions("T1", CODE, most=5)] == ["see the new wiki", "see the wiki"]
    assert await note_of(database, "T2") is None
    await store.put("T1", "C1", CODE, "", user="U1", at=4.0)
    assert await note_of(database) is None


async def test_undoing_restores_the_earlier_version_with_its_author(database: Database) -> None:
    """Unless somebody has changed the note since."""
    store, changes = NoteStore(database), ChangeStore(database)
    first = await store.put("T1", "C1", CODE, "first", user="U1", at=1.0)
    second = await store.put("T1", "C1", CODE, "", user="U2", at=2.0)
    assert first
    assert second
    with pytest.raises(OvertakenError):
        await changes.undo("T1", "C1", first, user="U3", restore=restore_note)
    assert await changes.undo("T1", "C1", second, user="U3", restore=restore_note)
    assert not await changes.undo("T1", "C1", second, user="U1", restore=restore_note)
    assert await note_of(database) == NoteVersion("first", "U1", 1.0)
    assert await changes.undo("T1", "C1", first, user="U3", restore=restore_note)
    assert await note_of(database) is None
