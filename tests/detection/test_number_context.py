"""Read the context of a number, weigh the words around it, and fingerprint them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.detector import find
from bot.detection.number_context import fingerprint, fold
from bot.detection.result import Evidence, LookAlikeReason
from tests.detection.known import KNOWN
from tests.detection.test_detector import TEXTS

CODE = re.compile(r"600\d{4}")


def test_the_heading_of_a_column_names_its_numbers() -> None:
    """An export of orders is not a log of errors."""
    text = "order_id\tcode\n6000121\t6000106\n6000104\t6000999"
    assert find(text, KNOWN).codes == (6000106, 6000999)


def fingerprint_of(text: str) -> str:
    """Return the fingerprint of the first code in *text*."""
    found = CODE.search(text)
    assert found
    return fingerprint(text, found.span())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("parcel 6000354 arrived", "parcel 6000121 arrived"),
        ("Parcel 6000354 Arrived", "our parcel 6000354 arrived today"),
        ("batch-17 6000354 of 9", "batch-18 6000354 of 10"),
        ("parcel\n6000354\narrived", "parcel   6000354 arrived"),
        ("工单 6000354 已处理", "请看：工单 6000121 已处理"),
        ("请看工单6000354，已处理", "昨天的工单6000121，谢谢"),
        ("6000354", "6000121"),
    ],
)
def test_the_same_words_around_any_number_have_the_same_fingerprint(one: str, other: str) -> None:
    """People click “Not a code” once, not for each number."""
    assert fingerprint_of(one) == fingerprint_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("parcel 6000354 arrived", "error 6000354 arrived"),
        ("parcel 6000354 arrived", "parcel 6000354 lost"),
        ("parcel 6000354", "6000354 parcel"),
        ("parcel 6000354", "6000354"),
        ("parcel #6000354", "parcel 6000354"),
        ("code=6000354", "6000354"),
        ("工单6000354已处理", "报错6000354已处理"),
    ],
)
def test_other_words_around_a_number_have_another_fingerprint(one: str, other: str) -> None:
    """A parcel's number must not silence a real code."""
    assert fingerprint_of(one) != fingerprint_of(other)


@given(st.text(), st.text())
def test_a_fingerprint_does_not_contain_the_words(before: str, after: str) -> None:
    """Fingerprints are stored, messages are not."""
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint(f"{before}6000354{after}", (len(before), len(before) + 7)))


@given(st.text(alphabet="ab 1\n", max_size=60))
def test_words_far_away_do_not_matter(far: str) -> None:
    """The rest of a long paste is different each time."""
    near = "x" * 40
    assert fingerprint_of(f"{far} {near} 6000354 {near} {far}") == fingerprint_of(f"{near} 6000354 {near}")


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


@given(TEXTS)
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    """Offsets into the folded text are used with the original."""
    assert len(fold(text)) == len(text)
