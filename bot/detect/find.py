"""Find error codes in what people paste.

A `Finding` says where a code stands and what speaks for it, a `LookAlike` why something was left alone. Which codes
exist is given by the caller; how Slack's messages become text is `message`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.detect import message, names, numbers
from bot.detect.finding import Detection, Evidence, Finding, Known, LookAlike, Reason
from bot.detect.fold import fold
from bot.detect.passage import Passage

Seen = Finding | LookAlike


def find(text: str, known: Known, *, quoted: bool = False) -> Detection:
    """Return what stands in a clean text; offsets are into *text*, lines count from 1.

    Takes linear time in the length of the text; a text without a trace of a code costs microseconds.
    """
    has_numbers, has_names = numbers.has_numbers(text), names.has_names(text)
    if not (has_numbers or has_names):
        return Detection()
    folded = fold(text)
    inside = numbers.urls(folded)
    seen: list[Seen] = []
    if has_numbers:
        for span, verdict in numbers.candidates(folded, known, inside):
            seen.append(_number(text, folded, span, verdict, known))
    if has_names:
        for span, code in names.candidates(folded, known):
            if numbers.is_inside(inside, span[0]):
                code = Reason.URL
            seen.append(_symbol(text, span, code))
    return _ordered(text, seen, quoted=quoted)


def find_in_message(slack_message: Mapping[str, object], known: Known) -> Detection:
    """Return what stands in a Slack message: its text, its blocks and its attachments, each occurrence once."""
    return find_in_passages(message.passages(slack_message), known)


def find_in_passages(passages: Sequence[Passage], known: Known) -> Detection:
    """Return what stands in the passages of a message."""
    findings: list[Finding] = []
    lookalikes: list[LookAlike] = []
    for index, passage in enumerate(passages):
        detection = find(passage.text, known, quoted=passage.quoted)
        findings += [replace(each, passage=index) for each in detection.findings]
        lookalikes += [replace(each, passage=index) for each in detection.lookalikes]
    return Detection(tuple(findings), tuple(lookalikes))


def _number(text: str, folded: str, span: tuple[int, int], verdict: Evidence | Reason, known: Known) -> Seen:
    if isinstance(verdict, Reason):
        return LookAlike(text[slice(*span)], 0, span, verdict)
    code = int(folded[slice(*span)])
    return Finding(code, known.has_code(code), 0, span, verdict)


def _symbol(text: str, span: tuple[int, int], verdict: int | Reason) -> Seen:
    spelling = text[slice(*span)]
    if isinstance(verdict, Reason):
        return LookAlike(spelling, 0, span, verdict)
    return Finding(verdict, True, 0, span, Evidence.SYMBOL, symbol=spelling)


def _ordered(text: str, seen: list[Seen], *, quoted: bool) -> Detection:
    """Put what was seen in the order of the text, with its line; of two that overlap the first stays."""
    findings: list[Finding] = []
    lookalikes: list[LookAlike] = []
    line, counted, end = 1, 0, 0
    for each in sorted(seen, key=lambda one: (one.span[0], -one.span[1])):
        start = each.span[0]
        if start < end:
            continue
        line += text.count("\n", counted, start)
        counted, end = start, each.span[1]
        if isinstance(each, Finding):
            findings.append(replace(each, line=line, quoted=quoted))
        else:
            lookalikes.append(replace(each, line=line))
    return Detection(tuple(findings), tuple(lookalikes))
