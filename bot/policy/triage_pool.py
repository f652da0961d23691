"""The triage of logs as a service: two at once, each in a thread of its own, so that nothing else waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.catalogue.catalogue import Catalogue
from bot.policy.noise_rules import Sighting
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits

_AT_ONCE = 2


class TriagePool:
    """Reads logs."""

    def __init__(
        self, catalogue: Catalogue, cascades: Cascades, limits: ReadLimits, clock: Callable[[], float]
    ) -> None:
        self.cascades = cascades
        self.limits = limits
        self._catalogue = catalogue
        self._clock = clock
        # Not asyncio's own pool: a thread whose caller gave up goes on, and still counts.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="triage")

    async def read(self, sources: Sequence[LogFile]) -> Digest:
        """Triage *sources* in a worker thread."""

        def work() -> Digest:
            return triage(sources, self._catalogue, self.cascades, self.limits, clock=self._clock)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def in_files(digest: Digest, *, has_text: bool) -> tuple[Sighting, ...]:
    """The codes that stand in a message's files, as its own; where *has_text*, the first of those read is its text."""
    return tuple(
        Sighting(row.code, known, quoted=False, shape="")
        for rows, known in ((digest.rows, True), (digest.unknown, False))
        for row in rows
        if not has_text or row.first.file > 0
    )
