"""Record when, to whom and where something occurred, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field

# The subject of an occurrence: the clock (the times of files with the same one can be compared), the user or device,
# and the room, group or call. The latter two are empty if the line names none.
Subject = tuple[int, bytes, bytes]

MAX_RUNS = 24_000
MAX_SUBJECTS = MAX_RUNS // 2


@dataclass(slots=True)
class Run:
    """Occurrences with no pause longer than `OccurrenceTable.pause` between them."""

    first: float  # seconds, or lines in a log without times
    last: float
    count: int = 1


@dataclass(slots=True, eq=False)
class Occurrences:
    """The runs of one code or event by subject, in any order."""

    runs: dict[Subject, list[Run]] = field(default_factory=dict)

    @property
    def users(self) -> set[bytes]:
        """The users and devices that are named."""
        return {user for _, user, _ in self.runs if user}


class OccurrenceTable:
    """Add occurrences, and join runs as soon as there are too many: the longer the log, the coarser."""

    def __init__(self) -> None:
        self.pause = 1.0  # seconds, or lines
        self.has_lost_subjects = False  # True once further subjects count as not named
        self._run_count = 0
        self._subject_count = 0
        self._all: list[Occurrences] = []

    def new(self) -> Occurrences:
        """Return an empty record of a code or event."""
        occurrences = Occurrences()
        self._all.append(occurrences)
        return occurrences

    def add(self, occurrences: Occurrences, subject: Subject, at: float) -> None:
        """Record one occurrence at a position in seconds or lines."""
        runs = occurrences.runs.get(subject)
        if runs is None:
            runs = self._start(occurrences, subject, at)
        run = runs[-1]
        if run.first - self.pause <= at <= run.last + self.pause:
            run.count += 1
            if at > run.last:
                run.last = at
            elif at < run.first:
                run.first = at
        else:
            runs.append(Run(at, at))
            self._run_count += 1
            if self._run_count > MAX_RUNS:
                self._join()

    def _start(self, occurrences: Occurrences, subject: Subject, at: float) -> list[Run]:
        """Return the runs of a new subject.

        Beyond `MAX_SUBJECTS`, these are the runs of the unnamed subject. If there is no room for those either, the
        result is a run that is not kept.
        """
        if self._subject_count >= MAX_SUBJECTS:
            self.has_lost_subjects = True
            subject = (subject[0], b"", b"")
        if subject not in occurrences.runs:
            if self._subject_count >= MAX_RUNS * 5 // 8:
                return [Run(at, at, 0)]
            occurrences.runs[subject] = [Run(at, at, 0)]
            self._subject_count += 1
            self._run_count += 1
        return occurrences.runs[subject]

    def _join(self) -> None:
        """Join runs over longer and longer pauses, until a quarter of the room is free."""
        while self._run_count > MAX_RUNS * 3 // 4:
            self.pause *= 4
            self._run_count = 0
            for occurrences in self._all:
                for subject, runs in occurrences.runs.items():
                    occurrences.runs[subject] = joined = _joined(runs, self.pause)
                    self._run_count += len(joined)


def _joined(runs: list[Run], pause: float) -> list[Run]:
    """Join the runs that have no longer pause than *pause* between them."""
    ordered = sorted(runs, key=lambda run: run.first)
    joined = ordered[:1]
    for run in ordered[1:]:
        last = joined[-1]
        if run.first <= last.last + pause:
            last.last = max(last.last, run.last)
            last.count += run.count
        else:
            joined.append(run)
    return joined
