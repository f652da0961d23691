"""Weigh the candidates for the cause of a log's errors by the occurrences that each explains."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.triage.aggregate import LogState, SignCount
from bot.triage.cascades import Cascades
from bot.triage.cause_spans import CauseSpans
from bot.triage.digest import ConnectionEvent, Sign
from bot.triage.occurrences import Subject

_HARMLESS_EVENTS = (ConnectionEvent.SUCCESS, ConnectionEvent.ACTIVE_LOGIN)


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A code, an event or a family of both, with the occurrences that it explains."""

    signs: tuple[Sign, ...]  # the most frequent first
    own: int  # occurrences of the candidate itself, events included
    explained: Mapping[Sign, int]  # occurrences of codes and symptoms, its own included
    weight: int  # sum of those that count
    subjects: frozenset[Subject]  # of the candidate and its followers
    unnamed: int  # occurrences of the candidate and its followers that name neither user nor device

    @property
    def users(self) -> frozenset[bytes]:
        """The users and devices that are named."""
        return frozenset(user for _, user, _ in self.subjects if user)


class Candidates:
    """Count the occurrences that each candidate explains: its own and those that follow.

    An occurrence follows a cause if the rule for both says so (see `CauseSpans`). If most occurrences of a follower
    follow, its own followers count, too. The codes and events of a family count together, in any order.
    """

    def __init__(
        self, counts: Mapping[int, SignCount], state: LogState, cascades: Cascades, harmless: Collection[int]
    ) -> None:
        """Weigh the codes in *counts* and the events in *state*. The *harmless* count only if there are no others."""
        self._state = state
        self._cascades = cascades
        known: dict[Sign, SignCount] = {code: count for code, count in counts.items() if count.known}
        self._signs = known | {event: count for event, count in state.events.items() if event not in _HARMLESS_EVENTS}
        unknown = sum(count.count for count in counts.values() if not count.known)
        failures = {sign: count.count for sign, count in self._signs.items() if _is_failure(sign)}
        serious = {sign: number for sign, number in failures.items() if sign not in harmless}
        self._counted = serious or failures
        self.total = sum(self._counted.values()) + unknown
        order = [sign for sign in cascades.order if sign in self._signs]
        self._followers = [*order, ConnectionEvent.SIGNALING_NOT_CONNECTED]
        self._causes: dict[Sign, list[Sign]] = {
            follower: [cause for cause in order if cascades.rule(cause, follower)] for follower in self._followers
        }
        self._spans: dict[tuple[Sign, Sign], dict[Subject, int]] = {}

    def all(self) -> list[Candidate]:
        """Return all candidates, in no order."""
        groups: dict[object, list[Sign]] = defaultdict(list)
        for sign in self._signs:
            family = self._cascades.family(sign)
            groups[family.name if family else sign].append(sign)
        return [self._candidate(signs) for signs in groups.values()]

    def followed(self, follower: Sign, cause: Sign) -> int:
        """Return how many occurrences of *follower* follow from *cause* alone."""
        return sum(self._linked(follower, cause).values())

    def causes(self, follower: Sign) -> list[Sign]:
        """Return the codes and events of the log that may cause *follower* by the rules."""
        return self._causes.get(follower, [])

    def _candidate(self, signs: list[Sign]) -> Candidate:
        """Count the occurrences that *signs* explain together."""
        ordered = sorted(signs, key=lambda sign: -self._signs[sign].count)
        subjects: Counter[Subject] = Counter()
        explained: dict[Sign, int] = {}
        for sign in ordered:
            for subject, runs in self._signs[sign].occurrences.runs.items():
                subjects[subject] += sum(run.count for run in runs)
            if _is_failure(sign):
                explained[sign] = self._signs[sign].count
        reached = set(signs)
        for follower in self._followers:
            if follower in signs or follower not in self._signs:
                continue
            linked: Counter[Subject] = Counter()
            for cause in self._causes[follower]:
                if cause in reached:
                    linked |= Counter(self._linked(follower, cause))  # the larger of both
            if linked:
                explained[follower] = linked.total()
                subjects += linked
                if linked.total() * 2 > self._signs[follower].count:
                    reached.add(follower)
        return Candidate(
            signs=tuple(ordered),
            own=sum(self._signs[sign].count for sign in signs),
            explained=explained,
            weight=sum(number for sign, number in explained.items() if sign in self._counted),
            subjects=frozenset(subjects),
            unnamed=sum(number for (_, user, _), number in subjects.items() if not user),
        )

    def _linked(self, follower: Sign, cause: Sign) -> dict[Subject, int]:
        """Return how many occurrences of *follower* follow from *cause*, by subject."""
        linked = self._spans.get((cause, follower))
        if linked is None:
            rule = self._cascades.rule(cause, follower)
            assert rule is not None, "the caller asks only for pairs with a rule"  # noqa: S101 - tells mypy
            spans = CauseSpans(rule, self._signs[cause].occurrences, self._state.dated_clocks)
            linked = self._spans[cause, follower] = spans.count(self._signs[follower].occurrences)
        return linked


def _is_failure(sign: Sign) -> bool:
    """Return whether *sign* is an error by itself: a code, or a symptom."""
    return not isinstance(sign, ConnectionEvent) or sign.is_symptom
