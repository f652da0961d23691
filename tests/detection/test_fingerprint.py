"""Fingerprint the words around a number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.detector import find
from bot.detection.fingerprint import fingerprint
from bot.detection.result import Evidence
from tests.detection.known import KNOWN


def fingerprint_of(text: str) -> str:
    """Return the fingerprint of the first code in *text*."""
    found = find(text, KNOWN).findings[0]
    return fingerprint(text, found.span, found.evidence)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("unit 6000354 opened", "unit 6000121 opened"),
        ("Unit 6000354 Opened", "unit   6000121 opened"),
        ("it is now in our unit 6000354 opened", "but once in our unit 6000121 opened"),
        ("section-17 6000354 seen by 9 people", "section-18 6000121 seen by 8 people"),
        ("first\nunit 6000354 opened\nlast", "unit 6000354 opened"),
        ("我们搬到 6000354 旁边", "我们搬到 6000121 旁边"),
        ("昨天下午我们搬到6000354旁边了", "前年下午我们搬到6000121旁边了"),
        ("6000354", "6000354"),
        ("error 6000354", "Error   6000354"),
    ],
)
def test_the_same_words_around_a_number_have_the_same_fingerprint(one: str, other: str) -> None:
    """People click “Not a code” once, not for each number among the same words."""
    assert fingerprint_of(one) == fingerprint_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("unit 6000354 opened", "door 6000354 opened"),
        ("unit 6000354 opened", "unit 6000354 closed"),
        ("unit 6000354 opened by ann", "unit 6000354 opened for ann"),
        ("my red unit 6000354 opened", "our red unit 6000354 opened"),
        ("unit opened 6000354", "6000354 unit opened"),
        ("unit (6000354 opened", "unit 6000354 opened"),
        ("unit\n6000354\nopened", "unit 6000354 opened"),
        ("unit 17 is 6000354 here", "unit 9 is 6000354 here"),
        ("我们搬到6000354旁边", "他们住在6000354旁边"),
    ],
)
def test_other_words_around_a_number_have_another_fingerprint(one: str, other: str) -> None:
    """A unit's number must not silence a real code."""
    assert fingerprint_of(one) != fingerprint_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("6000106", "6000121"),
        ("- 6000106 -", "- 6000121 -"),
        ("unit 6000106", "unit 6000121"),
        ("又是6000106了", "又是6000121了"),
        ("code: 6000204", "code: 6000281"),
        ("the code: 6000106", "the code: 6000322"),
        ("login failed, error 6000106", "login failed, error 6000121"),
        ("an error while opening the unit 6000106 today", "an error while opening the unit 6000121 today"),
        ("错误码6000106。", "错误码6000204。"),
        ("please see NetworkModuleTokenExpired in there", "please see NetworkModuleUserIsNotLogged in there"),
    ],
)
def test_a_poor_context_or_an_error_word_binds_the_fingerprint_to_the_number(one: str, other: str) -> None:
    """“Not a code” on one number behind the word “error” must not silence all others."""
    assert fingerprint_of(one) != fingerprint_of(other)


@given(st.text(), st.text())
def test_a_fingerprint_does_not_contain_the_words(before: str, after: str) -> None:
    """Fingerprints are stored, messages are not."""
    span = len(before), len(before) + 7
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint(f"{before}6000354{after}", span, Evidence.CLEAN))


@given(st.text(alphabet="ab 1\n", max_size=60))
def test_words_far_away_do_not_matter(far: str) -> None:
    """The rest of a long paste is different each time."""
    near = "near it is"
    assert fingerprint_of(f"{far} {near} 6000354 {near} {far}") == fingerprint_of(f"{near} 6000354 {near}")
