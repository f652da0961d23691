"""Define a job: one thing that happened to a message and calls for an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.policy.place import Place
from bot.storage.inbox_rows import ChannelKey, InboxRow, JobKey, LaneKey


class JobKind(StrEnum):
    """The kinds of jobs. CHANGED, THREAD and REPORT repeat: their jobs need a `Job.trigger_ts`."""

    MESSAGE = "message"  # a message with a code or a file was posted
    LOG = "log"  # a message that is a log, or has one attached, was posted
    CHANGED = "changed"  # a message was edited
    DELETED = "deleted"  # a message was deleted
    ASKED = "asked"  # the bot was mentioned, or sent a direct message
    THREAD = "thread"  # the shortcut that triages a whole thread was used
    REPORT = "report"  # the button for the full report was pressed
    ESCALATE = "escalate"  # the button that calls somebody was pressed
    WRONG = "wrong"  # the button that takes a triage back was pressed; never recorded
    UNKNOWN = "unknown"  # recorded by a later version of the bot


_KINDS = frozenset(map(str, JobKind))
ASKED_KINDS = frozenset(
    {JobKind.ASKED, JobKind.THREAD, JobKind.REPORT, JobKind.ESCALATE}
)  # a person waits for an answer
UNASKED_KINDS = frozenset({JobKind.MESSAGE, JobKind.LOG})  # the bot acts on a new message by itself


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
    kind: JobKind = JobKind.MESSAGE
    trigger_ts: str = ""  # of the event or action, for kinds that repeat; without it, a second job is a duplicate
    detail: Mapping[str, Any] = field(default_factory=dict)  # small, and fit for JSON
    event_id: str = ""  # of the event that told of it; of two jobs of one event, the kinds differ
    attempt: int = 1  # counted from 1
    refused: int = 0  # earlier attempts that Slack told to wait
    lease: Lease | None = field(default=None, compare=False)  # None: nobody else works on it

    @property
    def key(self) -> JobKey:
        """What no two jobs share."""
        return (self.place.team, self.place.channel, self.ts, self.stored_kind)

    @property
    def stored_kind(self) -> str:
        """Return ``kind`` or ``kind:trigger_ts``, as the database and the metadata of replies contain it."""
        return f"{self.kind}:{self.trigger_ts}" if self.trigger_ts else str(self.kind)

    @property
    def may_be_answered(self) -> bool:
        """Whether an earlier attempt may have posted the answer: it failed, or its process died."""
        return self.attempt - 1 > self.refused

    @property
    def is_mergeable(self) -> bool:
        """Whether one answer may do for this and others of its lane. What failed before goes alone."""
        return self.kind is JobKind.MESSAGE and not self.may_be_answered

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
    team, channel, ts, stored_kind = row.key
    kind, _, trigger_ts = stored_kind.partition(":")
    return Job(
        place=Place(team, channel, row.user),
        ts=ts,
        thread=row.thread,
        codes=row.codes,
        kind=JobKind(kind) if kind in _KINDS else JobKind.UNKNOWN,
        trigger_ts=trigger_ts,
        detail=row.detail,
        event_id=row.event_id or "",
        attempt=row.attempts,
        refused=row.refused,
    )
