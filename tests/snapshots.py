"""Texts that are compared whole with a file that a person has read; `ZIMERR_SNAPSHOTS=write` writes the files."""

from __future__ import annotations

import os
from pathlib import Path


def assert_as_before(text: str, path: Path) -> None:
    """Fail where *text* is not what stands in *path*."""
    if os.environ.get("ZIMERR_SNAPSHOTS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
