"""Relate the triage of a log to an earlier one, so that later triages of an incident show the differences.

1. The earlier triage is in the same thread, or in the channel and at most an hour older.
2. It is the first with the same likely cause, in the thread if there is one.
3. Without one, it is the last in the thread, which had another likely cause.

A triage that was deleted or called wrong is not referred to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.policy.links import link_to
from bot.policy.noise_rules import COOL_DOWN_S
from bot.policy.place import Directory
from bot.policy.replies import Relation, Triaged
from bot.storage.annotation_store import AnnotationRecord, AnnotationStore, LogRecord, MessageRef
from bot.triage.summary import TriageSummary


@dataclass(frozen=True, slots=True)
class Relations:
    """Find the earlier triage that a triage refers to."""

    _store: AnnotationStore
    _clock: Callable[[], float]

    async def relate(
        self, triaged: Triaged, summary: TriageSummary, message: MessageRef, thread: str, directory: Directory
    ) -> Triaged:
        """Add the record to keep of the log in *message*, and the relation to an earlier triage if there is one."""
        own = await self._store.get(message)
        log = LogRecord(own.log.at if own and own.log else self._clock(), summary)
        triages = await self._store.triages(message, thread, since=log.at - COOL_DOWN_S)
        triages.pop(message.ts, None)
        found = _earlier(triages, log, thread)
        if not found or not found.log or not found.reply:
            return replace(triaged, log=log)
        link = await link_to(directory, message.channel, found.reply)
        relation = Relation(found.log, link, is_same=found.log.summary.cause == summary.cause)
        return replace(triaged, log=log, relation=relation)


def _earlier(triages: Mapping[str, AnnotationRecord], log: LogRecord, thread: str) -> AnnotationRecord | None:
    """Return the earlier triage to refer to from the triage of *log*, or None."""
    if not log.summary.cause:
        return None
    dated = [(each.log.at, each) for each in triages.values() if each.log and each.log.summary.cause]
    # An edited message must not refer to a triage that came after it.
    before = [each for at, each in sorted(dated, key=lambda pair: pair[0]) if at < log.at]
    here = [each for each in before if each.thread == thread]
    same = [each for each in (*here, *before) if each.log and each.log.summary.cause == log.summary.cause]
    return next(iter(same), here[-1] if here else None)
