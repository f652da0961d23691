"""Durable intake: what is to be answered is recorded, then acknowledged, then worked on until it is done.

Each job is taken once, however often Slack delivers it, and worked on again wherever the process was when it died.
A listener that has called `Inbox.take` may acknowledge. Working holds up neither the acknowledgement nor other jobs;
jobs of one thread keep their order. Knows nothing of Slack but its ids; posting is `bot.slack.sender`'s.
"""

from __future__ import annotations

from bot.inbox.inbox import Inbox, InboxLimits
from bot.inbox.job import ASKED_KINDS, UNASKED_KINDS, Job, JobKind, Lease
from bot.inbox.rate_limit import RateLimit

__all__ = ["ASKED_KINDS", "UNASKED_KINDS", "Inbox", "InboxLimits", "Job", "JobKind", "Lease", "RateLimit"]
