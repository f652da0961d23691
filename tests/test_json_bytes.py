"""Encode and orjson.loads JSON."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.json_bytes import encode

_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_values)
def test_encoded_values_can_be_decoded_by_any_parser(value: Any) -> None:
    """Slack and PostgreSQL read them too."""
    assert orjson.loads(encode(value)) == value
    assert json.loads(encode(value)) == value


def test_half_of_a_surrogate_pair_is_encoded() -> None:
    """A log that was cut within an emoji ends in one, and is quoted."""
    assert json.loads(encode({"text": "cut \ud83d"})) == {"text": "cut \ud83d"}


def test_tuples_become_arrays_without_spaces() -> None:
    """Rows of the database contain many."""
    assert encode(("codes", (6000106,))) == b'["codes",[6000106]]'


def test_other_text_than_json_is_refused() -> None:
    """The HTML page of a proxy is recognized by that."""
    with pytest.raises(ValueError, match="unexpected"):
        orjson.loads(b"<html>")
