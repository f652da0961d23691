"""Test finding the codes of a log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.triage.archive import CHUNK
from bot.triage.reader import LONGEST
from tests.triage.bench import count_clean
from tests.triage.feed import CATALOGUE
from tests.triage.scanning import found, scan

LABELLED = Path(__file__).parent.parent / "detection" / "labelled.jsonl"


def _messages() -> list[str]:
    """Return the lines of all labelled messages."""
    texts = (json.loads(line).get("text") or "" for line in LABELLED.read_text("utf-8").splitlines())
    return [line for text in texts for line in re.split("\r\n|\r|\n", text.replace("\0", ""))]


def test_a_log_of_all_labelled_messages_has_the_codes_that_detection_finds() -> None:
    """Logs and messages follow the same rules, because people compare the two."""
    lines = _messages()
    result = scan("\n".join(lines).encode("utf-8", "surrogatepass"), CATALOGUE)
    codes, lookalikes = found(lines, CATALOGUE)

    assert len(codes) > 100
    assert result.codes == codes
    assert result.lookalikes == lookalikes


_TEXTS = (
    "6000106|6000104|6000121|6009999|6000000|600010|16000106|60001069|6.000.104|６０００１０４|０２１|３|9|2,|000|,000|",
    "1732345678|1732345678901|2732345678|021|121|0x|9x|md5|md6|km2|km3|.mp4|.mp3|+86|$|T07:35|2026-11-23 07:35:45.740|",
    " | |,|, |: |=|-|.|/|\\|\\n|\t|(|)|[|]|\"|'|#|+|，|：|次|é|https://|www.|example.com|?id=|wss://a.b|insert t (|",
    "error|code|errorCode|onError|orderNo|userID|zip code|port|amount|ms|bytes|E|错误码|订单号|[0m|\\u003d|\\x1b[31m|",
    "insert into t values (|",
    "NetworkModuleTokenExpired|ZIMErrorCode.|USER_IS_NOT_LOGGED|zim|TokenExpired|A_B|MAX_SIZE_OF_X|\\u0022|ＮetworkＭ|",
    "ZIMErrorCodeNetworkModuleTokenExpired|networkmoduletokenexpired|xxxxxxxxxxxxxxxxxxxxxxxxxxxx|word word word word ",
)
_PIECES = st.sampled_from("".join(_TEXTS).split("|"))
_LINES = st.lists(st.lists(_PIECES, max_size=14).map("".join), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(_LINES)
@example(["order\\n6000106", "err 6000106 021 6000104", "err 6000106 121 6000104"])
@example(["1732345678, 6000104", "2732345678, 6000104", "9" * 72 + "2732345678, 6000104"])
def test_a_scan_finds_what_detection_finds_line_by_line(lines: list[str]) -> None:
    """A cached verdict must not be used for a line that is different where it matters."""
    # Every line is repeated with other digits, because a cache by shape could confuse them.
    other = [line.translate(str.maketrans("2345789", "9872453")) for line in lines]
    everything = [*lines, *other, *lines]
    codes, lookalikes = found(everything, CATALOGUE)
    result = scan("\n".join(everything).encode(), CATALOGUE)

    assert result.codes == codes
    assert result.lookalikes == lookalikes


def test_a_window_has_two_lines_on_each_side_across_blocks() -> None:
    """Evidence must not end at the border of a buffer."""
    lines = [f"{number} info {'x' * 90}" for number in range(20_000)]
    for at in (0, 1, 2_500, 2_600, 19_999):
        lines[at] = f"{at} error code: 6000{101 + at % 7}"
    everything = [line.encode() for line in lines]
    for window in scan(b"\n".join(everything), CATALOGUE).windows:
        assert window.lines == everything[window.first_line - 1 :][: len(window.lines)]
        assert window.line - window.first_line == min(2, window.line - 1)
        assert len(window.lines) == min(5, window.line + 2, 20_000 - window.line + 3)
        assert str(window.sign).encode() in everything[window.line - 1]


@pytest.mark.parametrize(
    "before", [0, 1, 7, LONGEST - 8, LONGEST - 3, LONGEST, CHUNK - 1030, CHUNK - 4, CHUNK, 600_000]
)
def test_a_code_anywhere_in_a_very_long_line_counts_once(before: int) -> None:
    """Servers write megabytes of JSON on one line, so codes fall on every kind of border."""
    entry = b'{"code":6000106,"ok":1},'
    data = b"{" + b"x" * before + b'"a":[' + entry + b"y " * 300_000 + entry * 3 + b"]}\n" + b"error 6000121\n"
    result = scan(data, CATALOGUE)

    assert result.codes == [(1, 6000106)] * 4 + [(2, 6000121)]
    assert all(str(hit.code).encode() in hit.text and len(hit.text) <= 4096 for hit in result.hits)


@given(st.integers(1000, 3000), st.integers(0, 30))
@settings(max_examples=8, deadline=None)
def test_many_codes_in_a_very_long_line_add_up(count: int, gap: int) -> None:
    """Rows must add up, even if a line comes in pieces."""
    data = b"".join(b'{"errorCode":%d,"n":"%s"},' % (6000101 + n % 5, b"z" * (gap + n % 97)) for n in range(count * 3))
    result = scan(data, CATALOGUE)

    assert len(result.hits) == count * 3


@pytest.mark.parametrize(
    "line",
    [
        "W/ZIM: NetworkModuleTokenExpired",
        "throw ZIMErrorCode.USER_IS_NOT_LOGGED;",
        '{"msg":"failed\\nNetworkModuleTokenExpired"}',
        "zim_error_code_network_module_token_expired",
    ],
)
def test_a_symbol_on_a_line_without_numbers_is_a_hit(line: str) -> None:
    """Some platforms print symbols only."""
    assert scan(f"nothing\n{line}\n".encode(), CATALOGUE).codes == found(["nothing", line], CATALOGUE)[0] != []


def test_an_unknown_code_that_is_called_an_error_is_a_hit() -> None:
    """New codes appear in logs before they are in the catalogue."""
    hit = scan(b"errorCode: 6009999\nsize 6009998\n", CATALOGUE).hits

    assert [(each.code, each.known) for each in hit] == [(6009999, False)]


def test_the_bare_search_counts_codes_that_touch_nothing(tmp_path: Path) -> None:
    """A benchmark of a wrong search is worth nothing."""
    line = b"6000106 x6000106 6000106, 60001061 (6000104)\n"
    for count, gap in ((20_000, b""), (3_000, b"." * 700 + b"\n")):
        path = tmp_path / "a.log"
        path.write_bytes((line + gap) * count + b"6000106")
        with path.open("rb", buffering=0) as file:
            assert count_clean(file) == 3 * count + 1
