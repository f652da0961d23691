"""Test how codes are counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.triage.aggregate import Aggregator
from bot.triage.analyze import Analysis
from bot.triage.digest import CodeRow
from bot.triage.histogram import MAX_BUCKETS
from bot.triage.reader import HEAD
from bot.triage.redact import SecretCounter
from bot.triage.scanner import CodeHit
from tests.triage.feed import CASCADES, CATALOGUE, line_at, triage_of


def first_row(*lines: str) -> CodeRow:
    """Return the first row of the triage of *lines*."""
    return triage_of({"": "\n".join(lines)}).rows[0]


def test_a_line_without_a_stamp_takes_that_of_an_earlier_line() -> None:
    """The code of an exception comes some lines after its timestamp, which is in a line without a code."""
    lines = (line_at(0, "ok"), line_at(7, "Unhandled Exception"), "PlatformException(6000281, x)", line_at(9, "ok"))
    stamp = first_row(*lines).first.stamp
    assert stamp is not None
    assert stamp.text == "2026-11-23 10:00:07.000"


def test_an_exception_has_the_time_of_its_first_line_however_long_its_stack_trace_is() -> None:
    """A server writes the time once for each exception, and the code at the end of it."""
    frames = [f"\tat com.example.im.Service.call{index}(Service.java:{index})" for index in range(60)]
    lines: list[str] = []
    for second in range(0, 90, 10):
        code = 6000106 if second == 20 else 6000121
        lines += [line_at(second, "Unhandled Exception"), *frames, f"Caused by: ZimException: code={code}"]
        lines.append(line_at(second + 5, "ok"))
    result = triage_of({"": "\n".join(lines)})
    times = {row.code: [mark.stamp and mark.stamp.text for mark in (row.first, row.last)] for row in result.rows}
    assert times == {
        6000106: ["2026-11-23 10:00:20.000"] * 2,
        6000121: ["2026-11-23 10:00:00.000", "2026-11-23 10:01:20.000"],
    }


def test_a_record_may_begin_at_midnight_in_the_first_line() -> None:
    """The first second of the day is a time, too."""
    stamp = first_row(
        "00:00:00 Unhandled Exception", "\tat Service", "\tat Server", "\tat Main", "code=6000121"
    ).first.stamp
    assert stamp is not None
    assert stamp.text == "00:00:00"


def test_a_record_may_begin_in_the_block_before() -> None:
    """A log is read in pieces, which the result must not depend on."""
    start = line_at(40, "Unhandled Exception")
    noise = "x\n" * ((HEAD - len(line_at(0, "ok") + "\n" + start + "\n")) // 2)
    before = f"{line_at(0, 'ok')}\n{noise}{start}\n"
    assert HEAD - len(before) < 2  # the block ends with the line
    rest = "\tat com.example.im.Service\nCaused by: code=6000121\n"
    for padding in ("", "x" * (HEAD - len(before))):
        result = triage_of({"": padding + before + rest})
        assert result.rows[0].first.stamp is not None
        assert result.rows[0].first.stamp.text == "2026-11-23 10:00:40.000"


def test_each_user_is_counted_once() -> None:
    """One user in trouble or all of them: two different nights."""
    lines = [line_at(index, 6000105, f'{{"userID":"user{index % 4}"}}') for index in range(20)]
    assert first_row(*lines).users == 4


@given(st.lists(st.tuples(st.integers(0, 400_000), st.sampled_from([6000106, 6000121, 6000104, 6000999])), min_size=1))
def test_rows_and_timelines_add_up(hits: list[tuple[int, int]]) -> None:
    """Nobody trusts figures that do not add up, whatever the order of the lines."""
    aggregator = Aggregator(CASCADES, {})
    aggregator.begin_file(0, b"1732347345 boot")
    for line, (second, code) in enumerate(hits, 1):
        text = f"{1732347345 + second} code={code}".encode()
        aggregator.add_hit(CodeHit(code, CATALOGUE.has_code(code), 0, line, text))
    result = Analysis(aggregator.state, {}, CASCADES, CATALOGUE, ()).digest((), SecretCounter(), 0.0)
    assert result.hits == len(hits)
    assert result.timeline is not None
    for row in (*result.rows, *result.unknown):
        assert sum(row.timeline) == row.count
        assert len(row.timeline) == result.timeline.buckets <= MAX_BUCKETS


def test_the_servers_own_code_is_kept_with_the_code_that_it_explains() -> None:
    """It is counted there only, and is no code by itself."""
    pinning = [
        line_at(index, f"6000201, message: code: {number}, message: no")
        for index, number in enumerate((103040, 108035, 108035))
    ]
    result = triage_of({"": "\n".join([*pinning, line_at(5, "103040"), line_at(6, "6000353")])})
    rows = {row.code: row for row in result.rows}
    assert rows.keys() == {6000201, 6000353}
    assert [(each.number, each.code, each.count) for each in rows[6000201].server_codes] == [
        (108035, 6000521, 2),
        (103040, 6000353, 1),
    ]
    assert rows[6000353].server_codes == ()
    assert result.hits == 4
