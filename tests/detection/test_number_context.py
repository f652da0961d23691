"""Read the context of a number."""

from __future__ import annotations

from bot.detection.detector import find
from tests.detection.known import KNOWN


def test_the_heading_of_a_column_names_its_numbers() -> None:
    """An export of orders is not a log of errors."""
    text = "order_id\tcode\n6000121\t6000106\n6000104\t6000999"
    assert find(text, KNOWN).codes == (6000106, 6000999)
