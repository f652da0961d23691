"""Find error codes in text.

A `Finding` gives a code with its place and its evidence, a `LookAlike` the reason why a number or name is not a code.
Known codes and symbols are passed in. `lookalike_rules` rejects numbers, `sdk_symbols` finds codes by name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from bot.detection import slack_text
from bot.detection.lookalike_rules import reason_against
from bot.detection.number_context import context_of, evidence_for, find_tables, fold
from bot.detection.result import Detection, Evidence, Finding, Known, LookAlike, LookAlikeReason, Passage, Span
from bot.detection.sdk_symbols import find_symbols, has_names

_DIGITS = re.compile(r"[0-9]{7,}")
_THOUSANDS = re.compile(r"(?<![0-9.,])6([,.' _])(?:00[0-9])\1[0-9]{3}(?![0-9])")
_THOUSANDS_HINT = re.compile(r"6[,.' _]00")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,14}://[^\s<>\"'`|\\，。；、）】]+|(?i:www\.)[^\s<>\"'`|\\，。；、）】]+")

_Verdict = Evidence | int | LookAlikeReason  # of a number, of a symbol (its code), of a look-alike


def find(text: str, known: Known, *, quoted: bool = False, passage: int = 0) -> Detection:
    """Return the findings and look-alikes in a clean text.

    *quoted* and *passage* are copied to them. Takes linear time; a text without any trace of a code takes microseconds.
    """
    has_numbers = "600" in text or "０" in text or "６" in text or _THOUSANDS_HINT.search(text) is not None
    has_symbols = has_names(text)
    if not (has_numbers or has_symbols):
        return Detection()
    folded = fold(text)
    has_urls = "://" in folded or "www." in folded.lower()
    urls = [match.span() for match in _URL.finditer(folded)] if has_urls else []
    seen: list[tuple[Span, _Verdict]] = [*_find_numbers(folded, known, urls)] if has_numbers else []
    if has_symbols:
        for span, named in find_symbols(folded, known):
            seen.append((span, LookAlikeReason.URL if _is_in(urls, span[0]) else named))
    findings: list[Finding] = []
    lookalikes: list[LookAlike] = []
    line, counted, end = 1, 0, 0
    # In the order of the text; of two that overlap, the first and longest counts.
    for span, verdict in sorted(seen, key=lambda one: (one[0][0], -one[0][1])):
        if span[0] < end:
            continue
        line += text.count("\n", counted, span[0])
        counted, end = span
        words = text[slice(*span)]
        if isinstance(verdict, LookAlikeReason):
            lookalikes.append(LookAlike(words, line, span, verdict, passage))
        elif isinstance(verdict, int):
            findings.append(Finding(verdict, True, line, span, Evidence.SYMBOL, words, quoted, passage))
        else:
            code = int(folded[slice(*span)])
            findings.append(Finding(code, known.has_code(code), line, span, verdict, None, quoted, passage))
    return Detection(tuple(findings), tuple(lookalikes))


def find_in_passages(passages: Sequence[Passage], known: Known) -> Detection:
    """Return the findings and look-alikes in the passages of a message."""
    detections = [find(each.text, known, quoted=each.quoted, passage=index) for index, each in enumerate(passages)]
    findings = tuple(finding for detection in detections for finding in detection.findings)
    return Detection(findings, tuple(lookalike for detection in detections for lookalike in detection.lookalikes))


def find_in_message(slack_message: Mapping[str, object], known: Known) -> Detection:
    """Return the findings and look-alikes in a Slack message, with lines as its author counts them.

    It reads text, blocks and attachments, each word once. `find` counts lines within passages, which lack blank lines,
    fences and markup. A word that is not in ``text`` gets its line in the passages read one after the other.
    """
    passages = slack_text.passages(slack_message)
    detection = find_in_passages(passages, known)
    starts = list(accumulate((passage.text.count("\n") + 1 for passage in passages), initial=0))
    written = "" if slack_message.get("attachments") else str(slack_message.get("text") or "")
    line, at = 1, 0
    lines: dict[Finding | LookAlike, int] = {}
    seen: list[Finding | LookAlike] = [*detection.findings, *detection.lookalikes]
    for each in sorted(seen, key=lambda one: (one.passage, one.span)):
        found = written.find(passages[each.passage].text[slice(*each.span)], at) if written else -1
        if found < 0:
            written = ""
            lines[each] = starts[each.passage] + each.line
        else:
            line += written.count("\n", at, found)
            at = found + 1
            lines[each] = line
    return Detection(
        tuple(replace(each, line=lines[each]) for each in detection.findings),
        tuple(replace(each, line=lines[each]) for each in detection.lookalikes),
    )


def _is_in(spans: list[Span], position: int) -> bool:
    index = bisect_right(spans, position, key=lambda span: span[0]) - 1
    return index >= 0 and position < spans[index][1]


def _find_numbers(folded: str, known: Known, urls: list[Span]) -> Iterator[tuple[Span, Evidence | LookAlikeReason]]:
    """Yield the span of every number that is a code or looks like one, with the evidence or the reason against it."""
    tables = find_tables(folded)
    for match in _DIGITS.finditer(folded):
        digits, start = match[0], match.start()
        if len(digits) > 7:
            if "600" in digits[:-4]:
                is_hex = folded[max(0, start - 2) : start].lower() == "0x"
                yield match.span(), LookAlikeReason.HEX if is_hex else LookAlikeReason.LONGER_NUMBER
        elif digits.startswith("600"):
            if _is_in(urls, start):
                yield match.span(), LookAlikeReason.URL
            else:
                number = context_of(folded, *match.span(), tables)
                verdict = reason_against(number) or evidence_for(number)
                if verdict in (Evidence.CLEAN, Evidence.ERROR_NEARBY) and not known.has_code(int(digits)):
                    verdict = LookAlikeReason.NO_ERROR_WORDS
                yield match.span(), verdict
    if _THOUSANDS_HINT.search(folded):
        for match in _THOUSANDS.finditer(folded):
            yield match.span(), LookAlikeReason.THOUSANDS
