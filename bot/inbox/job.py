"""What is to be answered, and the ways in which answering fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.policy.place import Place
from bot.storage.inbox_rows import ChannelKey, InboxRow, JobKey, LaneKey


@dataclass(slots=True)
class Lease:
    """How long a job is certainly this process's and no other's; prolonged while it is held."""

    until: float
    clock: Callable[[], float]

    def outlives(self, seconds: float) -> bool:
        """Whether it certainly lasts longer than that."""
        return self.until - self.clock() > seconds


@dataclass(frozen=True, slots=True)
class Job:
    """Something that happened to a message, to be answered. Text is not kept, here or in *detail*."""

    place: Place
    ts: str  # the message
    thread: str  # the thread that the answer goes to: the message's own, or the one it stands in
    codes: tuple[int, ...] = ()
    # What happened. What can happen to a message more than once carries what tells one time from the next, such as
    # "changed:1700000000.000200": of two jobs with the same message and kind, the second is taken for a repetition.
    kind: str = "message"
    detail: Mapping[str, Any] = field(default_factory=dict)  # small, and fit for JSON
    event_id: str = ""  # of the event that told of it; of two jobs of one event, the kinds differ
    attempt: int = 1  # counted from 1
    refused: int = 0  # earlier attempts that Slack told to wait
    lease: Lease | None = field(default=None, compare=False)  # None: nobody else works on it

    @property
    def key(self) -> JobKey:
        """What no two jobs share."""
        return (self.place.team, self.place.channel, self.ts, self.kind)

    @property
    def may_be_answered(self) -> bool:
        """Whether an earlier attempt may have posted the answer: it failed, or its process died."""
        return self.attempt - 1 > self.refused

    @property
    def is_mergeable(self) -> bool:
        """Whether one answer may do for this and others of its lane. What failed before goes alone."""
        return self.kind == "message" and not self.may_be_answered

    @property
    def channel(self) -> ChannelKey:
        """What is fast or slow by itself, and has a share of the memory."""
        return (self.place.team, self.place.channel)

    @property
    def lane(self) -> LaneKey:
        """Jobs of one lane are worked on in order, one at a time."""
        return (self.place.team, self.place.channel, self.thread)


def job_of(row: InboxRow) -> Job:
    """The job that a row records."""
    team, channel, ts, kind = row.key
    return Job(
        place=Place(team, channel, row.user),
        ts=ts,
        thread=row.thread,
        codes=row.codes,
        kind=kind,
        detail=row.detail,
        event_id=row.event_id or "",
        attempt=row.attempts,
        refused=row.refused,
    )


class RetryLater(Exception):  # noqa: N818  says what to do, as its siblings do
    """It did not work now. With *after_s*, Slack asked to wait so long, and has done nothing."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class GiveUp(Exception):  # noqa: N818
    """It will never work, for a reason in Slack's words; *scope* is what the app lacks, if that is why."""

    def __init__(self, reason: str, scope: str | None = None) -> None:
        super().__init__(f"{reason}: {scope}" if scope else reason)
        self.reason = reason
        self.scope = scope


class StopWorkspace(Exception):  # noqa: N818
    """Nothing will work in this workspace any more, for a reason in Slack's words: the token is no good."""
