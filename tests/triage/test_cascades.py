"""Check that the cascade rules are sound and complete, and fold their own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.catalogue import loader
from bot.catalogue.entry import Severity
from bot.errors import CatalogueError
from bot.triage.cascades import CascadeRule, Cascades
from tests.triage.feed import CASCADES, CATALOGUE, triage_of


def mistakes(tmp_path: Path, old: str, new: str) -> list[str]:
    """Return the faults that are reported for the shipped file with one replacement."""
    path = tmp_path / "cascades.yaml"
    content = Path("data/cascades.yaml").read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        loader.validated(path, Cascades)
    return list(caught.value.faults)


@pytest.mark.parametrize("rule", CASCADES.rules, ids=lambda rule: str(rule.cause))
def test_a_rule_folds_its_own_example(rule: CascadeRule) -> None:
    """An example that shows something else would mislead reviewers."""
    digest = triage_of({"": "\n".join(rule.example)})
    assert digest.cause == rule.cause
    assert {row.code for row in digest.rows} == {rule.cause, *rule.followers}
    assert all(row.follows for row in digest.rows if row.code != rule.cause)
    assert not digest.unknown


def test_every_code_in_a_rule_or_class_is_in_the_catalogue() -> None:
    """A mistyped code would never match, and nobody would notice."""
    named = {code for each in CASCADES.classes for code in each.codes}
    named |= {code for rule in CASCADES.rules for code in (rule.cause, *rule.followers)}
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
    assert harmless == {entry.code for entry in CATALOGUE if entry.severity is Severity.INFO}


def test_rules_are_sorted_by_code_and_unique() -> None:
    """People look for a rule by its code."""
    causes = [rule.cause for rule in CASCADES.rules]
    assert causes == sorted(set(causes))
    assert all(list(rule.followers) == sorted(set(rule.followers)) for rule in CASCADES.rules)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("window_s: 300", "window_s: soon", "rules.0.window_s"),
        ("- cause: 6000002\n", "- causes: 6000002\n", "rules.0.cause: is missing"),
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
