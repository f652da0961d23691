"""What people wrote themselves in a message: no code, no log lines, no links, no quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.detection.passage import Passage, PassageKind

_NOISE = re.compile(r"https?://\S+|`[^`\n]*`|:[a-z0-9_+'-]+:|\S*[_@#/\\=<>{}\[\]]\S*|[A-Za-z]*[0-9][A-Za-z0-9.:,-]*")
# How logs of every platform begin or speak: a stamp, a level, a bracket, JSON, a stack frame, an exception.
_LOG_LINE = re.compile(
    r"^\s*(?:[\[{(<\"]|\d[\d:.\-/ T]{5,}|at\s+\S+\(|[VDIWEF]/|\S+Exception\b|\S*Error:)"
    r"|\b(?:ERROR|WARN|INFO|DEBUG|TRACE|FATAL)\b|[{;]\s*$"
)


def prose(passages: Iterable[Passage]) -> str:
    """Return the words of a message that show which language its author writes."""
    return "\n".join(_cleaned(each) for each in passages if each.kind is PassageKind.PROSE and not each.quoted)


def _cleaned(passage: Passage) -> str:
    lines = (line for line in passage.text.split("\n") if not _LOG_LINE.search(line))
    return "\n".join(_NOISE.sub(" ", line) for line in lines)
