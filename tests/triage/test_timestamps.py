"""Test reading the timestamps of lines."""

from __future__ import annotations

import pytest

from bot.triage.timestamps import FORMATS, reader_for
from tests.triage.feed import triage_of

SAMPLES = [
    # line, its format, the stamp as written, its zone
    ("2026-11-23T07:35:45.740Z boot", "iso", "2026-11-23T07:35:45.740Z", "Z"),
    ("2026-11-23 07:35:45,740 [main] boot", "iso", "2026-11-23 07:35:45,740", None),
    ("2026-11-23 07:35:45.740396+0800 App[12:34] boot", "iso", "2026-11-23 07:35:45.740396+0800", "+0800"),
    ("2026-11-23 07:35:45.740 App[123:456] boot", "iso", "2026-11-23 07:35:45.740", None),
    ("11-23 07:35:45.740  123  456 E ZIM: [1122 07:35:45.1]", "logcat", "11-23 07:35:45.740", None),
    ("[1122 07:35:45.740][Conv][API.sendMessage]", "sdk", "1122 07:35:45.740", None),
    (" INFO  0129 11:45:21.854 [ZegoUIKit][]", "sdk", "0129 11:45:21.854", None),
    ('{"level":"error","ts":1732347345123}', "json-epoch", "1732347345123", None),
    ('{"ts": 1732347345.5}', "json-epoch", "1732347345.5", None),
    ('{"expires":"2027-01-01T00:00:00Z","time":"2026-11-23T07:35:45+08:00"}', "json-iso",
     "2026-11-23T07:35:45+08:00", "+08:00"),
    ("1732347345 boot", "epoch", "1732347345", None),
    ("<34>Nov  3 07:35:45 host app[1]: boot", "syslog", "Nov  3 07:35:45", None),
    ('203.0.113.9 - - [23/Nov/2026:07:35:45 +0800] "GET /"', "web-server", "23/Nov/2026:07:35:45 +0800", "+0800"),
    ('"Nov 3, 2026 @ 07:35:45.740","boot"', "month-name", "Nov 3, 2026 @ 07:35:45.740", None),
    ("Nov 23, 2026 7:35:45 PM com.example.App boot", "month-name", "Nov 23, 2026 7:35:45 PM", None),
    ("23-Nov-2026 07:35:45.740 SEVERE [main] boot", "day-and-month-name", "23-Nov-2026 07:35:45.740", None),
    ("Mon, 23 Nov 2026 07:35:45 GMT boot", "day-and-month-name", "23 Nov 2026 07:35:45 GMT", "GMT"),
    ("E1123 07:35:45.740123   1 im.go:22] boot", "sdk", "1123 07:35:45.740123", None),
    ("2026/11/23 7:35:45 boot", "slashes", "2026/11/23 7:35:45", None),
    ("2026/11/23 下午7:35:45 启动", "slashes", "2026/11/23 下午7:35:45", None),
    ("2026年11月23日 07时35分45秒 启动", "chinese", "2026年11月23日 07时35分45秒", None),
    ("11/23/2026, 7:35:45 PM boot", "month-first", "11/23/2026, 7:35:45 PM", None),
    ("11/2/2026, 7:35:45\u202fPM boot", "month-first", "11/2/2026, 7:35:45\u202fPM", None),
    ("23/11/2026, 7:35:45 pm boot", "day-first", "23/11/2026, 7:35:45 pm", None),
    ("[23-11-2026 07:35:45.740] boot", "day-first", "23-11-2026 07:35:45.740", None),
    ("03.11.2026 07:35:45 boot", "day-first", "03.11.2026 07:35:45", None),
    ("E/PLogger (31): {call}  {busy, at:[2026-11-23 07:00:00]}  {03/11/2026 07:35:45}  {ERROR}", "uikit",
     "03/11/2026 07:35:45", None),
    ("{call}  {11/23/2026 07:35:45}  {INFO}", "uikit-month-first", "11/23/2026 07:35:45", None),
    ("07:35:45.740 boot", "clock", "07:35:45.740", None),
    ("下午 7:35:45 启动", "clock", "下午 7:35:45", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "name", "text", "zone"), SAMPLES)
def test_a_stamp_is_read_as_it_is_written(line: str, name: str, text: str, zone: str | None) -> None:
    """People search the log for the stamp as shown, and a zone is never guessed."""
    raw = line.encode()
    reader = reader_for(raw)
    assert reader is not None
    assert reader.format == name
    stamp = reader.stamp(raw)
    assert stamp is not None
    assert (stamp.text, stamp.zone) == (text, zone)


def test_every_format_has_a_sample() -> None:
    """A format without a sample may have stopped working."""
    assert set(FORMATS) - {name for _, name, _, _ in SAMPLES} == {"chinese-day"}


@pytest.mark.parametrize(
    ("earlier", "later", "apart"),
    [
        ("2026-11-23T07:35:45.740Z", "2026-11-23T15:35:46.740+08:00", 1.0),
        ("[1231 23:59:59.500]", "[0101 00:00:00.500]", 1.0),
        ("[0228 23:59:59.000]", "[0229 00:00:00.000]", 1.0),
        ("23:59:58.000 x", "00:00:01.000 x", 3.0),
        ("Dec 31 23:59:59 h a: x", "Jan  1 00:00:09 h a: x", 10.0),
        ("2026/11/23 上午12:00:01 x", "2026/11/23 下午12:00:01 x", 43200.0),
        ("11月23日 11时59分00秒 x", "11月23日 中午12时00分00秒 x", 60.0),
        ("11/23/2026, 11:59:59 AM x", "11/23/2026, 12:00:01 PM x", 2.0),
        ("11/2/2026, 11:59:59\u202fAM x", "11/2/2026, 12:00:01\u202fPM x", 2.0),
        ("11:59:59\u202fAM x", "12:00:01\u202fPM x", 2.0),
        ("23/11/2026 23:59:59 x", "24/11/2026 00:00:01 x", 2.0),
        ("Nov 23, 2026, 11:59:59 PM x", "Nov 24, 2026, 12:00:01 AM x", 2.0),
        ("{x}  {06/05/2024 19:36:30}  {ERROR}", "{x}  {09/05/2024 19:36:31}  {ERROR}", 3 * 86400 + 1.0),
        ("{x}  {05/05/2024 23:59:58}  {ERROR}", "{x}  {06/05/2024 24:00:01}  {ERROR}", 3.0),
        ("{x}  {06/05/2024 19:36:30}  {ERROR}", "{" + "x" * 9000 + "}  {06/05/2024 19:36:31}  {ERROR}", 1.0),
        ('{"ts":1732347345}', '{"ts":1732347345250}', 0.25),
        ("07:35:46.000 x", "07:35:45.500 x", -0.5),
    ],
)
def test_differences_between_times_are_right(earlier: str, later: str, apart: float) -> None:
    """Cause and follower depend on the time between two codes, across midnight and New Year too."""
    reader = reader_for(earlier.encode())
    assert reader is not None
    first, second = reader.seconds(earlier.encode()), reader.seconds(later.encode())
    assert first is not None
    assert second is not None
    assert second - first == pytest.approx(apart)


@pytest.mark.parametrize(
    "line", ["boot", "version 2.19.0", "23/11/2026 boot", "2026-13-45 boot", "ratio 12:34", "25:61:00", "6000106"]
)
def test_other_numbers_are_not_read_as_times(line: str) -> None:
    """A wrong time is worse than no time."""
    reader = reader_for(line.encode())
    assert reader is None or reader.stamp(line.encode()) is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("05/04/2026 07:35:45 x", "clock"),
        ("05/04/2026 07:35:45 x\n05/04/2026 07:35:46 y", "clock"),
        ("05/04/2026, 7:35:45 AM x", "month-first"),
        ("{x}  {05/04/2026 07:35:45}  {INFO}", "uikit"),
        ("05/04/2026 07:35:45 x\n13/04/2026 07:35:45 y", "day-first"),
        ("04/05/2026 07:35:45 x\n04/13/2026 07:35:45 y", "month-first"),
        ("{x}  {04/05/2026 07:35:45}\n{y}  {04/13/2026 07:35:45}", "uikit-month-first"),
        ("30/11/2026 07:35:45 x\n01/12/2026 07:35:45 y", "day-first"),
        ("09/04/2026 07:35:45 x\n02/05/2026 07:35:45 y", "day-first"),  # 4 September to 5 February goes back
        ("04/09/2026 07:35:45 x\n05/02/2026 07:35:45 y", "month-first"),
        ("05/04/2026 23:59:59 x\n06/04/2026 00:00:01 y", "day-first"),  # two seconds, or a month
        ("04/05/2026 23:59:59 x\n04/06/2026 00:00:01 y", "month-first"),
        ("05/04/2026, 11:59:59 PM x\n06/04/2026, 12:00:01 AM y", "day-first"),
    ],
)
def test_day_and_month_are_told_apart_by_the_dates_of_the_file(head: str, name: str) -> None:
    """05/04 is 5 April in Berlin and 4 May in Boston; if both are possible, only the time of day is certain."""
    reader = reader_for(head.encode())
    assert reader is not None
    assert reader.format == name


def test_the_format_is_that_at_the_start_of_the_lines() -> None:
    """Messages contain other times, such as expiry dates and server times."""
    head = b"[1122 07:35:45.740] expires 2027-01-01T00:00:00Z\n[1122 07:35:46.740] 12:00:00 noon\n  at x\n"
    reader = reader_for(head)
    assert reader is not None
    assert reader.format == "sdk"
    assert reader.seconds(b"    at im.zego.zim.ZIM.login(ZIM.java:12)") is None


def test_a_stamp_in_braces_does_not_displace_one_at_the_start_of_the_lines() -> None:
    """A console prefixes UIKit's lines and those of others alike."""
    head = b"11-22 17:00:00.123 E/PLogger (3): {x}  {22/11/2026 17:00:00}  {INFO}\n11-22 17:00:01.123 E/other: y\n"
    reader = reader_for(head)
    assert reader is not None
    assert reader.format == "logcat"


def test_a_line_read_again_after_midnight_keeps_its_day() -> None:
    """The lines of an excerpt are dated later than the hits around them."""
    reader = reader_for(b"23:59:58.000 x")
    assert reader is not None
    before = reader.seconds(b"23:59:58.000 x")
    reader.seconds(b"00:00:01.000 x")
    again = reader.stamp(b"23:59:58.000 x")
    assert again is not None
    assert again.seconds == before


def test_midnight_is_counted_backwards_if_the_newest_line_is_first() -> None:
    """An export of two minutes must not span a day."""
    lines = [b"00:00:59.000 d", b"00:00:01.000 c", b"23:59:58.000 b", b"23:59:01.000 a"]
    reader = reader_for(b"\n".join(lines))
    assert reader is not None
    times = [reader.seconds(line) for line in lines]
    assert times == [59.0, 1.0, -2.0, -59.0]
    last = reader.stamp(lines[-1])
    assert last is not None
    assert last.seconds == -59.0


@pytest.mark.parametrize("lines", [(b"23:59:58 x", b"00:00:01 y"), (b"08:00:00 x", b"22:00:00 y")])
def test_the_newest_line_is_last_unless_many_lines_show_otherwise(lines: tuple[bytes, bytes]) -> None:
    """Midnight, and a night without errors, are usual in a log."""
    reader = reader_for(b"\n".join(lines))
    assert reader is not None
    first, second = map(reader.seconds, lines)
    assert first is not None
    assert second is not None
    assert first < second


def test_the_stamp_at_the_end_of_a_very_long_line_is_read() -> None:
    """UIKit prints whole invitations, with the time behind them."""
    line = "{x}  {send, data:%s, code: 6000281, %s}  {%d/11/2026 17:00:00}  {ERROR}"
    log = "\n".join(line % ("x" * 6000, "y " * 3000, day) for day in (22, 23))
    (row,) = triage_of({"app.log": log}).rows
    assert row.first.stamp is not None
    assert row.last.stamp is not None
    assert (row.first.stamp.text, row.last.stamp.text) == ("22/11/2026 17:00:00", "23/11/2026 17:00:00")
