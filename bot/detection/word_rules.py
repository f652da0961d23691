"""Reject look-alikes by the words around the number: units, and names of ids, amounts, times and other codes."""

from __future__ import annotations

import re
import string

from bot.detection import vocabulary
from bot.detection.number_context import WORD_CHARACTERS, NumberContext
from bot.detection.number_name import NameBefore, is_glued_to_error
from bot.detection.result import LookAlikeReason

_UNIT_CHINESE = re.compile(rf"\s?{vocabulary.UNITS_CHINESE}")
_LONGEST_UNIT_CHINESE = 12  # characters, including those that must not follow it


def unit(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with a unit or a counted noun behind it, unless the words before it announce a code."""
    if number.after and number.after in "%°℃":
        return LookAlikeReason.UNIT
    if number.has_strong_key and not other_code(number):
        return None
    if not number.after_space.isascii() and _UNIT_CHINESE.match(number.right(_LONGEST_UNIT_CHINESE)):
        return LookAlikeReason.UNIT
    return LookAlikeReason.UNIT if _is_count(number) else None


def _is_count(number: NumberContext) -> bool:
    """Return whether the number counts the noun behind it."""
    words = number.words_after()
    noun = next(words, "")
    if noun == "us":  # microseconds
        return next(words, "") not in vocabulary.AFTER_COUNTRY
    noun = noun.lower()
    while noun in vocabulary.ADJECTIVES:
        noun = next(words, "")
    if noun in ("out", "of"):
        return re.match(r" (?:out )?of [0-9]{4}", number.right(12)) is not None
    if noun not in vocabulary.UNITS:
        return False
    if noun not in vocabulary.UNITS_OF_DATA and next(words, "") in vocabulary.SENTENCE_AFTER_UNIT:
        return False
    return number.name is None or number.name.word.lower() not in vocabulary.BEFORE_PLURAL or len(noun) < 4


def other_code(number: NumberContext) -> LookAlikeReason | None:
    """Reject a code of another kind: ``zip code 6000121``, ``promoCode=6000121``, 验证码 6000121."""
    name = number.name
    if name is None:
        return None
    if name.is_chinese:
        return LookAlikeReason.OTHER_CODE if name.word.endswith(vocabulary.OTHER_CODES_CHINESE) else None
    if name.last in vocabulary.OTHER_CODES_ALONE:
        return LookAlikeReason.OTHER_CODE
    if name.last not in ("code", "codes", "kode") or name.qualifier not in vocabulary.OTHER_CODES:
        return None
    field = _FIELD_BEFORE.search(number.left()) if len(name.parts) == 1 else None
    if field and field[1].lower() not in vocabulary.KIND_FIELDS:
        return None
    is_error = name.qualifier in vocabulary.SDK_OPERATIONS and _is_about_sdk(number)
    return None if is_error else LookAlikeReason.OTHER_CODE


# api=login code=
_FIELD_BEFORE = re.compile(
    r"([A-Za-z_][\w.]*)[\"']?[=:][\"']?[\w./-]*[\"']?[\s,;|&]{1,2}[\"']?\w+[\"']?\s?[=:]?\s?[\"']?$"
)
_SDK_CALL = re.compile(r"\b(?:call|(?:accept|cancel|create|enter|invite|join|leave|query|send|set)[A-Z])[A-Za-z]*\b")
_MESSAGE = re.compile(
    r"[\s,;.:-]{1,3}[\"']?(?:message|msg|reason|err(?:or)?(?:msg|message)?|"
    r"(?:the )?(?:token|network|user|room|group|call)\b.*(?:error|expired|invalid|not|wrong|exist))",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"(?i)\b(?:your|enter|use|type)(?: \w+){0,4} [\"']?(?:code|kode)\b[^\w]*(?:is )?$")
# A log line such as "login code=6000106" prints the result of a method, unless it is about a one-time password.
_LOGIN_FIELD = re.compile(r"(?i)\blogin code=$")
_ONE_TIME = re.compile(r"(?i)\b(?:e?mail|mobile|otp|phone|sent|sms)\b|验证|短信|@")
_OFFER = re.compile(r"(?i)\b(?:valid|expires|share|minutes)\b")


def _is_about_sdk(number: NumberContext) -> bool:
    """Return whether the text around a "login code" or "room code" makes it an error code of the SDK."""
    left, right = number.left(), number.right()
    if _REQUEST.search(left) or _OFFER.search(right):
        return False
    if _LOGIN_FIELD.search(left) and not (_ONE_TIME.search(left) or _ONE_TIME.search(right)):
        return True
    is_named = number.has_product_word or _SDK_CALL.search(left) or _SDK_CALL.search(right)
    return bool(is_named or _MESSAGE.match(right))


def key(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number with the name of something else before it: ``userID: 6000121``, 订单号6000121."""
    name = number.name
    if name is None or number.has_strong_key:
        return None
    if name.is_chinese:
        # Of 号 and 版本号, the longer one counts.
        found = [(length, rule.reason) for rule in vocabulary.KEYS if (length := _length_in(name, rule))]
        return max(found, key=lambda one: one[0])[1] if found else None
    reason = next((rule.reason for rule in vocabulary.KEYS if _matches(name, rule)), None)
    return None if reason and _names_error(name, reason) else reason


def _names_error(name: NameBefore, reason: LookAlikeReason) -> bool:
    """Return whether a compound that ends like the name of an id names an error: ``invalidAppID``, ``rateLimit``."""
    if len(name.parts) < 2 or name.parts[0] in vocabulary.PREDICATES:
        return False
    if name.last == "limit":
        return name.parts[-2] in ("rate", "frequency")
    is_constant = name.word.isupper() and name.parts[0] in ("err", "error", "e")
    is_id = reason is LookAlikeReason.IDENTIFIER or name.last == "version"
    return is_id and (is_constant or not vocabulary.ERROR_PARTS.isdisjoint(name.parts))


def _length_in(name: NameBefore, rule: vocabulary.KeyRule) -> int:
    """Return the length of the longest word of *rule* that a Chinese name ends in, 0 if there is none.

    The end of a sentence about an error does not count.
    """
    if name.has_sign and len(name.word) > 7 and any(word in name.word for word in vocabulary.SENTENCE_CHINESE):
        return 0
    words = (*rule.chinese, *rule.chinese_assigned) if name.has_sign else rule.chinese
    return max((len(word) for word in words if name.word.endswith(word)), default=0)


def _matches(name: NameBefore, rule: vocabulary.KeyRule) -> bool:
    """Return whether a name in another language is in *rule*."""
    whole = name.word.strip("_").lower()
    if whole == "appid" and name.word_before == "invalid":
        return False
    if name.last in rule.english or whole in rule.english:
        return True
    if name.last == "no":
        # `orderNo`, `part no`; but not "there are no 6000121 errors".
        if rule.reason is not LookAlikeReason.IDENTIFIER:
            return False
        return name.has_sign or len(name.parts) > 1 or name.word_before not in ("", *vocabulary.NEGATED)
    if whole in rule.alone:
        return not (name.has_sign and vocabulary.SENTENCE.intersection(name.words_before()))
    if name.last in rule.assigned:
        return (name.has_sign or len(name.parts) > 1) and not vocabulary.SENTENCE.intersection(name.words_before())
    return whole in rule.adjacent and not name.has_sign


_NOUN_AFTER = re.compile(
    r"\s?(?:\(|is (?:my|your|his|her|our|the|an?) )(?:[a-z]{2,12} ){0,2}"
    r"(?:number|id|ID|order|ticket|phone|account|room|invoice)\b|"
    r"\s?[这那](?:个|位|条)?(?:用户|账号|帐号|房间|群|订单|工单|电话|号码|手机|号(?!错|报|异常|失败|码))|"
    r"\s?(?:这边)?(?:反馈|进不[了去]|登不[上了]|收不到|听不[到见]|看不[到见])|\s?(?:ext\b|转\s?[0-9])"
)
_NOUN_BEGINNINGS = ("(", "is ", "这", "那", "ext", "转", "反馈", "进不", "登不", "收不到", "听不", "看不")


def phrase(number: NumberContext) -> LookAlikeReason | None:
    """Reject by a phrase: ``opened case 6000121 with support``, ``6000121 is my order number``, 6000121这个房间."""
    name = number.name
    if name and name.word.lower() == "case" and not name.has_sign and name.word_before != "in":
        # A sign follows the `case` of a switch.
        is_named = name.word_before and not re.match(r"\s*(?::|->|=>|,|\.\.)", number.right())
        if is_named or re.match(r" (?!where\b|if\b)[a-z]", number.right(8)):
            return LookAlikeReason.TICKET
    if name and name.last in ("pos", "điện") and name.word_before in ("kode", "bưu"):
        return LookAlikeReason.OTHER_CODE
    if number.before == "(" and re.search(r"[0-9]\.[0-9]+\s?\($", number.left()):  # 1.2.0 (6000121)
        return LookAlikeReason.POSITION
    # main.dart:6000121
    ending = number.run_before(string.ascii_lowercase, 1) if number.before == ":" else ""
    if ending in vocabulary.FILE_ENDINGS and number.left(len(ending) + 2).startswith("."):
        return LookAlikeReason.POSITION
    if not number.right(5).lstrip().startswith(_NOUN_BEGINNINGS):
        return None
    after = _NOUN_AFTER.match(number.right())
    return LookAlikeReason.IDENTIFIER if after and "error" not in after[0] else None


def timeout(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``timeout=6000105``, a time; not "Request timeout: 6000105", the meaning of the code."""
    signs = len(number.run_before("=: \t\"'\\"))
    if "timeout" not in number.run_before(WORD_CHARACTERS, signs).lower():
        return None
    is_value = re.search(r"(?i)timeout(?:_?ms)?[\"'\\]{0,4}\s?(?:=|(?<=[\"'])\s?:)\s?$", number.left())
    return LookAlikeReason.TIME if is_value else None


def index(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``Runner[6000121:88123]``, a process, and ``CHS[6000121]``, an index; not ``[Room][6000322]``."""
    run = number.run_before(WORD_CHARACTERS, 1) if number.before == "[" else ""
    if not run or is_glued_to_error(run) or number.has_error_word or number.has_product_word:
        return None
    return LookAlikeReason.INDEX


def rounded(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000000`` and other multiples of 1000: no code ends in three zeros."""
    return LookAlikeReason.ROUND if number.is_round else None


RULES = (unit, other_code, key, phrase, timeout, index, rounded)
