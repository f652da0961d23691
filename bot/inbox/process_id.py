"""The names of processes in their leases: another on the same machine can tell whether one of them is still there."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path


def new_owner() -> str:
    """A name for this process."""
    return f"{_machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def is_gone(owner: str, me: str, *, is_shared: bool) -> bool:
    """Whether the process of that name has ended for certain.

    A database that is not shared with other machines has one process at a time: of another machine (or container),
    only the one before.
    """
    machine, _, rest = owner.rpartition(":")[0].rpartition(":")
    if machine != _machine():
        return not is_shared
    if not rest.isdigit():
        return False
    if int(rest) == os.getpid():
        return owner != me  # the one before in this container: it had the same number
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # another user's
    return False


def _machine() -> str:
    # Containers may share a host's name, but each counts its processes by itself.
    try:
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        namespace = "-"
    return f"{socket.gethostname()[:64]}/{namespace.strip('pid:[]')}"
