"""Tests for the simpler forms of a message."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bot.catalogue.catalogue import Catalogue
from bot.detection.result import Evidence, Finding
from bot.i18n import Language, words
from bot.oncall.memory import CodeMemory, Helped, TeamNote
from bot.policy.noise_rules import Act
from bot.policy.replies import Explained, Found, Listing, Triaged, Usage, WhyReply
from bot.render import digest_slack
from bot.render.block_kit import FALLBACK_BYTES
from bot.render.incident_slack import with_state
from bot.render.message_forms import REPLACEABLE, plain, simplified
from bot.render.renderer import Renderer
from bot.storage.incident_store import Status
from bot.triage.digest import Digest
from tests.render.digests import bundle, expired
from tests.render.incidents import incident
from tests.render.kit_rules import assert_sendable, texts
from tests.render.test_digest_slack import SOURCE, digests

LANGUAGES = list(Language)


def triage(catalogue: Catalogue, digest: Digest, language: Language = Language.EN) -> dict[str, Any]:
    """The message of a triage."""
    return digest_slack.message(catalogue, Triaged(digest, SOURCE), words(language))


def types_of(message: dict[str, Any]) -> list[str]:
    """The types of a message's blocks."""
    return [block["type"] for block in message["blocks"]]


def test_a_chart_becomes_bars(catalogue: Catalogue) -> None:
    """The course of an incident is visible without the chart. The rest of the message stays."""
    full = triage(catalogue, expired())
    shown = simplified(full, ["data_visualization"])
    at = types_of(full).index("data_visualization")
    assert types_of(shown) == [*types_of(full)[:at], "rich_text", *types_of(full)[at + 1 :]]
    title, bars = texts(shown["blocks"][at])
    assert title.startswith("Codes over time · ")
    assert [line.split()[-1] for line in bars.splitlines()[:3]] == ["6000106", "6000121", "6000204"]
    assert "▁" in bars or "█" in bars
    assert simplified(shown, ["data_visualization"]) is shown


def test_a_table_becomes_lines(catalogue: Catalogue) -> None:
    """Each row keeps its code, its count and its role."""
    full = triage(catalogue, expired())
    shown = simplified(full, REPLACEABLE)
    assert not {*types_of(shown)} & {*REPLACEABLE}
    (lines,) = [text for text in texts(shown["blocks"]) if text.startswith("Code  ")]
    assert [line.split()[0] for line in lines.splitlines()[1:]] == ["6000106", "6000121", "6000204"]
    assert "57" in lines
    assert "follows 6000106" in lines


def test_rows_that_do_not_fit_are_counted(catalogue: Catalogue) -> None:
    """Nobody may take a part of the table for all of it."""
    rows = [[{"type": "raw_text", "text": f"{row} {'x' * 60}"}] for row in range(99)]
    shown = simplified({"text": "hi", "blocks": [{"type": "table", "rows": rows}]}, ["table"])
    (lines,) = texts(shown["blocks"])
    *kept, last = lines.splitlines()
    assert last == f"… +{99 - len(kept)}"
    assert 40 < len(kept) < 60


@given(digest=digests())
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_slack_accepts_every_form_of_any_triage(catalogue: Catalogue, digest: Digest) -> None:
    """The last form must not be the one that is refused. Nothing in it mentions anybody but the person on it."""
    full = triage(catalogue, digest, Language.ZH)
    full = with_state(full, incident(Status.TAKEN, Language.ZH))
    for without in (REPLACEABLE[:1], REPLACEABLE[1:], REPLACEABLE):
        assert_sendable(simplified(full, without))
    text = plain(full, FALLBACK_BYTES)["text"]
    assert 0 < len(text.encode()) <= FALLBACK_BYTES
    assert "<!" not in text.replace("<!date^", "")
    assert "<@" not in text.replace("<@U0LIN>", "")
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_alone_is_a_complete_answer(catalogue: Catalogue, language: Language) -> None:
    """Cause, actor, steps, codes and evidence: a person who reads only this knows enough."""
    full = triage(catalogue, bundle(), language)
    text = plain(full, FALLBACK_BYTES)["text"]
    assert set(plain(full, FALLBACK_BYTES)) == {"text"}
    for block in full["blocks"]:
        if block["type"] in ("header", "section"):
            assert block["text"]["text"].replace("&", "&amp;") in text or block["text"]["text"] in text
    for row in bundle().rows:
        assert str(row.code) in text
    assert "…" not in text.split("```")[0]


def test_every_card_is_complete_as_text(catalogue: Catalogue) -> None:
    """A card has a heading, a meaning, steps, facts, sources, and a link to the vendor's page instead of a button."""
    for entry in catalogue:
        message = Renderer(catalogue).message(Explained((entry,)), Language.ZH)
        text = plain(message, FALLBACK_BYTES)["text"]
        assert str(entry.code) in text
        for said in texts([block for block in message["blocks"] if block["type"] != "actions"]):
            assert said.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;") in text or said in text
        assert "<https://" in text


def test_a_text_that_is_too_long_says_so() -> None:
    """A code block is left out as a whole: half of one would break the markup. What follows may still fit."""
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in ("first", "长" * 40, "last")]
    assert plain({"text": "hi", "blocks": sections}, 60)["text"] == "first\n\n…\n\nlast"


def test_a_chart_in_an_unknown_form_is_left_out() -> None:
    """Slack may return a chart otherwise than it was sent."""
    blocks = [{"type": "data_visualization", "chart": None}, {"type": "divider"}]
    assert simplified({"text": "hi", "blocks": blocks}, REPLACEABLE)["blocks"] == [{"type": "divider"}]
    assert plain({"text": "hi", "blocks": blocks}, 60) == {"text": "hi"}


def test_answers_to_commands_have_blocks_that_every_workspace_accepts(catalogue: Catalogue) -> None:
    """They travel in the acknowledgement, whose refusal Slack does not tell."""
    entries = tuple(catalogue)[:9]
    finding = Finding(6000106, True, 1, (0, 7), next(iter(Evidence)))
    replies = (
        Explained(entries),
        Found("x", entries),
        Listing(catalogue.sections),
        Usage(),
        WhyReply(((finding, None),), (), Act.REPLY, is_written=True),
    )
    for reply in replies:
        assert not {*types_of(Renderer(catalogue).message(reply, Language.EN))} & {*REPLACEABLE}


def test_what_is_remembered_stays_readable_as_text(catalogue: Catalogue) -> None:
    """A line of its own for each of what helped; dates and URLs are written out."""
    helped = tuple(Helped(line, "lin", 0.0, "") for line in ("rotated <it>", "restarted"))
    memory = CodeMemory(6000106, helped, TeamNote("see https://x.example/a", "ann", 0.0))
    explained = Explained((catalogue[6000106],), memories=(memory,))
    lines = plain(Renderer(catalogue).message(explained, Language.EN), 10_000)["text"].split("\n")
    assert "Team note (ann, 1970-01-01): see https://x.example/a" in lines
    assert "• 1970-01-01, lin: rotated &lt;it&gt;" in lines
    assert "• 1970-01-01, lin: restarted" in lines
