"""Tests for finding the codes of a log."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.catalogue.catalogue import open_catalogue
from tests.triage.scanning import found, scan

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


_TEXTS = (
    "6000106|6000104|6000121|6009999|6000000|600010|16000106|60001069|6.000.104|６０００１０４|０２１|３|9|2,|000|,000|",
    "1732345678|1732345678901|2732345678|021|121|0x|9x|md5|md6|km2|km3|.mp4|.mp3|+86|$|T07:35|2026-11-23 07:35:45.740|",
    " | |,|, |: |=|-|.|/|\\|\\n|\t|(|)|[|]|\"|'|#|+|，|：|次|é|https://|www.|example.com|?id=|wss://a.b|insert t (|",
    "insert into t values (|error|code|errorCode|onError|orderNo|userID|zip code|port|amount|ms|bytes|E|错误码|订单号|[0m|\\u003d|\\x1b[31m|",
    "NetworkModuleTokenExpired|ZIMErrorCode.|USER_IS_NOT_LOGGED|zim|TokenExpired|A_B|MAX_SIZE_OF_X|\\u0022|ＮetworkＭ|",
    "ZIMErrorCodeNetworkModuleTokenExpired|networkmoduletokenexpired|xxxxxxxxxxxxxxxxxxxxxxxxxxxx|word word word word ",
)
_PIECES = st.sampled_from("".join(_TEXTS).split("|"))
_LINES = st.lists(st.lists(_PIECES, max_size=14).map("".join), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(_LINES)
@example(["order\\n6000106", "err 6000106 021 6000104", "err 6000106 121 6000104"])
@example(["1732345678, 6000104", "2732345678, 6000104", "9" * 72 + "2732345678, 6000104"])
def test_a_scan_sees_what_detection_sees_line_by_line(lines: list[str]) -> None:
    """What was remembered of a line must not be said of another that only looks like it."""
    # Every line comes again with other digits, which is where a memory of shapes could go wrong.
    other = [line.translate(str.maketrans("2345789", "9872453")) for line in lines]
    everything = [*lines, *other, *lines]
    codes, lookalikes = found(everything, KNOWN)
    seen = scan("\n".join(everything).encode(), KNOWN)

    assert seen.codes == codes
    assert seen.lookalikes == lookalikes
