"""Read the context of a number, and weigh the words around it."""

from __future__ import annotations

import pytest

from bot.detection.detector import find
from bot.detection.result import Evidence, LookAlikeReason
from tests.detection.known import KNOWN


def test_the_heading_of_a_column_names_its_numbers() -> None:
    """An export of orders is not a log of errors."""
    text = "order_id\tcode\n6000121\t6000106\n6000104\t6000999"
    assert find(text, KNOWN).codes == (6000106, 6000999)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("6000121", Evidence.CLEAN),
        ("errorCode=6000121", Evidence.CODE_KEY),
        ("错误码：6000121", Evidence.CODE_KEY),
        ("sendMessage failed (6000121)", Evidence.ERROR_BEFORE),
        ("报错6000121", Evidence.ERROR_BEFORE),
        ("a 6000121 error", Evidence.ERROR_AFTER),
        ("6000121错误", Evidence.ERROR_AFTER),
        ("an exception came up when we tried it, 6000121 it was", Evidence.ERROR_NEARBY),
        ("NetworkModuleTokenExpired", Evidence.SYMBOL),
    ],
)
def test_the_strongest_evidence_is_given(text: str, evidence: Evidence) -> None:
    """A reader trusts a finding as much as its evidence."""
    assert [finding.evidence for finding in find(text, KNOWN).findings] == [evidence]


@pytest.mark.parametrize(
    "text",
    [
        "error code 6000999",
        "login failed: 6000999",
        "ZIM 报错 6000999",
        "6000999错误",
        "{code:6000999}",
        "errorCode6000999",
    ],
)
def test_an_unknown_code_with_an_error_word_is_a_finding(text: str) -> None:
    """A new SDK has new codes; the bot replies that it does not know them."""
    assert [(finding.code, finding.known) for finding in find(text, KNOWN).findings] == [(6000999, False)]


@pytest.mark.parametrize(
    "text", ["6000999", "see 6000999 there", "6000999 又来了", "an error while we loaded\nrow\n6000999"]
)
def test_an_unknown_number_without_an_error_word_is_a_lookalike(text: str) -> None:
    """Seven digits that begin with 600 are not enough."""
    detection = find(text, KNOWN)
    assert not detection.findings
    assert [lookalike.reason for lookalike in detection.lookalikes] == [LookAlikeReason.NO_ERROR_WORDS]
