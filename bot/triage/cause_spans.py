"""Find how many occurrences of a code came within the window of a rule after its cause."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from bot.triage.cascades import CascadeRule, Same
from bot.triage.occurrences import Occurrences, Run, Subject

# A cause that hits this many users at once, and this share of the followers' users, is not one user's: it explains the
# followers of users whose own line of the cause is not in the log. A cause that came less often than that does not
# explain the followers of many users, even if its lines name no user.
_MANY_USERS = 3
_MANY_SHARE = 0.05

_CauseSpan = tuple[float, float, float]  # from the cause to the end of its window, and to the end of its last window


@dataclass(slots=True)
class _MergedSpans:
    """Spans that do not overlap, in ascending order."""

    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    limits: list[float] = field(default_factory=list)


class CauseSpans:
    """The spans in which the followers of one cause may come, by the clock, user and place of the cause."""

    def __init__(self, rule: CascadeRule, cause: Occurrences, dated_clocks: set[int]) -> None:
        self._has_user, self._has_place = Same.USER in rule.same, bool(rule.places)
        self._windows = {True: float(rule.window_s), False: float(rule.window_lines)}
        self._most_windows = rule.most_windows
        self._dated_clocks = dated_clocks
        self._named = len(cause.users)
        self._unnamed = sum(run.count for (_, user, _), runs in cause.runs.items() if not user for run in runs)
        self._by_subject: dict[tuple[int, bytes | None, bytes | None], list[_CauseSpan]] = defaultdict(list)
        self._merged: dict[tuple[int, bytes | None, bytes | None], _MergedSpans] = {}
        for (clock, user, place), runs in cause.runs.items():
            window = self.window(clock)
            spans = [(run.first, run.last + window, run.last + window * rule.most_windows) for run in runs]
            keys = {(clock, who, where) for who in (user, None) for where in (place, None)}
            for key in keys:
                self._by_subject[key] += spans

    def window(self, clock: int) -> float:
        """Return the length of the window on a clock, in its seconds or lines."""
        return self._windows[clock in self._dated_clocks]

    def count(self, follower: Occurrences) -> dict[Subject, int]:
        """Return how many occurrences of *follower* follow, by subject, without zeros."""
        enough = _MANY_SHARE * len(follower.users)
        is_wide = self._named >= max(_MANY_USERS, enough)
        is_frequent = self._named + self._unnamed >= enough
        shared = self._shared(follower, is_wide=is_wide, is_frequent=is_frequent) if not self._has_place else {}
        found = {}
        for (clock, user, place), runs in follower.runs.items():
            # None selects all users or places. A line that names none may be about any.
            users: Sequence[bytes | None] = (None,)
            if user and self._has_user:
                users = (user, b"") if is_frequent else (user,)
            places = (place, b"") if place and self._has_place else (None,)
            choices = [self._spans((clock, who, where)) for who in users for where in places]
            choices.append(shared.get(clock, _MergedSpans()))
            if number := _covered(runs, [each for each in choices if each.starts], self.window(clock)):
                found[clock, user, place] = number
        return found

    def _shared(self, follower: Occurrences, *, is_wide: bool, is_frequent: bool) -> dict[int, _MergedSpans]:
        """Return by clock the spans that are for all users. Followers of any user prolong them."""
        by_clock: dict[int, list[Run]] = defaultdict(list)
        for (clock, _, _), runs in follower.runs.items():
            by_clock[clock] += runs
        shared = {}
        for clock, runs in by_clock.items():
            if self._has_user:
                bases = [self._spans((clock, b"", None))] if is_frequent else []
                bases += [self._wide.get(clock, _MergedSpans())] if is_wide else []
            else:
                bases = [self._spans((clock, None, None))]
            spans = [span for base in bases for span in zip(base.starts, base.ends, base.limits, strict=True)]
            runs.sort(key=lambda run: run.first)
            shared[clock] = _merged(_prolonged(spans, runs, self.window(clock)))
        return shared

    def _spans(self, key: tuple[int, bytes | None, bytes | None]) -> _MergedSpans:
        """Return the spans of the causes of a user at a place, None for all."""
        spans = self._merged.get(key)
        if spans is None:
            spans = self._merged[key] = _merged(self._by_subject.get(key, ()))
        return spans

    @cached_property
    def _wide(self) -> dict[int, _MergedSpans]:
        """By clock: the spans in which the causes of many users overlap."""
        edges: dict[int, list[tuple[float, int, float]]] = defaultdict(list)
        users = [(clock, who) for clock, who, where in self._by_subject if who and where is None]
        for clock, who in users:
            spans = self._spans((clock, who, None))
            for start, end, limit in zip(spans.starts, spans.ends, spans.limits, strict=True):
                edges[clock] += [(start, 1, limit), (end, -1, limit)]
        found = {}
        for clock, each in edges.items():
            each.sort(key=lambda edge: edge[:2])
            numbers = list(accumulate(step for _, step, _ in each))
            wide = [
                (each[index][0], each[index + 1][0], each[index][0] + self.window(clock) * self._most_windows)
                for index in range(len(each) - 1)
                if numbers[index] >= _MANY_USERS
            ]
            found[clock] = _merged(wide)
        return found


def _merged(spans: Iterable[_CauseSpan]) -> _MergedSpans:
    """Merge the *spans* that overlap."""
    merged = _MergedSpans()
    for start, end, limit in sorted(spans):
        if merged.ends and start <= merged.ends[-1]:
            merged.ends[-1] = max(merged.ends[-1], end)
            merged.limits[-1] = max(merged.limits[-1], limit)
        else:
            merged.starts.append(start)
            merged.ends.append(end)
            merged.limits.append(limit)
    return merged


def _prolonged(spans: Iterable[_CauseSpan], runs: Sequence[Run], window: float) -> Iterator[_CauseSpan]:
    """Prolong *spans* by the windows after each of *runs*, which are in ascending order, up to the spans' limits."""
    firsts = [run.first for run in runs]
    for start, end, limit in spans:
        index = bisect_left(firsts, start)
        while index < len(runs) and firsts[index] <= end:
            end = max(end, min(runs[index].last + window, limit))
            index += 1
        yield start, end, limit


def _covered(runs: Sequence[Run], choices: Sequence[_MergedSpans], window: float) -> int:
    """Return how many occurrences in *runs* come in the spans of *choices*, or in a chain of followers after them."""
    if not choices:
        return 0
    total, reach, limit = 0, float("-inf"), float("-inf")  # until when the chain goes on, and at most
    for run in sorted(runs, key=lambda each: each.first):
        begin, end = (run.first, min(run.last, limit)) if run.first <= reach else (float("inf"), float("-inf"))
        for spans in choices:
            index = bisect_left(spans.ends, run.first)
            if index < len(spans.starts) and spans.starts[index] <= run.last:
                begin = min(begin, max(run.first, spans.starts[index]))
                limit = max(limit, spans.limits[bisect_right(spans.starts, run.last) - 1])
                end = max(end, min(run.last, limit))
        if begin <= end:
            total += _part(run, begin, end)
            reach = min(end + window, limit)
    return total


def _part(run: Run, begin: float, end: float) -> int:
    """Return how many occurrences of *run* come from *begin* to *end*; within a run, they are evenly distributed."""
    if begin <= run.first and end >= run.last:
        return run.count
    return max(1, round(run.count * (end - begin) / (run.last - run.first)))
