"""Choose the act on a message."""

from __future__ import annotations

import pytest

from bot.policy.noise_rules import Act, ChannelHistory, Decision, Mode, Sighting, SilenceRule, decide

A, B, UNKNOWN = 6000106, 6000121, 6009999


def seen(code: int, *, quoted: bool = False, fingerprint: str = "s") -> Sighting:
    """Return a code in the message."""
    return Sighting(code, quoted, fingerprint)


@pytest.mark.parametrize(
    ("case", "sightings", "history", "expected"),
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
        ("quoted, then written", [seen(A, quoted=True), seen(A)], ChannelHistory(), Decision(Act.REPLY, (A,))),
        ("written, then quoted", [seen(A), seen(A, quoted=True)], ChannelHistory(), Decision(Act.REPLY, (A,))),
        (
            "one quoted, one written",
            [seen(A, quoted=True), seen(B)],
            ChannelHistory(),
            Decision(Act.REPLY, (B,), ((A, SilenceRule.QUOTED),)),
        ),
        (
            "called no code",
            [seen(A, fingerprint="x")],
            ChannelHistory(not_codes=frozenset("x")),
            Decision(Act.NOTHING, (), ((A, SilenceRule.NOT_A_CODE),)),
        ),
        (
            "called no code in one of two contexts",
            [seen(A, fingerprint="x"), seen(A, fingerprint="y")],
            ChannelHistory(not_codes=frozenset("x")),
            Decision(Act.REPLY, (A,)),
        ),
        (
            "explained in the thread",
            [seen(A)],
            ChannelHistory(in_thread=frozenset({A}), recent=frozenset({A})),
            Decision(Act.COUNT, (A,), ((A, SilenceRule.IN_THREAD),)),
        ),
        (
            "explained in the channel recently",
            [seen(A)],
            ChannelHistory(recent=frozenset({A})),
            Decision(Act.REACT, (A,), ((A, SilenceRule.COOL_DOWN),)),
        ),
        (
            "one fresh, one explained recently",
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
            [seen(A, quoted=True, fingerprint="x")],
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
    case: str, sightings: list[Sighting], history: ChannelHistory, expected: Decision
) -> None:
    """A bot that answers wrong or too often is removed from the channel in a week."""
    assert decide(sightings, history) == expected, case


def test_a_sighting_survives_json() -> None:
    """The inbox stores sightings. In an upgrade, replicas of an earlier version read them, which expect four fields."""
    sighting = Sighting(A, False, "hash")
    assert sighting.to_json() == [A, True, False, "hash"]
    assert Sighting.from_json(sighting.to_json()) == Sighting.from_json([A, False, "hash"]) == sighting


@pytest.mark.parametrize(
    ("history", "sightings", "act", "codes"),
    [
        (ChannelHistory(in_thread=frozenset({A}), recent=frozenset({A, B})), [seen(A), seen(B)], Act.REPLY, (A, B)),
        (ChannelHistory(Mode.REACT, in_thread=frozenset({A})), [seen(A)], Act.REACT, (A,)),
        (ChannelHistory(Mode.OFF), [seen(A)], Act.NOTHING, ()),
        (ChannelHistory(), [seen(A, quoted=True)], Act.NOTHING, ()),
        (ChannelHistory(not_codes=frozenset("s")), [seen(A)], Act.NOTHING, ()),
        (ChannelHistory(), [], Act.REPLY, ()),
        (ChannelHistory(Mode.REACT), [], Act.REACT, ()),
        (ChannelHistory(Mode.OFF), [], Act.NOTHING, ()),
    ],
)
def test_a_log_is_not_silenced_by_what_was_explained(
    history: ChannelHistory, sightings: list[Sighting], act: Act, codes: tuple[int, ...]
) -> None:
    """Its triage is about the log. It may have a cause without a code."""
    decision = decide(sightings, history, is_log=True)
    assert (decision.act, decision.codes) == (act, codes)


def test_a_snoozed_code_gets_a_reaction() -> None:
    """Beside a code that is not snoozed, the reply leaves it out; a thread that explains it counts it."""
    history = ChannelHistory(snoozed=frozenset([A]))
    assert decide([seen(A)], history) == Decision(Act.REACT, (A,), ((A, SilenceRule.SNOOZED),))
    both = decide([seen(A), seen(B)], history)
    assert (both.act, both.codes, both.snoozed) == (Act.REPLY, (B,), (A,))
    counted = decide([seen(A)], ChannelHistory(snoozed=frozenset([A]), in_thread=frozenset([A])))
    assert (counted.act, counted.snoozed) == (Act.COUNT, ())


@pytest.mark.parametrize(
    ("cause", "act", "codes"), [(A, Act.REACT, (A, B)), (B, Act.REPLY, (A, B)), (None, Act.REPLY, (A, B))]
)
def test_a_log_is_snoozed_with_its_cause(cause: int | None, act: Act, codes: tuple[int, ...]) -> None:
    """Its followers alone do not silence it."""
    decision = decide([seen(A), seen(B)], ChannelHistory(snoozed=frozenset([A])), is_log=True, cause=cause)
    assert (decision.act, decision.codes) == (act, codes)
