"""Tests for the lines, buttons and dialogs about who is on an incident."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, words
from bot.oncall.watches import AlertState
from bot.policy.replies import Overdue, TakenOver, Triaged
from bot.render import block_kit, digest_slack, incident_slack, watch_slack
from bot.render.incident_slack import with_state
from bot.render.message_forms import plain
from bot.render.snooze_slack import SNOOZE
from bot.storage.incident_store import Status
from tests.render.digests import bundle, expired
from tests.render.incidents import AT, incident
from tests.render.kit_rules import assert_sendable, texts
from tests.render.test_digest_slack import LANGUAGES, SOURCE, rendered
from tests.render.test_renderer import WATCHES, alert

LINK = "https://demo.slack.com/archives/C1/p10"


@pytest.mark.parametrize("can_escalate", [True, False])
def test_the_likeliest_button_is_the_first(catalogue: Catalogue, can_escalate: bool) -> None:
    """At 3 a.m. a row of five equal buttons is read five times; the rare ones are in the menu."""
    triaged = Triaged(expired(), SOURCE)
    message = digest_slack.message(catalogue, triaged, words(Language.EN), can_escalate=can_escalate)
    *buttons, menu = message["blocks"][-1]["elements"]
    escalate = [incident_slack.TRIAGE_ESCALATE] if can_escalate else []
    assert acts_of(buttons) == [incident_slack.TRIAGE_TAKE, *escalate, incident_slack.TRIAGE_REPORT]
    assert [button.get("style") for button in buttons] == ["primary", *[None] * (len(buttons) - 1)]
    assert menu["type"] == "overflow"
    assert labels_of(menu) == ["Resolved", "Text for ZEGO support", "中文", "Snooze", "Mark as wrong"]
    assert "confirm" not in menu  # Slack would ask about the language, too


@pytest.mark.parametrize("can_escalate", [True, False])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_status_has_the_buttons_that_fit_it(catalogue: Catalogue, language: Language, can_escalate: bool) -> None:
    """At most three buttons; what an owner does next is the first, and nothing can't be reached."""
    free = digest_slack.message(catalogue, Triaged(expired(), SOURCE), words(language), can_escalate=can_escalate)
    free["blocks"] = block_kit.converted(free["blocks"], language)
    expected = {
        Status.OPEN: ["triage_take", *["triage_escalate"] * can_escalate, "triage_report"],
        Status.TAKEN: ["triage_resolve", "triage_release", "triage_escalate" if can_escalate else "triage_report"],
        Status.RELEASED: ["triage_take", *["triage_escalate"] * can_escalate, "triage_report"],
        Status.RESOLVED: ["triage_reopen", "triage_report"],
    }
    shown = free
    for status, acts in expected.items():
        shown = with_state(shown, incident(status, language), can_escalate=can_escalate)
        *buttons, menu = shown["blocks"][-1]["elements"]
        assert acts_of(buttons) == acts
        reachable = {*acts, *(incident_slack.act_of(option["value"]) for option in menu["options"])}
        assert reachable >= {"triage_report", "triage_packet", "triage_language", SNOOZE, "triage_wrong"}
        assert len(menu["options"]) <= 5  # Slack's limit
        is_one_for_both = status is Status.TAKEN and can_escalate  # see test_one_button_releases_or_takes_over
        assert ("triage_take" in reachable) is (status is not Status.RESOLVED and not is_one_for_both)
        assert all(len(option["value"]) <= 150 for option in menu["options"])
        assert_sendable(shown)
    assert with_state(shown, incident(language=language, version=0), can_escalate=can_escalate) == free


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_shows_who_is_on_it(catalogue: Catalogue, language: Language, state: AlertState) -> None:
    """As a triage does, without what needs a log."""
    free = block_kit.converted(watch_slack.alert(catalogue, alert(WATCHES[2], state, 10), words(language)), language)
    expected = {
        Status.OPEN: ["triage_take", "triage_resolve"],
        Status.TAKEN: ["triage_resolve", "triage_release", "triage_take"],
        Status.RELEASED: ["triage_take", "triage_resolve"],
        Status.RESOLVED: ["triage_reopen"],
    }
    shown = free
    for status, acts in expected.items():
        shown = with_state(shown, replace(incident(status, language), source="", code=6000104))
        assert acts_of(shown["blocks"][-1]["elements"]) == acts
        assert_sendable(shown)
    line = shown["blocks"][0]["text"]["text"]
    assert line.startswith(":white_check_mark: <@U0LIN> ")
    assert shown["text"] == f"{line}\n{free['text']}"
    assert shown["blocks"][1:-1] == free["blocks"][:-1]
    assert with_state(shown, replace(incident(language=language), source="", code=6000104)) == free


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_state_is_in_the_first_line(catalogue: Catalogue, language: Language) -> None:
    """The next reader must see that someone is on it. It mentions only the people who acted."""
    free = rendered(bundle(), catalogue, language)
    shown = with_state(free, incident(Status.TAKEN, language))
    line = shown["blocks"][0]["text"]["text"]
    assert line.startswith(":eyes: <@U0LIN> ")
    assert "<!date^1795500000^" in line
    assert shown["text"] == f"{line}\n{free['text']}"
    assert shown["blocks"][1:-1] == free["blocks"][:-1]
    both = incident(Status.TAKEN, language, escalated_by="U0ANN", escalated_at=AT + 60, version=2)
    again = with_state(shown, both)
    assert again["text"].splitlines()[2:] == free["text"].splitlines()
    assert plain(again, 12_000)["text"].splitlines()[:2] == again["text"].splitlines()[:2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_helped_is_shown_literally(catalogue: Catalogue, language: Language) -> None:
    """Typed text can neither mention anybody nor link."""
    helped = "<!channel> rotated the ServerSecret <https://evil.example|x>"
    shown = with_state(rendered(expired(), catalogue, language), incident(Status.RESOLVED, language, helped=helped))
    line = shown["blocks"][0]["text"]["text"]
    assert line.startswith(":white_check_mark: <@U0LIN> ")
    assert "rotated the ServerSecret" in line
    assert "<!channel" not in line
    assert "<https" not in line
    assert_sendable(shown)


def test_a_message_that_is_no_triage_any_more_shows_no_state() -> None:
    """Somebody marked the triage as wrong while another person was being called to it."""
    removed = block_kit.message("marked as wrong", [block_kit.section("marked as wrong")])
    assert with_state(removed, incident(Status.TAKEN)) == removed


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dialogs_bring_back_their_origin(language: Language) -> None:
    """The dialog that asks whether to take over names the owner and the minutes since they took the incident."""
    asked = incident_slack.take_over(incident(Status.TAKEN), 2, "origin", words(language))
    assert (asked["callback_id"], asked["private_metadata"]) == (incident_slack.TRIAGE_TAKE, "origin")
    (text,) = texts(asked["blocks"])
    assert "<@U0LIN>" in text
    assert "2" in text
    helped = incident_slack.resolution("origin", words(language))
    assert helped["blocks"][0]["optional"]
    assert (helped["callback_id"], helped["private_metadata"]) == (incident_slack.TRIAGE_RESOLVE, "origin")


@pytest.mark.parametrize("link", [LINK, ""])
@pytest.mark.parametrize("language", LANGUAGES)
def test_direct_messages_name_the_triage(language: Language, link: str) -> None:
    """They are read far from the channel; Slack may give no link."""
    for payload in (
        *(incident_slack.taken_over(TakenOver("U0ANN", "C1", link, of), words(language)) for of in (False, True)),
        *(incident_slack.overdue(Overdue(AT, "C1", link, of), words(language)) for of in (False, True)),
    ):
        assert "<#C1>" in payload["text"]
        assert (f"<{LINK}|" in payload["text"]) is bool(link)
        assert "<|" not in payload["text"]


def acts_of(elements: list[dict[str, Any]]) -> list[str]:
    """The action ids of buttons."""
    return [element["action_id"] for element in elements]


def labels_of(menu: dict[str, Any]) -> list[str]:
    """The texts of the options of a menu, after a check of their values."""
    assert all(json.loads(option["value"])["act"] for option in menu["options"])
    return [option["text"]["text"] for option in menu["options"]]
