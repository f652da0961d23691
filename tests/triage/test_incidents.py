"""Test the likely cause of composed incidents, in each form of log."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.triage.digest import ConnectionEvent, Digest
from tests.triage.feed import triage_of
from tests.triage.incident_logs import FORMS, Incident, without_users

HOUR = 3600.0
MINUTE = 60.0
Expected = tuple[int | None, ConnectionEvent | None]  # the code and the event that are the cause
KICKED_OUT, TOKEN_EXPIRED = ConnectionEvent.KICKED_OUT, ConnectionEvent.TOKEN_EXPIRED


def stray_token(incident: Incident) -> Incident:
    """Add an expired Token with two followers half an hour before the incident."""
    incident.errors(6000106, 1, 60, 61, user="u900", method="login")
    return incident.errors(6000121, 2, 62, 70, user="u900")


def token_storm() -> Incident:
    """Return a log in which the Tokens of many users expire."""
    incident = Incident().errors(6000106, 60, 1800, 2200, users=400, method="login")
    return incident.errors(6000121, 400, 1805, 2500, users=400).errors(6000204, 3, 0, 3000).noise(600, HOUR)


def token_event() -> Incident:
    """Return a log in which only events show that the Tokens expired."""
    incident = Incident().errors(TOKEN_EXPIRED, 40, 1800, 2200)
    return incident.errors(6000121, 300, 1805, 2500, users=200).errors(6000204, 1, 10, 20).noise(600, HOUR)


def kick_out_wave() -> Incident:
    """Return a log in which many accounts log in elsewhere."""
    incident = Incident().errors(KICKED_OUT, 35, 1800, 2600)
    return incident.errors(6000121, 300, 1805, 2900, users=200).errors(6000204, 1, 10, 20).noise(600, HOUR)


def kick_out_of_one() -> Incident:
    """Return a log of one device that is kicked out once and does not stop calling."""
    return Incident().errors(KICKED_OUT, 1, 100, 101).errors(6000121, 60, 102, 1500).noise(100, HOUR)


def outage() -> Incident:
    """Return a log of a network outage: timeouts first, then no connection, at last no login."""
    incident = Incident().errors(6000105, 80, 1795, 2200, users=200).errors(6000104, 130, 1800, 2200, users=200)
    incident.errors(6000009, 50, 1800, 2200, users=200).errors(6000121, 100, 2100, 2300, users=200)
    incident.errors(ConnectionEvent.LOGIN_INTERRUPTED, 50, 1800, 2200).errors(
        ConnectionEvent.LOGIN_TIMEOUT, 20, 2000, 2200
    )
    return incident.errors(6000103, 1, 10, 20, users=9).errors(6000001, 1, 30, 40, users=9).noise(600, HOUR)


def callback_down() -> Incident:
    """Return a log in which the app's own callback refuses all messages."""
    return Incident().errors(6000230, 400, 0, HOUR, users=90).errors(6000001, 1, 5, 6, users=9).noise(100, HOUR)


def limits() -> Incident:
    """Return a log in which calls come too fast, and a few users are not in their rooms."""
    incident = Incident().errors(6000354, 120, 1800, 1900, users=80).errors(6000005, 70, 1800, 1900, users=80)
    incident.errors(6000004, 16, 1800, 1900, users=80).errors(6000321, 12, 1810, 1900, user="u7", room="r1")
    return incident.errors(6000331, 25, 1811, 1900, user="u7", room="r1").noise(600, HOUR)


def plan_limit() -> Incident:
    """Return a log in which the plan's monthly users are used up."""
    incident = Incident().errors(6000016, 90, 1800, 2200, users=400, method="login")
    return incident.errors(6000121, 440, 1801, 2400, users=400).errors(6000106, 2, 500, 600, users=9).noise(600, HOUR)


def not_created() -> Incident:
    """Return a log in which the SDK was not created."""
    incident = Incident().errors(6000002, 70, 100, 900, users=300, method="login")
    return incident.errors(6000121, 280, 101, 1000, users=300).noise(300, HOUR)


def wrong_app_id() -> Incident:
    """Return a log of one device in which the AppID is refused."""
    incident = Incident().errors(6000003, 80, 100, 900, user="u1", method="login")
    return incident.errors(6000121, 240, 101, 950, user="u1").noise(300, HOUR)


def stray_then_plan_limit() -> Incident:
    """Return a log with a stray Token error, and the plan's limit half an hour later."""
    return stray_token(Incident().errors(6000016, 300, 1900, 2300, users=200, method="login").noise(100, HOUR))


def stray_then_outage() -> Incident:
    """Return a log with a stray Token error, and an outage half an hour later."""
    return stray_token(outage())


def stray_then_limits() -> Incident:
    """Return a log with a stray Token error, and too many calls half an hour later."""
    return stray_token(Incident().errors(6000354, 130, 1900, 2000, users=99).errors(6000005, 80, 1900, 2000, users=99))


def users_apart() -> Incident:
    """Return a log in which the Token of one user expires, and others call without a login."""
    return Incident().errors(6000106, 1, 0, 1, user="alice").errors(6000121, 200, 5, 280, users=40)


def rooms_apart() -> Incident:
    """Return a log in which one user is not in room A, and room B has a fault."""
    incident = Incident().errors(6000321, 1, 0, 1, user="u1", room="A")
    return incident.errors(6000331, 40, 5, 250, user="u1", room="B")


def chained_for_hours() -> Incident:
    """Return a log with one network error, and calls without a login for two hours after it."""
    return Incident().errors(6000104, 1, 0, 1).errors(6000121, 90, 2, 2 * HOUR)


def pending_invitation() -> Incident:
    """Return a log in which an invited user writes before they have accepted."""
    incident = Incident().errors(6000544, 1, 0, 1, user="u1", method="inviteUsersIntoGroup")
    return incident.errors(6000521, 10, 10, 100, user="u2")


def almost_all() -> Incident:
    """Return a log with one error of another kind among hundreds."""
    return Incident().errors(6000524, 1, 0, 1).errors(6000204, 300, 60, 900).noise(100, HOUR)


def uikit_not_connected() -> Incident:
    """Return a log in which UIKit refuses calls, because ZIM is not activated."""
    incident = Incident().errors(6000014, 2, 10, 12, method="login")
    incident.errors(ConnectionEvent.SIGNALING_NOT_CONNECTED, 30, 20, 280)
    return incident.errors(6000204, 3, 400, 500)


def uikit_without_login() -> Incident:
    """Return a log in which nobody logs in, and UIKit says so more often than ZIM."""
    incident = Incident().errors(6000121, 20, 0, 200)
    return incident.errors(ConnectionEvent.SIGNALING_NOT_CONNECTED, 40, 1, 250).errors(6000204, 3, 400, 500)


def nothing_in_common() -> Incident:
    """Return a log in which three things go wrong, each about as often."""
    incident = Incident().errors(6000204, 10, 0, HOUR).errors(6000353, 9, 0, HOUR)
    return incident.errors(6000214, 8, 0, HOUR)


SCENARIOS: dict[Callable[[], Incident], Expected] = {
    token_storm: (6000106, None),
    token_event: (6000121, TOKEN_EXPIRED),
    kick_out_wave: (6000121, KICKED_OUT),
    kick_out_of_one: (6000121, KICKED_OUT),
    outage: (6000104, None),
    callback_down: (6000230, None),
    limits: (6000354, None),
    plan_limit: (6000016, None),
    not_created: (6000002, None),
    wrong_app_id: (6000003, None),
    stray_then_plan_limit: (6000016, None),
    stray_then_outage: (6000104, None),
    stray_then_limits: (6000354, None),
    users_apart: (6000121, None),
    rooms_apart: (6000331, None),
    chained_for_hours: (6000121, None),
    pending_invitation: (6000544, None),
    almost_all: (6000204, None),
    uikit_not_connected: (6000014, None),
    uikit_without_login: (6000121, None),
    nothing_in_common: (None, None),
}
ABOUT_USERS = (users_apart, rooms_apart)  # these are about whom and where, so their lines must name it


def digest_of(incident: Incident, form: str) -> Digest:
    """Triage *incident* as a log of one form."""
    return triage_of({"app.log": incident.log(form)})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_the_true_cause_is_named(scenario: Callable[[], Incident], form: str) -> None:
    """On-call engineers act on the first line."""
    digest = digest_of(scenario(), form)
    assert (digest.cause, digest.cause_event) == SCENARIOS[scenario]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "scenario", [each for each in SCENARIOS if each not in ABOUT_USERS], ids=lambda each: each.__name__
)
def test_the_true_cause_is_named_if_no_line_names_a_user(scenario: Callable[[], Incident], form: str) -> None:
    """Most logs of a device do not name its user."""
    digest = digest_of(without_users(scenario()), form)
    assert (digest.cause, digest.cause_event) == SCENARIOS[scenario]


@pytest.mark.parametrize("form", FORMS)
def test_followers_are_counted_for_the_cause_alone(form: str) -> None:
    """The followers of a stray are not those of the outage."""
    digest = digest_of(stray_then_outage(), form)
    by_code = {row.code: row for row in digest.rows}
    assert digest.family == "network"
    assert by_code[6000121].explained == 100
    assert by_code[6000106].explained == 0
    assert digest.explained == 80 + 130 + 50 + 100
    assert digest.share == pytest.approx(360 / digest.hits)


def test_many_users_are_not_one_users_network() -> None:
    """Sixty people did not lose their Wi-Fi at the same minute; one person may have."""
    many, one = digest_of(outage(), "logcat"), digest_of(without_users(outage()), "logcat")
    assert many.advice is not None
    assert one.advice is not None
    assert (many.advice.actor, one.advice.actor) == ("operator", "end-user")
    assert many.advice.steps != one.advice.steps


def test_users_are_counted_over_the_cause_and_its_followers() -> None:
    """Whether one customer or all are hit is the first question of an incident."""
    incident = Incident().errors(6000106, 1, 0, 1, user="u1").errors(6000121, 3, 2, 9, user="u1")
    incident.errors(6000106, 3, 0, 1, users=0).errors(6000204, 2, 20, 30, user="u9")
    digest = digest_of(incident, "logcat")
    assert (digest.affected.count, digest.affected.is_partial) == (1, True)
    storm = digest_of(token_storm(), "json").affected
    assert storm.count > 200
    assert not storm.is_partial


def test_the_rivals_are_ranked_with_their_shares() -> None:
    """Where nothing explains half, the reader gets the likeliest, not a guess."""
    rivals = digest_of(nothing_in_common(), "web").rivals
    assert [(rival.codes[0], round(rival.share, 2)) for rival in rivals] == [
        (6000204, 0.37),
        (6000353, 0.33),
        (6000214, 0.3),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_an_event_has_evidence_and_a_place(form: str) -> None:
    """The reader looks the event up in the log."""
    digest = digest_of(kick_out_wave(), form)
    (event,) = digest.events
    assert (event.name, event.count) == (KICKED_OUT, 35)
    assert event.first.line < event.last.line
    assert digest.excerpts[0].sign is KICKED_OUT
    assert digest.excerpts[0].line == event.first.line


def test_events_alone_are_a_cause_too() -> None:
    """A log of the minutes before the first failed call has no code yet."""
    digest = digest_of(Incident().errors(KICKED_OUT, 3, 10, 20).noise(50, HOUR), "web")
    assert (digest.cause, digest.cause_event, digest.share, digest.rows) == (None, KICKED_OUT, None, ())


def test_the_cause_may_be_in_a_later_file() -> None:
    """The app's log names the followers, the SDK's log the event; archives list them in any order."""
    app = Incident().errors(6000121, 50, 100, 400).log("logcat")
    sdk = Incident().errors(TOKEN_EXPIRED, 1, 90, 91).noise(20, HOUR).log("logcat")
    for logs in ({"app.log": app, "sdk.log": sdk}, {"sdk.log": sdk, "app.log": app}):
        digest = triage_of(logs)
        assert (digest.cause, digest.cause_event) == (6000121, TOKEN_EXPIRED)
