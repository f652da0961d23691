"""Counting codes, and telling the cause from what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue.catalogue import open_catalogue
from bot.triage.aggregate import Aggregator
from bot.triage.analyze import Analysis
from bot.triage.cascades import open_cascades
from bot.triage.digest import Digest, Pattern, Role
from bot.triage.histogram import MAX_BUCKETS, Histogram
from bot.triage.scanner import CodeHit
from tests.triage.feed import triage_of

CATALOGUE = open_catalogue()
CASCADES = open_cascades()


def at(second: float, code: int | str, more: str = "") -> str:
    """A line of a log with a code, or with other words."""
    minute, rest = divmod(second, 60)
    what = f"failed, code={code}" if isinstance(code, int) else code
    return f"2026-11-23 {10 + int(minute) // 60:02}:{int(minute) % 60:02}:{rest:06.3f} zim {what} {more}"


def digest(*lines: str, **files: list[str]) -> Digest:
    logs = {name: "\n".join(each) for name, each in files.items()} or {"": "\n".join(lines)}
    return triage_of(logs, CATALOGUE, CASCADES)


def roles(result: Digest) -> dict[int, tuple[Role, int | None]]:
    return {row.code: (row.role, row.follows) for row in result.rows}


def test_nothing_found_is_no_cause() -> None:
    """An empty triage must not invent one."""
    result = digest(at(0, "ok"), at(1, "ok"))
    assert (result.cause, result.rows, result.pattern, result.is_ongoing, result.timeline) == (
        None,
        (),
        None,
        None,
        None,
    )


def test_one_code_is_the_cause() -> None:
    """There is nothing else that it could come from."""
    result = digest(at(0, "ok"), at(1, 6000604))
    assert (result.cause, result.pattern, result.is_ongoing) == (6000604, Pattern.ONCE, None)


def test_unrelated_codes_have_no_single_cause_and_stand_by_class() -> None:
    """Naming one of them would be a guess."""
    result = digest(at(0, 6000214), at(1, 6000604), at(2, 6000006))
    assert result.cause is None
    assert [row.code for row in result.rows] == [6000006, 6000604, 6000214]


def test_followers_are_folded_under_their_cause_however_many_they_are() -> None:
    """Count alone puts symptoms on top."""
    result = digest(at(0, 6000106), *(at(5 + index * 10, 6000121) for index in range(300)))
    assert result.cause == 6000106
    assert roles(result) == {6000106: (Role.CAUSE, None), 6000121: (Role.FOLLOWER, 6000106)}


@pytest.mark.parametrize(("pause", "follows"), [(290.0, 6000106), (310.0, None)])
def test_a_code_follows_only_within_the_window(pause: float, follows: int | None) -> None:
    """What comes much later has another reason."""
    result = digest(at(0, 6000106), at(pause, 6000121))
    assert roles(result)[6000121][1] == follows


def test_what_came_mostly_before_the_cause_does_not_follow_it() -> None:
    """A login that never worked is not explained by a token that expires in the end."""
    result = digest(*(at(index, 6000121) for index in range(9)), at(20, 6000106), at(21, 6000121))
    assert roles(result)[6000121][1] is None


def test_a_follower_has_followers_of_its_own() -> None:
    """Room missing, so not in the room, so attributes fail: one story with one beginning."""
    result = digest(at(0, 6000322), at(1, 6000321), at(2, 6000331))
    assert result.cause == 6000322
    assert roles(result)[6000331] == (Role.FOLLOWER, 6000321)


def test_of_two_causes_the_likelier_class_counts_then_the_earlier() -> None:
    """A bad token explains more than a broken connection."""
    lines = [at(0, 6000104), at(1, 6000105), at(900, 6000107), at(901, 6000121)]
    assert digest(*lines).cause == 6000107
    assert digest(at(0, 6000322), at(1, 6000321), at(900, 6000304)).cause == 6000322


def test_what_means_no_harm_is_no_cause_beside_another() -> None:
    """Somebody was in the room already; nobody needs to act on it."""
    result = digest(at(0, 6000320), at(1, 6000604), at(2, 6000320))
    assert result.cause == 6000604
    assert roles(result)[6000320] == (Role.UNRELATED, None)


def test_without_times_lines_take_their_place() -> None:
    """Half of all pastes carry no time."""
    near = digest("renewToken errorCode=6000106", *["ok"] * 40, "send code=6000121")
    far = digest("renewToken errorCode=6000106", *["ok"] * 60, "send code=6000121")
    assert near.cause == 6000106
    assert far.cause is None
    assert near.timeline is not None
    assert near.timeline.start is None


def test_files_are_ordered_by_their_times_where_they_can_be_compared() -> None:
    """The SDK's log lies behind the app's in a bundle, and the cause is in it."""
    result = digest(app=[at(5, 6000121), at(9, 6000121)], sdk=[at(0, "ok"), at(3, 6000106)])
    assert result.cause == 6000106
    assert [(row.first.file, row.first.line) for row in result.rows] == [(1, 2), (0, 1)]


def test_files_with_different_clocks_are_ordered_by_their_place() -> None:
    """UTC beside a time without a zone says nothing about what came first."""
    zoned = ["2026-11-23T09:00:03Z zim failed, code=6000106"]
    result = digest(app=[at(5, 6000604)], sdk=zoned)
    assert result.timeline is not None
    assert result.timeline.start is None
    result = digest(app=[at(5, 6000121), at(9, 6000121)], sdk=zoned)
    assert roles(result)[6000121][1] is None


def test_a_line_without_a_stamp_takes_the_one_before_it() -> None:
    """An exception's code stands some lines below its time, which holds no code."""
    result = digest(at(0, "ok"), at(7, "Unhandled Exception"), "PlatformException(6000281, x)", at(9, "ok"))
    stamp = result.rows[0].first.stamp
    assert stamp is not None
    assert stamp.text == "2026-11-23 10:00:07.000"


@pytest.mark.parametrize(
    ("seconds", "end", "course", "is_ongoing"),
    [
        ([100.0], 1000, Pattern.ONCE, None),
        ([100 + index for index in range(20)], 1000, Pattern.BURST, False),
        ([100 + index * 45 for index in range(20)], 1000, Pattern.STEADY, True),
        ([980 + index for index in range(20)], 1000, Pattern.BURST, True),
        ([index * 20 for index in range(20)], 1000, Pattern.STEADY, False),
    ],
)
def test_course_and_end_are_told(seconds: list[float], end: int, course: Pattern, is_ongoing: bool | None) -> None:
    """Whether it is over decides whether somebody gets up."""
    result = digest(at(0, "ok"), *(at(second, 6000007) for second in seconds), at(end, "ok"))
    assert (result.pattern, result.is_ongoing) == (course, is_ongoing)


def test_a_cause_goes_on_while_its_followers_come() -> None:
    """The token expired once; nobody can send anything since."""
    result = digest(at(0, 6000106), *(at(index * 30, 6000121) for index in range(1, 60)))
    assert (result.pattern, result.is_ongoing) == (Pattern.ONCE, True)


def test_users_are_counted_once_each() -> None:
    """One user in trouble or all of them: two different nights."""
    lines = [at(index, 6000105, f'{{"userID":"user{index % 4}"}}') for index in range(20)]
    assert digest(*lines).rows[0].source_count == 4


def test_evidence_is_redacted_and_shows_the_cause_first() -> None:
    """It is shown to the whole channel."""
    mail = "b.chen@example.com"
    result = digest(at(0, mail), at(1, 6000106, "x" * 3000 + mail), *(at(2 + index, 6000121) for index in range(9)))
    assert [window.code for window in result.excerpts] == [6000106, 6000121]
    shown = "\n".join(line for window in result.excerpts for line in window.lines)
    assert mail not in shown
    assert all(len(line) <= 402 for line in shown.split("\n"))
    assert "6000106" in result.excerpts[0].lines[result.excerpts[0].line - result.excerpts[0].first_line]


@given(st.lists(st.tuples(st.integers(0, 400_000), st.sampled_from([6000106, 6000121, 6000104, 6000999])), min_size=1))
def test_rows_and_timelines_add_up(hits: list[tuple[int, int]]) -> None:
    """Figures that do not add up are not believed, in whatever order lines come."""
    aggregator = Aggregator(CASCADES, CATALOGUE)
    aggregator.begin_file(0, b"1732347345 boot")
    for line, (second, code) in enumerate(hits, 1):
        aggregator.add_hit(
            CodeHit(code, CATALOGUE.has_code(code), 0, line, f"{1732347345 + second} code={code}".encode())
        )
    result = Analysis(aggregator.state, CASCADES, CATALOGUE, ()).digest((), {}, (), 0.0)
    assert result.hits == len(hits)
    assert result.timeline is not None
    for row in (*result.rows, *result.unknown):
        assert sum(row.timeline) == row.count
        assert len(row.timeline) == result.timeline.buckets <= MAX_BUCKETS


def test_a_grid_stays_small_however_long_the_log() -> None:
    """Five million hits must fit."""
    grid = Histogram()
    for index in range(50_000):
        grid.add(1, index * 977.0)
    width, counts = grid.timelines([1])
    assert sum(counts[1]) == 50_000
    assert len(counts[1]) <= MAX_BUCKETS
    assert width * len(counts[1]) >= 49_999 * 977
