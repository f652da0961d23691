"""Tell a code from what only looks like one.

Each rule looks at the neighbourhood of a seven-digit number and names a reason against it, or says nothing.
The rules stand in the order in which they are asked; the first reason counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.detection import edges, evidence, vocabulary
from bot.detection.context import NameBefore, NumberContext
from bot.detection.result import LookAlikeReason

LookAlikeRule = Callable[[NumberContext], LookAlikeReason | None]

_MONEY_BEFORE = re.compile(rf"[{vocabulary.CURRENCY_SIGNS}]\s?$")
_MONEY_WORD_BEFORE = re.compile(r"([A-Za-zđĐồ]+)\.?\s$")
_MONEY_AFTER = re.compile(rf"(?:\.[0-9]+|,[0-9]+)?\s?(?:[{vocabulary.CURRENCY_SIGNS}]|([A-Za-zđĐồẫ]{{1,8}}))")


def _money(site: NumberContext) -> LookAlikeReason | None:
    if _MONEY_BEFORE.search(site.left[-2:]) and not site.left.endswith(("${", "$ {")):
        return LookAlikeReason.MONEY
    word = _MONEY_WORD_BEFORE.search(site.left[-12:])
    if word and word[1].lower() in vocabulary.CURRENCIES:
        return LookAlikeReason.MONEY
    after = _MONEY_AFTER.match(site.right)
    if after and (after[1] is None or after[1].lower() in vocabulary.CURRENCIES):
        return LookAlikeReason.MONEY
    return None


_UNIT = re.compile(r"\s?([A-Za-zµμ][A-Za-zµμ0-9]*)(?:\s([a-z]+))?(?:\s([a-z]+))?")
_UNIT_CHINESE = re.compile(rf"\s?{vocabulary.UNITS_CHINESE}")
# "6000104 times out" counts nothing, nor does "6000121 users already logged in".
_SAYS = frozenset(
    [
        "out",
        "is",
        "does",
        "not",
        "to",
        "time",
        "already",
        "exist",
        "exists",
        "limit",
        "offline",
        "cannot",
        "has",
        "failed",
        "fails",
        "error",
        "exceed",
        "exceeds",
    ]
)


def _unit(site: NumberContext) -> LookAlikeReason | None:
    """A unit or a counted noun behind the number, unless the words before it call it a code."""
    if site.after and site.after in "%°℃":
        return LookAlikeReason.UNIT
    if evidence.is_strong_key(site.name) and not _other_code(site):
        return None
    return LookAlikeReason.UNIT if _UNIT_CHINESE.match(site.right) or _is_counted(site) else None


def _is_counted(site: NumberContext) -> bool:
    found = _UNIT.match(site.right)
    if not found:
        return False
    following = [word.lower() for word in found.groups("")]
    while len(following) > 1 and following[0] in vocabulary.ADJECTIVES:
        following.pop(0)
    if following[0] not in vocabulary.UNITS or (following[1:2] and following[1] in _SAYS):
        return False
    return site.name is None or site.name.word.lower() not in vocabulary.SPOKEN_OF or len(following[0]) < 4


def _other_code(site: NumberContext) -> LookAlikeReason | None:
    """``zip code 6000121``, ``promoCode=6000121``, 验证码 6000121."""
    name = site.name
    if name is None:
        return None
    if name.is_chinese:
        return LookAlikeReason.OTHER_CODE if name.word.endswith(vocabulary.OTHER_CODES_CHINESE) else None
    if name.last not in ("code", "codes", "kode", "pin", "otp", "zip", "zipcode", "postcode", "barcode", "passcode"):
        return None
    if name.last not in ("code", "codes", "kode"):
        return LookAlikeReason.OTHER_CODE
    qualifier = name.parts[-2] if len(name.parts) > 1 else (name.before[-1:] or ("",))[0]
    return LookAlikeReason.OTHER_CODE if qualifier in vocabulary.OTHER_CODES else None


def _key(site: NumberContext) -> LookAlikeReason | None:
    """The word before the number says that it is something else: ``userID: 6000121``, 订单号6000121."""
    if site.name is None or evidence.is_strong_key(site.name):
        return None
    return _key_reason_of(site.name)


_SENTENCE_CHINESE = re.compile(vocabulary.SENTENCE_CHINESE)


def _key_reason_of(name: NameBefore) -> LookAlikeReason | None:
    is_named = _is_named_in_chinese if name.is_chinese else _is_named
    return next((key.reason for key in vocabulary.KEYS if is_named(name, key)), None)


def _is_named_in_chinese(name: NameBefore, key: vocabulary.KeyRule) -> bool:
    if name.has_sign and len(name.word) > 7 and _SENTENCE_CHINESE.search(name.word):
        return False
    return name.word.endswith(key.chinese) or (name.has_sign and name.word.endswith(key.chinese_assigned))


def _is_named(name: NameBefore, key: vocabulary.KeyRule) -> bool:
    whole = name.word.strip("_").lower()
    if whole == "appid" and name.before[-1:] == ("invalid",):
        return False
    if name.last in key.english or whole in key.english:
        return True
    if name.last == "no":
        return key.reason is LookAlikeReason.IDENTIFIER and _is_numbering(name)
    if whole in key.alone:
        return not (name.has_sign and vocabulary.SENTENCE.intersection(name.before))
    if name.last in key.assigned:
        return (name.has_sign or len(name.parts) > 1) and not vocabulary.SENTENCE.intersection(name.before)
    return whole in key.adjacent and not name.has_sign


def _is_numbering(name: NameBefore) -> bool:
    """``orderNo``, ``part no``; but not "there are no 6000121 errors"."""
    return name.has_sign or len(name.parts) > 1 or (bool(name.before) and name.before[-1] not in vocabulary.NEGATED)


_BUILD = re.compile(r"[0-9]\.[0-9]+\s?\($")  # 1.2.0 (6000121)
_SOURCE = re.compile(r"\.([a-z]{1,5}):$")  # main.dart:6000121
_CASE = re.compile(r"\s*(?::|->|=>|,|\.\.)")
_SAID_AFTER = re.compile(
    r"\s?(?:\(|is (?:my|your|his|her|our|the|an?) )(?:[a-z]{2,12} ){0,2}"
    r"(?:number|id|ID|order|ticket|phone|account|room|invoice)\b|"
    r"\s?[这那](?:个|位|条)?(?:用户|账号|帐号|房间|群|订单|工单|电话|号码|手机)|\s?(?:ext\b|转\s?[0-9])"
)


def _said(site: NumberContext) -> LookAlikeReason | None:
    """``opened case 6000121 with support``, ``6000121 is my order number``, 6000121这个房间."""
    name = site.name
    if name and name.word.lower() == "case" and name.before and not name.has_sign and not _CASE.match(site.right):
        return LookAlikeReason.TICKET
    if name and name.last in ("pos", "điện") and name.before[-1:] in (("kode",), ("bưu",)):
        return LookAlikeReason.OTHER_CODE
    if site.before == "(" and _BUILD.search(site.left):
        return LookAlikeReason.POSITION
    if site.before == ":" and (found := _SOURCE.search(site.left)) and found[1] in vocabulary.FILE_ENDINGS:
        return LookAlikeReason.POSITION
    after = _SAID_AFTER.match(site.right)
    return LookAlikeReason.IDENTIFIER if after and "error" not in after[0] else None


def _timeout(site: NumberContext) -> LookAlikeReason | None:
    """``timeout=6000105`` is a time; "Request timeout: 6000105" is what the code says."""
    if "timeout" not in site.left.lower():
        return None
    return (
        LookAlikeReason.TIME
        if re.search(r"(?i)timeout(?:_?ms)?[\"'\\]{0,4}\s?(?:=|(?<=[\"'])\s?:)\s?$", site.left)
        else None
    )


_AREA_CODE = re.compile(r"(?:\+[0-9]{1,3}|(?<![0-9])0[0-9]{2,3}|\([0-9]{2,5}\))[ ]$|\([0-9]{2,5}\)$")
_AREA_CODE_LENGTH = 9  # of the longest, and the character before it


def _phone(site: NumberContext) -> LookAlikeReason | None:
    """An area code before the number: ``(021) 6000121``, ``+86 6000121``."""
    return LookAlikeReason.PHONE if _AREA_CODE.search(site.left[-_AREA_CODE_LENGTH:]) else None


def _index(site: NumberContext) -> LookAlikeReason | None:
    """``Runner[6000121:88123]`` is a process, ``CHS[6000121]`` an index; ``[Room][6000322]`` is a code."""
    if site.before != "[" or not edges.run_before(site.left[:-1]):
        return None
    run = edges.run_before(site.left[:-1])
    is_code = evidence.is_glued_to_error(run) or evidence.has_error_word(site) or evidence.has_product_word(site)
    return None if is_code else LookAlikeReason.INDEX


# A field that is nothing but a number of four digits or more, in a row of fields.
_FIGURE = re.compile(r"(?:^|[,;|\t(\[])\s*['\"]?(-?[0-9]{4,12}(?:\.[0-9]+)?)['\"]?\s*(?=$|[,;|\t)\]])")
_WORD = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]{2,4}")
_DATABASE = re.compile(vocabulary.DATABASE_WORDS)


def _figures(site: NumberContext) -> LookAlikeReason | None:
    """A field between other figures, or in a database row, on a line that speaks of no error."""
    if evidence.is_code_key(site.name) or evidence.has_error_word(site) or evidence.has_product_word(site):
        return None
    if _DATABASE.search(site.left):
        return LookAlikeReason.FIGURES
    if len(_WORD.findall(f"{site.left} {site.right}")) > 2:
        return None
    figures = (*_FIGURE.findall(site.left), *_FIGURE.findall(site.right))
    return None if all(_may_stand_by(figure) for figure in figures) else LookAlikeReason.FIGURES


def _may_stand_by(figure: str) -> bool:
    """Codes stand by codes, and in logs by times: seconds or milliseconds since 1970."""
    return re.fullmatch(r"600[0-9]{4}|1[0-9]{9}|1[0-9]{12}", figure) is not None


def _round(site: NumberContext) -> LookAlikeReason | None:
    return LookAlikeReason.ROUND if site.digits.endswith("000") else None


# What touches the number comes first, then what stands around it.
RULES: tuple[LookAlikeRule, ...] = (
    edges.letters_before, edges.letters_after, edges.url, edges.point, edges.comma, _money, edges.hyphen, edges.slash,
    edges.mark, _phone, _unit, _other_code, _key, _said, _timeout, _index, _round, _figures,
)  # fmt: skip


def reason_against(site: NumberContext) -> LookAlikeReason | None:
    """Return why the seven-digit number at *site* is no error code, or None where nothing speaks against it."""
    return next((reason for rule in RULES if (reason := rule(site))), None)
