"""The SDK symbols in a text: ``ZIMErrorCode.USER_IS_NOT_LOGGED``, ``NetworkModuleTokenExpired``.

Ordinary words and names of other products must not set off: a name counts when it is called one of ZIM's, when it has
the form that only ZIM's have, or when it is long, upper-case and known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.detection.result import Known, LookAlikeReason

Span = tuple[int, int]

FIRST_CODE = 6_000_000  # below stand 0 and 1, success and failure, which everyone's enums have

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HINTS = ("odule", "ODULE", "rrorCode", "error_code", "ERROR_CODE")
_UPPER = re.compile(r"[A-Z]_[A-Z]")
_ENUM = re.compile(r"(?:k|g)?zim_?error_?code_?", re.IGNORECASE)
_MODULE = re.compile(r"[A-Za-z]{3,12}?_?mod(?:ule|e)_?[A-Za-z]", re.IGNORECASE)
_JAVA = re.compile(r"[A-Z]+(?:_[A-Z]+){2,}")
_VALUE = re.compile(r"\s{0,3}[=:]{1,3}\s{0,3}[(\"']{0,2}([0-9]{3,})")
_FILE = re.compile(r"\.(?:java|kt|swift|dart|ts|tsx|js|mm?|h|cpp|cc|cs|md|html?|log)\b")
_NEAR = 80  # characters in which a mention of ZIM makes a short name one of ZIM's
_ZIM = re.compile(r"(?<![a-z])zim|zego", re.IGNORECASE)


def has_names(text: str) -> bool:
    """Whether *text* can hold a symbol; cheap enough for every message."""
    return any(hint in text for hint in _HINTS) or _UPPER.search(text) is not None


def candidates(folded: str, known: Known) -> Iterator[tuple[Span, int | LookAlikeReason]]:
    """Yield every symbol with its code, and every name that only looks like one with the reason."""
    qualified_at = -1  # where a name that `ZIMErrorCode.` qualifies would begin
    qualifier_start = 0
    for match in _NAME.finditer(folded):
        name, start, end = match[0], match.start(), match.end()
        if _ENUM.fullmatch(name):
            qualifier_start = start
            qualified_at = end + _separator(folded, end)
            continue
        if len(name) < 3 or (start and folded[start - 1].isdigit()) or name[-7:].isdigit():
            continue
        is_qualified = start == qualified_at and start > 0
        if not (is_qualified or _has_form(folded, match)):
            continue
        span = (qualifier_start if is_qualified else start, end)
        verdict = _judge(folded, span, known)
        if (
            isinstance(verdict, int)
            or verdict is not LookAlikeReason.UNKNOWN_SYMBOL
            or is_qualified
            or _ENUM.match(name)
        ):
            yield span, verdict


def _separator(folded: str, end: int) -> int:
    """The length of ``.`` or ``::`` at *end*; 0 where neither stands."""
    if folded.startswith("::", end):
        return 2
    return 1 if folded.startswith(".", end) else 0


def _has_form(folded: str, match: re.Match[str]) -> bool:
    """Whether a name that nothing qualifies has the form of a symbol of ZIM's."""
    name = match[0]
    if len(name) < 12:
        return False
    if _ENUM.match(name) or _MODULE.match(name):
        return True
    if not _JAVA.fullmatch(name):
        return False
    near = folded[max(0, match.start() - _NEAR) : match.end() + _NEAR]
    return name.count("_") > 2 or _ZIM.search(near) is not None


def _judge(folded: str, span: Span, known: Known) -> int | LookAlikeReason:
    code = known.code_of_symbol(folded[slice(*span)])
    if code is None or code < FIRST_CODE:
        return LookAlikeReason.UNKNOWN_SYMBOL
    start, end = span
    if (start and folded[start - 1] in "/\\-@") or _FILE.match(folded, end) or folded[end : end + 1] == "-":
        return LookAlikeReason.PATH
    value = _VALUE.match(folded[end : end + 40])
    if value and int(value[1]) != code:
        return LookAlikeReason.OTHER_NUMBER
    return code
