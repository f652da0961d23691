"""Test how the digest is derived from the counts: cause, followers, order of files, evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.triage.digest import ConnectionEvent, Digest, Pattern, Role, Secret, SecretKind, Sign
from tests.triage.feed import CASCADES, line_at, triage_of


def digest(*lines: str, **files: list[str]) -> Digest:
    """Triage *lines*, or *files* by name."""
    logs = {name: "\n".join(each) for name, each in files.items()} or {"": "\n".join(lines)}
    return triage_of(logs)


def roles(result: Digest) -> dict[int, tuple[Role, Sign | None]]:
    """Return role and followed code or event of each known code."""
    return {row.code: (row.role, row.follows) for row in result.rows}


def test_a_log_without_codes_has_no_cause() -> None:
    """An empty triage must not invent one."""
    result = digest(line_at(0, "ok"), line_at(1, "ok"))
    assert (result.cause, result.rows, result.pattern) == (None, (), None)
    assert (result.is_ongoing, result.timeline) == (None, None)


def test_a_single_code_is_the_cause() -> None:
    """Nothing else in the log could have caused it."""
    result = digest(line_at(0, "ok"), line_at(1, 6000604))
    assert (result.cause, result.pattern, result.is_ongoing) == (6000604, Pattern.ONCE, None)


def test_unrelated_codes_have_no_cause_and_are_sorted_by_class() -> None:
    """Naming one of them would be a guess."""
    result = digest(line_at(0, 6000214), line_at(1, 6000604), line_at(2, 6000006))
    assert result.cause is None
    assert [row.code for row in result.rows] == [6000006, 6000604, 6000214]


def test_without_a_cause_the_codes_come_in_the_order_to_check_them() -> None:
    """The table, its steps and the evidence begin with the code that the first lines name."""
    codes = [6000353, 6000523, 6000204, 6000204, 6000523, 6000204, 6000523, 6000353]
    result = digest(*(line_at(index, code) for index, code in enumerate(codes)))
    assert result.cause is None
    assert [rival.codes for rival in result.rivals] == [(6000523,), (6000204,), (6000353,)]
    assert [row.code for row in result.rows] == [6000523, 6000204, 6000353]
    assert [excerpt.sign for excerpt in result.excerpts] == [6000523, 6000204]


def test_an_unknown_code_that_most_errors_have_is_shown_first() -> None:
    """Three expired Tokens beside a hundred errors of another kind are not the problem."""
    result = digest(*(line_at(index, 6000106 if index % 9 == 5 else 6000998) for index in range(27)))
    assert (result.cause, [row.code for row in result.rows]) == (None, [6000106])
    assert [excerpt.sign for excerpt in result.excerpts] == [6000998, 6000106]


def test_a_log_with_the_newest_line_first_has_the_course_that_its_times_tell() -> None:
    """Search pages of log stores export the newest line first."""
    lines = [line_at(0, 6000106), *(line_at(9 + index, 6000121) for index in range(60)), line_at(3000, "ok")]
    result = digest(*reversed(lines))
    assert (result.cause, result.is_ongoing) == (6000106, False)
    assert roles(result)[6000121] == (Role.FOLLOWER, 6000106)
    assert result.metadata.first is not None
    assert result.metadata.last is not None
    assert result.metadata.first.text < result.metadata.last.text
    assert digest(*reversed(lines[:-1])).is_ongoing


def test_followers_come_after_their_cause_however_many_there_are() -> None:
    """Sorting by count alone puts symptoms on top."""
    result = digest(line_at(0, 6000106), *(line_at(5 + index * 10, 6000121) for index in range(300)))
    assert result.cause == 6000106
    assert roles(result) == {6000106: (Role.CAUSE, None), 6000121: (Role.FOLLOWER, 6000106)}


@pytest.mark.parametrize(("pause", "follows"), [(290.0, 6000106), (310.0, None)])
def test_a_code_follows_only_within_the_window(pause: float, follows: int | None) -> None:
    """A code that comes much later has another reason."""
    result = digest(line_at(0, 6000106), line_at(pause, 6000121))
    assert roles(result)[6000121][1] == follows


def test_a_code_that_came_mostly_before_the_cause_does_not_follow_it() -> None:
    """An expired token at the end does not explain a login that never worked."""
    result = digest(*(line_at(index, 6000121) for index in range(9)), line_at(20, 6000106), line_at(21, 6000121))
    assert roles(result)[6000121][1] is None


def test_a_follower_can_have_followers() -> None:
    """Room missing, so not in the room, so attributes fail: one chain with one start."""
    result = digest(line_at(0, 6000322), line_at(1, 6000321), line_at(2, 6000331))
    assert result.cause == 6000322
    assert roles(result)[6000331] == (Role.FOLLOWER, 6000321)


def test_of_two_causes_that_explain_the_same_the_likelier_class_wins_then_the_earlier() -> None:
    """Class order breaks ties only."""
    after = [line_at(2 + index, 6000121) for index in range(9)]
    assert digest(line_at(0, 6000122), line_at(1, 6000014), *after).cause == 6000014
    assert digest(line_at(0, 6000002), line_at(1, 6000003), *after).cause == 6000002


def test_of_two_causes_the_one_that_explains_more_wins() -> None:
    """However severe its class, a stray is not the cause."""
    strays = [line_at(0, 6000002), line_at(1, 6000121)]
    assert digest(*strays, *(line_at(1800 + index, 6000204) for index in range(30))).cause == 6000204
    assert digest(line_at(0, 6000322), line_at(1, 6000321), line_at(900, 6000304)).cause == 6000322


def test_a_harmless_code_is_no_error_that_the_cause_leaves_unexplained() -> None:
    """The first lines state how much the cause explains, and the figures agree."""
    result = digest(*(line_at(index, 6000320) for index in range(30)), line_at(31, 6000322), line_at(32, 6000322))
    assert (result.cause, result.explained, result.errors, result.share) == (6000322, 2, 2, 1.0)


def test_a_symptom_without_a_code_follows_the_cause_and_counts() -> None:
    """UIKit reports a failed login only as a lost connection: those lines are the incident."""
    symptoms = [line_at(2 + index, "signaling is not connected") for index in range(40)]
    result = digest(line_at(0, 6000014), *symptoms, line_at(43, "ok"))
    (event,) = result.events
    assert (result.cause, result.explained, result.errors) == (6000014, 41, 41)
    assert (event.count, event.follows, event.explained) == (40, 6000014, 40)
    assert result.is_ongoing


@pytest.mark.parametrize(("silence", "is_ongoing"), [(2, True), (900, False)])
def test_a_log_of_events_alone_shows_whether_they_go_on(silence: int, is_ongoing: bool) -> None:
    """The reader of such a log asks the same question."""
    symptoms = [line_at(index, "signaling is not connected") for index in range(40)]
    result = digest(*symptoms, *[line_at(40 + silence, "ok")] * 20)
    assert (result.cause_event, result.is_ongoing) == (ConnectionEvent.SIGNALING_NOT_CONNECTED, is_ongoing)


def test_two_causes_of_half_each_are_rivals() -> None:
    """Naming one of them would be a guess; the reader gets both, with their shares."""
    result = digest(line_at(0, 6000104), line_at(1, 6000105), line_at(900, 6000107), line_at(901, 6000121))
    assert result.cause is None
    assert [(rival.codes[0], rival.share) for rival in result.rivals] == [(6000104, 0.5), (6000107, 0.5)]


def test_a_code_with_almost_all_hits_is_the_cause() -> None:
    """One other error in the log is no reason to say nothing."""
    result = digest(line_at(0, 6000524), *(line_at(60 + index, 6000204) for index in range(300)))
    assert (result.cause, roles(result)[6000524]) == (6000204, (Role.UNRELATED, None))


def test_a_harmless_code_is_not_the_cause_beside_another() -> None:
    """A user who is already in the room is nothing to act on."""
    result = digest(line_at(0, 6000320), line_at(1, 6000604), line_at(2, 6000320))
    assert result.cause == 6000604
    assert roles(result)[6000320] == (Role.UNRELATED, None)


def test_a_harmless_code_with_followers_is_not_the_cause_beside_others() -> None:
    """Rules may change independently of classes, and a log must not make the analysis fail."""
    harmless = tuple(replace(each, explains=each.name != "configuration") for each in CASCADES.classes)
    lines = [line_at(0, 6000106), line_at(1, 6000121), line_at(2, 6000604), line_at(3, 6000214)]
    result = triage_of({"": "\n".join(lines)}, replace(CASCADES, classes=harmless))
    assert result.cause is None
    assert roles(result)[6000121] == (Role.FOLLOWER, 6000106)


def test_lines_replace_seconds_in_a_log_without_times() -> None:
    """Half of all pastes have no timestamps."""
    near = digest("renewToken errorCode=6000106", *["ok"] * 40, "send code=6000121")
    far = digest("renewToken errorCode=6000106", *["ok"] * 60, "send code=6000121")
    assert near.cause == 6000106
    assert far.cause is None
    assert near.timeline is not None
    assert near.timeline.start is None


def test_files_with_comparable_times_are_ordered_by_time() -> None:
    """In a bundle, the SDK's log comes after the app's, and the cause is in it."""
    result = digest(app=[line_at(5, 6000121), line_at(9, 6000121)], sdk=[line_at(0, "ok"), line_at(3, 6000106)])
    assert result.cause == 6000106
    assert [(row.first.file, row.first.line) for row in result.rows] == [(1, 2), (0, 1)]


def test_files_with_different_clocks_are_ordered_by_position() -> None:
    """UTC and a time without a zone do not show which came first."""
    zoned = ["2026-11-23T09:00:03Z zim failed, code=6000106"]
    result = digest(app=[line_at(5, 6000604)], sdk=zoned)
    assert result.timeline is not None
    assert result.timeline.start is None
    result = digest(app=[line_at(5, 6000121), line_at(9, 6000121)], sdk=zoned)
    assert roles(result)[6000121][1] is None


def test_a_cause_is_ongoing_while_its_followers_come() -> None:
    """The token expired once, and nobody can send anything since."""
    result = digest(line_at(0, 6000106), *(line_at(index * 30, 6000121) for index in range(1, 60)))
    assert (result.pattern, result.is_ongoing) == (Pattern.ONCE, True)


def test_a_secret_on_many_lines_is_counted_once() -> None:
    """The digest says "1 token", wherever it occurs; a warning needs all of its lines."""
    lines = [line_at(index, 6000106, "password=Zim#2026 from b.chen@example.com") for index in range(60)]
    result = digest(*lines)
    assert result.secrets == (Secret(SecretKind.PASSWORD, 0, 1, 60),)
    assert result.hidden == {SecretKind.PASSWORD: 1, SecretKind.MAIL: 1}


def test_evidence_is_redacted_and_shows_the_cause_first() -> None:
    """Excerpts are shown to the whole channel."""
    mail = "b.chen@example.com"
    followers = (line_at(2 + index, 6000121) for index in range(9))
    result = digest(line_at(0, mail), line_at(1, 6000106, "x" * 3000 + mail), *followers)
    assert [excerpt.sign for excerpt in result.excerpts] == [6000106, 6000121]
    shown = "\n".join(line for excerpt in result.excerpts for line in excerpt.lines)
    assert mail not in shown
    assert all(len(line) <= 402 for line in shown.split("\n"))
    cause = result.excerpts[0]
    assert "6000106" in cause.lines[cause.line - cause.first_line]
