"""The full report of a triage as plain text, for a terminal and for a file: everything that the digest holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Protocol

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Text
from bot.i18n import Language, traditional
from bot.render.digest_text import DigestView, marked
from bot.triage.digest import Digest, Mark, Role


class Reasons(Protocol):
    """Why codes make others follow."""

    def reason(self, cause: int, follower: int) -> Text | None:
        """Why *follower* comes after *cause*, or None where no rule says so."""


def report(digest: Digest, catalogue: Catalogue, language: Language, reasons: Reasons | None = None) -> str:
    """Everything in *digest*, in *language*; ends with a line break."""
    writer = _Writer(DigestView(digest, catalogue, language), reasons)
    text = "\n\n".join("\n".join(section) for section in writer.sections() if section)
    return text + "\n"


class _Writer:
    """Writes the sections of one report."""

    def __init__(self, telling: DigestView, reasons: Reasons | None) -> None:
        self._telling = telling
        self._say = telling.say
        self._reasons = reasons

    def sections(self) -> Iterator[list[str]]:
        """The sections, each some lines."""
        for section in (self._answer(), self._shape(), self._table(), self._timeline(), self._follows()):
            yield [self._script(line) for line in section]
        yield from self._evidence()
        for section in (self._others(), self._context(), self._coverage(), self._secrets()):
            yield [self._script(line) for line in section]

    def _script(self, line: str) -> str:
        return traditional(line) if self._telling.language is Language.ZH_HANT else line

    def _answer(self) -> list[str]:
        telling, say = self._telling, self._say
        title = telling.title().replace("`", "")
        if not telling.cause:
            return [title]
        actor = say("triage.actor_plain", actor=telling.actor(telling.cause))
        return [title, actor, say("triage.steps"), *self._steps(telling.cause)]

    def _steps(self, entry: Entry) -> list[str]:
        steps = self._telling.steps(entry)
        return [f"  {number}. {step.replace('`', '')}" for number, step in enumerate(steps, 1)]

    def _shape(self) -> list[str]:
        return self._titled("report.shape", list(self._telling.shape()))

    def _titled(self, key: str, lines: Sequence[str]) -> list[str]:
        return [self._say(f"triage.{key}"), *(f"  {line}" for line in lines)] if lines else []

    def _table(self) -> list[str]:
        titles, rows = self._telling.table()
        return self._titled("report.table", aligned([titles, *rows], numbers=[2]) if rows else [])

    def _timeline(self) -> list[str]:
        title, bars = self._telling.bars()
        return [title, *(f"  {line}" for line in bars)] if bars else []

    def _follows(self) -> list[str]:
        lines = []
        for row in self._telling.digest.rows:
            if self._reasons is None or row.role is not Role.FOLLOWER or row.follows is None:
                continue
            reason = self._reasons.reason(row.follows, row.code)
            if reason:
                text = self._say.pick(reason).replace("`", "")
                lines.append(self._say("triage.report.reason", follower=row.code, code=row.follows, reason=text))
        return self._titled("report.reasons", lines)

    def _evidence(self) -> Iterator[list[str]]:
        for window in self._telling.digest.excerpts:
            yield [self._script(self._telling.evidence(window)), *(f"  {line}" for line in marked(window))]

    def _others(self) -> list[str]:
        telling = self._telling
        others = [row for row in telling.digest.rows if row.role is Role.UNRELATED]
        lines = []
        for entry in filter(None, map(telling.entry, others)):
            lines.append(f"{entry.code} · {telling.say.pick(entry.title)} · {telling.actor(entry)}".replace("`", ""))
            lines += self._steps(entry)
        return self._titled("report.others" if telling.cause else "steps", lines)

    def _context(self) -> list[str]:
        return self._titled("context", list(self._telling.context()))

    def _coverage(self) -> list[str]:
        telling = self._telling
        files = [
            self._say(
                "triage.report.file",
                file=telling.file(file.name),
                lines=telling.lines(file.lines),
                size=telling.size(file.bytes),
                encoding=file.encoding,
            )
            for file in telling.digest.files
        ]
        return self._titled("coverage", [*telling.coverage(), *files])

    def _secrets(self) -> list[str]:
        lines = [
            self._say(
                "triage.report.secret",
                kind=self._say(f"triage.secret.{secret.kind}"),
                place=self._telling.place(Mark(secret.file, secret.line, None)),
            )
            for secret in self._telling.digest.secrets
        ]
        return self._titled("report.secrets", lines)


def aligned(rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> list[str]:
    """*rows* as lines whose columns stand below each other; the columns *numbers* to the right."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            gap = " " * (width - columns(cell))
            cells.append(gap + cell if index in numbers else cell + gap)
        lines.append("  ".join(cells).rstrip())
    return lines


def columns(text: str) -> int:
    """How many columns of a terminal *text* takes: Chinese characters take two, combining ones none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
