"""The lines of a message as its author counts them.

Detection counts within its passages, which lack blank lines, fences and markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from bot.detection.result import Detection, Finding, LookAlike
from bot.detection.slack_text import passages


def lines_of(message: Mapping[str, Any], detection: Detection) -> dict[Finding | LookAlike, int]:
    """The line of each thing seen, counted from 1: in the text, else in the order of reading."""
    texts = [passage.text for passage in passages(message)]
    starts = list(accumulate((text.count("\n") + 1 for text in texts), initial=0))
    given = "" if message.get("attachments") else message.get("text") or ""
    line, at = 1, 0
    lines: dict[Finding | LookAlike, int] = {}
    seen: list[Finding | LookAlike] = [*detection.findings, *detection.lookalikes]
    for each in sorted(seen, key=lambda one: (one.passage, one.span)):
        found = given.find(texts[each.passage][slice(*each.span)], at) if given else -1
        if found < 0:
            given = ""
            lines[each] = starts[each.passage] + each.line
        else:
            line += given.count("\n", at, found)
            at = found + 1
            lines[each] = line
    return lines
