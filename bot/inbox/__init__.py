"""Record jobs before Slack is acknowledged, then work on them until they are done.

Each job is recorded once, however often Slack delivers its event, and survives the process. A listener that has
called `Inbox.accept` may acknowledge. Work delays neither the acknowledgement nor other jobs; the jobs of one thread
keep their order. The inbox knows only Slack's ids; `bot.slack.sender` posts.
"""

from __future__ import annotations

from bot.inbox.inbox import Inbox
from bot.inbox.job import ASKED_KINDS, UNASKED_KINDS, Job, JobKind, JobState
from bot.inbox.lease import Lease
from bot.inbox.limits import InboxLimits, PostRate

__all__ = ["ASKED_KINDS", "UNASKED_KINDS", "Inbox", "InboxLimits", "Job", "JobKind", "JobState", "Lease", "PostRate"]
