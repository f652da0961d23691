"""Test who sees the memories of a workspace."""

from __future__ import annotations

import pytest

from bot.catalogue.catalogue import open_catalogue
from bot.policy.memories import Memories
from bot.policy.place import Place, Reach
from bot.policy.replies import Explained, Shared
from bot.storage.database import Database
from bot.storage.memory_store import MemoryStore
from tests.directory import FakeDirectory
from tests.storage.test_memory_store import resolve

CODE = 6000106
EXPLAINED = Explained((open_catalogue()[CODE],))


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def memories(database: Database, clock: Clock) -> Memories:
    for number, channel in enumerate(("COPEN", "CPRIVATE", "CSHARED", "CLOST"), 1):
        await resolve(database, channel, f"{number}.0", float(number), helped=f"as in {channel}")
    return Memories(MemoryStore(database), clock)


@pytest.fixture
def directory() -> FakeDirectory:
    directory = FakeDirectory()
    directory.names["U1"] = "lin"
    directory.reaches |= {"CPRIVATE": Reach.MEMBERS, "CSHARED": Reach.SHARED, "CLOST": Reach.UNKNOWN}
    return directory


async def lines_in(memories: Memories, directory: FakeDirectory, channel: str) -> list[str]:
    """Return the lines that a channel sees."""
    recalled = await memories.recall(EXPLAINED, Place("T1", channel, "U2"), directory)
    assert isinstance(recalled, Explained)
    return [each.line for memory in recalled.memories for each in memory.helped]


@pytest.mark.parametrize(
    ("channel", "lines"),
    [
        ("COPEN", ["as in COPEN"]),
        ("COTHER", ["as in COPEN"]),
        ("CPRIVATE", ["as in CPRIVATE", "as in COPEN"]),
        ("CSHARED", ["as in CSHARED"]),
        ("CLOST", ["as in CLOST"]),
        ("D1", ["as in COPEN"]),
    ],
)
async def test_a_line_leaves_its_channel_only_if_all_may_read_it(
    memories: Memories, directory: FakeDirectory, channel: str, lines: list[str]
) -> None:
    """A private channel's line stays inside; people of other workspaces get none of another channel."""
    directory.reaches["D1"] = Reach.MEMBERS
    assert await lines_in(memories, directory, channel) == lines


async def test_a_line_has_its_author_date_and_link(memories: Memories, directory: FakeDirectory) -> None:
    """Also in an answer that somebody shares."""
    recalled = await memories.recall(Shared(EXPLAINED, "U2"), Place("T1", "COTHER", "U2"), directory)
    assert isinstance(recalled, Shared)
    assert isinstance(recalled.reply, Explained)
    ((helped,),) = (memory.helped for memory in recalled.reply.memories)
    assert (helped.who, helped.at, helped.link) == ("lin", 1.0, "https://demo.slack.com/archives/COPEN/p10")


async def test_lines_are_kept_for_a_minute(
    memories: Memories, directory: FakeDirectory, clock: Clock, database: Database
) -> None:
    """Most answers need no query; a change in the same process is seen at once."""
    assert await lines_in(memories, directory, "COPEN") == ["as in COPEN"]
    await resolve(database, "COPEN", "9.0", 9.0, helped="the new way")
    assert await lines_in(memories, directory, "COPEN") == ["as in COPEN"]
    clock.now += 61
    assert await lines_in(memories, directory, "COPEN") == ["the new way", "as in COPEN"]
    await resolve(database, "COPEN", "10.0", 10.0, helped="the newest way")
    memories.forget("T1", CODE)
    assert (await lines_in(memories, directory, "COPEN"))[0] == "the newest way"


async def test_a_channel_that_becomes_shared_is_noticed(
    memories: Memories, directory: FakeDirectory, clock: Clock
) -> None:
    """However often people ask there, so that no line reaches another workspace for long."""
    assert await lines_in(memories, directory, "COTHER") == ["as in COPEN"]
    directory.reaches["COTHER"] = Reach.SHARED
    for _ in range(3):
        clock.now += 101
        lines = await lines_in(memories, directory, "COTHER")
    assert lines == []


async def test_without_slack_nothing_is_added(memories: Memories, directory: FakeDirectory) -> None:
    """The explanation is shown without them."""
    directory.fails = True
    assert await lines_in(memories, directory, "COTHER") == []
