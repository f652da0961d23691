"""Define leases on jobs, and the names of the processes that own them.

A name tells another process on the same machine whether its owner is still running.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(eq=False, slots=True)
class Lease:
    """The time for which a job belongs to one process, which renews it.

    A process measures its own leases by `steady_time`. The database contains their ends by the wall clock; others only
    watch whether these change, because wall clocks differ and jump.
    """

    until: float  # by *clock*
    clock: Callable[[], float]
    owner: str = ""
    posts: int = 0  # replies to the job that may be in Slack; `bot.slack.sender` counts them

    @property
    def left_s(self) -> float:
        """Return how long the lease lasts from now, in seconds."""
        return self.until - self.clock()

    def outlives(self, seconds: float) -> bool:
        """Return whether the lease lasts longer than *seconds* from now."""
        return self.left_s > seconds


def steady_time() -> float:
    """Return seconds that pass whatever happens to the wall clock, also while the machine sleeps (on Linux)."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)


class LeaseWatch:
    """Watches the leases of other processes for the time *lease_s* without a renewal, by a steady *clock*."""

    def __init__(self, lease_s: float, clock: Callable[[], float]) -> None:
        self._lease_s = lease_s
        self._clock = clock
        self._seen: dict[int, tuple[float, float]] = {}  # the stored end of each lease, and since when it is that

    def lapsed(self, leases: Mapping[int, float]) -> dict[int, float]:
        """Return those of *leases*, which are all at present by their job's id, that nobody has renewed for so long."""
        now, before = self._clock(), self._seen
        self._seen = {}
        for id_, until in leases.items():
            seen_until, since = before.get(id_, (until, now))
            self._seen[id_] = (until, since if seen_until == until else now)
        return {id_: until for id_, (until, since) in self._seen.items() if now - since >= self._lease_s}


def new_owner() -> str:
    """Return a name for this process."""
    return f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def has_ended(owner: str, own_name: str, *, is_shared: bool) -> bool:
    """Return whether the process named *owner* has certainly ended.

    A database that is not shared with other machines serves one process at a time. There, an owner on another machine
    (or in another container) is the previous process, which has ended.
    """
    machine, _, pid = owner.rpartition(":")[0].rpartition(":")
    if machine != _machine():
        return not is_shared
    if not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return owner != own_name  # the previous process of this container: it had the same process id
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # the process of another user
    return False


def _machine() -> str:
    # Containers may share a host name, but each has its own namespace of process ids.
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = "-"
    return f"{socket.gethostname()[:64]}/{namespace.strip('pid:[]')}"
