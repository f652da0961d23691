"""The codes of a digest over time, as Slack's chart block, as a PNG, or as rows of bars in text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from bot.render import block_kit
from bot.render.block_kit import Block
from bot.render.digest_text import DigestView, offsets
from bot.triage.digest import Digest

_MOST_LANES = 8
_WIDTH, _LANE, _TOP, _BOTTOM, _LEFT, _RIGHT, _GAP, _TEXT = 1200, 72, 64, 56, 170, 130, 10, 28  # pixels
_GROUND, _INK, _QUIET, _RULE = "#ffffff", "#1d1c1d", "#5c5e63", "#c8c9cd"
_COLOURS = ("#c0392b", "#1264a3", "#007a5a", "#b7791f", "#6b3fa0", "#0e7c86", "#8a4b08", "#5c5e63")

_Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
Series = tuple[str, tuple[int, ...]]  # what it is called, its counts by bucket


class Picture(StrEnum):
    """Which picture a message has."""

    CHART = "chart"  # Slack's own; where Slack refuses it, one of the next
    IMAGE = "image"  # the PNG, uploaded before
    TEXT = "text"
    NONE = "none"


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


def png(digest: Digest) -> bytes:
    """The picture as a PNG, a lane of bars for each code; its only words are codes, digits and times.

    It has its own ground, so that it is legible in light and in dark.
    """
    lanes = series(digest, _MOST_LANES, "+")
    canvas = Image.new("RGB", (_WIDTH, _TOP + _LANE * len(lanes) + _BOTTOM), _GROUND)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(_TEXT)
    for index, (name, counts) in enumerate(lanes):
        base = _TOP + _LANE * (index + 1) - _GAP
        draw.text((_LEFT - 20, base), name, fill=_INK, font=font, anchor="rs")
        draw.text((_WIDTH - _RIGHT + 20, base), f"{sum(counts):,}", fill=_INK, font=font, anchor="ls")
        draw.line((_LEFT, base, _WIDTH - _RIGHT, base), fill=_RULE, width=2)
        _bars(draw, base, counts, _COLOURS[index % len(_COLOURS)])
    _axis(draw, font, digest, _TOP + _LANE * len(lanes))
    found = BytesIO()
    canvas.save(found, "PNG", optimize=True)
    return found.getvalue()


def _bars(draw: ImageDraw.ImageDraw, base: int, counts: Sequence[int], colour: str) -> None:
    """The counts of one code: the tallest fills its lane, the smallest is still to be seen."""
    step, top = (_WIDTH - _LEFT - _RIGHT) / max(len(counts), 1), max(counts, default=0)
    for index, count in enumerate(counts):
        if count:
            left = _LEFT + index * step
            height = max(round(count / top * (_LANE - 2 * _GAP)), 4)
            draw.rectangle((left + step * 0.1, base - height, left + step * 0.9, base), fill=colour)


def _axis(
    draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, digest: Digest, y: int
) -> None:
    """When the first and every fifth bucket begin."""
    labels, start = offsets(digest.timeline)
    step = (_WIDTH - _LEFT - _RIGHT) / max(len(labels), 1)
    for index in range(0, len(labels), max(len(labels) // 4, 1)):
        draw.text((_LEFT + index * step, y + 8), labels[index], fill=_QUIET, font=font, anchor="la")
    # The font has no Chinese characters: of “11月23日 07:35” the digits remain.
    draw.text((_LEFT, 16), re.sub(r"[^ -~]+", " ", start), fill=_QUIET, font=font, anchor="la")
