"""Test who may make changes in a channel, and who may call others."""

from __future__ import annotations

import asyncio

import pytest

from bot.policy.permissions import Permissions
from bot.policy.place import Place, Standing
from bot.policy.replies import Denial, Denied
from tests.directory import FakeDirectory

ME = Place("T1", "C1", "U1")


class Clock:
    """A clock that tests move."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def directory(standing: Standing | None = Standing.MEMBER, **groups: set[str]) -> FakeDirectory:
    """Return a workspace in which U1 has a standing."""
    found = FakeDirectory()
    found.standings["U1"] = standing
    found.groups = {name: frozenset(members) for name, members in groups.items()}
    return found


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.MEMBER, None),
        (Standing.GUEST, Denial.GUEST),
        (Standing.EXTERNAL, Denial.EXTERNAL),
        (Standing.APP, Denial.APP),
        (None, Denial.UNTOLD),
    ],
)
async def test_only_members_may(standing: Standing | None, reason: Denial | None) -> None:
    """Without admins, every member may do both."""
    permissions, expected = Permissions((), Clock()), Denied(reason) if reason else None
    assert await permissions.denied_to_change(ME, directory(standing)) == expected
    assert await permissions.denied_to_call(ME, directory(standing)) == expected


async def test_in_a_direct_message_everybody_may() -> None:
    """It concerns nobody else."""
    permissions, alone = Permissions(("U9",), Clock()), Place("T1", "D1", "U1")
    found = directory(Standing.GUEST)
    assert await permissions.denied_to_change(alone, found) is None
    assert await permissions.denied_to_call(alone, found) is None
    assert found.asked == 0


async def test_if_slack_can_not_be_asked_the_answer_is_no_and_not_kept() -> None:
    """A moment later, the same person may."""
    permissions, found = Permissions((), Clock()), directory()
    found.fails = True
    assert await permissions.denied_to_change(ME, found) == Denied(Denial.UNSURE)
    found.fails = False
    assert await permissions.denied_to_change(ME, found) is None


async def test_a_member_who_becomes_a_guest_is_noticed() -> None:
    """However often they act."""
    clock, found = Clock(), directory()
    permissions = Permissions((), clock)
    assert await permissions.denied_to_call(ME, found) is None
    found.standings["U1"] = Standing.GUEST
    for _ in range(3):
        clock.now += 101
        denied = await permissions.denied_to_call(ME, found)
    assert denied == Denied(Denial.GUEST)


async def test_slack_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A button must be acknowledged within three seconds."""

    class Silent(FakeDirectory):
        async def standing(self, team: str, user: str) -> Standing | None:
            await asyncio.Event().wait()
            return Standing.MEMBER

    monkeypatch.setattr("bot.policy.permissions._TIMEOUT_S", 0.01)
    assert await Permissions((), Clock()).denied_to_call(ME, Silent()) == Denied(Denial.UNSURE)


@pytest.mark.parametrize(
    ("admins", "denied"),
    [
        (("U1",), None),
        (("S1",), None),
        (("U9", "S2", "S1"), None),
        (("U9",), Denied(Denial.NOT_ADMIN, ("U9",))),
        (("U9", "S2"), Denied(Denial.NOT_ADMIN, ("U9", "S2"))),
        (("S3",), Denied(Denial.UNTOLD_GROUP, ("S3",))),
        (("S3", "S1"), None),
    ],
)
async def test_admins_restrict_changes_but_not_calls(admins: tuple[str, ...], denied: Denied | None) -> None:
    """S3 is unknown, or the scope to ask is missing."""
    permissions, found = Permissions(admins, Clock()), directory(S1={"U1", "U2"}, S2={"U2"})
    assert await permissions.denied_to_change(ME, found) == denied
    assert await permissions.denied_to_call(ME, found) is None


async def test_being_listed_does_not_make_a_guest_a_member() -> None:
    """The setting restricts, it does not extend."""
    permissions = Permissions(("U1", "S1"), Clock())
    assert await permissions.denied_to_change(ME, directory(Standing.GUEST, S1={"U1"})) == Denied(Denial.GUEST)


async def test_answers_are_kept_for_five_minutes() -> None:
    """Per workspace: ids of people may be the same in two."""
    clock, found = Clock(), directory(S1={"U1"})
    permissions = Permissions(("S1",), clock)
    for _ in range(3):
        assert await permissions.denied_to_change(ME, found) is None
    assert found.asked == 2
    await permissions.denied_to_change(Place("T2", "C1", "U1"), found)
    assert found.asked == 4
    clock.now = 301
    found.standings["U1"] = Standing.GUEST
    assert await permissions.denied_to_change(ME, found) == Denied(Denial.GUEST)
