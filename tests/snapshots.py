"""Compare texts with snapshot files that a person has read. `ZIMERR_SNAPSHOTS=write` rewrites the files."""

from __future__ import annotations

import os
from pathlib import Path


def assert_as_before(text: str, path: Path) -> None:
    """Fail if *text* differs from the content of *path*."""
    if os.environ.get("ZIMERR_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
