"""What a message deserves."""

from __future__ import annotations

import pytest

from bot.policy.noise_rules import Act, Decision, Mode, Rule, Sighting, Situation, decide

A, B, UNKNOWN = 6000106, 6000121, 6009999


def seen(code: int, *, quoted: bool = False, shape: str = "s") -> Sighting:
    """A code that stands in the message."""
    return Sighting(code, code != UNKNOWN, quoted, shape)


@pytest.mark.parametrize(
    ("case", "sightings", "situation", "expected"),
    [
        ("no code", [], Situation(), Decision(Act.NOTHING, ())),
        ("a fresh code", [seen(A)], Situation(), Decision(Act.REPLY, (A,))),
        ("an unknown code", [seen(UNKNOWN)], Situation(), Decision(Act.REPLY, (UNKNOWN,))),
        ("a code several times", [seen(A), seen(A), seen(A)], Situation(), Decision(Act.REPLY, (A,))),
        ("the order of the message", [seen(B), seen(A), seen(B)], Situation(), Decision(Act.REPLY, (B, A))),
        ("off", [seen(A), seen(B)], Situation(Mode.OFF), Decision(Act.NOTHING, (), ((A, Rule.OFF), (B, Rule.OFF)))),
        ("a quote", [seen(A, quoted=True)], Situation(), Decision(Act.NOTHING, (), ((A, Rule.QUOTED),))),
        ("quoted and said", [seen(A, quoted=True), seen(A)], Situation(), Decision(Act.REPLY, (A,))),
        ("said and quoted", [seen(A), seen(A, quoted=True)], Situation(), Decision(Act.REPLY, (A,))),
        (
            "one quoted, one said",
            [seen(A, quoted=True), seen(B)],
            Situation(),
            Decision(Act.REPLY, (B,), ((A, Rule.QUOTED),)),
        ),
        (
            "no code, people say",
            [seen(A, shape="x")],
            Situation(refused=frozenset("x")),
            Decision(Act.NOTHING, (), ((A, Rule.NOT_A_CODE),)),
        ),
        (
            "no code here, but there",
            [seen(A, shape="x"), seen(A, shape="y")],
            Situation(refused=frozenset("x")),
            Decision(Act.REPLY, (A,)),
        ),
        (
            "explained in the thread",
            [seen(A)],
            Situation(in_thread=frozenset({A}), lately=frozenset({A})),
            Decision(Act.COUNT, (A,), ((A, Rule.IN_THREAD),)),
        ),
        (
            "explained in the channel lately",
            [seen(A)],
            Situation(lately=frozenset({A})),
            Decision(Act.REACT, (A,), ((A, Rule.COOL_DOWN),)),
        ),
        (
            "one fresh, one explained lately",
            [seen(A), seen(B)],
            Situation(lately=frozenset({A})),
            Decision(Act.REPLY, (B,), ((A, Rule.COOL_DOWN),)),
        ),
        (
            "one fresh, one explained in the thread",
            [seen(A), seen(B)],
            Situation(in_thread=frozenset({A})),
            Decision(Act.REPLY, (B,), ((A, Rule.IN_THREAD),)),
        ),
        (
            "one explained in the thread, one in the channel",
            [seen(A), seen(B)],
            Situation(in_thread=frozenset({B}), lately=frozenset({A, B})),
            Decision(Act.COUNT, (B,), ((A, Rule.COOL_DOWN), (B, Rule.IN_THREAD))),
        ),
        (
            "react mode",
            [seen(A), seen(B)],
            Situation(Mode.REACT),
            Decision(Act.REACT, (A, B), ((A, Rule.REACT_ONLY), (B, Rule.REACT_ONLY))),
        ),
        (
            "react mode, explained in the thread",
            [seen(A)],
            Situation(Mode.REACT, in_thread=frozenset({A})),
            Decision(Act.COUNT, (A,), ((A, Rule.IN_THREAD),)),
        ),
        (
            "react mode, a quote",
            [seen(A, quoted=True)],
            Situation(Mode.REACT),
            Decision(Act.NOTHING, (), ((A, Rule.QUOTED),)),
        ),
        (
            "off wins over everything",
            [seen(A, quoted=True, shape="x")],
            Situation(Mode.OFF, frozenset("x"), frozenset({A}), frozenset({A})),
            Decision(Act.NOTHING, (), ((A, Rule.OFF),)),
        ),
        (
            "a quote of what was explained is not counted",
            [seen(A, quoted=True)],
            Situation(in_thread=frozenset({A}), lately=frozenset({A})),
            Decision(Act.NOTHING, (), ((A, Rule.QUOTED),)),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_situation_has_its_act(
    case: str, sightings: list[Sighting], situation: Situation, expected: Decision
) -> None:
    """A bot that answers wrong or too often is removed from the channel in a week."""
    assert decide(sightings, situation) == expected, case
