"""Triage logs in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO

from bot.catalogue.catalogue import open_catalogue
from bot.triage.cascades import Cascades, open_cascades
from bot.triage.digest import Digest
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits

CATALOGUE = open_catalogue()
CASCADES = open_cascades()


def triage_of(logs: Mapping[str, str | bytes], cascades: Cascades = CASCADES) -> Digest:
    """Return the digest of *logs*, given by name."""
    raw = {name: text.encode() if isinstance(text, str) else text for name, text in logs.items()}
    sources = [LogFile(name, partial(BytesIO, content)) for name, content in raw.items()]
    return triage(sources, CATALOGUE, cascades, ReadLimits(), clock=lambda: 0.0)


def line_at(second: float, code: int | str, more: str = "") -> str:
    """Return a log line with a code, or with other text, so many seconds after 10:00."""
    minute, rest = divmod(second, 60)
    text = f"failed, code={code}" if isinstance(code, int) else code
    return f"2026-11-23 {10 + int(minute) // 60:02}:{int(minute) % 60:02}:{rest:06.3f} zim {text} {more}"
