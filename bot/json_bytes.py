"""Encode and decode JSON fast: each message is encoded and decoded half a dozen times on its way."""

from __future__ import annotations

import json
from typing import Any

import orjson


def encode(value: Any) -> bytes:
    """Encode *value* as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()  # Slack may send half of a surrogate pair, which orjson refuses


def decode(value: bytes | str) -> Any:
    """Decode JSON; raises ValueError if *value* is not JSON."""
    return orjson.loads(value)


def encode_text(value: Any) -> str:
    """Encode *value* as JSON text, for a database."""
    return encode(value).decode()
