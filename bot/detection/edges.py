"""Tell a code from what only looks like one by the characters that touch it.

What stands further away is `lookalikes`'. Each rule names a reason against the number, or says nothing.
"""

from __future__ import annotations

import re

from bot.detection import evidence, vocabulary
from bot.detection.context import NumberContext
from bot.detection.result import LookAlikeReason

_RUN_BEFORE = re.compile(r"[A-Za-z0-9_]+$")
_RUN_AFTER = re.compile(r"[A-Za-z0-9_]+")
_PROPERTY = re.compile(r"\.([A-Za-z0-9_]+)")
_CODE = re.compile(r"600[0-9]{4}(?![0-9A-Za-z])")
_CODE_BEFORE = re.compile(r"(?<![0-9A-Za-z.])600[0-9]{4}$")


_TICKET = re.compile(r"(?i)(?:order|ticket|issue|jira|invoice|case|bug|po|pr|mr)$")


def run_before(left: str) -> str:
    """Return the letters, digits and underscores at the end of *left*."""
    if not _RUN_AFTER.match(left[-1:]):
        return ""  # at once: mostly a space stands there
    found = _RUN_BEFORE.search(left[-40:])
    return found[0] if found else ""


def letters_before(site: NumberContext) -> LookAlikeReason | None:
    """``a6000121`` is a token, ``onError6000121`` is a code, ``E6000121`` is one where errors are spoken of."""
    run = run_before(site.left)
    if not run:
        return None
    if run.lower().endswith("0x"):
        return LookAlikeReason.HEX
    if evidence.is_glued_to_error(run):
        return LookAlikeReason.PATH if site.left[: -len(run)].endswith(("/", "\\")) else None
    if run.lower() in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    if run in ("E", "e", "ZIM", "zim", "ZIM_", "zim_", "E_", "EC") and evidence.has_error_word(site):
        return None
    return LookAlikeReason.GLUED


def letters_after(site: NumberContext) -> LookAlikeReason | None:
    """``6000121a9f3c`` is a token, ``6000121ms`` an amount, ``6000121L`` a Java literal."""
    found = _RUN_AFTER.match(site.right)
    if not found:
        return None
    run = found[0].lower()
    if run in vocabulary.UNITS or run in vocabulary.UNITS_GLUED:
        return LookAlikeReason.UNIT
    if run in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    if (run in ("l", "u", "ul") and evidence.is_code_key(site.name)) or evidence.is_glued_to_error(found[0]):
        return None
    return LookAlikeReason.GLUED


def point(site: NumberContext) -> LookAlikeReason | None:
    """Fractions, addresses, file names and properties: ``9.6000121``, ``6000354.00``, ``6000121.log``."""
    if site.before == "." and not site.left.endswith(".."):
        if len(site.left) == 1 or not site.left[-2].isascii() or site.left[-2] in "\"')]}":
            return None if len(site.left) > 1 and not site.left[-2].isspace() else LookAlikeReason.DECIMAL
        return LookAlikeReason.DECIMAL if site.left[-2].isdigit() or site.left[-2].isspace() else _property(site)
    after = _PROPERTY.match(site.right)
    if not after or not after[1].isascii():
        return None
    if after[1][0].isdigit():
        return LookAlikeReason.DECIMAL
    if after[1].lower() in vocabulary.FILE_ENDINGS:
        return LookAlikeReason.PATH
    return None if after[1][0].isupper() or evidence.is_code_key(site.name) else LookAlikeReason.GLUED


def _property(site: NumberContext) -> LookAlikeReason | None:
    return None if evidence.is_glued_to_error(run_before(site.left[:-1])) else LookAlikeReason.GLUED


def comma(site: NumberContext) -> LookAlikeReason | None:
    """``6000121,50 €`` is a price; ``6000104,6000105`` are two codes."""
    if site.after != ",":
        return None
    if re.match(r",000(?![0-9])", site.right):
        return LookAlikeReason.THOUSANDS
    return LookAlikeReason.DECIMAL if re.match(r",[0-9]{1,2}(?![0-9])\s?[€$₫đ%]", site.right) else None


def hyphen(site: NumberContext) -> LookAlikeReason | None:
    """``ORDER-6000121``, ``2024-6000121``, ``-6000121``, ``6000121-77``; ``error-6000121`` is a code."""
    if site.before in ("-", "\u2010", "\u2011"):
        reason = _before_hyphen(site.left.rstrip("-\u2010\u2011"))
        if reason:
            return reason
    if site.after != "-":
        return None
    if evidence.is_code_key(site.name) or _TEXT_AFTER_HYPHEN.match(site.right):
        return LookAlikeReason.GLUED if re.match(r"-[0-9]", site.right) else None
    return LookAlikeReason.GLUED if re.match(r"-[A-Za-z0-9]", site.right) else None


# 6000121-User is not logged in
_TEXT_AFTER_HYPHEN = re.compile(r"-[A-Z][A-Za-z]+ [A-Za-z\u3400-\u9fff]")


def _before_hyphen(left: str) -> LookAlikeReason | None:
    run = run_before(left)
    if run and evidence.is_glued_to_error(run):
        return LookAlikeReason.PATH if left[: -len(run)].endswith(("/", "\\")) else None
    if not run:
        return None if left and not left[-1].isascii() else LookAlikeReason.NEGATIVE
    return LookAlikeReason.TICKET if _TICKET.search(run) else LookAlikeReason.GLUED


def slash(site: NumberContext) -> LookAlikeReason | None:
    """``orders/6000121`` is a path; ``6000104/6000105`` are two codes."""
    if site.before == "\\" or (site.before == "/" and not _is_alternative(site.left[:-1])):
        return LookAlikeReason.PATH
    if site.after == "/" and re.match(r"/[A-Za-z0-9_.]", site.right) and not _CODE.match(site.right, 1):
        return None if evidence.is_code_key(site.name) else LookAlikeReason.PATH
    if site.after == "\\" and re.match(r"\\[A-Za-z0-9]{2}", site.right) and not re.match(r"\\[nrt]", site.right):
        return LookAlikeReason.PATH
    return None


def _is_alternative(left: str) -> bool:
    return bool(_CODE_BEFORE.search(left[-8:])) or (bool(left) and not left[-1].isascii())


def mark(site: NumberContext) -> LookAlikeReason | None:
    """Signs that belong to the number: ``#6000104``, ``+6000121``, ``@6000121``, ``~6000121``, ``%6000121``."""
    if site.before == "#":
        return None if evidence.is_code_key(site.name) and site.left[-2:] != "&#" else LookAlikeReason.TICKET
    if site.before == "!" and (len(site.left) == 1 or site.left[-2].isspace()):
        return LookAlikeReason.TICKET
    if site.before == "+":
        return _plus(site.left[:-1])
    if site.before == "*" and site.left.endswith("***"):
        return LookAlikeReason.GLUED
    if site.before in ("№", "°"):
        return LookAlikeReason.IDENTIFIER
    if site.before and site.before in "@%&^~≈":
        return LookAlikeReason.AMOUNT if site.before in "~≈" else LookAlikeReason.GLUED
    return LookAlikeReason.GLUED if site.after == "@" else None


def _plus(left: str) -> LookAlikeReason | None:
    if not left or left[-1].isspace() or left[-1] in "([:=":
        return LookAlikeReason.PHONE
    return None if left[-1] in "\"'`)" or _is_alternative(left) else LookAlikeReason.GLUED


def url(site: NumberContext) -> LookAlikeReason | None:
    """A URL without its scheme: ``example.com/orders?id=6000121``, ``GET /v1/items?id=6000121``."""
    if "/" not in site.left and "?" not in site.left:
        return None
    chunk = re.split(r"[\s\"'<>()\[\]{},，。；]", site.left)[-1]
    if re.search(r"(?i)^(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]+)?/", chunk):
        return LookAlikeReason.URL
    if re.search(r"^/?[\w./-]*\?[\w-]+=(?!=)[\w.&=%-]*$", chunk) and chunk[0] != "?":
        return LookAlikeReason.URL
    return None
