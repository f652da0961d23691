"""Measure precision and recall over messages of people and machines."""

from __future__ import annotations

import json
from pathlib import Path

from bot.detection.detector import find_in_message
from tests.detection.known import KNOWN

MESSAGES = [json.loads(line) for line in (Path(__file__).parent / "labelled.jsonl").read_text("utf-8").splitlines()]


def found(text: str) -> set[int]:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return set(find_in_message({"text": escaped}, KNOWN).codes)


def test_messages_without_codes_stay_silent_and_codes_are_found() -> None:
    """People remove a bot that replies without reason, and forget one that misses codes."""
    hits = misses = extras = 0
    spoke: list[str] = []
    for message in MESSAGES:
        wanted, got = set(message["codes"]), found(message["text"])
        hits, misses, extras = hits + len(wanted & got), misses + len(wanted - got), extras + len(got - wanted)
        if got - wanted:
            spoke.append(message["text"])
    recall, precision = hits / (hits + misses), hits / (hits + extras)
    print(f"{len(MESSAGES)} messages: precision {precision:.4f}, recall {recall:.4f}")
    assert spoke == []
    assert recall >= 0.98


def test_the_messages_are_varied_and_balanced() -> None:
    """A one-sided corpus proves nothing."""
    silent = [message for message in MESSAGES if not message["codes"]]
    chinese = [message for message in MESSAGES if any("\u4e00" <= letter <= "\u9fff" for letter in message["text"])]
    assert len(MESSAGES) == len({message["text"] for message in MESSAGES}) >= 220
    assert len(silent) >= len(MESSAGES) / 2
    assert len(chinese) >= 60
