"""Reject seven-digit numbers that only look like a code.

Each rule reads the context of a number and returns a reason against it, or None. They apply in the order of `_RULES`:
first the characters that touch the number, then the words around it. The first reason counts.
"""

from __future__ import annotations

import re
import string

from bot.detection import vocabulary
from bot.detection.number_context import NameBefore, NumberContext, is_glued_to_error
from bot.detection.result import LookAlikeReason

_WORD_CHARACTERS = f"{string.ascii_letters}{string.digits}_"
_RUN = re.compile(r"[A-Za-z0-9_]+")


def reason_against(number: NumberContext) -> LookAlikeReason | None:
    """Return why a seven-digit number is not an error code, or None if no rule rejects it."""
    return next((reason for rule in _RULES if (reason := rule(number))), None)


def _run_before(left: str) -> str:
    """Return the letters, digits and underscores at the end of *left*."""
    near = left[-40:]
    return near[len(near.rstrip(_WORD_CHARACTERS)) :]


def letters_before(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``a6000121``, a token; not ``onError6000121``, nor ``E6000121`` near an error word."""
    run = _run_before(number.left)
    if not run:
        return None
    if run.lower().endswith("0x"):
        return LookAlikeReason.HEX
    if is_glued_to_error(run):
        return LookAlikeReason.PATH if number.left[: -len(run)].endswith(("/", "\\")) else None
    if run.lower() in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    if run in ("E", "e", "ZIM", "zim", "ZIM_", "zim_", "E_", "EC") and number.has_error_word:
        return None
    return LookAlikeReason.GLUED


def letters_after(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000121a9f3c``, a token, and ``6000121ms``, an amount; not ``6000121L``, a Java literal."""
    found = _RUN.match(number.right)
    if not found:
        return None
    run = found[0].lower()
    if run in vocabulary.UNITS or run in vocabulary.UNITS_GLUED:
        return LookAlikeReason.UNIT
    if run in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    if (run in ("l", "u", "ul") and number.has_code_key) or is_glued_to_error(found[0]):
        return None
    return LookAlikeReason.GLUED


def url(number: NumberContext) -> LookAlikeReason | None:
    """Reject numbers in a URL without a scheme: ``example.com/orders?id=6000121``, ``GET /v1/items?id=6000121``.

    `detector` rejects those in a URL with a scheme or ``www.`` before the rules.
    """
    if "/" not in number.left and "?" not in number.left:
        return None
    chunk = re.split(r"[\s\"'<>()\[\]{},，。；]", number.left)[-1]
    is_page = re.match(r"(?i)(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]+)?/", chunk)
    is_query = re.match(r"(?!\?)[\w./-]*\?[\w-]+=(?!=)[\w.&=%-]*$", chunk)
    return LookAlikeReason.URL if is_page or is_query else None


def point(number: NumberContext) -> LookAlikeReason | None:
    """Reject fractions, addresses, file names and properties: ``9.6000121``, ``6000354.00``, ``6000121.log``."""
    left = number.left
    if number.before == "." and not left.endswith(".."):
        if len(left) == 1 or left[-2].isspace():
            return LookAlikeReason.DECIMAL
        if not left[-2].isascii() or left[-2] in "\"')]}":
            return None  # the end of a sentence
        if left[-2].isdigit():
            return LookAlikeReason.DECIMAL
        return None if is_glued_to_error(_run_before(left[:-1])) else LookAlikeReason.GLUED
    after = re.match(r"\.([A-Za-z0-9_]+)", number.right) if number.after == "." else None
    if not after:
        return None
    if after[1][0].isdigit():
        return LookAlikeReason.DECIMAL
    if after[1].lower() in vocabulary.FILE_ENDINGS:
        return LookAlikeReason.PATH
    return None if after[1][0].isupper() or number.has_code_key else LookAlikeReason.GLUED


def comma(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000121,50 €``, a price; not ``6000104,6000105``, two codes."""
    if re.match(r",000(?![0-9])", number.right):
        return LookAlikeReason.THOUSANDS
    return LookAlikeReason.DECIMAL if re.match(r",[0-9]{1,2}(?![0-9])\s?[€$₫đ%]", number.right) else None


_MONEY_BEFORE = re.compile(rf"[{vocabulary.CURRENCY_SIGNS}]\s?$")
_MONEY_WORD_BEFORE = re.compile(r"([A-Za-zđĐồ]+)\.?\s$")
_MONEY_AFTER = re.compile(rf"(?:\.[0-9]+|,[0-9]+)?\s?(?:[{vocabulary.CURRENCY_SIGNS}]|([A-Za-zđĐồẫ]{{1,8}}))")


def money(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with a currency before or after it; not ``${6000121}``, a template."""
    if _MONEY_BEFORE.search(number.left[-2:]) and not number.left.endswith(("${", "$ {")):
        return LookAlikeReason.MONEY
    word = _MONEY_WORD_BEFORE.search(number.left[-12:])
    if word and word[1].lower() in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    after = _MONEY_AFTER.match(number.right)
    if after and (after[1] is None or after[1].lower() in vocabulary.CURRENCIES):
        return LookAlikeReason.MONEY
    return None


_HYPHENS = "-\u2010\u2011"


def hyphen(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``ORDER-6000121``, ``2024-6000121``, ``-6000121`` and ``6000121-77``; not ``error-6000121``."""
    if number.before and number.before in _HYPHENS and (reason := _before_hyphen(number.left.rstrip(_HYPHENS))):
        return reason
    if number.after != "-":
        return None
    # 6000121-User is not logged in
    is_code = number.has_code_key or re.match(r"-[A-Z][A-Za-z]+ [A-Za-z\u3400-\u9fff]", number.right)
    return LookAlikeReason.GLUED if re.match(r"-[0-9]" if is_code else r"-[A-Za-z0-9]", number.right) else None


def _before_hyphen(left: str) -> LookAlikeReason | None:
    """Return the reason in the text before the hyphen."""
    run = _run_before(left)
    if not run:
        return None if left and not left[-1].isascii() else LookAlikeReason.NEGATIVE
    if is_glued_to_error(run):
        return LookAlikeReason.PATH if left[: -len(run)].endswith(("/", "\\")) else None
    is_ticket = re.search(r"(?i)(?:order|ticket|issue|jira|invoice|case|bug|po|pr|mr)$", run)
    return LookAlikeReason.TICKET if is_ticket else LookAlikeReason.GLUED


_CODE = re.compile(r"600[0-9]{4}(?![0-9A-Za-z])")
_CODE_BEFORE = re.compile(r"(?<![0-9A-Za-z.])600[0-9]{4}$")


def slash(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``orders/6000121``, a path; not ``6000104/6000105``, two codes."""
    if number.before == "\\" or (number.before == "/" and not _ends_in_code_or_chinese(number.left[:-1])):
        return LookAlikeReason.PATH
    if number.after == "/" and re.match(r"/[A-Za-z0-9_.]", number.right) and not _CODE.match(number.right, 1):
        return None if number.has_code_key else LookAlikeReason.PATH
    if number.after == "\\" and re.match(r"\\(?![nrt])[A-Za-z0-9]{2}", number.right):
        return LookAlikeReason.PATH
    return None


def _ends_in_code_or_chinese(left: str) -> bool:
    return bool(_CODE_BEFORE.search(left[-8:])) or (bool(left) and not left[-1].isascii())


def sign(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with a sign that belongs to it: ``#6000104``, ``+6000121``, ``@6000121``, ``~6000121``."""
    left, before = number.left, number.before
    if before == "#":
        return None if number.has_code_key and left[-2:] != "&#" else LookAlikeReason.TICKET
    if before == "!" and (len(left) == 1 or left[-2].isspace()):
        return LookAlikeReason.TICKET
    if before == "+":
        if len(left) == 1 or left[-2].isspace() or left[-2] in "([:=":
            return LookAlikeReason.PHONE
        return None if left[-2] in "\"'`)" or _ends_in_code_or_chinese(left[:-1]) else LookAlikeReason.GLUED
    if before in ("№", "°"):
        return LookAlikeReason.IDENTIFIER
    if before and before in "~≈":
        return LookAlikeReason.AMOUNT
    is_glued = left.endswith("***") or (before and before in "@%&^") or number.after == "@"
    return LookAlikeReason.GLUED if is_glued else None


# The longest area code and the character before it are 9 characters.
_AREA_CODE = re.compile(r"(?:\+[0-9]{1,3}|(?<![0-9])0[0-9]{2,3}|\([0-9]{2,5}\))[ ]$|\([0-9]{2,5}\)$")


def area_code(number: NumberContext) -> LookAlikeReason | None:
    """Reject a telephone number behind an area code: ``(021) 6000121``, ``+86 6000121``."""
    return LookAlikeReason.PHONE if _AREA_CODE.search(number.left[-9:]) else None


_UNIT = re.compile(r"\s?([A-Za-zµμ][A-Za-zµμ0-9]*)(?:\s([a-z]+))?(?:\s([a-z]+))?")
_UNIT_CHINESE = re.compile(rf"\s?{vocabulary.UNITS_CHINESE}")


def unit(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with a unit or a counted noun behind it, unless the words before it announce a code."""
    if number.after and number.after in "%°℃":
        return LookAlikeReason.UNIT
    if number.has_strong_key and not other_code(number):
        return None
    return LookAlikeReason.UNIT if _UNIT_CHINESE.match(number.right) or _is_count(number) else None


def _is_count(number: NumberContext) -> bool:
    """Return whether the number counts the noun behind it."""
    found = _UNIT.match(number.right)
    if not found:
        return False
    following = [word.lower() for word in found.groups("")]
    while len(following) > 1 and following[0] in vocabulary.ADJECTIVES:
        following.pop(0)
    if following[0] not in vocabulary.UNITS or (following[1:2] and following[1] in vocabulary.SENTENCE_AFTER_UNIT):
        return False
    return number.name is None or number.name.word.lower() not in vocabulary.BEFORE_PLURAL or len(following[0]) < 4


def other_code(number: NumberContext) -> LookAlikeReason | None:
    """Reject a code of another kind: ``zip code 6000121``, ``promoCode=6000121``, 验证码 6000121."""
    name = number.name
    if name is None:
        return None
    if name.is_chinese:
        return LookAlikeReason.OTHER_CODE if name.word.endswith(vocabulary.OTHER_CODES_CHINESE) else None
    is_qualified = name.last in ("code", "codes", "kode") and name.qualifier in vocabulary.OTHER_CODES
    return LookAlikeReason.OTHER_CODE if is_qualified or name.last in vocabulary.OTHER_CODES_ALONE else None


def key(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number that the word before it names something else: ``userID: 6000121``, 订单号6000121."""
    name = number.name
    if name is None or number.has_strong_key:
        return None
    matches = _matches_chinese if name.is_chinese else _matches
    return next((rule.reason for rule in vocabulary.KEYS if matches(name, rule)), None)


def _matches_chinese(name: NameBefore, rule: vocabulary.KeyRule) -> bool:
    """Return whether a Chinese name is in *rule*; the end of a sentence about an error does not count."""
    if name.has_sign and len(name.word) > 7 and any(word in name.word for word in vocabulary.SENTENCE_CHINESE):
        return False
    return name.word.endswith(rule.chinese) or (name.has_sign and name.word.endswith(rule.chinese_assigned))


def _matches(name: NameBefore, rule: vocabulary.KeyRule) -> bool:
    """Return whether a name in another language is in *rule*."""
    whole = name.word.strip("_").lower()
    if whole == "appid" and name.before[-1:] == ("invalid",):
        return False
    if name.last in rule.english or whole in rule.english:
        return True
    if name.last == "no":
        # `orderNo`, `part no`; but not "there are no 6000121 errors".
        is_negation = not name.before or name.before[-1] in vocabulary.NEGATED
        return rule.reason is LookAlikeReason.IDENTIFIER and (name.has_sign or len(name.parts) > 1 or not is_negation)
    if whole in rule.alone:
        return not (name.has_sign and vocabulary.SENTENCE.intersection(name.before))
    if name.last in rule.assigned:
        return (name.has_sign or len(name.parts) > 1) and not vocabulary.SENTENCE.intersection(name.before)
    return whole in rule.adjacent and not name.has_sign


_NOUN_AFTER = re.compile(
    r"\s?(?:\(|is (?:my|your|his|her|our|the|an?) )(?:[a-z]{2,12} ){0,2}"
    r"(?:number|id|ID|order|ticket|phone|account|room|invoice)\b|"
    r"\s?[这那](?:个|位|条)?(?:用户|账号|帐号|房间|群|订单|工单|电话|号码|手机)|\s?(?:ext\b|转\s?[0-9])"
)


def phrase(number: NumberContext) -> LookAlikeReason | None:
    """Reject by a phrase: ``opened case 6000121 with support``, ``6000121 is my order number``, 6000121这个房间."""
    name = number.name
    is_case = name and name.word.lower() == "case" and name.before and not name.has_sign
    if is_case and not re.match(r"\s*(?::|->|=>|,|\.\.)", number.right):  # those follow the `case` of a switch
        return LookAlikeReason.TICKET
    if name and name.last in ("pos", "điện") and name.before[-1:] in (("kode",), ("bưu",)):
        return LookAlikeReason.OTHER_CODE
    if number.before == "(" and re.search(r"[0-9]\.[0-9]+\s?\($", number.left):  # 1.2.0 (6000121)
        return LookAlikeReason.POSITION
    source = number.before == ":" and re.search(r"\.([a-z]{1,5}):$", number.left)  # main.dart:6000121
    if source and source[1] in vocabulary.FILE_ENDINGS:
        return LookAlikeReason.POSITION
    after = _NOUN_AFTER.match(number.right)
    return LookAlikeReason.IDENTIFIER if after and "error" not in after[0] else None


def timeout(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``timeout=6000105``, a time; not "Request timeout: 6000105", the meaning of the code."""
    is_value = re.search(r"(?i)timeout(?:_?ms)?[\"'\\]{0,4}\s?(?:=|(?<=[\"'])\s?:)\s?$", number.left)
    return LookAlikeReason.TIME if is_value else None


def index(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``Runner[6000121:88123]``, a process, and ``CHS[6000121]``, an index; not ``[Room][6000322]``."""
    run = _run_before(number.left[:-1]) if number.before == "[" else ""
    if not run or is_glued_to_error(run) or number.has_error_word or number.has_product_word:
        return None
    return LookAlikeReason.INDEX


def rounded(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000000`` and other multiples of 1000: no code ends in three zeros."""
    return LookAlikeReason.ROUND if number.digits.endswith("000") else None


# A field that is only a number of four digits or more, in a row of fields.
_FIGURE = re.compile(r"(?:^|[,;|\t(\[])\s*['\"]?(-?[0-9]{4,12}(?:\.[0-9]+)?)['\"]?\s*(?=$|[,;|\t)\]])")
_CODE_OR_TIME = re.compile(r"600[0-9]{4}|1[0-9]{9}|1[0-9]{12}")  # times are seconds or milliseconds since 1970
_WORD = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]{2,4}")
_DATABASE = re.compile(r"(?i:\binsert into\b|\bvalues\s*\(|\bupdate \w+ set\b|\bdelete from\b)")


def figures(number: NumberContext) -> LookAlikeReason | None:
    """Reject a field between other figures or in a database row, on a line without an error word.

    Other codes do not count as figures, nor do times, which logs print beside codes.
    """
    if number.has_code_key or number.has_error_word or number.has_product_word:
        return None
    if _DATABASE.search(number.left):
        return LookAlikeReason.FIGURES
    if len(_WORD.findall(f"{number.left} {number.right}")) > 2:
        return None
    found = (*_FIGURE.findall(number.left), *_FIGURE.findall(number.right))
    return None if all(_CODE_OR_TIME.fullmatch(figure) for figure in found) else LookAlikeReason.FIGURES


_RULES = (
    letters_before, letters_after, url, point, comma, money, hyphen, slash, sign,
    area_code, unit, other_code, key, phrase, timeout, index, rounded, figures,
)  # fmt: skip
