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
        self._busy: set[LaneKey] = set()  # the lanes that run

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
                continue  # it was added twice, or its jobs were removed
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
        """Remove the jobs of a running batch, and let its lane and the other lanes of its channel start."""
        lane, channel = batch[0].lane, batch[0].channel
        self._busy.discard(lane)
        self._running[channel] -= 1
        if not self._running[channel]:
            del self._running[channel]
        # The lanes that waited go first. Of all of them, because some may have been removed meanwhile.
        self._ready.extend(self._waiting.pop(channel, ()))
        jobs = self._lanes[lane]
        for _ in batch:
            jobs.popleft()
        if jobs:
            self._ready.append(lane)
        else:
            del self._lanes[lane]

    def remove_from(self, job: Job) -> list[Job]:
        """Remove and return a job that is not running, and those behind it in its lane, which must not overtake it."""
        jobs = self._lanes[job.lane]
        removed = [jobs.pop() for _ in range(len(jobs) - jobs.index(job))][::-1]
        if not jobs:
            del self._lanes[job.lane]
        return removed

    def remove_lane(self, lane: LaneKey) -> list[Job]:
        """Remove and return the jobs of a lane that is not running."""
        return list(self._lanes.pop(lane, ()))
