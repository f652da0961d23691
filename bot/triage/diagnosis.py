"""Choose the likely cause among the candidates, and the advice for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.catalogue.catalogue import Catalogue
from bot.triage.aggregate import LogState, SignCount
from bot.triage.candidates import Candidate, Candidates
from bot.triage.cascades import Cascades
from bot.triage.digest import Advice, Affected, ConnectionEvent, Rival, Role, Sign

_MOST_RIVALS = 3
_MANY_USERS = 3  # at once are not one user's device or network
_ENOUGH = 0.45  # share that a cause explains at least, if it explains clearly more than every other candidate
_CLEARLY = 1.5  # times as much
_NEARLY = 0.75  # of the weight of the best candidate: if one explains the other, it is likelier, else the more frequent

Order = Callable[[Sign], tuple[float, ...]]  # the sort key of the first occurrence of a code or event


class Diagnosis:
    """Choose the likely cause of the codes in *counts* and the events in *state*.

    The cause is the candidate that explains most failures: more than half of them, or about half and clearly more than
    any other. Of candidates that explain nearly the same, it is the one that occurred most often, then the one of the
    likeliest class, then the first in *order*. Of a family, the most frequent code is the cause. An event is
    represented by the code that most often follows from it.
    """

    def __init__(
        self,
        counts: Mapping[int, SignCount],
        state: LogState,
        cascades: Cascades,
        catalogue: Catalogue,
        order: Order,
    ) -> None:
        self._counts = counts
        self._state = state
        self._cascades = cascades
        self._catalogue = catalogue
        self._order = order
        entries = {code: catalogue.get(code) for code in counts}
        sections = {code: catalogue.section_of(entry).section if entry else None for code, entry in entries.items()}
        self._ranks = {code: cascades.rank(code, section) for code, section in sections.items()}
        self.harmless = {code for code, section in sections.items() if cascades.is_harmless(code, section)}
        self._candidates = Candidates(counts, state, cascades, self.harmless)
        ranked = self._ranked()
        self.positions = {sign: position for position, each in enumerate(ranked) for sign in each.signs}
        self.winner = ranked[0] if ranked and self._is_cause(ranked) else None
        self.rivals = () if self.winner else tuple(map(self._rival, _independent(ranked)[:_MOST_RIVALS]))
        self.event = _event_of(self.winner) if self.winner else None
        self.code = self._code_of(self.winner) if self.winner else None
        symptoms = (count for event, count in state.events.items() if event.is_symptom)
        self.follows = {count.sign: self._cause_of(count) for count in (*counts.values(), *symptoms) if count.known}

    @property
    def family(self) -> str | None:
        """The name of the cause's family if it has several codes in the log."""
        family = self._cascades.family(self.winner.signs[0]) if self.winner else None
        return family.name if family and self.winner and self._has_several_codes(self.winner) else None

    @property
    def errors(self) -> int:
        """The number of failures that count: see `Digest.errors`."""
        return self._candidates.total

    @property
    def weight(self) -> int:
        """The number of failures that the cause explains; 0 without a cause."""
        return self.winner.weight if self.winner else 0

    @property
    def advice(self) -> Advice | None:
        """The advice for the cause; None without a cause, or if the entry of its code describes it."""
        return self._advice(self.winner) if self.winner else None

    @property
    def affected(self) -> Affected:
        """The users and devices of the cause and its followers; without a cause, of all codes."""
        if self.winner:
            users, unnamed = self.winner.users, self.winner.unnamed
        else:
            users = frozenset(user for count in self._counts.values() for user in count.occurrences.users)
            unnamed = sum(count.unnamed for count in self._counts.values())
        return Affected(len(users), is_partial=bool(unnamed) or self._state.table.has_lost_subjects)

    def explained(self, sign: Sign) -> int:
        """Return how many occurrences of a code or a symptom are the cause, or follow from it."""
        return self.winner.explained.get(sign, 0) if self.winner else 0

    def role(self, code: int) -> Role:
        """Return the relation of *code* to the cause."""
        if self.winner and code in self.winner.signs:
            return Role.CAUSE if code == self.code else Role.FAMILY
        return Role.UNRELATED if self.follows.get(code) is None else Role.FOLLOWER

    def _ranked(self) -> list[Candidate]:
        """Return the candidates, the likeliest first, without those that explain nothing.

        In a log without codes, an event is worth how often it occurred.
        """
        total = self._candidates.total
        candidates = [each for each in self._candidates.all() if each.weight or not total]

        def likelihood(each: Candidate) -> tuple[float, ...]:
            rank = min((self._ranks[sign] for sign in each.signs if not isinstance(sign, ConnectionEvent)), default=0)
            return -(each.weight if total else each.own), rank, *min(map(self._order, each.signs))

        ranked = sorted(candidates, key=likelihood)
        if not ranked:
            return []
        nearly = [each for each in ranked if each.weight >= _NEARLY * ranked[0].weight]
        # A follower of another candidate is a symptom of it, however often it occurred.
        roots = [each for each in nearly if not any(_explains(other, each) for other in nearly if other is not each)]
        likeliest = max(roots or nearly, key=lambda each: each.own)
        return [likeliest, *(each for each in ranked if each is not likeliest)]

    def _is_cause(self, ranked: Sequence[Candidate]) -> bool:
        """Return whether the first candidate explains enough to be called the cause."""
        if not self._candidates.total:
            return True
        best = ranked[0]
        others = [each.weight for each in ranked[1:] if not best.explained.keys() & set(each.signs)]
        share = self._share(best)
        return share > 0.5 or (share >= _ENOUGH and best.weight >= _CLEARLY * max(others, default=0))

    def _share(self, candidate: Candidate) -> float:
        """Return the share of the failures that *candidate* explains."""
        return candidate.weight / self._candidates.total

    def _code_of(self, candidate: Candidate) -> int | None:
        """Return the code that represents *candidate*: its most frequent one, else the one that it explains most."""
        for sign in candidate.signs:
            if not isinstance(sign, ConnectionEvent):
                return sign
        codes = [sign for sign in candidate.explained if not isinstance(sign, ConnectionEvent)]
        return max(codes, key=candidate.explained.__getitem__, default=None)

    def _cause_of(self, count: SignCount) -> Sign | None:
        """Return the code or event that most occurrences of *count* follow, or None.

        Of several, it is the one that represents the cause, then the one that explains most occurrences, then a code,
        then the earliest.
        """
        if self.winner and count.sign in self.winner.signs:
            return None
        leading = self.event or self.code
        best: tuple[tuple[float, ...], Sign] | None = None
        for cause in self._candidates.causes(count.sign):
            number = self._candidates.followed(count.sign, cause)
            is_code = not isinstance(cause, ConnectionEvent)
            order = (cause == leading, number, is_code, *(-each for each in self._order(cause)))
            if number * 2 > count.count and (best is None or order > best[0]):
                best = order, cause
        return best[1] if best else None

    def _rival(self, candidate: Candidate) -> Rival:
        """Return a candidate as one of several."""
        own = tuple(sign for sign in candidate.signs if not isinstance(sign, ConnectionEvent))
        main = self._code_of(candidate)
        codes = own or ((main,) if main else ())
        return Rival(codes, _event_of(candidate), self._share(candidate), self._advice(candidate))

    def _advice(self, candidate: Candidate) -> Advice | None:
        """Return the advice for *candidate*, or None if the entry of its code describes it."""
        event, code = _event_of(candidate), self._code_of(candidate)
        meaning = self._cascades.meaning(event) if event else None
        family = self._cascades.family(candidate.signs[0])
        entry = self._catalogue.get(code) if code else None
        title = meaning.title if meaning else None
        if family and not meaning and self._has_several_codes(candidate):
            title = family.title
        many = next((each.many for each in (meaning, family) if each and each.many), None)
        if many and len(candidate.users) >= _MANY_USERS:
            return Advice(title, many.actor, many.who, many.steps)
        if meaning:
            return Advice(title, meaning.actor, None, meaning.steps)
        return Advice(title, entry.actor, None, entry.remedy) if title and entry else None

    def _has_several_codes(self, candidate: Candidate) -> bool:
        return sum(sign in self._counts for sign in candidate.signs) > 1


def _event_of(candidate: Candidate) -> ConnectionEvent | None:
    """Return the event that leads *candidate*, None if a code came as often."""
    first = candidate.signs[0]
    return first if isinstance(first, ConnectionEvent) else None


def _independent(ranked: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that no better one explains, in their order."""
    kept: list[Candidate] = []
    for candidate in ranked:
        if not any(_explains(better, candidate) for better in kept):
            kept.append(candidate)
    return kept


def _explains(candidate: Candidate, other: Candidate) -> bool:
    """Return whether *candidate* explains most of the failures of *other* itself."""
    own = sum(other.explained.get(sign, 0) for sign in other.signs)
    return own > 0 and sum(candidate.explained.get(sign, 0) for sign in other.signs) * 2 > own
