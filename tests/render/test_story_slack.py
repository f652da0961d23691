"""Tests for the story of a thread or channel, and for the handoff of a shift."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.oncall.story import HandoffReply, StoryReply
from bot.render.renderer import Renderer
from bot.storage.annotation_store import LogRecord, MessageRef
from bot.storage.incident_store import IncidentEvent, Status
from bot.storage.story_store import Chapter, CodeCount
from bot.storage.watch_store import Watch
from bot.triage.summary import TriageSummary
from tests.render.digests import HOSTILE
from tests.render.incidents import AT, incident
from tests.render.kit_rules import assert_sendable
from tests.render.test_digest_slack import LANGUAGES
from tests.scenarios.reading import shown

LINK = "https://demo.slack.com/archives/C1/p10"
SUMMARY = TriageSummary("6000106", 6000106, AT - 600, AT, True, 70, 5, True)
REF = MessageRef("T1", "C1", f"{AT:.6f}")
FREE = Chapter(REF, LogRecord(AT, SUMMARY), None)
TAKEN = replace(
    FREE,
    incident=incident(Status.TAKEN, escalated_by="U0ANN", escalated_at=AT + 60),
    events=(IncidentEvent("taken", "U0LIN", AT), IncidentEvent("escalated", "U0ANN", AT + 60)),
)
DONE = replace(
    FREE,
    log=None,
    incident=incident(Status.RESOLVED, helped=f"rotated {HOSTILE}"),
    events=(IncidentEvent("taken", "U0BEN", AT), IncidentEvent("later kind", "U0BEN", AT)),
)
CODES = (CodeCount(6000106, 12, "1.0", "2.0"), CodeCount(6009999, 1, "1.0", "1.0"))
_RULE = ("code:6000104", 10, 300, False, "S0ONCALL")
ALERT = Watch(1, "T1", "C1", *_RULE, "U1", AT, since=AT, alert_ts="9.0", shown_count=12)
STORY = StoryReply(True, (FREE, TAKEN, DONE), CODES, 3, links={REF.ts: LINK, "1.0": LINK})
HANDOFF = HandoffReply(8, (FREE, TAKEN, DONE), CODES, 3, links={REF.ts: LINK}, names={"U0LIN": "Lin <!here>"})


def test_the_story_names_cause_start_owner_and_what_was_tried(catalogue: Catalogue) -> None:
    """A person who joins at 4 a.m. reads these first."""
    lines = shown(Renderer(catalogue).message(STORY, Language.EN)).splitlines()
    assert lines[:4] == [
        "*The story of this thread so far*",
        f"*<{LINK}|6000106 · Token expired>*",
        "Nobody is on it yet",
        "Since <!date^1795499400^{date_short_pretty} {time}|2026-11-24 05:50 UTC> · reported "
        "<!date^1795500000^{date_short_pretty} {time}|2026-11-24 06:00 UTC> · 70 errors · at least 5 users or devices"
        " · errors still occurring at the end of the log",
    ]
    assert lines[5].startswith(":eyes: <@U0LIN> is on it")
    assert lines[8:11] == [
        "What happened:",
        "• <@U0LIN> took it (<!date^1795500000^{date_short_pretty} {time}|2026-11-24 06:00 UTC>)",
        "• <@U0ANN> escalated it (<!date^1795500060^{date_short_pretty} {time}|2026-11-24 06:01 UTC>)",
    ]
    assert lines[12].startswith(":white_check_mark: <@U0LIN> resolved this")
    assert any(line.startswith("• *6000106*  Token expired") and f"<{LINK}|first> <!date^1^" in line for line in lines)
    assert any(line.startswith("• *6009999* · *1* time · ") for line in lines)


def test_a_start_is_not_guessed(catalogue: Catalogue) -> None:
    """A log without a zone tells no moment: the story says when it was reported."""
    for summary in (replace(SUMMARY, has_zone=False), replace(SUMMARY, first=60_000.0), replace(SUMMARY, first=None)):
        reply = replace(STORY, chapters=(replace(FREE, log=LogRecord(AT, summary)),))
        text = shown(Renderer(catalogue).message(reply, Language.EN))
        assert "Since" not in text
        assert "reported <!date^1795500000^" in text


def test_a_cause_without_a_code_has_a_name(catalogue: Catalogue) -> None:
    """An event of the SDK may be the cause, or there may be no single cause."""
    for cause, name in (("KICKED_OUT", "*KICKED_OUT*"), ("", "*No single cause stands out*")):
        log = LogRecord(AT, replace(SUMMARY, cause=cause, code=None))
        text = shown(
            Renderer(catalogue).message(replace(STORY, chapters=(replace(FREE, log=log),), links={}), Language.EN)
        )
        assert name in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "reply",
    [
        STORY,
        replace(STORY, is_thread=False, links={}, number=40, alerts=(ALERT,)),
        replace(STORY, chapters=(DONE,) * 15, codes=CODES * 5),
        *(StoryReply(is_thread, (), ()) for is_thread in (True, False)),
        HANDOFF,
        replace(HANDOFF, alerts=(ALERT,) * 20, links={"9.0": LINK}),
        replace(HANDOFF, hours=1, chapters=(TAKEN,) * 15, names={}),
        HandoffReply(12, (), ()),
    ],
)
def test_slack_accepts_them(catalogue: Catalogue, reply: StoryReply | HandoffReply, language: Language) -> None:
    """This holds for hostile text and for long histories."""
    message = Renderer(catalogue).message(reply, language)
    assert_sendable(message)
    assert "<!here" not in str(message)
    assert "<!channel" not in str(message)


def test_what_was_tried_in_vain_stays(catalogue: Catalogue) -> None:
    """An incident that was reopened shows what did not help."""
    events = (
        IncidentEvent("resolved", "U0LIN", AT, "restarted the gateway <!here>"),
        IncidentEvent("released", "U0ANN", AT + 60),
        IncidentEvent("taken", "U0ANN", AT + 120),
    )
    reply = replace(STORY, chapters=(replace(TAKEN, events=events),))
    lines = shown(Renderer(catalogue).message(reply, Language.EN)).splitlines()
    happened = lines[lines.index("What happened:") + 1 :]
    assert happened[0].startswith("• <@U0LIN> resolved it (")
    assert happened[0].endswith("): restarted the gateway &lt;!here&gt;")
    assert happened[1].startswith("• <@U0ANN> reopened it (")
    assert happened[2].startswith("• <@U0ANN> took it (")


def test_a_resolved_incident_tells_once_what_helped_and_not_that_it_goes_on(catalogue: Catalogue) -> None:
    """The log ended before it was resolved."""
    events = (IncidentEvent("taken", "U0LIN", AT), IncidentEvent("resolved", "U0LIN", AT, "rotated it"))
    done = replace(FREE, incident=incident(Status.RESOLVED, helped="rotated it"), events=events)
    text = shown(Renderer(catalogue).message(replace(STORY, chapters=(done,)), Language.EN))
    assert text.count("rotated it") == 1
    assert "still occurring" not in text


def test_alerts_come_first(catalogue: Catalogue) -> None:
    """They are the most urgent; the group that they called is not called again."""
    for reply in (
        replace(STORY, is_thread=False, alerts=(ALERT,), links={"9.0": LINK}),
        replace(HANDOFF, alerts=(ALERT,), links={"9.0": LINK}),
    ):
        text = shown(Renderer(catalogue).message(reply, Language.EN))
        alert = text.index(":rotating_light: *6000104*  Network error: *12* messages since <!date^1795500000^")
        assert f"still going on (<{LINK}|alert>)" in text
        assert alert < text.index("6000106 · Token expired")
        assert "S0ONCALL" not in text


def test_an_alert_with_an_owner_is_one_item(catalogue: Catalogue) -> None:
    """Its first line says how often and that it goes on, the next one who has it."""
    taken = Chapter(REF, None, replace(incident(Status.TAKEN), source="", code=6000104), alert=ALERT)
    lines = shown(Renderer(catalogue).message(replace(STORY, chapters=(taken,)), Language.EN)).splitlines()
    assert lines[1].startswith(":rotating_light: *6000104*  Network error: *12* messages since ")
    assert lines[1].endswith(f"still going on (<{LINK}|alert>)")
    assert lines[2].startswith(":eyes: <@U0LIN> is on it")
    (line,) = shown(Renderer(catalogue).message(replace(HANDOFF, chapters=(taken,)), Language.EN)).splitlines()[2:3]
    assert line.startswith("• :rotating_light: *6000104*  Network error: *12* messages since ")
    assert f"still going on (<{LINK}|alert>): Lin &lt;!here&gt; is on it (since <!date" in line


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_handoff_mentions_nobody(catalogue: Catalogue, language: Language) -> None:
    """It may be shared, and a mention would wake people up."""
    text = shown(Renderer(catalogue).message(HANDOFF, language))
    assert "<@" not in text
    assert "Lin &lt;!here&gt;" in text


def test_a_handoff_has_three_parts(catalogue: Catalogue) -> None:
    """Open, resolved, new: in the order in which the next shift needs them."""
    lines = shown(Renderer(catalogue).message(HANDOFF, Language.EN)).splitlines()
    assert [line for line in lines if line.startswith("*")] == [
        "*Handoff: the last 8 hours*",
        "*Open*",
        "*Resolved*",
        "*New codes* (not seen here in the 30 days before)",
    ]
    assert lines[2].startswith(f"• *<{LINK}|6000106 · Token expired>*: nobody is on it (reported <!date")
    assert lines[3].startswith(f"• *<{LINK}|6000106 · Token expired>*: Lin &lt;!here&gt; is on it (since <!date")
    assert ", escalated <!date^1795500060^" in lines[3]
    empty = shown(Renderer(catalogue).message(HandoffReply(8, (), ()), Language.EN))
    assert "Nothing is open." in empty
