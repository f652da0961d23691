"""Run triages in threads of their own, two at once, so that the event loop does not wait for them."""

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

_MAX_RUNNING = 2


class TriagePool:
    """Run triages with the bot's catalogue, cascades and limits."""

    def __init__(
        self, catalogue: Catalogue, cascades: Cascades, limits: ReadLimits, clock: Callable[[], float]
    ) -> None:
        self.cascades = cascades
        self.limits = limits
        self._catalogue = catalogue
        self._clock = clock
        # Not asyncio's default pool: a thread goes on after its caller has timed out, and must still count.
        self._threads = ThreadPoolExecutor(_MAX_RUNNING, thread_name_prefix="triage")

    async def read(self, sources: Sequence[LogFile]) -> Digest:
        """Triage *sources* in a thread."""

        def work() -> Digest:
            return triage(sources, self._catalogue, self.cascades, self.limits, clock=self._clock)

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def sightings_in_files(digest: Digest, *, has_text: bool) -> tuple[Sighting, ...]:
    """Return the codes in a message's files as the author's own; with *has_text*, the first file read is its text."""
    rows = (*digest.rows, *digest.unknown)
    return tuple(Sighting(row.code, False, "") for row in rows if not has_text or row.first.file > 0)
