"""Triage logs in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO

from bot.catalogue.catalogue import Catalogue
from bot.triage.cascades import Cascades
from bot.triage.digest import Digest
from bot.triage.pipeline import triage
from bot.triage.reader import LogFile, ReadLimits


def triage_of(logs: Mapping[str, str | bytes], catalogue: Catalogue, cascades: Cascades) -> Digest:
    """Return the digest of *logs*, given by name."""
    raw = {name: text.encode() if isinstance(text, str) else text for name, text in logs.items()}
    sources = [LogFile(name, partial(BytesIO, content)) for name, content in raw.items()]
    return triage(sources, catalogue, cascades, ReadLimits(), clock=lambda: 0.0)
