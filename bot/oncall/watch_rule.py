"""Define the rule of a watch, and parse it from a command. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MOST_COUNT = 100_000
MOST_SPAN_S = 86_400
HERE = ("here", "这里", "本频道")
EVERYWHERE = ("everywhere", "全部", "所有", "全部频道", "所有频道")


class SubjectKind(StrEnum):
    """The kind of codes to watch for."""

    CODE = "code"
    SECTION = "section"
    SEVERITY = "severity"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class WatchSubject:
    """The codes to watch for; stored as text, such as ``code:6000104`` or ``any:``."""

    kind: SubjectKind
    name: str = ""  # the code, the key of the section, or the severity

    @classmethod
    def parse(cls, text: str) -> WatchSubject:
        """Parse the text form."""
        kind, _, name = text.partition(":")
        return cls(SubjectKind(kind), name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class WatchWords:
    """A watch as a person typed it: *subject* may name a code, a section or a severity, or be “any”."""

    subject: str
    count: int
    span_s: int
    is_everywhere: bool = False
    group: str = ""  # id of a user group


_SPAN = re.compile(r"([1-9][0-9]{0,4})(m|mins?|minutes?|h|hours?|分钟?|小时)(?:之?内)?")
_COUNT = re.compile(r"([1-9][0-9]{0,5})(?:x|times?|次|条)?")
_GROUP = re.compile(r"S[A-Z0-9]{5,20}")
_FILLERS = (*HERE, "in", "within", "per", "times", "messages", "内", "次", "条", "达到")
_GLUED = re.compile(r"(?<![0-9])([0-9]+)\s*(minutes?|mins?|m|hours?|h|分钟?|小时|次|条|x|times)(之?内)?(?![a-z])")


def parse_watch(text: str) -> WatchWords | None:
    """Return the watch in *text*, such as ``6000104 10 in 5m everywhere``, or None if a part is missing or wrong."""
    words = _GLUED.sub(r" \1\2\3 ", text).split()
    subject: list[str] = []
    count = span_s = 0
    group, is_everywhere = "", False
    for word in words:
        lower = word.lower()
        if not span_s and (span := _SPAN.fullmatch(lower)):
            span_s = int(span[1]) * (3600 if span[2][0] in "h小" else 60)
        elif subject and not count and (found := _COUNT.fullmatch(lower)):
            count = int(found[1])
        elif _GROUP.fullmatch(word):
            group = word
        elif lower in EVERYWHERE:
            is_everywhere = True
        elif subject and (count or span_s):
            if lower not in _FILLERS:
                return None
        elif lower not in _FILLERS:
            subject.append(word)
    if not (subject and 0 < count <= MOST_COUNT and 0 < span_s <= MOST_SPAN_S):
        return None
    return WatchWords(" ".join(subject), count, span_s, is_everywhere, group)
