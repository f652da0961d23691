"""Fold a text without moving its characters."""

from __future__ import annotations

from hypothesis import given

from bot.detection.folding import fold
from tests.detection.test_detector import TEXTS


@given(TEXTS)
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    """Offsets into the folded text are used with the original."""
    assert len(fold(text)) == len(text)
