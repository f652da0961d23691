"""A digest in Slack's form."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import LookAlikeReason
from bot.i18n import Language
from bot.render import digest_slack
from bot.render.digest_slack import IncidentState, StandingBy, message
from bot.triage.digest import (
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
    Stamp,
    Timeline,
)
from tests.render.digests import HOSTILE, bundle, expired, mark, nothing, stamp
from tests.render.kit_rules import assert_sendable, texts
from tests.snapshots import assert_as_before

LANGUAGES = list(Language)
SHOWN = {0x1B: 0xFFFD, 0x202E: 0xFFFD}  # what can't be seen gets a sign
SNAPSHOTS = Path(__file__).parent / "snapshots"

texts_of_logs = st.text(max_size=30) | st.sampled_from(["", HOSTILE, "长" * 5000, "&" * 5000, "\x00\u202e\n"])
stamps = st.none() | st.builds(Stamp, st.floats(-1e9, 1e9), texts_of_logs, st.none() | texts_of_logs)
timelines = st.builds(Timeline, stamps, st.floats(0, 1e8), st.just(20))


@st.composite
def digests(draw: st.DrawFn) -> Digest:
    """Any digest that adds up, with few rows or with very many, of hostile texts."""
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


def literal(block: Any) -> bool:
    """Whether Slack shows the texts of a block as they are."""
    return block["type"] in ("table", "rich_text", "data_visualization")


@given(digests(), st.sampled_from(LANGUAGES), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_digest_makes_a_message_that_slack_accepts(
    catalogue: Catalogue, digest: Digest, language: Language, with_chart: bool, is_handled: bool
) -> None:
    """A message that Slack refuses is an answer that nobody gets, in the middle of an incident; nothing in it pings."""
    by = StandingBy("U0LIN", 1_795_500_000.0) if is_handled else None
    said = message(digest, catalogue, language, key="7", standing=IncidentState(by, by), with_chart=with_chart)
    assert_sendable(said)
    parsed = [text for block in said["blocks"] if not literal(block) for text in texts(block)]
    for text in [said["text"], *parsed]:
        assert "<!" not in text.replace("<!date^", "")
        assert "<@" not in text.replace("<@U0LIN>", "")
        assert "<http" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_stands_in_the_first_three_lines(catalogue: Catalogue, language: Language) -> None:
    """At 3 a.m. nobody reads further: likely cause, who must act, what to do; a notification says no less."""
    said = message(expired(), catalogue, language)
    entry = catalogue.get(6000106)
    assert entry
    header, answer = said["blocks"][0]["text"]["text"], said["blocks"][1]["text"]["text"]
    assert "6000106" in header
    assert "renewToken" in answer
    assert said["text"].count("\n") == 2
    assert header in said["text"]


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("name", ["expired", "bundle", "nothing"])
def test_a_message_reads_as_before(catalogue: Catalogue, name: str, language: Language) -> None:
    """People learn where to look: a change of words or order is made on purpose."""
    digest = {"expired": expired, "bundle": bundle, "nothing": nothing}[name]()
    blocks = message(digest, catalogue, language, with_chart=False)["blocks"]
    assert_as_before("\n\n".join(map(shown, blocks)) + "\n", SNAPSHOTS / f"{name}.{language}.txt")


def shown(block: Any) -> str:
    """A block as a person reads it, roughly."""
    if block["type"] == "table":
        return "\n".join(" | ".join(cell["text"] for cell in row) for row in block["rows"])
    if block["type"] == "actions":
        return " ".join(f"[{button['text']['text']}]" for button in block["elements"])
    return "\n".join(texts(block))


def test_what_a_log_says_stays_what_it_is(catalogue: Catalogue) -> None:
    """A line that looks like markup neither pings anybody nor ends the code block that it stands in."""
    blocks = message(bundle(), catalogue, Language.EN)["blocks"]
    (evidence,) = [block for block in blocks if block["type"] == "rich_text" and "<!channel>" in json.dumps(block)]
    title, lines = evidence["elements"]
    assert lines["type"] == "rich_text_preformatted"
    assert [each["type"] for each in (*title["elements"], *lines["elements"])] == ["text", "text"]
    assert HOSTILE.translate(SHOWN) in lines["elements"][0]["text"]
    assert "\n> 2 | " in lines["elements"][0]["text"]


def test_evidence_stays_as_written_in_traditional_characters(catalogue: Catalogue) -> None:
    """A log line is searched for in the log: converted it would not be found."""
    digest = replace(expired(), excerpts=(Excerpt(6000106, 0, 1, 1, ("登录失败 6000106 实时",)),))
    said = json.dumps(message(digest, catalogue, Language.ZH_HANT), ensure_ascii=False)
    assert "登录失败 6000106 实时" in said
    assert "錯誤碼" in said


def test_what_does_not_fit_is_counted(catalogue: Catalogue) -> None:
    """All codes of the catalogue in one log: the table holds what fits, and says how many are missing."""
    rows = tuple(
        CodeRow(entry.code, 1, mark(n, n), mark(n, n), Role.UNRELATED, None, 0, (1,))
        for n, entry in enumerate(catalogue, 1)
    )
    digest = replace(expired(), cause=None, rows=rows, timeline=None)
    blocks = message(digest, catalogue, Language.EN)["blocks"]
    (table,) = [block for block in blocks if block["type"] == "table"]
    left_out = len(rows) - (len(table["rows"]) - 1)
    assert len(table["rows"]) > 40
    assert f"{left_out} more codes are in the full report" in "\n".join(texts(blocks))
    assert digest_slack.is_cut(digest, catalogue, Language.EN)
    assert not digest_slack.is_cut(expired(), catalogue, Language.EN)


def test_a_long_line_is_cut_around_its_code(catalogue: Catalogue) -> None:
    """One line of JSON can be 4 KB; what matters in it is the code."""
    line = "x" * 3000 + " code:6000106 " + "y" * 900
    digest = replace(expired(), excerpts=(Excerpt(6000106, 0, 1, 1, (line,)),))
    assert not digest_slack.is_cut(digest, catalogue, Language.EN)
    said = "\n".join(texts(message(digest, catalogue, Language.EN)["blocks"]))
    assert "code:6000106" in said
    assert "Long lines are shortened" in said


def test_buttons_give_back_little_and_know_their_language(catalogue: Catalogue) -> None:
    """Whoever presses one, the digest is found again by its key; no text of the log is kept in Slack for that."""
    buttons = message(expired(), catalogue, Language.ZH, key="42")["blocks"][-1]["elements"]
    own, other = digest_slack.value("42", Language.ZH), digest_slack.value("42", Language.EN)
    assert {button["action_id"]: button["value"] for button in buttons} == {
        digest_slack.TRIAGE_LANGUAGE: other,
        digest_slack.TRIAGE_REPORT: own,
        digest_slack.TRIAGE_TAKE: own,
        digest_slack.TRIAGE_ESCALATE: own,
        digest_slack.TRIAGE_WRONG: own,
    }
    only = message(nothing(), catalogue, Language.ZH, key="42")["blocks"][-1]["elements"]
    assert [button["action_id"] for button in only] == [digest_slack.TRIAGE_LANGUAGE]


def test_who_took_it_is_the_only_mention(catalogue: Catalogue) -> None:
    """The next one who reads must see that somebody is on it already."""
    standing = IncidentState(taken_by=StandingBy("U0LIN", 1_795_500_000.0))
    said = json.dumps(message(bundle(), catalogue, Language.EN, standing=standing)["blocks"])
    assert "<@U0LIN> is on it (since <!date^1795500000^" in said
    assert "escalated" not in said


def test_the_timeline_is_a_chart_or_bars_in_text(catalogue: Catalogue) -> None:
    """Slack may refuse its own chart; a log with one point in time has no timeline."""

    def timeline(digest: Digest, *, with_chart: bool) -> list[str]:
        blocks = message(digest, catalogue, Language.EN, with_chart=with_chart)["blocks"]
        title = "data_visualization" if with_chart else "rich_text"
        return [block["type"] for block in blocks if block["type"] == title and "Codes over time" in json.dumps(block)]

    once = replace(expired(), timeline=Timeline(None, 0, 1), rows=(replace(expired().rows[0], timeline=(12,)),))
    for with_chart in (True, False):
        assert len(timeline(expired(), with_chart=with_chart)) == 1
        assert timeline(once, with_chart=with_chart) == []


def test_a_chart_of_many_codes_adds_up(catalogue: Catalogue) -> None:
    """What is not drawn by itself is drawn as the others, so that no occurrence is lost."""
    rows = tuple(replace(expired().rows[0], code=6000001 + n) for n in range(30))
    digest = replace(expired(), cause=None, rows=rows)
    (chart,) = [
        block for block in message(digest, catalogue, Language.EN)["blocks"] if block["type"] == "data_visualization"
    ]
    series = chart["chart"]["series"]
    assert [each["name"] for each in series][-1] == "others"
    assert len(series) == 6
    assert sum(point["value"] for each in series for point in each["data"]) == digest.hits


def test_a_timeline_that_does_not_add_up_costs_the_timeline_only(catalogue: Catalogue) -> None:
    """The answer matters, the timeline is extra: it must never be the reason for no reply."""
    digest = replace(expired(), timeline=Timeline(stamp(0), 15.0, 30))
    for with_chart in (True, False):
        assert message(digest, catalogue, Language.EN, with_chart=with_chart)["blocks"][0]["type"] == "header"
