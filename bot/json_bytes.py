"""Encode JSON fast: the bot does it half a dozen times for each message."""

from __future__ import annotations

import json
from typing import Any

import orjson


def encode(value: Any) -> bytes:
    """Encode *value* as JSON in UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()  # Slack may send half of a surrogate pair, which orjson refuses
