"""What a message deserves."""

from __future__ import annotations

import pytest

from bot.policy.noise_rules import Act, ChannelHistory, Decision, Mode, Sighting, SilenceRule, decide

A, B, UNKNOWN = 6000106, 6000121, 6009999


def seen(code: int, *, quoted: bool = False, shape: str = "s") -> Sighting:
    """A code that stands in the message."""
    return Sighting(code, quoted, shape)


@pytest.mark.parametrize(
    ("case", "sightings", "situation", "expected"),
    [
        ("no code", [], ChannelHistory(), Decision(Act.NOTHING, ())),
        ("a fresh code", [seen(A)], ChannelHistory(), Decision(Act.REPLY, (A,))),
        ("an unknown code", [seen(UNKNOWN)], ChannelHistory(), Decision(Act.REPLY, (UNKNOWN,))),
        ("a code several times", [seen(A), seen(A), seen(A)], ChannelHistory(), Decision(Act.REPLY, (A,))),
        ("the order of the message", [seen(B), seen(A), seen(B)], ChannelHistory(), Decision(Act.REPLY, (B, A))),
        (
            "off",
            [seen(A), seen(B)],
            ChannelHistory(Mode.OFF),
            Decision(Act.NOTHING, (), ((A, SilenceRule.OFF), (B, SilenceRule.OFF))),
        ),
        ("a quote", [seen(A, quoted=True)], ChannelHistory(), Decision(Act.NOTHING, (), ((A, SilenceRule.QUOTED),))),
        ("quoted and said", [seen(A, quoted=True), seen(A)], ChannelHistory(), Decision(Act.REPLY, (A,))),
        ("said and quoted", [seen(A), seen(A, quoted=True)], ChannelHistory(), Decision(Act.REPLY, (A,))),
        (
            "one quoted, one said",
            [seen(A, quoted=True), seen(B)],
            ChannelHistory(),
            Decision(Act.REPLY, (B,), ((A, SilenceRule.QUOTED),)),
        ),
        (
            "no code, people say",
            [seen(A, shape="x")],
            ChannelHistory(refused=frozenset("x")),
            Decision(Act.NOTHING, (), ((A, SilenceRule.NOT_A_CODE),)),
        ),
        (
            "no code here, but there",
            [seen(A, shape="x"), seen(A, shape="y")],
            ChannelHistory(refused=frozenset("x")),
            Decision(Act.REPLY, (A,)),
        ),
        (
            "explained in the thread",
            [seen(A)],
            ChannelHistory(in_thread=frozenset({A}), recent=frozenset({A})),
            Decision(Act.COUNT, (A,), ((A, SilenceRule.IN_THREAD),)),
        ),
        (
            "explained in the channel lately",
            [seen(A)],
            ChannelHistory(recent=frozenset({A})),
            Decision(Act.REACT, (A,), ((A, SilenceRule.COOL_DOWN),)),
        ),
        (
            "one fresh, one explained lately",
            [seen(A), seen(B)],
            ChannelHistory(recent=frozenset({A})),
            Decision(Act.REPLY, (B,), ((A, SilenceRule.COOL_DOWN),)),
        ),
        (
            "one fresh, one explained in the thread",
            [seen(A), seen(B)],
            ChannelHistory(in_thread=frozenset({A})),
            Decision(Act.REPLY, (B,), ((A, SilenceRule.IN_THREAD),)),
        ),
        (
            "one explained in the thread, one in the channel",
            [seen(A), seen(B)],
            ChannelHistory(in_thread=frozenset({B}), recent=frozenset({A, B})),
            Decision(Act.COUNT, (B,), ((A, SilenceRule.COOL_DOWN), (B, SilenceRule.IN_THREAD))),
        ),
        (
            "react mode",
            [seen(A), seen(B)],
            ChannelHistory(Mode.REACT),
            Decision(Act.REACT, (A, B), ((A, SilenceRule.REACT_ONLY), (B, SilenceRule.REACT_ONLY))),
        ),
        (
            "react mode, explained in the thread",
            [seen(A)],
            ChannelHistory(Mode.REACT, in_thread=frozenset({A})),
            Decision(Act.COUNT, (A,), ((A, SilenceRule.IN_THREAD),)),
        ),
        (
            "react mode, a quote",
            [seen(A, quoted=True)],
            ChannelHistory(Mode.REACT),
            Decision(Act.NOTHING, (), ((A, SilenceRule.QUOTED),)),
        ),
        (
            "off wins over everything",
            [seen(A, quoted=True, shape="x")],
            ChannelHistory(Mode.OFF, frozenset("x"), frozenset({A}), frozenset({A})),
            Decision(Act.NOTHING, (), ((A, SilenceRule.OFF),)),
        ),
        (
            "a quote of what was explained is not counted",
            [seen(A, quoted=True)],
            ChannelHistory(in_thread=frozenset({A}), recent=frozenset({A})),
            Decision(Act.NOTHING, (), ((A, SilenceRule.QUOTED),)),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_situation_has_its_act(
    case: str, sightings: list[Sighting], situation: ChannelHistory, expected: Decision
) -> None:
    """A bot that answers wrong or too often is removed from the channel in a week."""
    assert decide(sightings, situation) == expected, case


def test_a_sighting_survives_json() -> None:
    """The inbox stores sightings; those stored by an earlier version have one field more."""
    sighting = Sighting(A, True, "hash")
    assert Sighting.from_json(sighting.to_json()) == Sighting.from_json([A, True, True, "hash"]) == sighting
