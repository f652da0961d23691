"""Find codes in texts, with their place and evidence."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.detection.detector import find, find_in_message, find_numbers
from bot.detection.result import Detection, Evidence, Finding, LookAlike, LookAlikeReason
from tests.detection.known import KNOWN

PIECES = st.sampled_from(
    [
        "6000121", "6000104", "6000999", "600", "6", "0", "６０００１２１", "ZIMErrorCode.USER_IS_NOT_LOGGED",
        "NetworkModuleTokenExpired", "code", "error", "错误码", "订单号", ":", "=", ",", ".", "-", "/", "#", "$", '"',
        "'", "`", "(", ")", "[", "]", "{", "}", "|", "\\", "\\n", "\\u003d", "\x1b[31m", "https://", "www.", "ms",
        "元", "id", "user", "bytes", "<a>", "&", "+", "%", "\t",
    ]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=30).map("".join))
LINES = TEXTS.map(lambda text: text.replace("\n", " "))


def codes(text: str) -> list[int]:
    return list(find(text, KNOWN).codes)


def test_a_finding_has_code_line_span_and_evidence() -> None:
    """`/zimerr why` shows the place and the evidence."""
    text = "hello\nlogin failed, errorCode: 6000107"
    assert find(text, KNOWN) == Detection((Finding(6000107, True, 2, (31, 38), Evidence.CODE_KEY),))


def test_a_lookalike_has_the_reason_against_it() -> None:
    """`/zimerr why` shows why the bot stayed silent."""
    assert find("order 6000121", KNOWN).lookalikes == (LookAlike("6000121", 1, (6, 13), LookAlikeReason.TICKET),)


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ({"text": "hello\n\n```\nerror 6000107\n```\n\norder 6000121"}, [4, 7]),
        ({"text": "6000107\n6000107\n6000107"}, [1, 2, 3]),
        ({"text": "hello", "attachments": [{"text": "a\nerror 6000107"}, {"text": "order 6000121"}]}, [3, 4]),
    ],
    ids=["blank lines and fences", "one code on each line", "attachments"],
)
def test_lines_are_numbered_as_the_author_counts_them(message: dict[str, Any], lines: list[int]) -> None:
    """`/zimerr why` and `zimerr detect` name the line."""
    detection = find_in_message(message, KNOWN)
    seen: list[Finding | LookAlike] = [*detection.findings, *detection.lookalikes]
    assert [each.line for each in seen] == lines


def test_full_width_digits_count_as_digits_of_a_code_and_at_its_boundary() -> None:
    """Chinese input methods produce them."""
    assert codes("６０００３５４是什么") == [6000354]
    assert codes("错误码６000354") == [6000354]
    assert codes("16000354") == codes("１６０００３５４") == codes("6000354１") == []


def test_a_finding_in_a_quote_is_marked_as_quoted() -> None:
    """A quoted code may have been explained at the original message."""
    assert find("6000121", KNOWN, quoted=True).findings[0].quoted


def test_a_code_and_its_name_are_both_found_in_order() -> None:
    """Enum listings contain both."""
    text = "NetworkModuleTokenExpired = 6000106, 6000121"
    assert [finding.code for finding in find(text, KNOWN).findings] == [6000106, 6000106, 6000121]


def test_terminal_colours_do_not_count_as_letters() -> None:
    """In a coloured log an `m` comes right before the number."""
    assert codes("\x1b[31m6000121\x1b[0m") == codes("\\u001b[1;31m6000121\\u001b[0m") == [6000121]


@given(TEXTS)
def test_spans_do_not_overlap_and_match_the_text(text: str) -> None:
    """Any pasted text gets answers with correct offsets."""
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
def test_lines_before_and_after_do_not_change_the_result(line: str, before: str, after: str) -> None:
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
def test_a_hostile_text_of_40_000_characters_is_cheap(text: str) -> None:
    """One message must not delay the others. The bound on CPU time is generous for slow machines."""
    started = time.process_time()
    find(text, KNOWN)
    find_numbers(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("question", "numbers"),
    [
        ("103040", (103040,)),
        ("what is error 103040, and 1002001?", (103040, 1002001)),
        ("错误码103040是什么", (103040,)),
        ("１０３０４０", (103040,)),
        ("103040、103041 103040", (103040, 103041)),
        ("code: 103040, message: user attribute value", (103040,)),
        ("0 4040", ()),
        ("1234567890", ()),
        ("roomID 103040", ()),
        ("at most 100001 bytes", ()),
        ("order 1002001", ()),
        ("build e103040", ()),
        ("https://example.com/103040", ()),
        ("10:00:00.103040", ()),
    ],
)
def test_a_question_may_be_about_a_number_that_is_no_code(question: str, numbers: tuple[int, ...]) -> None:
    """Codes of servers and other products are recognized only in questions, and ids and amounts not at all."""
    assert find_numbers(question) == numbers


def test_only_the_first_numbers_of_a_question_are_read() -> None:
    """A question that is a table of numbers must not delay the others."""
    assert len(find_numbers(" ".join(map(str, range(100000, 101000))))) == 50
