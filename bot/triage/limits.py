"""How much is read of what people send. The settings fill these in; a terminal has none."""

from __future__ import annotations

from dataclasses import dataclass

_MB = 1_000_000
_UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How much of what people send is read."""

    file_bytes: int = 100 * _MB  # of each file, unpacked
    unpacked_bytes: int = 300 * _MB  # of all
    files: int = 10
    seconds: float = 20.0
    ratio: float = 200.0  # unpacked to packed; logs have 5 to 50


NO_LIMITS = ReadLimits(_UNLIMITED, _UNLIMITED, _UNLIMITED, float("inf"))
