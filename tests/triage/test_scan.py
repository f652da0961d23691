"""Tests for finding the codes of a log."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.catalogue.catalogue import Catalogue, open_catalogue
from bot.detect import words
from bot.triage import verdicts
from bot.triage.read import LONGEST
from tests.triage.scanning import Window, found, scan

KNOWN = open_catalogue()
LABELLED = Path(__file__).parent.parent / "detect" / "labelled.jsonl"


def _messages() -> list[str]:
    texts = (json.loads(line).get("text") or "" for line in LABELLED.read_text("utf-8").splitlines())
    return [line for text in texts for line in re.split("\r\n|\r|\n", text.replace("\0", ""))]


def test_a_log_of_all_labelled_messages_has_the_codes_that_detection_finds() -> None:
    """A log must not be judged by other rules than a message: people compare the two."""
    lines = _messages()
    seen = scan("\n".join(lines).encode("utf-8", "surrogatepass"), KNOWN)
    codes, lookalikes = found(lines, KNOWN)

    assert len(codes) > 100
    assert seen.codes == codes
    assert seen.lookalikes == lookalikes
