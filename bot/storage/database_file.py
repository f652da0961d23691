"""Create and watch the file of an SQLite database."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

import structlog
from sqlalchemy.engine import URL

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SUFFIXES = ("", "-wal", "-shm")  # SQLite keeps the latest writes in two more files
_log = structlog.stdlib.get_logger(__name__)


class DatabaseFile:
    """The file at *path*, which people may delete or replace while it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened: tuple[int, int] | None = None  # device and inode

    @classmethod
    def of_url(cls, url: URL) -> DatabaseFile | None:
        """Return the file of an SQLite URL; None for a database in memory, or in SQLite's own URI form."""
        name = url.database or ":memory:"
        return None if name == ":memory:" or name.startswith("file:") else cls(Path(name).expanduser())

    def prepare(self) -> None:
        """Create the file and its folder if they are missing, and let nobody else read it. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its two other files the mode of this one.
        os.close(os.open(self.path, os.O_CREAT | os.O_RDONLY, 0o600))
        for suffix in _SUFFIXES:
            path = Path(f"{self.path}{suffix}")
            with suppress(FileNotFoundError):
                if path.stat().st_mode & _OTHERS:
                    _take_from_others(path)

    def note_opened(self) -> None:
        """Remember which file is open now."""
        self._opened = self._identity()

    def forget_opened(self) -> None:
        """Count the file as replaced, because its content was."""
        self._opened = (0, 0)

    @property
    def is_replaced(self) -> bool:
        """Return whether the open file is no longer the one at the path."""
        return self._opened is not None and self._identity() != self._opened

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _take_from_others(path: Path) -> None:
    try:
        path.chmod(path.stat().st_mode & ~_OTHERS)
    except OSError as error:
        _log.warning("other users can read the database", file=str(path), error=error.strerror)
    else:
        _log.warning("other users could read the database; its mode is 0600 now", file=str(path))
