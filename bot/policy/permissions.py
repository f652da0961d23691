"""Check who may make changes that affect everyone in a channel, and who may call others.

1. In a direct message, everyone may do both: it concerns no one else.
2. Guests, people of other workspaces (Slack Connect) and apps may do neither: a guest can start a workflow.
3. What affects the whole workspace can't be changed in a direct message, where nobody else sees it.
4. If ZIMERR_ADMINS is set, or ZIMERR_NOTES for the workspace's notes, only these people and the members of these user
   groups may make changes.
5. If Slack can't be asked, the answer is no.

Slack's answers are kept for a few minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from cachetools import TTLCache

from bot.errors import RetryLater, StopWorkspace
from bot.policy.place import Directory, Place, Standing
from bot.policy.replies import Denial, Denied

_KEEP_S = 300.0
_TIMEOUT_S = 1.5  # a command or a button must be acknowledged within 3 s
_NO_ANSWER = (RetryLater, StopWorkspace, TimeoutError)
_MAX_CACHED = 10_000
_Key = tuple[str, str]  # workspace, and person or user group


class Permissions:
    """Check permissions in Slack; *admins* are ids of people and of user groups, empty if all members are admins."""

    def __init__(self, admins: Sequence[str], clock: Callable[[], float]) -> None:
        self._admins = tuple(admins)
        self._standings: TTLCache[_Key, Standing] = TTLCache(_MAX_CACHED, _KEEP_S, clock)
        self._members: TTLCache[_Key, frozenset[str]] = TTLCache(_MAX_CACHED, _KEEP_S, clock)

    async def denied_to_call(self, place: Place, directory: Directory) -> Denied | None:
        """Return why the person of *place* may not call others, or None if they may."""
        if place.is_direct:
            return None
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                standing = await self._standing(place.team, place.user, directory)
        except _NO_ANSWER:
            return Denied(Denial.UNSURE)
        if standing is None:
            return Denied(Denial.UNTOLD)
        return None if standing is Standing.MEMBER else Denied(Denial(standing))

    async def denied_to_change(
        self, place: Place, directory: Directory, *, is_for_workspace: bool = False
    ) -> Denied | None:
        """Return why the person of *place* may not make changes there, or None if they may."""
        if is_for_workspace and place.is_direct:
            return Denied(Denial.DIRECT)
        denied = await self.denied_to_call(place, directory)
        if denied or place.is_direct or not self._admins or place.user in self._admins:
            return denied
        denied = Denied(Denial.NOT_ADMIN, self._admins)
        for group in self._admins:
            if not group.startswith("S"):
                continue
            try:
                async with asyncio.timeout(_TIMEOUT_S):
                    members = await self._group(place.team, group, directory)
            except _NO_ANSWER:
                denied = Denied(Denial.UNSURE)
                continue
            if members is None:
                denied = Denied(Denial.UNTOLD_GROUP, (group,))
            elif place.user in members:
                return None
        return denied

    async def _standing(self, team: str, user: str, directory: Directory) -> Standing | None:
        standing = self._standings.get((team, user))
        if standing is None and (standing := await directory.standing(team, user)):
            self._standings[team, user] = standing
        return standing

    async def _group(self, team: str, group: str, directory: Directory) -> frozenset[str] | None:
        members = self._members.get((team, group))
        if members is None and (members := await directory.group_members(group)) is not None:
            self._members[team, group] = members
        return members
