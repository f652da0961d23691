"""Order the jobs in memory: lanes run in parallel, the jobs of one lane one after the other.

Messages that already wait in one lane start together, so that a burst gets one answer.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Sequence

from bot.inbox.job import ChannelKey, Job, LaneKey

_MAX_BATCH = 20


class LaneOrder:
    """Choose the jobs that run next: at most *limit* lanes at a time, and *channel_limit* lanes of one channel."""

    def __init__(self, limit: int, channel_limit: int) -> None:
        self._limit = limit
        self._channel_limit = channel_limit
        self._lanes: dict[LaneKey, deque[Job]] = {}
        self._ready: deque[LaneKey] = deque()  # lanes whose first job could start
        self._waiting: dict[ChannelKey, deque[LaneKey]] = {}  # lanes that wait for another of their channel to finish
        self._running: Counter[ChannelKey] = Counter()  # lanes by channel
        self._busy: set[LaneKey] = set()

    def add(self, job: Job) -> None:
        """Add a job at the end of its lane."""
        lane = self._lanes.setdefault(job.lane, deque())
        lane.append(job)
        if len(lane) == 1:
            self._ready.append(job.lane)

    def next_batch(self) -> list[Job]:
        """Return the job to start now and those behind it that can join it; empty if none can start."""
        while self._ready and len(self._busy) < self._limit:
            lane = self._ready.popleft()
            if lane in self._busy or lane not in self._lanes:
                continue  # its jobs were removed since, and perhaps others added
            channel = lane[:2]
            if self._running[channel] >= self._channel_limit:
                self._waiting.setdefault(channel, deque()).append(lane)
                continue
            self._running[channel] += 1
            self._busy.add(lane)
            jobs = self._lanes[lane]
            mergeable = itertools.takewhile(lambda job: job.is_mergeable, itertools.islice(jobs, _MAX_BATCH))
            return list(mergeable) or [jobs[0]]
        return []

    def finish(self, batch: Sequence[Job]) -> None:
        """Remove the jobs of a batch, and make the next job of its lane and the next lane of its channel ready."""
        lane, channel = batch[0].lane, batch[0].channel
        self._busy.discard(lane)
        self._running[channel] -= 1
        if not self._running[channel]:
            del self._running[channel]
        for job in batch:
            self.remove(job)
        if lane in self._lanes:
            self._ready.append(lane)
        if waiting := self._waiting.get(channel):
            self._ready.append(waiting.popleft())
            if not waiting:
                del self._waiting[channel]

    def remove(self, job: Job) -> None:
        """Remove a job that is not running."""
        lane = self._lanes[job.lane]
        lane.remove(job)
        if not lane:
            del self._lanes[job.lane]

    def remove_behind(self, batch: Sequence[Job]) -> list[Job]:
        """Remove and return the jobs that wait behind a running batch in its lane."""
        lane = self._lanes[batch[0].lane]
        return [lane.pop() for _ in range(len(lane) - len(batch))][::-1]
