"""Test the Home tab: it fits Slack's limits, in every language."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy.home_content import HomeContent
from bot.policy.replies import Note
from bot.render.renderer import Renderer
from bot.sandbox.block_schema import check_view
from bot.settings import Retention
from bot.storage.annotation_store import MessageRef
from bot.storage.change_store import Changed, ChannelChange, IgnoredContext
from bot.storage.channel_store import ChannelState, SetBy, Votes
from bot.storage.incident_store import Incident, Status
from bot.storage.sighting_store import CodeTrend, Seen
from bot.storage.watch_store import Watch

MANY = 11  # one more than is shown
REF, BY = MessageRef("T1", "C1", "2.0"), SetBy("U1", 1.0)
INCIDENT = Incident(
    REF, "1.0", "thread:1.0", "en", 6000106, Status.TAKEN, "U1", 1.0, escalated_by="U2", escalated_at=2.0
)
WATCH = Watch(1, "T1", "C1", "code:6000104", 10, 300, True, "S1", "U1", 1.0, since=2.0, alert_ts="4.0")
TAKEN_ALERT = Incident(replace(REF, ts="4.0"), "4.0", "", "en", 6000104, Status.TAKEN, "U3", 1.0)
TREND = CodeTrend(6000106, 3, 0, (0,) * 23 + (3,), Seen("C1", "1.0"), Seen("C1", "1.0"))
STATE = ChannelState("zh", "react", Votes(), BY, BY, "me", BY)
CHANGE = ChannelChange(1, Changed.MODE, "U1", 1.0, {"after": "react", "before": [None, None, None]})
CONTEXT = IgnoredContext("f" * 16, 6000104, "U1", 1.0, 2.0, "https://example.slack.com/archives/C1/p1?a=1&b=2")


@pytest.mark.parametrize("language", list(Language))
def test_the_fullest_tab_is_valid(catalogue: Catalogue, language: Language) -> None:
    """Slack refuses more than 100 blocks. Of each kind, the latest ten are shown, and that there are more."""
    content = HomeContent(
        True, Retention(), 3.0, ((WATCH, TAKEN_ALERT),) * MANY, (INCIDENT,) * MANY,
        {REF: CONTEXT.link, replace(REF, ts="4.0"): CONTEXT.link}, (TREND,) * MANY, (("C1", STATE),) * MANY,
        (("C1", CHANGE),) * MANY, (("C1", CONTEXT),) * MANY, (6000106,) * 10,
    )  # fmt: skip
    view = Renderer(catalogue).home(language, content, Note("too_late"))
    check_view(view)
    assert len(view["blocks"]) < 100
    assert str(view).count("<@U2>") == str(view).count("<@U3>") == 10
    assert str(view).count("home_undo") == str(view).count("home_forget") == str(view).count("home_show") == 10
    assert "&amp;b=2" in str(view)


def test_an_empty_tab_says_what_there_would_be(catalogue: Catalogue) -> None:
    """A newcomer sees what the tab is for."""
    view = Renderer(catalogue).home(Language.EN, HomeContent(True, Retention(7, 90), 3.0), None)
    check_view(view)
    text = str(view)
    assert "Nothing is open in your channels" in text
    assert "for 7 days" in text
    assert "for 90 days" in text
    assert "Recent lookups" not in text


def test_an_alert_without_an_incident_is_not_nothing(catalogue: Catalogue) -> None:
    """The tab must not say right below an alert that nothing is open."""
    view = Renderer(catalogue).home(Language.EN, HomeContent(True, Retention(), 3.0, ((WATCH, None),)), None)
    assert "Open alerts" in str(view)
    assert "Nothing is open" not in str(view)


def test_the_lookups_are_shown_without_channels(catalogue: Catalogue) -> None:
    """Slack is not asked for them. A code of another version of the catalogue has no title."""
    view = Renderer(catalogue).home(Language.EN, HomeContent(False, Retention(), 3.0, lookups=(6000106, 6009999)), None)
    check_view(view)
    lines = [block["text"]["text"] for block in view["blocks"] if "home_show" in str(block.get("accessory"))]
    assert lines == ["*6000106*  Token expired", "*6009999*"]
