"""The order of the jobs in memory: lanes go side by side, the jobs of one lane one after the other.

Those that can be answered together start together, if they wait already: a burst gets one answer.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from bot.inbox.job import Job, Lease
from bot.storage.inbox_rows import ChannelKey, LaneKey, SettledJob

_MOST_TOGETHER = 20


@dataclass(eq=False, slots=True)
class HeldJob:
    """A job that this process has a lease for."""

    id: int
    job: Job
    received_at: float
    lease: Lease
    is_followed: bool = False  # the next of its lane may wait in the database
    settled: SettledJob | None = None  # what became of it, about to be written


class LaneOrder:
    """Says which job comes next. No more than *most* run at a time, *most_per_channel* of one channel."""

    def __init__(self, most: int, most_per_channel: int) -> None:
        self._most = most
        self._most_per_channel = most_per_channel
        self._lanes: dict[LaneKey, deque[HeldJob]] = {}
        self._ready: deque[LaneKey] = deque()  # lanes whose first job could start
        self._waiting: dict[ChannelKey, deque[LaneKey]] = {}  # lanes that wait for another of their channel to finish
        self._running: Counter[ChannelKey] = Counter()  # by channel
        self._busy: set[LaneKey] = set()

    def add(self, held: HeldJob) -> None:
        """Put a job at the end of its lane."""
        lane = self._lanes.setdefault(held.job.lane, deque())
        lane.append(held)
        if len(lane) == 1:
            self._ready.append(held.job.lane)

    def start(self) -> list[HeldJob]:
        """The next job, and those behind it that join it, which run from now on; none where nothing can start."""
        while self._ready and len(self._busy) < self._most:
            lane = self._ready.popleft()
            if lane in self._busy or lane not in self._lanes:
                continue  # all in it was removed since, and perhaps others were added
            channel = lane[:2]
            if self._running[channel] >= self._most_per_channel:
                self._waiting.setdefault(channel, deque()).append(lane)
                continue
            self._running[channel] += 1
            self._busy.add(lane)
            return _together(self._lanes[lane])
        return []

    def finish(self, batch: Sequence[HeldJob]) -> None:
        """Let the next of its lane, and of its channel, have their turn."""
        lane, channel = batch[0].job.lane, batch[0].job.channel
        self._busy.discard(lane)
        self._running[channel] -= 1
        if not self._running[channel]:
            del self._running[channel]
        for held in batch:
            self.remove(held)
        if lane in self._lanes:
            self._ready.append(lane)
        if waiting := self._waiting.get(channel):
            self._ready.append(waiting.popleft())
            if not waiting:
                del self._waiting[channel]

    def remove(self, held: HeldJob) -> None:
        """Take out a job that does not run."""
        lane = self._lanes[held.job.lane]
        lane.remove(held)
        if not lane:
            del self._lanes[held.job.lane]

    def behind(self, batch: Sequence[HeldJob]) -> list[HeldJob]:
        """Take out all that wait behind running jobs in their lane."""
        lane = self._lanes[batch[0].job.lane]
        return [lane.pop() for _ in range(len(lane) - len(batch))][::-1]


def _together(lane: deque[HeldJob]) -> list[HeldJob]:
    joining = itertools.takewhile(lambda held: held.job.is_mergeable, itertools.islice(lane, _MOST_TOGETHER))
    return list(joining) or [lane[0]]
