"""Tests for the full report of a triage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Text
from bot.detection.result import LookAlikeReason
from bot.i18n import Language
from bot.render.digest_report import report
from bot.triage.cascades import CascadeRule, Cascades, CauseClass
from bot.triage.digest import (
    CodeRow,
    ConnectionEvent,
    Cut,
    Digest,
    EventRow,
    Excerpt,
    FileRead,
    FileRefused,
    Pattern,
    Refusal,
    Role,
    Secret,
    SecretKind,
    Timeline,
)
from tests.render.digests import HOSTILE, bundle, expired, mark, nothing
from tests.snapshots import assert_as_before
from tests.triage.feed import CATALOGUE, line_at, triage_of

SHOWN = {0x1B: 0xFFFD, 0x202E: 0xFFFD}  # a log does not drive the terminal that shows it
SNAPSHOTS = Path(__file__).parent / "snapshots"


CASCADES = Cascades(
    classes=(CauseClass(name="session", codes=(6000106,)),),
    families=(),
    events=(),
    rules=(
        CascadeRule(
            cause=6000106,
            followers=(6000121,),
            window_s=60,
            reason=Text(en="An expired Token ends the session.", zh="Token 过期后会话随之结束。"),
            example=("6000106", "6000121"),
            rests_on="judgement",
        ),
    ),
)


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("name", ["expired", "bundle", "nothing"])
def test_a_report_is_unchanged(catalogue: Catalogue, name: str, language: Language) -> None:
    """It is attached to tickets and read by the vendor: wording and order change on purpose only."""
    digest = {"expired": expired, "bundle": bundle, "nothing": nothing}[name]()
    assert_as_before(report(digest, catalogue, language, CASCADES), SNAPSHOTS / f"report-{name}.{language}.txt")


@pytest.mark.parametrize("language", list(Language))
def test_a_report_leaves_nothing_out(catalogue: Catalogue, language: Language) -> None:
    """People look here for what the message leaves out."""
    rows = tuple(
        CodeRow(entry.code, 7, mark(n, n), mark(n, n), Role.UNRELATED, None, 0, (7,))
        for n, entry in enumerate(catalogue, 1)
    )
    line = f"{HOSTILE} {'长' * 2000} 6000106"
    digest = replace(bundle(), rows=rows, excerpts=(Excerpt(6000106, 0, 1, 1, (line,)),) * 2)
    text = report(digest, catalogue, language, CASCADES)
    assert text.count(line.translate(SHOWN)) == 2
    assert "\x1b" not in text
    for entry in catalogue:
        assert f"\n  {entry.code}  " in text
    assert all(refused.name in text for refused in digest.refused)


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_report_fits_the_terminal(catalogue: Catalogue, language: Language, width: int) -> None:
    """No row of the table is broken; only lines of the log and paths may be wider."""
    for digest in (expired(), bundle(), nothing()):
        text = report(digest, catalogue, language, CASCADES, width=width)
        for line in text.splitlines():
            if " | " not in line:
                assert line == line.rstrip()
                assert cell_len(line) <= width or "/" in line
        whole = report(digest, catalogue, language, CASCADES)
        if width == 200:
            assert text.count("…") == whole.count("…")
        for row in digest.rows:
            assert sum(line.startswith(f"  {row.code}  ") for line in text.splitlines()) == 1


def test_a_log_without_times_says_so(catalogue: Catalogue) -> None:
    """No time is made up: lines are counted instead."""
    digest = expired()
    rows = tuple(replace(row, first=mark(row.first.line), last=mark(row.last.line)) for row in digest.rows)
    text = report(replace(digest, rows=rows, timeline=Timeline(None, 20.0, 20)), catalogue, Language.EN, CASCADES)
    assert "Since line 18; the log has no timestamps" in text
    assert "First" not in text


@pytest.mark.parametrize(
    ("is_ongoing", "clause"), [(True, "still occurring"), (False, "stopped before the end"), (None, "can't tell")]
)
def test_over_is_reported_only_if_the_log_shows_it(catalogue: Catalogue, is_ongoing: bool | None, clause: str) -> None:
    """People go back to bed then."""
    digest: Digest = replace(expired(), is_ongoing=is_ongoing)
    assert clause in report(digest, catalogue, Language.EN, CASCADES)


@pytest.mark.parametrize(
    ("language", "basis", "place"),
    [
        (
            Language.EN,
            "explains 94 of 94 errors (100%)\n  “signaling is not connected” follows from it (25×)",
            "SIGNALING_NOT_CONNECTED 25 times: line 20 to line 400 · follows 6000106\n",
        ),
        (
            Language.ZH,
            "可解释 94 次错误中的 94 次（100%）\n  引发了 UIKit 的“signaling is not connected”（25 次）",
            "SIGNALING_NOT_CONNECTED 出现 25 次：第 20 行至第 400 行 · 可能源于 6000106\n",
        ),
    ],
)
def test_lines_without_a_code_that_follow_are_counted(
    catalogue: Catalogue, language: Language, basis: str, place: str
) -> None:
    """They are what people complain about, so the reader must see that the cause explains them."""
    symptom = EventRow(ConnectionEvent.SIGNALING_NOT_CONNECTED, 25, mark(20, 1), mark(400, 280), 6000106, 25)
    digest = expired()
    events = (*digest.events, symptom)
    text = report(
        replace(digest, rows=digest.rows[:1], events=events, errors=94, explained=94), catalogue, language, CASCADES
    )
    assert basis in text
    assert place in text


@pytest.mark.parametrize("key", ["1763971245740", "1763971245.740"])
def test_unix_timestamps_are_shown_as_times(catalogue: Catalogue, key: str) -> None:
    """Nobody can compare a number of thirteen digits with the time of an alert."""
    log = f'{{"time":{key},"code":6000106}}\n{{"time":1763971300,"code":6000106}}\n'
    text = report(triage_of({"": log}), catalogue, Language.EN, CASCADES)
    assert "Since 2025-11-24 08:00:45.740 UTC (line 1)" in text
    assert "likely cause  08:00:45  08:01:40  1–2   Token expired" in text
    assert "from 2025-11-24 08:00:45.740 UTC to 2025-11-24 08:01:40.000 UTC\n  times are Unix timestamps (UTC)" in text


def test_the_words_that_come_with_a_file_are_no_place(catalogue: Catalogue) -> None:
    """Most people write a word when they upload a log; each line number need not name the file then."""
    log = line_at(0, 6000106)
    assert "(line 1)" in report(triage_of({"": "help", "a.log": log}), catalogue, Language.EN, CASCADES)
    for logs in ({"": f"help {log}", "a.log": log}, {"": "help", "a.log": log, "b.log": "ok"}):
        assert ", line 1)" in report(triage_of(logs), catalogue, Language.EN, CASCADES)


def test_an_event_that_occurred_once_has_one_place(catalogue: Catalogue) -> None:
    """A range from a line to itself looks like a mistake."""
    assert "  TOKEN_EXPIRED once: line 19\n" in report(expired(), catalogue, Language.EN, CASCADES)


@pytest.mark.parametrize("language", list(Language))
def test_every_kind_is_translated(catalogue: Catalogue, language: Language) -> None:
    """A kind without a translation would fail in the middle of an incident."""
    digest = replace(
        bundle(),
        files=tuple(FileRead("a.log", 1, 1, "UTF-8", cut, 0) for cut in Cut),
        refused=tuple(FileRefused("b", reason) for reason in Refusal),
        lookalikes=dict.fromkeys(LookAlikeReason, 2),
        hidden=dict.fromkeys(SecretKind, 1),
        secrets=tuple(Secret(kind, 0, 1) for kind in SecretKind),
    )
    for pattern in Pattern:
        text = report(replace(digest, pattern=pattern), catalogue, language, CASCADES)
    assert text.count("2 × " if language is Language.EN else " ×2") == len(LookAlikeReason)


@pytest.mark.parametrize(
    ("unknown", "title", "introduction"),
    [
        (3, "No single cause stands out", "No cause explains more than half of the errors."),
        (9, "Most errors are 6000998, which is not in the catalogue", "Of the codes that are in it, check"),
    ],
)
def test_a_code_without_an_entry_that_most_errors_have_is_named_first(
    unknown: int, title: str, introduction: str
) -> None:
    """A rare known code beside it is no explanation."""
    codes = [6000204, 6000353, 6000523] * 2 + [6000998] * unknown
    digest = triage_of({"": "\n".join(line_at(index, code) for index, code in enumerate(codes))})
    lines = report(digest, CATALOGUE, Language.EN, CASCADES).splitlines()
    assert ("• Your SDK may be newer" in "\n".join(lines)) == ("which is not in the catalogue" in title)
    assert lines[0] == title
    assert lines[1].startswith(introduction)
    assert lines[2].startswith("  • 6000353 · ")


def test_a_log_of_unknown_codes_says_what_to_do() -> None:
    """A table of numbers that nobody can explain is no answer."""
    lines = report(triage_of({"": line_at(0, 6009998)}), CATALOGUE, Language.EN, CASCADES).splitlines()
    assert lines[:2] == ["Only codes that are not in the catalogue", "What to do next"]
    assert [line[:20] for line in lines[2:5]] == [
        "• Your SDK may be ne",
        "• If it isn't there,",
        "• This bot's operato",
    ]
