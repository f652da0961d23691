"""Check that the cascade rules are sound and complete, and fold their own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalogue import loader
from bot.catalogue.entry import Severity
from bot.errors import CatalogueError
from bot.triage.cascades import CascadeRule, Cascades, Same
from bot.triage.digest import ConnectionEvent, Digest
from tests.triage.feed import CASCADES, CATALOGUE, line_at, triage_of


def mistakes(tmp_path: Path, old: str, new: str) -> list[str]:
    """Return the faults that are reported for the shipped file with one replacement."""
    path = tmp_path / "cascades.yaml"
    content = Path("data/cascades.yaml").read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        loader.validated(path, Cascades)
    return list(caught.value.faults)


RULES = pytest.mark.parametrize("rule", CASCADES.rules, ids=lambda rule: str(rule.sign))
EVENT_LINE = "onConnectionStateChanged state=DISCONNECTED event={event}"


def composed(rule: CascadeRule, pause: float, *, cause: str = "", follower: str = "") -> Digest:
    """Triage a log in which each follower comes *pause* seconds after the cause, with more text in the lines."""
    first = rule.cause if rule.event is None else EVENT_LINE.format(event=rule.event)
    lines = [line_at(0, first or "", cause), *(line_at(pause, code, follower) for code in rule.followers)]
    return triage_of({"": "\n".join(lines)})


def followed(rule: CascadeRule, digest: Digest) -> set[int]:
    """Return the codes that follow the cause of *rule*."""
    return {row.code for row in digest.rows if row.follows == rule.sign}


@RULES
def test_a_rule_folds_its_own_example(rule: CascadeRule) -> None:
    """An example that shows something else would mislead reviewers."""
    digest = triage_of({"": "\n".join(rule.example)})
    assert rule.sign in (digest.cause, digest.cause_event)
    assert digest.share == 1.0
    assert {row.code for row in digest.rows} == {*rule.followers, *([rule.cause] if rule.event is None else [])}
    assert followed(rule, digest) == set(rule.followers)
    assert not digest.unknown


@RULES
def test_a_rule_holds_for_the_same_user_in_the_same_place(rule: CascadeRule) -> None:
    """Lines of one user, room, group and call belong together, up to the end of the window."""
    ids = "userID=u1 roomID=r1 groupID=g1 callID=c1"
    assert followed(rule, composed(rule, rule.window_s, cause=ids, follower=ids)) == set(rule.followers)


@RULES
def test_a_rule_does_not_hold_after_its_window(rule: CascadeRule) -> None:
    """What comes much later has another reason."""
    assert followed(rule, composed(rule, rule.window_s + 1)) == set()


@RULES
def test_a_rule_does_not_hold_before_the_cause(rule: CascadeRule) -> None:
    """A cause comes first."""
    assert followed(rule, composed(rule, -1)) == set()


@RULES
@pytest.mark.parametrize("same", list(Same))
def test_a_rule_does_not_hold_for_another_user_or_place(rule: CascadeRule, same: Same) -> None:
    """The expired Token of one user says nothing about another, a full room nothing about the next."""
    one, other = f"{same}ID=one", f"{same}ID=other"
    expected = set() if same in rule.same else set(rule.followers)
    assert followed(rule, composed(rule, 1, cause=one, follower=other)) == expected
    assert followed(rule, composed(rule, 1, cause=one)) == set(rule.followers)
    assert followed(rule, composed(rule, 1, follower=other)) == set(rule.followers)


@pytest.mark.parametrize(
    ("cause", "follower"),
    [
        (6000007, 6000272), (6000101, 6000005), (6000103, 6000005), (6000107, 6000005), (6000104, 6000220),
        (6000321, 6000330), (6000523, 6000204), (6000106, 6000204), (6000121, 6000106),
    ],
)  # fmt: skip
def test_codes_without_a_rule_are_not_linked(cause: int, follower: int) -> None:
    """Each of these pairs came in one log by chance, or says more about the follower than about the cause."""
    digest = triage_of({"": "\n".join([line_at(0, cause), line_at(1, follower)])})
    assert all(row.follows is None for row in digest.rows)


def test_every_code_in_a_rule_or_class_is_in_the_catalogue() -> None:
    """A mistyped code would never match, and nobody would notice."""
    named = {code for each in CASCADES.classes for code in each.codes}
    named |= {code for family in CASCADES.families for code in family.codes}
    named |= {code for rule in CASCADES.rules for code in rule.followers}
    named |= {rule.cause for rule in CASCADES.rules if rule.cause is not None}
    assert [code for code in sorted(named) if not CATALOGUE.has_code(code)] == []


def test_every_code_has_exactly_one_class() -> None:
    """Causes are ranked by class; a code without one would always come last."""
    for entry in CATALOGUE:
        section = CATALOGUE.section_of(entry).section
        listed = [each.name for each in CASCADES.classes if entry.code in each.codes]
        assert len(listed) == 1 or len([each for each in CASCADES.classes if section in each.sections]) == 1
        assert CASCADES.rank(entry.code, section) < len(CASCADES.classes)


def test_a_code_of_severity_info_is_no_cause() -> None:
    """Being in the room already never brings a service down."""
    harmless = {
        entry.code for entry in CATALOGUE if CASCADES.is_harmless(entry.code, CATALOGUE.section_of(entry).section)
    }
    # An invitation that is not accepted explains that calls are refused.
    explaining = {6000544}
    assert harmless | explaining == {entry.code for entry in CATALOGUE if entry.severity is Severity.INFO}


def test_an_event_has_a_meaning_unless_nothing_is_wrong() -> None:
    """Without one, the answer would name a cause and no step."""
    fine = {ConnectionEvent.SUCCESS, ConnectionEvent.ACTIVE_LOGIN}
    assert {each.event for each in CASCADES.events} == set(ConnectionEvent) - fine


def test_rules_are_sorted_by_code_and_unique() -> None:
    """People look for a rule by its code."""
    codes = [rule.cause for rule in CASCADES.rules if rule.cause is not None]
    events = [rule.event for rule in CASCADES.rules if rule.event is not None]
    assert codes == sorted(set(codes))
    assert events == sorted(set(events))
    assert [rule.sign for rule in CASCADES.rules] == [*codes, *events]
    assert all(list(rule.followers) == sorted(set(rule.followers)) for rule in CASCADES.rules)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("window_s: 300", "window_s: soon", "rules.0.window_s"),
        ("- cause: 6000002\n", "- causes: 6000002\n", "rules.0.causes"),
        ("- cause: 6000002\n", "- cause: 6000002\n  event: KICKED_OUT\n", "either a cause or an event"),
        ("codes: [6000101, 6000102]", "codes: [6000101, 6000104]", "6000104 is listed in two families"),
        ("followers: [6000710]", "followers: [6000710, 6000106]", "follows itself"),
        ("followers: [6000710]", "followers: [6000710, 6000710]", "keep one"),
        ("codes: [6000009, ", "codes: [6000106, 6000009, ", "6000106 is listed in two classes"),
        ("rests_on: judgement", "rests_on: hearsay", "'vendor', 'sdk' or 'judgement'"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    """The author of a rule can correct it from this line."""
    faults = mistakes(tmp_path, old, new)
    assert all(fault.startswith("cascades.yaml:") for fault in faults)
    assert any(says in fault for fault in faults), faults
