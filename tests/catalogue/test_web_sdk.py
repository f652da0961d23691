"""Compare entries with the code of the Web SDK."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Actor, Entry, Origin, Retry, Severity

FACTS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "web_sdk.yaml").read_text(encoding="utf-8"))
FALLBACK: dict[int, list[str]] = FACTS["fallback"]


def said(entry: Entry, language: str) -> str:
    """Return the meaning and the steps of an entry in one language."""
    steps: tuple[str, ...] = getattr(entry.remedy, language)
    meaning: str = getattr(entry.meaning, language)
    return "\n".join((meaning, *steps))


@pytest.mark.parametrize("code", FALLBACK)
def test_a_fallback_code_says_that_the_message_names_the_reason(catalogue: Catalogue, code: int) -> None:
    """“Internal error, send logs” wastes a day if the message says “value too long”."""
    entry = catalogue[code]
    assert set(FALLBACK[code]) <= set(entry.methods)
    for language in ("en", "zh"):
        assert "`code:`" in said(entry, language)
        assert "Web" in said(entry, language)  # other SDKs may do otherwise
    versions = [source.version for source in entry.sources if source.origin is Origin.SDK]
    assert versions == [FACTS["version"]]


def test_the_web_limits_are_in_the_entry(catalogue: Catalogue) -> None:
    """A web developer who queries attributes too often is not told about messages only."""
    entry = catalogue[6000004]
    assert {method for limited in FACTS["limited"] for method in limited["methods"]} <= set(entry.methods)
    for limited in FACTS["limited"]:
        number = limited.get("interval_ms") or limited["calls"]
        for language in ("en", "zh"):
            assert re.search(rf"\b{number} ", said(entry, language)), number
            assert "Web" in said(entry, language)


def test_server_codes_of_conversations_find_their_code(catalogue: Catalogue) -> None:
    """The message shows the server's code; people search for it."""
    for number in FACTS["conversations"]:
        assert [hit.entry.code for hit in catalogue.search(str(number))] == [6000602]


def test_the_server_codes_are_those_that_the_sdk_turns_into_the_code(catalogue: Catalogue) -> None:
    """A wrong one would explain another error."""
    read = {number: code for code, numbers in FACTS["server_codes"].items() for number in numbers}
    assert catalogue.server_codes == read | dict.fromkeys(FACTS["conversations"], 6000602)
    assert catalogue.numbers.server_codes_read == FACTS["version"]


def test_a_failing_callback_server_is_somebodys_work(catalogue: Catalogue) -> None:
    """The entry once said that nothing had to be fixed while the customer's own server was down."""
    entry = catalogue[6000230]
    assert (entry.actor, entry.retry, entry.severity) == (Actor.DEVELOPER, Retry.NO, Severity.LOW)
    assert "callback endpoint first" in entry.remedy.en[0]
    assert "先检查回调地址" in entry.remedy.zh[0]
    (guide,) = (source for source in entry.sources if source.origin is Origin.GUIDE)
    assert guide.likely  # that such a failure gives this very code is stated nowhere


@pytest.mark.parametrize(
    ("code", "actor", "retry", "severity"),
    [
        (6000201, Actor.ZEGO_SUPPORT, Retry.NO, Severity.MEDIUM),
        (6000202, Actor.ZEGO_SUPPORT, Retry.NO, Severity.MEDIUM),
        (6000203, Actor.DEVELOPER, Retry.NO, Severity.MEDIUM),
        (6000212, Actor.DEVELOPER, Retry.AFTER_BACKOFF, Severity.MEDIUM),
        (6000252, Actor.DEVELOPER, Retry.NO, Severity.MEDIUM),
        (6000253, Actor.DEVELOPER, Retry.NO, Severity.MEDIUM),
        (6000502, Actor.ZEGO_SUPPORT, Retry.NO, Severity.MEDIUM),
        (6000602, Actor.ZEGO_SUPPORT, Retry.NO, Severity.MEDIUM),
        (6000330, Actor.ZEGO_SUPPORT, Retry.NO, Severity.MEDIUM),
        (6000350, Actor.ZEGO_SUPPORT, Retry.NO, Severity.MEDIUM),
        (6000354, Actor.DEVELOPER, Retry.AFTER_WAIT, Severity.MEDIUM),
        (6000355, Actor.DEVELOPER, Retry.AFTER_WAIT, Severity.MEDIUM),
    ],
)
def test_what_is_decided(catalogue: Catalogue, code: int, actor: Actor, retry: Retry, severity: Severity) -> None:
    """A failed call is not an outage, and the actor who can check it first comes first."""
    entry = catalogue[code]
    assert (entry.actor, entry.retry, entry.severity) == (actor, retry, severity)


def test_both_meanings_keep_their_own_limits_and_methods(catalogue: Catalogue) -> None:
    """A card about call modes must not show the time limit for editing messages."""
    entry = catalogue[6000286]
    (edit,) = entry.other_meanings
    assert "editMessage" not in entry.methods
    assert entry.limits == ()
    assert edit.methods == ("editMessage",)
    assert [limit.value for limit in edit.limits] == [24]


def test_limits_are_not_repeated(catalogue: Catalogue) -> None:
    """The same number four times hides the one that differs."""
    for entry in catalogue:
        shown = [(limit.what.en, limit.value, limit.unit, limit.per, limit.plan, limit.bound) for limit in entry.limits]
        assert len(shown) == len(set(shown)), entry.code


def test_communities_name_the_sdk_and_the_plan_they_need(catalogue: Catalogue) -> None:
    """An older SDK lacks the calls, and a smaller plan refuses them."""
    for section in catalogue.sections:
        if section.section in ("community", "channel"):
            assert {(entry.since, entry.plan) for entry in section.codes} == {("3.0.0", "enterprise")}


def test_what_was_read_is_named_in_no_language(catalogue: Catalogue) -> None:
    """The card shows it between Chinese as well as English words."""
    for entry in catalogue:
        for source in entry.sources:
            assert not source.version or re.fullmatch(r"[a-z_-]* ?[0-9a-f.]+(, )?[\d-]*", source.version), entry.code
