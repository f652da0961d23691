"""Test what is loaded about codes, on every database."""

from __future__ import annotations

from dataclasses import replace

from bot.storage.annotation_store import MessageRef
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentStore, Status
from bot.storage.memory_store import MemoryStore


async def resolve(
    database: Database, channel: str, ts: str, at: float, *, team: str = "T1", code: int = 6000106, helped: str = "x"
) -> None:
    """Resolve an incident at a time."""
    seed = Incident(MessageRef(team, channel, ts), "1.0", "message:1.0:1.0", "en", code)
    await IncidentStore(database).change(
        seed, lambda it: replace(it, status=Status.RESOLVED, user="U1", at=at, helped=helped)
    )


async def test_the_latest_lines_of_each_channel_are_loaded(database: Database) -> None:
    """A busy private channel must not hide what helped elsewhere."""
    for n in range(5):
        await resolve(database, "C1", f"{n}.0", 100.0 + n, helped=f"way {n}")
    await resolve(database, "C2", "9.0", 1.0, helped="the old way")
    found = (await MemoryStore(database).load("T1", [6000106]))[6000106].resolutions
    assert [each.helped for each in found] == ["way 4", "way 3", "way 2", "the old way"]
    assert (found[0].ref, found[0].user, found[0].at) == (MessageRef("T1", "C1", "4.0"), "U1", 104.0)


async def test_only_what_helped_with_the_code_in_the_workspace_counts(database: Database) -> None:
    """Other workspaces, other codes, reopened incidents and empty lines are left out."""
    await resolve(database, "C1", "1.0", 1.0, helped="")
    await resolve(database, "C1", "2.0", 2.0, team="T2")
    await resolve(database, "C1", "3.0", 3.0, code=6000354)
    await resolve(database, "C1", "4.0", 4.0)
    seed = Incident(MessageRef("T1", "C1", "4.0"), "1.0", "message:1.0:1.0", "en", 6000106)
    await IncidentStore(database).change(seed, lambda it: replace(it, status=Status.RELEASED, at=5.0, helped=""))
    loaded = await MemoryStore(database).load("T1", [6000106, 6000354])
    assert [len(loaded[code].resolutions) for code in (6000106, 6000354)] == [0, 1]
