"""Define a job, which is a row of the inbox, and the outcome of an attempt at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.inbox.lease import Lease
from bot.policy.place import Place

ChannelKey = tuple[str, str]  # team, channel
LaneKey = tuple[str, str, str]  # team, channel, thread
JobKey = tuple[str, str, str, str]  # team, channel, ts, stored kind


class JobKind(StrEnum):
    """The kinds of jobs. CHANGED, THREAD and REPORT can repeat, so their jobs need a `Job.trigger_ts`.

    So does ASKED after an edit.
    """

    MESSAGE = "message"  # a message with a code or a file was posted
    LOG = "log"  # a message that is a log, or has one attached, was posted
    CHANGED = "changed"  # a message was edited
    DELETED = "deleted"  # a message was deleted
    ASKED = "asked"  # the bot was mentioned, or sent a direct message
    THREAD = "thread"  # the shortcut that triages a whole thread was used
    REPORT = "report"  # the button for the full report was pressed
    ESCALATE = "escalate"  # the button that calls the on-call person was pressed
    STEP = "step"  # a step of a workflow is executed; `Job.trigger_ts` is the id of the execution
    UNKNOWN = "unknown"  # recorded by a later version of the bot; its stored kind is in `Job.trigger_ts`


UNKNOWN_KIND = "unknown kind of job"  # the reason of a row that holds up no other row of its lane
# A person waits for an answer.
ASKED_KINDS = frozenset({JobKind.ASKED, JobKind.THREAD, JobKind.REPORT, JobKind.ESCALATE})
# The bot acts on a new message by itself.
UNASKED_KINDS = frozenset({JobKind.MESSAGE, JobKind.LOG})


class JobState(StrEnum):
    """The states of a job."""

    PENDING = "pending"  # waits until `Job.next_attempt_at`
    WORKING = "working"  # leased by a process
    DONE = "done"
    DEAD = "dead"  # given up; `Job.reason` says why


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A row of the inbox: something that happened to a message and may need an answer.

    Callers of `Inbox.accept` set the first eight fields, the inbox the others. A job never contains message text.
    Jobs compare by identity: a row that is leased again is another `Job`.
    """

    place: Place
    ts: str  # the message
    thread: str  # the message's own thread, or the one that contains it
    codes: tuple[int, ...] = ()
    kind: JobKind = JobKind.MESSAGE
    trigger_ts: str = ""  # of the event or action, for kinds that repeat; without it, a second job is a duplicate
    detail: Mapping[str, Any] = field(default_factory=dict)  # small, fit for JSON
    event_id: str | None = None  # several jobs of one event differ in their kinds

    id: int = 0  # 0: not recorded
    state: JobState = JobState.PENDING
    attempts: int = 0  # started so far
    refused: int = 0  # attempts that Slack rate-limited; these do not count as failed
    unposted: int = 0  # attempts that ended before a reply was sent
    received_at: float = 0.0
    next_attempt_at: float = 0.0
    lease: Lease | None = None  # None: no process works on it
    finished_at: float | None = None
    reason: str | None = None  # why the last attempt failed

    @property
    def stored_kind(self) -> str:
        """Return ``kind`` or ``kind:trigger_ts``, as the database and the metadata of replies contain it."""
        if self.kind is JobKind.UNKNOWN:
            return self.trigger_ts
        return f"{self.kind}:{self.trigger_ts}" if self.trigger_ts else str(self.kind)

    @property
    def key(self) -> JobKey:
        """Return the key that is unique to the job."""
        return (self.place.team, self.place.channel, self.ts, self.stored_kind)

    @property
    def channel(self) -> ChannelKey:
        """Return the channel, which has its own rate limit and its own share of the memory."""
        return (self.place.team, self.place.channel)

    @property
    def lane(self) -> LaneKey:
        """Return the lane: the jobs of one thread are worked on in order, one at a time."""
        return (self.place.team, self.place.channel, self.thread)

    @property
    def reply_thread(self) -> str | None:
        """Return the thread to answer in, or None in a direct message, unless the person writes in a thread there."""
        return None if self.place.is_direct and self.thread == self.ts else self.thread

    @property
    def may_be_answered(self) -> bool:
        """Return whether an earlier attempt, or this one so far, may have posted a reply."""
        return self._earlier_attempts > self.unposted or bool(self.lease and self.lease.posts)

    @property
    def is_mergeable(self) -> bool:
        """Return whether one answer may serve this job and others of its lane. After a failure it is tried alone."""
        has_failed = self._earlier_attempts > self.refused
        return self.kind is JobKind.MESSAGE and not has_failed and not self.may_be_answered

    @property
    def _earlier_attempts(self) -> int:
        return self.attempts - (self.state is JobState.WORKING)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt at one or several leased jobs. Writing it ends the leases."""

    jobs: Sequence[Job]
    state: JobState
    at: float | None  # PENDING: when to try again, None: the jobs keep their place; DONE and DEAD: when it ended
    reason: str | None = None
    is_started: bool = True  # False: the attempt does not count
    is_refused: bool = False  # Slack rate-limited the attempt, which does not count as failed


@dataclass(frozen=True, slots=True)
class Recorded:
    """A new row of the inbox."""

    id: int
    previous: int | None  # the id of the last open row before it in its lane
