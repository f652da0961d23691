"""Reject look-alikes by the characters that touch the number: letters, signs of money, hyphens, slashes, dots."""

from __future__ import annotations

import re
import string

from bot.detection import vocabulary
from bot.detection.number_context import WORD_CHARACTERS, NumberContext
from bot.detection.number_name import is_glued_to_error
from bot.detection.result import LookAlikeReason

_MONEY_LETTERS = f"{string.ascii_letters}đĐồẫ"


def letters_before(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``a6000121``, a token; not ``onError6000121``, nor ``E6000121`` near an error word."""
    run = number.run_before(WORD_CHARACTERS)
    if not run:
        return None
    if run.lower().endswith("0x"):
        return LookAlikeReason.HEX
    if is_glued_to_error(run):
        return LookAlikeReason.PATH if number.left(len(run) + 1).startswith(("/", "\\")) else None
    if run.lower() in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    if run in ("E", "e", "ZIM", "zim", "ZIM_", "zim_", "E_", "EC") and number.has_error_word:
        return None
    return LookAlikeReason.GLUED


def letters_after(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000121a9f3c``, a token, and ``6000121ms``, an amount; not ``6000121L``, a Java literal."""
    run = number.run_after(WORD_CHARACTERS)
    if not run:
        return None
    if run.lower() in vocabulary.UNITS or run.lower() in vocabulary.UNITS_GLUED:
        return LookAlikeReason.UNIT
    if run.lower() in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    if (run.lower() in ("l", "u", "ul") and number.has_code_key) or is_glued_to_error(run):
        return None
    return LookAlikeReason.GLUED


def url(number: NumberContext) -> LookAlikeReason | None:
    """Reject numbers in a URL without a scheme: ``example.com/orders?id=6000121``, ``GET /v1/items?id=6000121``.

    `detector` rejects those in a URL with a scheme or ``www.`` before the rules.
    """
    chunk = number.chunk_before
    if "/" not in chunk and "?" not in chunk:
        return None
    is_page = re.match(r"(?i)(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]+)?/", chunk)
    is_query = re.match(r"(?!\?)[\w./-]*\?[\w-]+=(?!=)[\w.&=%-]*$", chunk)
    return LookAlikeReason.URL if is_page or is_query else None


def point(number: NumberContext) -> LookAlikeReason | None:
    """Reject fractions, addresses, file names and properties: ``9.6000121``, ``6000354.00``, ``6000121.log``."""
    if number.before == "." and number.left(2) != "..":
        left = number.left(2)
        if len(left) == 1 or left[0].isspace():
            return LookAlikeReason.DECIMAL
        if not left[0].isascii() or left[0] in "\"')]}":
            return None  # the end of a sentence
        if left[0].isdigit():
            return LookAlikeReason.DECIMAL
        return None if is_glued_to_error(number.run_before(WORD_CHARACTERS, 1)) else LookAlikeReason.GLUED
    after = number.run_after(WORD_CHARACTERS, 1) if number.after == "." else ""
    if not after:
        return None
    if after[0].isdigit():
        return LookAlikeReason.DECIMAL
    if after.lower() in vocabulary.FILE_ENDINGS:
        return LookAlikeReason.PATH
    return None if after[0].isupper() or number.has_code_key else LookAlikeReason.GLUED


def comma(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000121,50 €``, a price; not ``6000104,6000105``, two codes."""
    if number.after != "," or not number.right(2)[1:].isdigit():
        return None
    if re.match(r",000(?![0-9])", number.right(5)):
        return LookAlikeReason.THOUSANDS
    return LookAlikeReason.DECIMAL if re.match(r",[0-9]{1,2}(?![0-9])\s?[€$₫đ%]", number.right(5)) else None


_MONEY_BEFORE = re.compile(rf"[{vocabulary.CURRENCY_SIGNS}]\s?$")
# Behind the fraction: a sign or a word.
_MONEY_AFTER = re.compile(rf"[.,][0-9]+\s?(?:[{vocabulary.CURRENCY_SIGNS}]|([{_MONEY_LETTERS}]{{1,8}}))")


def money(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with a currency before or after it; not ``${6000121}``, a template."""
    if _MONEY_BEFORE.search(number.left(2)) and not number.left(3).endswith(("${", "$ {")):
        return LookAlikeReason.MONEY
    if number.before.isspace():
        is_short = number.left(2).startswith(".")  # Rs. 6000121
        if number.run_before(_MONEY_LETTERS, 1 + is_short).lower() in vocabulary.CURRENCIES:
            return LookAlikeReason.MONEY
    if number.after in (".", ",") and number.right(2)[1:].isdigit():
        after = _MONEY_AFTER.match(number.right())
        is_money = after and (after[1] is None or after[1].lower() in vocabulary.CURRENCIES)
        return LookAlikeReason.MONEY if is_money else None
    sign = number.after_space
    word = number.run_after(_MONEY_LETTERS, int(number.after.isspace()))
    is_money = (sign and sign in vocabulary.CURRENCY_SIGNS) or word.lower() in vocabulary.CURRENCIES
    return LookAlikeReason.MONEY if is_money else None


_HYPHENS = "-\u2010\u2011"


def hyphen(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``ORDER-6000121``, ``2024-6000121``, ``-6000121`` and ``6000121-77``; not ``error-6000121``."""
    if number.before and number.before in _HYPHENS and (reason := _before_hyphen(number)):
        return reason
    if number.after != "-":
        return None
    # 6000121-User is not logged in
    is_code = number.has_code_key or re.match(r"-[A-Z][A-Za-z]+ [A-Za-z\u3400-\u9fff]", number.right())
    return LookAlikeReason.GLUED if re.match(r"-[0-9]" if is_code else r"-[A-Za-z0-9]", number.right(2)) else None


def _before_hyphen(number: NumberContext) -> LookAlikeReason | None:
    """Return the reason in the text before the hyphen."""
    hyphens = len(number.run_before(_HYPHENS))
    run = number.run_before(WORD_CHARACTERS, hyphens)
    before_run = number.left(len(run) + hyphens + 1)[: -len(run) - hyphens]
    if not run:
        return None if before_run and not before_run.isascii() else LookAlikeReason.NEGATIVE
    if is_glued_to_error(run):
        return LookAlikeReason.PATH if before_run in ("/", "\\") else None
    is_ticket = re.search(r"(?i)(?:order|ticket|issue|jira|invoice|case|bug|po|pr|mr)$", run)
    return LookAlikeReason.TICKET if is_ticket else LookAlikeReason.GLUED


_CODE = re.compile(r"600[0-9]{4}(?![0-9A-Za-z])")
_CODE_BEFORE = re.compile(r"(?<![0-9A-Za-z.])600[0-9]{4}$")


def slash(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``orders/6000121``, a path; not ``6000104/6000105``, two codes."""
    if number.before == "\\" or (number.before == "/" and not _ends_in_code_or_chinese(number.left(9)[:-1])):
        return LookAlikeReason.PATH
    if number.after == "/" and re.match(r"/[A-Za-z0-9_.]", number.right(2)) and not _CODE.match(number.right(9), 1):
        return None if number.has_code_key else LookAlikeReason.PATH
    if number.after == "\\" and re.match(r"\\(?![nrt])[A-Za-z0-9]{2}", number.right(3)):
        return LookAlikeReason.PATH
    return None


def _ends_in_code_or_chinese(left: str) -> bool:
    return bool(_CODE_BEFORE.search(left[-8:])) or (bool(left) and not left[-1].isascii())


def sign(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with a sign that belongs to it: ``#6000104``, ``+6000121``, ``@6000121``, ``~6000121``."""
    before = number.before
    if before == "#":
        return None if number.has_code_key and number.left(2) != "&#" else LookAlikeReason.TICKET
    if before == "!" and (len(number.left(2)) == 1 or number.left(2)[0].isspace()):
        return LookAlikeReason.TICKET
    if before == "+":
        left = number.left(9)
        if len(left) == 1 or left[-2].isspace() or left[-2] in "([:=":
            return LookAlikeReason.PHONE
        return None if left[-2] in "\"'`)" or _ends_in_code_or_chinese(left[:-1]) else LookAlikeReason.GLUED
    if before in ("№", "°"):
        return LookAlikeReason.IDENTIFIER
    if before and before in "~≈":
        return LookAlikeReason.AMOUNT
    is_masked = before == "*" and number.left(3) == "***"
    return LookAlikeReason.GLUED if is_masked or (before and before in "@%&^") or number.after == "@" else None


# The longest area code and the character before it are 9 characters.
_AREA_CODE = re.compile(r"(?:\+[0-9]{1,3}|(?<![0-9])0[0-9]{2,3}|\([0-9]{2,5}\))[ ]$|\([0-9]{2,5}\)$")


def area_code(number: NumberContext) -> LookAlikeReason | None:
    """Reject a telephone number behind an area code: ``(021) 6000121``, ``+86 6000121``."""
    is_likely = number.before == ")" or (number.before == " " and re.match(r"[0-9)]", number.left(2)))
    return LookAlikeReason.PHONE if is_likely and _AREA_CODE.search(number.left(9)) else None


RULES = (letters_before, letters_after, url, point, comma, money, hyphen, slash, sign, area_code)
