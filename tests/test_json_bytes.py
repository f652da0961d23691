"""JSON as bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.json_bytes import decode, encode, encode_text

_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_values)
def test_what_is_encoded_means_the_same_to_everybody(value: Any) -> None:
    """Slack and PostgreSQL read it too."""
    assert decode(encode(value)) == value
    assert json.loads(encode(value)) == value


def test_half_a_character_is_no_obstacle() -> None:
    """Where a log was cut within an emoji, half of a pair may be left, and is quoted."""
    assert json.loads(encode({"text": "cut \ud83d"})) == {"text": "cut \ud83d"}
    assert encode_text(("codes", (6000106,))) == '["codes",[6000106]]'


def test_what_is_no_json_is_refused() -> None:
    """A proxy's page is told from an answer by that."""
    with pytest.raises(ValueError, match="unexpected"):
        decode(b"<html>")
