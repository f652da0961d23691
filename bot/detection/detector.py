"""Find error codes in what people paste.

A `Finding` says where a code stands and what speaks for it, a `LookAlike` why something was left alone. Which codes
exist is given by the caller; how Slack's messages become text is `message`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bot.detection import numbers, slack_text, symbols
from bot.detection.normalize import fold
from bot.detection.result import Detection, Evidence, Finding, Known, LookAlike, LookAlikeReason, Passage

_Seen = tuple[
    tuple[int, int], Evidence | int | LookAlikeReason
]  # where; a number, a symbol with its code, or a look-alike


def find(text: str, known: Known, *, quoted: bool = False, passage: int = 0) -> Detection:
    """Return what stands in a clean text; offsets are into *text*, lines count from 1.

    *quoted* and *passage* are what the findings say of themselves. Takes linear time in the length of the text; a text
    without a trace of a code costs microseconds.
    """
    has_numbers, has_names = numbers.has_numbers(text), symbols.has_names(text)
    if not (has_numbers or has_names):
        return Detection()
    folded = fold(text)
    inside = numbers.urls(folded)
    seen: list[_Seen] = [*numbers.candidates(folded, known, inside)] if has_numbers else []
    if has_names:
        for span, named in symbols.candidates(folded, known):
            seen.append((span, LookAlikeReason.URL if numbers.is_inside(inside, span[0]) else named))
    findings: list[Finding] = []
    lookalikes: list[LookAlike] = []
    for span, verdict, line in _in_order(text, seen):
        words = text[slice(*span)]
        if isinstance(verdict, LookAlikeReason):
            lookalikes.append(LookAlike(words, line, span, verdict, passage))
        elif isinstance(verdict, int):
            findings.append(Finding(verdict, True, line, span, Evidence.SYMBOL, words, quoted, passage))
        else:
            code = int(folded[slice(*span)])
            findings.append(Finding(code, known.has_code(code), line, span, verdict, None, quoted, passage))
    return Detection(tuple(findings), tuple(lookalikes))


def find_in_message(slack_message: Mapping[str, object], known: Known) -> Detection:
    """Return what stands in a Slack message: its text, its blocks and its attachments, each occurrence once."""
    return find_in_passages(slack_text.passages(slack_message), known)


def find_in_passages(passages: Sequence[Passage], known: Known) -> Detection:
    """Return what stands in the passages of a message."""
    detections = [find(each.text, known, quoted=each.quoted, passage=index) for index, each in enumerate(passages)]
    findings = tuple(finding for detection in detections for finding in detection.findings)
    return Detection(findings, tuple(lookalike for detection in detections for lookalike in detection.lookalikes))


def _in_order(text: str, seen: list[_Seen]) -> Iterator[tuple[tuple[int, int], Evidence | int | LookAlikeReason, int]]:
    """What was seen in the order of the text, with its line; of two that overlap the first stays."""
    line, counted, end = 1, 0, 0
    for span, verdict in sorted(seen, key=lambda one: (one[0][0], -one[0][1])):
        if span[0] < end:
            continue
        line += text.count("\n", counted, span[0])
        counted, end = span
        yield span, verdict, line
