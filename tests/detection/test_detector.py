"""Codes in texts: what counts, where it stands, and what speaks for it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.detector import find
from bot.detection.normalize import fold
from bot.detection.result import Detection, Evidence, Finding, LookAlike, LookAlikeReason
from tests.detection.known import KNOWN

PIECES = st.sampled_from(
    [
        "6000121",
        "6000104",
        "6000999",
        "600",
        "6",
        "0",
        "６０００１２１",
        "ZIMErrorCode.USER_IS_NOT_LOGGED",
        "NetworkModuleTokenExpired",
        "code",
        "error",
        "错误码",
        "订单号",
        ":",
        "=",
        ",",
        ".",
        "-",
        "/",
        "#",
        "$",
        '"',
        "'",
        "`",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        "\\",
        "\\n",
        "\\u003d",
        "\x1b[31m",
        "https://",
        "www.",
        "ms",
        "元",
        "id",
        "user",
        "bytes",
        "<a>",
        "&",
        "+",
        "%",
        "\t",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join))
LINES = TEXTS.map(lambda text: text.replace("\n", " "))


def codes(text: str) -> list[int]:
    return list(find(text, KNOWN).codes)


def test_a_finding_says_code_line_place_and_evidence() -> None:
    """Whoever asks why the bot spoke gets the place and the reason."""
    text = "hello\nlogin failed, errorCode: 6000107"
    assert find(text, KNOWN) == Detection((Finding(6000107, True, 2, (31, 38), Evidence.CODE_KEY),))


def test_a_lookalike_says_why_it_was_left_alone() -> None:
    """Whoever asks why the bot was silent gets the reason too."""
    assert find("order 6000121", KNOWN).lookalikes == (LookAlike("6000121", 1, (6, 13), LookAlikeReason.TICKET),)


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
def test_evidence_is_the_strongest_there_is(text: str, evidence: Evidence) -> None:
    """A reader trusts a finding as much as its reason."""
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
def test_an_unknown_code_counts_where_it_is_called_one(text: str) -> None:
    """A new SDK has new codes; the bot says that it does not know them."""
    assert [(finding.code, finding.known) for finding in find(text, KNOWN).findings] == [(6000999, False)]


@pytest.mark.parametrize("text", ["6000999", "see 6000999 there", "an error while we loaded\nrow\n6000999"])
def test_an_unknown_number_is_left_alone_without_error_words(text: str) -> None:
    """Any seven digits that begin with 600 are not an error yet."""
    detection = find(text, KNOWN)
    assert not detection.findings
    assert [lookalike.reason for lookalike in detection.lookalikes] == [LookAlikeReason.NO_ERROR_WORDS]


def test_full_width_digits_are_digits_as_code_and_as_boundary() -> None:
    """Chinese input methods type them."""
    assert codes("６０００３５４是什么") == [6000354]
    assert codes("错误码６000354") == [6000354]
    assert codes("16000354") == codes("１６０００３５４") == codes("6000354１") == []


def test_a_quote_is_marked() -> None:
    """A quoted code was perhaps answered where it was first said."""
    assert find("6000121", KNOWN, quoted=True).findings[0].quoted


def test_a_code_and_its_name_are_both_found_in_order() -> None:
    """Enum listings hold both."""
    text = "NetworkModuleTokenExpired = 6000106, 6000121"
    assert [finding.code for finding in find(text, KNOWN).findings] == [6000106, 6000106, 6000121]


def test_colours_of_a_terminal_are_no_letters() -> None:
    """A coloured log has an `m` right before the number."""
    assert codes("\x1b[31m6000121\x1b[0m") == codes("\\u001b[1;31m6000121\\u001b[0m") == [6000121]


@given(TEXTS)
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    """Offsets into the folded text are shown against the original."""
    assert len(fold(text)) == len(text)


@given(TEXTS)
def test_nothing_overlaps_and_every_offset_is_true(text: str) -> None:
    """Whatever people paste, the answer points at what it speaks of."""
    detection = find(text, KNOWN)
    end = 0
    seen: list[Finding | LookAlike] = [*detection.findings, *detection.lookalikes]
    for each in sorted(seen, key=lambda one: one.span):
        start, following = each.span
        assert end <= start < following <= len(text)
        assert each.line == text.count("\n", 0, start) + 1
        end = following
        said = text[start:following]
        if isinstance(each, LookAlike):
            assert said == each.text
        elif each.symbol is None:
            assert int(said) == each.code
        else:
            assert said == each.symbol


@given(LINES, st.sampled_from(["hello there", "大家好", "see below:", ""]), st.sampled_from(["thanks", "谢谢", ""]))
def test_lines_around_change_nothing(line: str, before: str, after: str) -> None:
    """An answer must not depend on a greeting."""
    alone = find(line, KNOWN)
    among = find(f"{before}\n{line}\n{after}", KNOWN)
    shift = len(before) + 1
    assert [(each.code, each.span[0] + shift) for each in alone.findings] == [
        (each.code, each.span[0]) for each in among.findings
    ]
    assert [each.reason for each in alone.lookalikes] == [each.reason for each in among.lookalikes]


@pytest.mark.parametrize(
    "text",
    [
        "lorem ipsum " * 3400,
        "600" * 13400,
        "6000121 " * 5000,
        "6000121," * 5000,
        "6000121\n" * 5000,
        "a-" * 2000 + "600" * 1400 + "/x" * 4000,
        "ZIMErrorCode." * 3100,
        "A_B" * 13000,
        "[31" * 13000 + "600",
        "\\u00" * 10000 + "600",
        "a|" * 20000 + "600",
        "错误码：" * 10000 + "6000121",
        "https://" * 5000 + "6000121",
        "6,00" * 10000,
        "error " * 6500 + "6000999",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_forty_thousand_characters_take_no_time(text: str) -> None:
    """One hostile message must not hold up the others; the bound is generous for slow machines."""
    started = time.perf_counter()
    find(text, KNOWN)
    assert time.perf_counter() - started < 2
