"""Snooze codes in a channel: until then, messages with them get a reaction instead of a reply.

1. `permissions` decides who may snooze. A snooze is shown to the whole channel, with a button to undo it.
2. A log whose likely cause is snoozed gets a reaction, too (see `noise_rules`).
3. A snooze ends by itself, at its time or after a number of messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.oncall.snoozing import DAY_S, PREVIEW_DAYS, SnoozePreview, SnoozeSpan
from bot.policy.permissions import Permissions
from bot.policy.place import Directory, Place
from bot.policy.replies import ChangeReply, Denied
from bot.storage.snooze_store import SnoozeStore


@dataclass(frozen=True, slots=True)
class Snoozes:
    """Snooze codes, and preview snoozes."""

    permissions: Permissions
    _store: SnoozeStore
    _clock: Callable[[], float]

    async def preview(self, place: Place, codes: Sequence[int]) -> SnoozePreview:
        """Preview a snooze of *codes*. Slack is not asked: a modal must open within 3 s."""
        since = self._clock() - PREVIEW_DAYS * DAY_S
        return SnoozePreview(tuple(codes), *await self._store.answered(place.team, place.channel, codes, since=since))

    async def snooze(
        self, place: Place, codes: Sequence[int], span: SnoozeSpan, times: int, directory: Directory
    ) -> ChangeReply | Denied:
        """Snooze *codes* for *span*; *times* is the number of messages if that is `SnoozeSpan.TIMES`."""
        if denied := await self.permissions.denied_to_change(place, directory):
            return denied
        now = self._clock()
        limit = times if span is SnoozeSpan.TIMES else None
        change = await self._store.put(
            place.team, place.channel, codes, until=now + span.seconds, times=limit, user=place.user, at=now
        )
        return ChangeReply(change)
