"""JSON as bytes, fast: each message is encoded and decoded half a dozen times on its way."""

from __future__ import annotations

import json
from typing import Any

import orjson


def encode(value: Any) -> bytes:
    """*value* as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()  # a half of a surrogate pair, which orjson refuses and Slack may have sent


def decode(value: bytes | str) -> Any:
    """The value of JSON; raises ValueError where it is none."""
    return orjson.loads(value)


def encode_text(value: Any) -> str:
    """*value* as JSON, for a database."""
    return encode(value).decode()
