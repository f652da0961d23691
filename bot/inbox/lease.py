"""Define leases on jobs, and the names of the processes that own them.

A name tells another process on the same machine whether its owner is still running.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(eq=False, slots=True)
class Lease:
    """The time for which a job belongs to one process. The process that owns it renews *until*."""

    until: float
    clock: Callable[[], float]
    owner: str = ""
    posts: int = 0  # replies to the job that may be in Slack; `bot.slack.sender` counts them

    def outlives(self, seconds: float) -> bool:
        """Return whether the lease lasts longer than *seconds* from now."""
        return self.until - self.clock() > seconds


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
