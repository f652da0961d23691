"""Find SDK symbols in a text: ``ZIMErrorCode.USER_IS_NOT_LOGGED``, ``NetworkModuleTokenExpired``.

Ordinary words and names of other products must not count. A name counts if ``ZIMErrorCode`` qualifies it, if it has a
form that only ZIM's symbols have, or if it is long, upper-case and known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.detection.result import Known, LookAlikeReason, Span

_FIRST_CODE = 6_000_000  # 0 and 1 are success and failure, names that every enum has

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HINTS = ("odule", "ODULE", "rrorCode", "error_code", "ERROR_CODE")
_UPPER = re.compile(r"[A-Z]_[A-Z]")
_ENUM = re.compile(r"(?:k|g)?zim_?error_?code_?", re.IGNORECASE)
_MODULE = re.compile(r"[A-Za-z]{3,12}?_?mod(?:ule|e)_?[A-Za-z]", re.IGNORECASE)
_JAVA = re.compile(r"[A-Z]+(?:_[A-Z]+){2,}")
_VALUE = re.compile(r"\s{0,3}[=:]{1,3}\s{0,3}[(\"']{0,2}([0-9]{3,})")
_FILE = re.compile(r"\.(?:java|kt|swift|dart|ts|tsx|js|mm?|h|cpp|cc|cs|md|html?|log)\b")
_NEARBY = 80  # characters within which a mention of ZIM makes a short name a symbol
_ZIM = re.compile(r"(?<![a-z])zim|zego", re.IGNORECASE)


def has_names(text: str) -> bool:
    """Return whether *text* can contain a symbol. Cheap enough for every message."""
    return any(hint in text for hint in _HINTS) or _UPPER.search(text) is not None


def find_symbols(folded: str, known: Known) -> Iterator[tuple[Span, int | LookAlikeReason]]:
    """Yield the span of every symbol with its code, and of every name that looks like a symbol with the reason."""
    qualified_at = -1  # the start of a name that `ZIMErrorCode.` qualifies
    qualifier_start = 0
    for match in _NAME.finditer(folded):
        name, start, end = match[0], match.start(), match.end()
        if _ENUM.fullmatch(name):
            qualifier_start = start
            qualified_at = end + (2 if folded.startswith("::", end) else folded.startswith(".", end))
            continue
        if len(name) < 3 or (start and folded[start - 1].isdigit()) or name[-7:].isdigit():
            continue
        is_qualified = start == qualified_at and start > 0
        if not (is_qualified or _has_form(folded, match)):
            continue
        span = (qualifier_start if is_qualified else start, end)
        verdict = _judge(folded, span, known)
        # Other products have modules too: an unknown name is only reported if it belongs to ZIM's enum.
        if verdict is not LookAlikeReason.UNKNOWN_SYMBOL or is_qualified or _ENUM.match(name):
            yield span, verdict


def _has_form(folded: str, match: re.Match[str]) -> bool:
    """Return whether an unqualified name has the form of a ZIM symbol."""
    name = match[0]
    if len(name) < 12:
        return False
    if _ENUM.match(name) or _MODULE.match(name):
        return True
    if not _JAVA.fullmatch(name):
        return False
    near = folded[max(0, match.start() - _NEARBY) : match.end() + _NEARBY]
    return name.count("_") > 2 or _ZIM.search(near) is not None


def _judge(folded: str, span: Span, known: Known) -> int | LookAlikeReason:
    """Return the code of the symbol at *span*, or the reason why it has none."""
    code = known.code_of_symbol(folded[slice(*span)])
    if code is None or code < _FIRST_CODE:
        return LookAlikeReason.UNKNOWN_SYMBOL
    start, end = span
    if (start and folded[start - 1] in "/\\-@") or _FILE.match(folded, end) or folded[end : end + 1] == "-":
        return LookAlikeReason.PATH
    value = _VALUE.match(folded[end : end + 40])
    if value and int(value[1]) != code:
        return LookAlikeReason.OTHER_NUMBER
    return code
