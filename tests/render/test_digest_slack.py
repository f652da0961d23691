"""Tests for the Slack message of a digest."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import LookAlikeReason
from bot.i18n import Language, words
from bot.policy.place import LogSource
from bot.policy.replies import Triaged
from bot.render import block_kit, digest_slack, incident_slack, packet_slack
from bot.render.block_kit import Block, MessagePayload
from bot.render.digest_report import report
from bot.render.digest_slack import is_cut
from bot.render.incident_slack import with_state
from bot.render.snooze_slack import SNOOZE
from bot.storage.incident_store import Status
from bot.triage.cascades import open_cascades
from bot.triage.digest import (
    Affected,
    CodeRow,
    Cut,
    Digest,
    Excerpt,
    FileRead,
    FileRefused,
    LogMetadata,
    Mark,
    Pattern,
    Refusal,
    Role,
    SecretKind,
    ServerCodeRow,
    Stamp,
    Timeline,
)
from tests.render.digests import HOSTILE, bundle, expired, kicked_out, mark, nothing, spread, stamp
from tests.render.incidents import incident
from tests.render.kit_rules import assert_sendable, texts

LANGUAGES = list(Language)
SOURCE = LogSource("1.0", "1.0")
SHOWN = {0x1B: 0xFFFD, 0x202E: 0xFFFD}  # invisible characters are replaced

texts_of_logs = st.text(max_size=30) | st.sampled_from(["", HOSTILE, "长" * 5000, "&" * 5000, "\x00\u202e\n"])
stamps = st.none() | st.builds(Stamp, st.floats(-1e9, 1e9), texts_of_logs, st.none() | texts_of_logs)
timelines = st.builds(Timeline, stamps, st.floats(0, 1e8), st.just(20))


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    """Draw a consistent digest, with few rows or with very many, of hostile texts."""
    codes = draw(st.sampled_from([(), (6000106,), (6000106, 6000121), tuple(range(6000001, 6000301))]))
    files = draw(
        st.lists(
            st.builds(
                FileRead,
                texts_of_logs,
                st.integers(0, 10**9),
                st.integers(0, 10**12),
                st.just("UTF-8"),
                st.none() | st.sampled_from(Cut),
                st.integers(0, 10**12),
            ),
            min_size=1,
            max_size=10,
        )
    )
    marks = st.builds(Mark, st.integers(0, len(files) - 1), st.integers(1, 10**9), stamps)
    first, last = draw(marks), draw(marks)
    role, count = draw(st.sampled_from([Role.FOLLOWER, Role.UNRELATED])), draw(st.integers(1, 10**7))
    rows = tuple(CodeRow(code, count, first, last, role, 6000001, 3, (count, *[0] * 19)) for code in codes)
    unknown = tuple(replace(row, code=row.code + 9000) for row in rows[: draw(st.integers(0, 3))])
    lines = tuple(draw(st.lists(texts_of_logs, min_size=1, max_size=9)))
    window = Excerpt(6000106, 0, 10**6, 10**6 + draw(st.integers(0, len(lines) - 1)), lines)
    few = st.lists(texts_of_logs, max_size=20).map(tuple)
    return Digest(
        cause=draw(st.sampled_from([None, *codes])),
        rows=rows,
        unknown=unknown,
        pattern=draw(st.none() | st.sampled_from(Pattern)),
        is_ongoing=draw(st.none() | st.booleans()),
        timeline=draw(st.none() | timelines) if codes else None,
        excerpts=(window,) * draw(st.integers(0, 3)),
        metadata=draw(st.builds(LogMetadata, few, few, few, stamps, stamps, few)),
        files=tuple(files),
        refused=tuple(draw(st.lists(st.builds(FileRefused, texts_of_logs, st.sampled_from(Refusal)), max_size=12))),
        lookalikes=draw(st.dictionaries(st.sampled_from(LookAlikeReason), st.integers(0, 10**9))),
        secrets=(),
        hidden=draw(st.dictionaries(st.sampled_from(SecretKind), st.integers(0, 10**9))),
    )


def rendered(digest: Digest, catalogue: Catalogue, language: Language = Language.EN) -> MessagePayload:
    """Render the message of *digest*."""
    payload = digest_slack.message(catalogue, Triaged(digest, SOURCE), words(language))
    return block_kit.converted(payload, language)


def types_of(blocks: list[Block]) -> list[str]:
    """Return the types of *blocks*."""
    return [block["type"] for block in blocks]


@given(digests(), st.sampled_from(LANGUAGES), st.booleans())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_digest_makes_a_message_that_slack_accepts(
    catalogue: Catalogue, digest: Digest, language: Language, is_handled: bool
) -> None:
    """A refused message leaves an incident without an answer; nothing in it mentions or links."""
    sent = rendered(digest, catalogue, language)
    if is_handled:
        at = 1_795_500_000.0
        sent = with_state(sent, incident(Status.TAKEN, language, escalated_by="U0LIN", escalated_at=at))
    assert_sendable(sent)
    literal = ("table", "rich_text", "data_visualization")
    parsed = [text for block in sent["blocks"] if block["type"] not in literal for text in texts(block)]
    for text in [sent["text"], *parsed]:
        assert "<!" not in text.replace("<!date^", "")
        assert "<@" not in text.replace("<@U0LIN>", "")
        assert not re.search(r"<http(?!s://(?:www\.zegocloud\.com|doc-zh\.zego\.im)/)", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_is_in_the_first_three_lines(catalogue: Catalogue, language: Language) -> None:
    """At 3 a.m. nobody reads further: likely cause, actor and steps; a notification says no less."""
    sent = rendered(expired(), catalogue, language)
    header, answer = sent["blocks"][0]["text"]["text"], sent["blocks"][1]["text"]["text"]
    assert "6000106" in header
    assert "renewToken" in answer
    assert sent["text"].count("\n") == 2
    assert header in sent["text"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("digest", "types"),
    [
        (expired(), ["header", "section", "section", "data_visualization", "table", "rich_text", "context", "actions"]),
        (
            bundle(),
            [
                "header",
                "section",
                "section",
                "data_visualization",
                "table",
                *["rich_text"] * 2,
                *["context"] * 2,
                "actions",
            ],
        ),
        (nothing(), ["header", "section", "context", "actions"]),
    ],
    ids=["expired", "bundle", "nothing"],
)
def test_a_message_has_its_parts_in_order(
    catalogue: Catalogue, digest: Digest, types: list[str], language: Language
) -> None:
    """People learn where to look: answer, timing, chart, codes, evidence, coverage, omissions, buttons."""
    assert types_of(rendered(digest, catalogue, language)["blocks"]) == types


def test_the_table_has_a_row_for_each_code(catalogue: Catalogue) -> None:
    """Unknown codes are listed after the known ones; a file's name and a time are raw text."""
    (table,) = [block for block in rendered(bundle(), catalogue)["blocks"] if block["type"] == "table"]
    titles, *rows = [[cell["text"] for cell in row] for row in table["rows"]]
    assert titles == ["Code", "Count", "Role", "First", "Last", "Line", "Name"]
    assert [row[0] for row in rows] == ["6000104", "6000009", "6000212", "6009999"]
    assert [row[1] for row in rows] == ["1,240", "310", "3", "2"]
    assert rows[1][2] == "↳ follows 6000104"
    assert table["column_settings"][-1] == {"align": "left", "is_wrapped": True}
    assert rows[3][3:5] == ["–", "–"]
    assert {cell["type"] for row in table["rows"] for cell in row} == {"raw_text"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("platforms", "place"), [(("Flutter", "Android"), "zim.uploadLog()"), (("Android", "iOS"), ""), ((), "")]
)
def test_steps_that_need_the_log_say_where_it_is(
    catalogue: Catalogue, language: Language, platforms: tuple[str, ...], place: str
) -> None:
    """One line, if the log shows its platform; the report says the same."""
    cause = CodeRow(6000704, 12, mark(18, 0), mark(402, 288.1), Role.CAUSE, None, 2, spread(12), 12)
    metadata = replace(expired().metadata, platforms=platforms)
    digest = replace(expired(), cause=6000704, rows=(cause,), metadata=metadata)
    answer = rendered(digest, catalogue, language)["blocks"][1]["text"]["text"]
    text = report(digest, catalogue, language, open_cascades())
    assert (f"`await {place}`" in answer) == (f"await {place}" in text) == bool(place)
    assert answer.count("\n") == len(words(language).pick(catalogue[6000704].remedy)) + 1 + bool(place)
    shown = rendered(replace(expired(), metadata=metadata), catalogue, language)["blocks"][1]["text"]["text"]
    assert "uploadLog" not in shown  # a Token that has expired needs no log


def test_candidates_are_ranked_without_a_cause(catalogue: Catalogue) -> None:
    """If no code explains most of the errors, the first steps of several are shown in turn."""
    answer = rendered(bundle(), catalogue)["blocks"][1]["text"]["text"]
    assert answer.index("6000104 ·") < answer.index("6000212 ·")
    assert "6000009" not in answer  # it follows another


def test_text_of_a_log_stays_literal(catalogue: Catalogue) -> None:
    """A line that looks like markup neither mentions anybody nor ends its code block."""
    blocks = rendered(bundle(), catalogue)["blocks"]
    (evidence,) = [block for block in blocks if block["type"] == "rich_text" and "<!channel>" in json.dumps(block)]
    title, lines = evidence["elements"]
    assert lines["type"] == "rich_text_preformatted"
    assert [each["type"] for each in (*title["elements"], *lines["elements"])] == ["text", "text"]
    assert HOSTILE.translate(SHOWN) in lines["elements"][0]["text"]
    assert "\n> 2 | " in lines["elements"][0]["text"]


def test_evidence_stays_as_written_in_traditional_characters(catalogue: Catalogue) -> None:
    """A log line is searched for in the log: converted it would not be found."""
    digest = replace(expired(), excerpts=(Excerpt(6000106, 0, 1, 1, ("登录失败 6000106 实时",)),))
    shown = json.dumps(rendered(digest, catalogue, Language.ZH_HANT), ensure_ascii=False)
    assert "登录失败 6000106 实时" in shown
    assert "錯誤碼" in shown


@pytest.mark.parametrize(
    "stamp",
    [
        "[1122 07:35:45.740]", "11-23 21:04:21.350  4127  4180 ", "03-02 03:14:07.614 12483 12519 ",
        "2026-11-23T07:35:45.120+08:00 ", "Dec 31 23:58:39 ",
        "2026/11/23 7:35:47 ", "2026-11-23 09:12:06.190+0800 ", "07:35:45 ", "2026年11月23日 10:04:05 ",
    ],
)  # fmt: skip
def test_evidence_begins_at_the_message(catalogue: Catalogue, stamp: str) -> None:
    """A phone shows 25 characters of a line, which were the stamp."""
    for message in ("E ZIM: failed at 10:00:01, code 6000106", "E/ZIM: code 6000106"):
        digest = replace(expired(), excerpts=(Excerpt(6000106, 0, 1, 1, (stamp + message,)),))
        shown = "\n".join(texts(rendered(digest, catalogue)["blocks"]))
        assert f"> 1 | {message}" in shown
        assert "Long lines are shortened" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_event_is_named_as_the_cause(catalogue: Catalogue, language: Language) -> None:
    """People search for what they read in the log, and act on what it means."""
    sent = rendered(kicked_out(), catalogue, language)
    assert_sendable(sent)
    header, answer, timing = (block["text"]["text"] for block in sent["blocks"][:3])
    assert "6000121" in header
    assert ("another device" if language is Language.EN else "6000121") in header
    assert "KICKED_OUT" in timing
    assert sent["text"].split("\n")[2] in answer
    (table,) = [block for block in sent["blocks"] if block["type"] == "table"]
    assert "KICKED_OUT" in table["rows"][1][2]["text"]


def test_scope_and_basis_are_true(catalogue: Catalogue) -> None:
    """One customer or all of them: the first question of an incident must not get a wrong answer."""
    timing = rendered(expired(), catalogue)["blocks"][2]["text"]["text"]
    assert "from at least 5 users or devices" in timing
    assert "explains 69 of 70 errors (98%)" in timing
    assert "one other code follows from it (57×)" in timing
    exact = replace(expired(), affected=Affected(1, is_partial=False))
    assert "from one user or device" in rendered(exact, catalogue)["blocks"][2]["text"]["text"]


def test_the_text_of_the_message_is_no_file(catalogue: Catalogue) -> None:
    """One uploaded file is one file, whatever its author wrote beside it."""
    paste, log = replace(expired().files[0], lines=1), replace(expired().files[0], name="app.log")
    shown = {
        files: "\n".join(texts(rendered(replace(expired(), files=files), catalogue)["blocks"]))
        for files in ((paste,), (log,), (paste, log), (paste, log, log))
    }
    reads = [next(line for line in text.split("\n") if line.startswith("Read: ")) for text in shown.values()]
    assert [read.split(", ")[0] for read in reads] == [
        "Read: pasted text",
        "Read: app.log",
        "Read: app.log and the text of the message",
        "Read: 2 files and the text of the message",
    ]


def test_codes_that_do_not_fit_are_counted(catalogue: Catalogue) -> None:
    """With all codes of the catalogue in one log, the message says how many are missing in the table."""
    rows = tuple(
        CodeRow(entry.code, 1, mark(n, n), mark(n, n), Role.UNRELATED, None, 0, (1,))
        for n, entry in enumerate(catalogue, 1)
    )
    digest = replace(expired(), cause=None, rows=rows, timeline=None)
    blocks = rendered(digest, catalogue)["blocks"]
    (table,) = [block for block in blocks if block["type"] == "table"]
    left_out = len(rows) - (len(table["rows"]) - 1)
    assert len(table["rows"]) > 40
    assert f"{left_out} more codes are in the full report" in "\n".join(texts(blocks))
    assert is_cut(catalogue, Triaged(digest), words(Language.EN))
    assert not is_cut(catalogue, Triaged(expired()), words(Language.EN))


def test_a_long_line_is_cut_around_its_code(catalogue: Catalogue) -> None:
    """One line of JSON can be 4 KB; what matters in it is the code."""
    line = "x" * 3000 + " code:6000106 " + "y" * 900
    digest = replace(expired(), excerpts=(Excerpt(6000106, 0, 1, 1, (line,)),))
    assert not is_cut(catalogue, Triaged(digest), words(Language.EN))
    shown = "\n".join(texts(rendered(digest, catalogue)["blocks"]))
    assert "code:6000106" in shown
    assert "Long lines are shortened" in shown


def test_buttons_contain_the_source_and_the_language(catalogue: Catalogue) -> None:
    """Anyone may press one: the log is found again by its source, and Slack stores no text of the log for that."""
    message = digest_slack.message(catalogue, Triaged(expired(), SOURCE), words(Language.ZH), can_escalate=True)
    *buttons, menu = message["blocks"][-1]["elements"]
    own = incident_slack.button_value(str(SOURCE), Language.ZH, 6000106)
    assert json.loads(own) == {"key": "message:1.0:1.0", "language": "zh", "code": 6000106}
    assert {button["value"] for button in buttons} == {own}
    chosen = [json.loads(option["value"]) for option in menu["options"]]
    assert [(each["act"], each["key"], each["language"]) for each in chosen] == [
        (incident_slack.TRIAGE_RESOLVE, "message:1.0:1.0", "zh"),
        (packet_slack.TRIAGE_PACKET, "message:1.0:1.0", "zh"),
        (incident_slack.TRIAGE_LANGUAGE, "message:1.0:1.0", "en"),
        (SNOOZE, "message:1.0:1.0", "zh"),
        (incident_slack.TRIAGE_WRONG, "message:1.0:1.0", "zh"),
    ]
    (only,) = rendered(nothing(), catalogue, Language.ZH)["blocks"][-1]["elements"]
    assert (only["action_id"], json.loads(only["value"])["language"]) == (incident_slack.TRIAGE_LANGUAGE, "en")


def test_a_copy_without_source_has_no_buttons(catalogue: Catalogue) -> None:
    """People act on the message that everybody sees."""
    payload = digest_slack.message(catalogue, Triaged(expired()), words(Language.EN))
    assert "actions" not in types_of(payload["blocks"])
    assert payload["blocks"] == rendered(expired(), catalogue)["blocks"][:-1]


def test_a_log_with_one_point_in_time_has_no_timeline(catalogue: Catalogue) -> None:
    """A chart of one point shows nothing."""
    once = replace(expired(), timeline=Timeline(None, 0, 1), rows=(replace(expired().rows[0], timeline=(12,)),))
    assert "Codes over time" not in json.dumps(rendered(once, catalogue)["blocks"])


def test_a_chart_of_many_codes_adds_up(catalogue: Catalogue) -> None:
    """Codes without a line of their own are added up in one line, so that no occurrence is lost."""
    rows = tuple(replace(expired().rows[0], code=6000001 + n) for n in range(30))
    digest = replace(expired(), cause=None, rows=rows)
    (chart,) = [block for block in rendered(digest, catalogue)["blocks"] if block["type"] == "data_visualization"]
    series = chart["chart"]["series"]
    assert [each["name"] for each in series][-1] == "others"
    assert len(series) == 6
    assert sum(point["value"] for each in series for point in each["data"]) == digest.hits


def test_a_timeline_that_does_not_add_up_costs_the_timeline_only(catalogue: Catalogue) -> None:
    """The answer matters, the timeline is extra: it must never be the reason for no reply."""
    digest = replace(expired(), timeline=Timeline(stamp(0), 15.0, 30))
    assert rendered(digest, catalogue)["blocks"][0]["type"] == "header"


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            Language.EN,
            "In 12 messages of 6000106, the server's own code is 103040, which stands for 6000353 · Value of",
        ),
        (Language.ZH, "6000106 的错误信息中有 12 次带着服务端自己的错误码 103040，对应 6000353 · 房间用户属性"),
    ],
)
def test_server_codes_that_say_more_than_the_code_are_shown(
    catalogue: Catalogue, language: Language, line: str
) -> None:
    """One that stands for the same code says nothing new; of many, the report has the others."""
    first, *others = expired().rows
    found = [ServerCodeRow(103040, 6000353, 12), ServerCodeRow(50111, 6000106, 3)]
    digest = replace(expired(), rows=(replace(first, server_codes=tuple(found)), *others))
    shown = "\n".join(texts(digest_slack.message(catalogue, Triaged(digest, SOURCE), words(language))["blocks"]))
    assert line in shown
    assert "50111" not in shown
    many = tuple(ServerCodeRow(number, 6000212, 1) for number in range(110005, 110009))
    for rows, expected in ((many, True), (many[:3], False)):
        digest = replace(expired(), rows=(replace(first, server_codes=rows), *others))
        assert is_cut(catalogue, Triaged(digest), words(language)) is expected
