"""Play faults of the machine."""

from __future__ import annotations

import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path


def delete_database(path: Path) -> None:
    """Delete an open SQLite database, with the two other files of SQLite."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let another connection hold the write lock of a SQLite database."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def no_disk_space(*, left: int = 1) -> Iterator[None]:
    """Let no file of this process grow beyond *left* bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
