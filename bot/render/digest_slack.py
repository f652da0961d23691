"""A digest as a message: the answer in the first three lines, then how it came, the codes, the evidence, what was read.

Everything that stems from a log or its owner is shown literally; only `Standing` mentions anybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language, Translator, words
from bot.render import block_kit, digest_chart
from bot.render.block_kit import Block, MessagePayload
from bot.render.digest_text import DigestView, marked
from bot.render.entry_slack import numbered
from bot.triage.digest import Digest, Excerpt

TRIAGE_LANGUAGE = "triage_language"  # action ids; each with the value that `value` makes
TRIAGE_REPORT = "triage_report"
TRIAGE_TAKE = "triage_take"
TRIAGE_ESCALATE = "triage_escalate"
TRIAGE_WRONG = "triage_wrong"
_STANDING = "standing"  # how the id of the block begins that says what became of a triage
_BY = re.compile(r"(taken|escalated):(\w+):(\d+)")
_MOST_LEADERS = 3
_MOST_WINDOWS = 2
_MOST_FILES = 3  # not read whole, that are named
_CELL = 80  # characters
_PHRASE = 300
_NOTE = 500  # of what was cut
_LINE, _NEIGHBOUR = 300, 200  # of the evidence


@dataclass(frozen=True, slots=True)
class StandingBy:
    """Who did something, and when."""

    user: str  # Slack's id
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class IncidentState:
    """What became of a triage since it was posted."""

    taken_by: StandingBy | None = None
    escalated_by: StandingBy | None = None


def message(
    digest: Digest,
    catalogue: Catalogue,
    language: Language,
    *,
    key: str = "",
    standing: IncidentState | None = None,
    with_chart: bool = True,
) -> MessagePayload:
    """The text and the blocks that say *digest*, within Slack's limits.

    *key* is what the buttons give back, so that the digest can be found again. Without the chart, which Slack may
    refuse, the timeline is rows of bars in text.
    """
    builder = _Builder(DigestView(digest, catalogue, language), key)
    blocks, _ = builder.blocks(standing or IncidentState(), builder.timeline(with_chart=with_chart))
    return block_kit.converted(block_kit.message(builder.text(), blocks), language)


def is_cut(digest: Digest, catalogue: Catalogue, language: Language) -> bool:
    """Whether a message leaves out codes, evidence or files that the full report has; long lines do not count."""
    builder = _Builder(DigestView(digest, catalogue, language), "")
    return builder.blocks(IncidentState(), builder.timeline(with_chart=True))[1]


def standing_of(blocks: Sequence[Block]) -> IncidentState:
    """What became of the triage that a message of *blocks* shows."""
    id_ = next((str(block["block_id"]) for block in blocks if _is_standing(block)), "")
    done = {what: StandingBy(user, int(at)) for what, user, at in _BY.findall(id_)}
    return IncidentState(done.get("taken"), done.get("escalated"))


def restand(blocks: Sequence[Block], standing: IncidentState, language: Language) -> list[Block]:
    """The *blocks* of a message as they are, but for what became of its triage."""
    kept = [block for block in blocks if not _is_standing(block)]
    shown = block_kit.converted(list(_standing(standing, words(language))), language)
    return [*kept[:-1], *shown, *kept[-1:]]


def value(key: str, language: Language) -> str:
    """What a button gives back: *key*, and the language to answer in."""
    return json.dumps({"key": key, "language": language})


class _Builder:
    """Makes the blocks of one message."""

    def __init__(self, telling: DigestView, key: str) -> None:
        self._telling = telling
        self._say = telling.say
        self._key = key

    def text(self) -> str:
        """The message as a notification shows it."""
        telling = self._telling
        lines = [telling.title()]
        for entry in [telling.cause] if telling.cause else telling.leaders[:1]:
            lines += [self._say("triage.actor_plain", actor=telling.actor(entry)), telling.steps(entry)[0]]
        return block_kit.escape("\n".join(lines))

    def blocks(self, standing: IncidentState, timeline: list[Block]) -> tuple[list[Block], bool]:
        """The blocks, and whether something had to be left out of them."""
        before = [*self._answer(), *timeline]
        evidence, is_shortened = self._evidence()
        middle = [*evidence, *self._small_print()]
        after = [*_standing(standing, self._say), self._buttons()]
        room = block_kit.MESSAGE_CHARACTERS - _NOTE - block_kit.characters([*before, *middle, *after])
        table, left_out = self._table(room)
        cut = [self._say.count("triage.cut_rows", left_out)] if left_out else []
        cut += [self._say("triage.cut_windows")] if len(self._telling.digest.excerpts) > _MOST_WINDOWS else []
        is_cut = bool(cut) or len(self._telling.missing()) > _MOST_FILES
        cut += [self._say("triage.cut_lines")] if is_shortened else []
        note = [block_kit.context("\n".join(cut))] if cut else []
        return [*before, *table, *middle, *note, *after], is_cut

    def _answer(self) -> Iterator[Block]:
        """Likely cause, who must act, what to do now; since when, how often, in which shape."""
        telling, say = self._telling, self._say
        yield block_kit.header(telling.title().replace("`", ""))
        if telling.cause:
            actor = say("triage.actor", actor=telling.actor(telling.cause))
            yield block_kit.section(f"{actor}\n*{say('triage.steps')}*\n{numbered(telling.steps(telling.cause))}")
        elif telling.leaders:
            yield block_kit.section(self._leaders())
        shape = [_literal(clause) for clause in telling.shape()]
        if shape:
            yield block_kit.verbatim(block_kit.section(" · ".join(shape)))

    def _leaders(self) -> str:
        telling, say = self._telling, self._say
        lines = [say("triage.in_turn")]
        for entry in telling.leaders[:_MOST_LEADERS]:
            title = f"*{entry.code}* {block_kit.escape(telling.say.pick(entry.title))}"
            lines.append(f"• {title} · {telling.actor(entry)}\n{block_kit.escape(telling.steps(entry)[0])}")
        more = len(telling.leaders) - _MOST_LEADERS
        return "\n".join([*lines, *([say.count("triage.more_leaders", more)] if more > 0 else [])])

    def timeline(self, *, with_chart: bool) -> list[Block]:
        """Draw the counts over time, as Slack's chart or as bars in text; no block if there is nothing to draw."""
        block = digest_chart.chart(self._telling) if with_chart else digest_chart.bars(self._telling)
        return [block] if block else []

    def _table(self, room: int) -> tuple[list[Block], int]:
        """The table with as many codes as there is *room* for, and how many were left out."""
        titles, rows = self._telling.table()
        rows = [[block_kit.shorten(cell, _CELL) for cell in row] for row in rows]
        fitting: list[list[str]] = []
        room -= sum(map(len, titles))
        for row in rows[: block_kit.TABLE_ROWS - 1]:
            room -= sum(map(len, row))
            if room < 0:
                break
            fitting.append(row)
        table = [block_kit.table(titles, fitting, numbers=[2], wrapped=1)] if fitting else []
        return table, len(rows) - len(fitting)

    def _evidence(self) -> tuple[list[Block], bool]:
        """Some lines around those of interest, and whether any was shortened."""
        blocks = []
        is_shortened = False
        for window in self._telling.digest.excerpts[:_MOST_WINDOWS]:
            shown = _shortened(window)
            is_shortened |= shown != window
            title = block_kit.shorten(self._telling.evidence(window), _PHRASE)
            blocks.append(block_kit.preformatted("\n".join(marked(shown)), title))
        return blocks, is_shortened

    def _small_print(self) -> Iterator[Block]:
        context = " · ".join(_literal(phrase) for phrase in self._telling.context())
        coverage = [_literal(phrase) for phrase in self._telling.coverage(_MOST_FILES)]
        lines = [*([context] if context else []), *coverage]
        if lines:
            yield block_kit.verbatim(block_kit.context("\n".join(lines)))

    def _buttons(self) -> Block:
        say, language = self._say, self._telling.language
        buttons = [
            block_kit.button(say("button.other_language"), TRIAGE_LANGUAGE, value=value(self._key, language.other))
        ]
        if self._telling.rows:
            sure = (say(f"triage.wrong.{part}") for part in ("title", "text", "yes", "no"))
            own = value(self._key, language)
            buttons += [
                block_kit.button(say("triage.button.report"), TRIAGE_REPORT, value=own),
                block_kit.button(say("triage.button.take"), TRIAGE_TAKE, value=own),
                block_kit.button(say("triage.button.escalate"), TRIAGE_ESCALATE, value=own),
                block_kit.button(
                    say("triage.button.wrong"), TRIAGE_WRONG, value=own, confirm=block_kit.confirmation(*sure)
                ),
            ]
        return block_kit.actions(*buttons)


def _standing(standing: IncidentState, say: Translator) -> Iterator[Block]:
    """What became of it in words; in the block's id so that it can be read again."""
    done = [(what, by) for what, by in (("taken", standing.taken_by), ("escalated", standing.escalated_by)) if by]
    if done:
        lines = [say(f"triage.{what}", who=f"<@{block_kit.escape(by.user)}>", time=_moment(by.at)) for what, by in done]
        id_ = " ".join([_STANDING, *(f"{what}:{by.user}:{int(by.at)}" for what, by in done)])
        yield block_kit.section("\n".join(lines)) | {"block_id": id_}


def _is_standing(block: Block) -> bool:
    return str(block.get("block_id", "")).startswith(_STANDING)


def _literal(text: str) -> str:
    """What stems from a log or its owner, so that it is neither a mention nor markup."""
    return block_kit.shorten(block_kit.escape(text.replace("`", "'")), _PHRASE)


def _shortened(window: Excerpt) -> Excerpt:
    """*window* with two lines before and after the one of interest, none of them long."""
    focus = window.line - window.first_line
    first = max(focus - 2, 0)
    lines = [
        _around(line, str(window.code), _LINE) if index == focus else block_kit.shorten(line, _NEIGHBOUR)
        for index, line in enumerate(window.lines)
    ]
    return replace(window, first_line=window.first_line + first, lines=tuple(lines[first : focus + 3]))


def _around(line: str, what: str, limit: int) -> str:
    """*limit* characters of *line*, *what* among them."""
    start = max(line.find(what) - limit // 2, 0)
    if len(line) <= limit or start == 0:
        return block_kit.shorten(line, limit)
    return "…" + block_kit.shorten(line[start:], limit - 1)


def _moment(at: float) -> str:
    """A time, which Slack shows in its reader's zone."""
    return f"<!date^{int(at)}^{{date_short_pretty}} {{time}}|{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC>"
