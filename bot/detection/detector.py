"""Find error codes in text.

A `Finding` gives a code with its place and its evidence, a `LookAlike` the reason why a number or name is not a code.
Known codes and symbols are passed in. The rules reject numbers, `sdk_symbols` finds codes by name.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, islice
from typing import NamedTuple

from bot.detection import boundary_rules, format_rules, slack_text, word_rules
from bot.detection.folding import fold
from bot.detection.headed_table import find_tables, heading_at
from bot.detection.number_context import NumberContext, evidence_for
from bot.detection.result import Detection, Evidence, Finding, Known, LookAlike, LookAlikeReason, Passage, Span
from bot.detection.sdk_symbols import find_symbols, has_names

# Each rule returns a reason against a number, or None. The first reason counts.
_RULES = (*boundary_rules.RULES, *word_rules.RULES, *format_rules.RULES)

_DIGITS = re.compile(r"[0-9]{7,}")
_NUMBER = re.compile(r"(?<![0-9])[0-9]{5,9}(?![0-9])")
_ONLY_NUMBERS = re.compile(r"[\s0-9,，、;；/]*")
_MOST_NUMBERS = 50  # of a question; judging one takes up to 0.1 ms
_THOUSANDS = re.compile(r"(?<![0-9.,])6([,.' _])(?:00[0-9])\1[0-9]{3}(?![0-9])")
_THOUSANDS_HINT = re.compile(r"6[,.' _]00")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,14}://[^\s<>\"'`|\\，。；、）】]+|(?i:www\.)[^\s<>\"'`|\\，。；、）】]+")

_DECIMAL = "0123456789"
_URL_END = re.compile(r"[\s<>\"'`|\\，。；、）】]")
_IN_SCHEME = re.compile(r"[A-Za-z0-9+.-]")

_Verdict = Evidence | int | LookAlikeReason  # of a number, of a symbol (its code), of a look-alike


class NumberVerdict(NamedTuple):
    """The verdict on a number, and how many characters on either side it depends on.

    The characters are of its folded line, with a line feed at the start and at the end. Besides them, the verdict
    depends on whether the number is a known code, whether it ends in ``000``, and whether the line may have a URL.
    """

    reason: LookAlikeReason | None  # against it; None if it is a code
    left: int
    right: int


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


def judge(line: str, start: int, known: Known, *, has_urls: bool) -> NumberVerdict:
    """Judge the number at *start*, or around it, in a folded line as `find` does.

    *has_urls* is True if the line has ``://`` or ``www.``, in any case.
    """
    end = start + 7
    first, last = len(line[:start].rstrip(_DECIMAL)), len(line) - len(line[end:].lstrip(_DECIMAL))
    if (first, last) != (start, end):
        return NumberVerdict(_reason_against_longer(line, first), start - first + 2, last - end + 1)
    before = _URL_END.split(line[:start])[-1] if has_urls else ""
    after = _URL_END.split(line[end:], maxsplit=1)[0] if before and _IN_SCHEME.match(before[-1]) else ""
    number = NumberContext(line, start, end)
    reason: LookAlikeReason | None
    url = _URL.search(f"{before}{line[start:end]}{after}") if has_urls else None
    if url and url.start() < len(before):
        reason = LookAlikeReason.URL
    else:
        reason = _reason_against(number, is_known=known.has_code(int(line[start:end])))
    right = max(number.reach_right, len(after) + 1)
    return NumberVerdict(reason, max(number.reach_left, len(before) + 1), right)


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


def find_numbers(question: str) -> tuple[int, ...]:
    """Return the first numbers of 5 to 9 digits in a question that are not look-alikes, each once.

    Codes of ZIM's servers and of ZEGO's other products have so many digits. A list of numbers has no look-alikes.
    """
    folded = fold(question)
    urls = [match.span() for match in _URL.finditer(folded)]
    is_list = _ONLY_NUMBERS.fullmatch(folded) is not None
    found: dict[int, None] = {}
    for match in islice(_NUMBER.finditer(folded), _MOST_NUMBERS):
        number = NumberContext(folded, *match.span())
        if is_list or not (_is_in(urls, match.start()) or any(rule(number) for rule in _RULES)):
            found[int(match[0])] = None
    return tuple(found)


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
                yield match.span(), _reason_against_longer(folded, start)
        elif digits.startswith("600"):
            if _is_in(urls, start):
                yield match.span(), LookAlikeReason.URL
            else:
                number = NumberContext(folded, *match.span(), heading_at(tables, folded, start))
                reason = _reason_against(number, is_known=known.has_code(int(digits)))
                yield match.span(), reason or evidence_for(number)
    if _THOUSANDS_HINT.search(folded):
        for match in _THOUSANDS.finditer(folded):
            yield match.span(), LookAlikeReason.THOUSANDS


def _reason_against_longer(folded: str, start: int) -> LookAlikeReason:
    """Return why a number at *start* with more than seven digits is no code."""
    is_hex = folded[max(0, start - 2) : start].lower() == "0x"
    return LookAlikeReason.HEX if is_hex else LookAlikeReason.LONGER_NUMBER


def _reason_against(number: NumberContext, *, is_known: bool) -> LookAlikeReason | None:
    """Return why a number of seven digits is no code, or None. An unknown one must be called an error."""
    for rule in _RULES:
        if reason := rule(number):
            return reason
    is_code = is_known or evidence_for(number) not in (Evidence.CLEAN, Evidence.ERROR_NEARBY)
    return None if is_code else LookAlikeReason.NO_ERROR_WORDS
