"""Draw the codes of a digest over time, as Slack's chart block or as rows of bars in text."""

from __future__ import annotations

from collections.abc import Sequence

from bot.render import block_kit
from bot.render.block_kit import Block
from bot.render.digest_text import DigestView, offsets
from bot.triage.digest import Digest

_MOST_LANES = 8

Series = tuple[str, tuple[int, ...]]  # what it is called, its counts by bucket


def chart(telling: DigestView) -> Block | None:
    """The chart block; None where there is nothing to see."""
    labels, _ = offsets(telling.digest.timeline)
    if not telling.is_drawable or len(labels) > block_kit.CHART_POINTS:
        return None
    shown = series(telling.digest, block_kit.CHART_SERIES, telling.say("triage.others"))
    title, below, beside = telling.say("triage.timeline"), telling.axis(), telling.say("triage.count")
    return block_kit.chart(title, labels, shown, x_label=below, y_label=beside)


def bars(telling: DigestView) -> Block | None:
    """The picture as text; None where there is nothing to see."""
    title, rows = telling.bars()
    return block_kit.preformatted("\n".join(rows[:_MOST_LANES]), title) if rows else None


def series(digest: Digest, most: int, others: str) -> list[Series]:
    """The counts of the first *most* codes; where there are more, those of the last are added up as *others*."""
    rows = (*digest.rows, *digest.unknown)
    shown, rest = (rows, ()) if len(rows) <= most else (rows[: most - 1], rows[most - 1 :])
    found = [(str(row.code), row.timeline) for row in shown]
    return [*found, (others, _sum([row.timeline for row in rest]))] if rest else found


def _sum(timelines: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sum(counts) for counts in zip(*timelines, strict=True))
