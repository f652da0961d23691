"""Reject seven-digit numbers that only look like a code.

Each rule reads the context of a number and returns a reason against it, or None. They apply in the order of `_RULES`:
first the characters that touch the number, then the words around it. The first reason counts.
"""

from __future__ import annotations

import re
import string

from bot.detection import format_rules, vocabulary
from bot.detection.number_context import NameBefore, NumberContext, is_glued_to_error
from bot.detection.result import LookAlikeReason

_WORD_CHARACTERS = f"{string.ascii_letters}{string.digits}_"
_MONEY_LETTERS = f"{string.ascii_letters}đĐồẫ"


def reason_against(number: NumberContext) -> LookAlikeReason | None:
    """Return why a seven-digit number is not an error code, or None if no rule rejects it."""
    return next((reason for rule in _RULES if (reason := rule(number))), None)


def letters_before(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``a6000121``, a token; not ``onError6000121``, nor ``E6000121`` near an error word."""
    run = number.run_before(_WORD_CHARACTERS)
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
    run = number.run_after(_WORD_CHARACTERS)
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
        return None if is_glued_to_error(number.run_before(_WORD_CHARACTERS, 1)) else LookAlikeReason.GLUED
    after = number.run_after(_WORD_CHARACTERS, 1) if number.after == "." else ""
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
    run = number.run_before(_WORD_CHARACTERS, hyphens)
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


_UNIT_CHINESE = re.compile(rf"\s?{vocabulary.UNITS_CHINESE}")
_LONGEST_UNIT_CHINESE = 12  # characters, with what must not follow it


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
_OFFER = re.compile(r"(?i)\b(?:valid|expires|share|minutes)\b")


def _is_about_sdk(number: NumberContext) -> bool:
    """Return whether the text around a "login code" or "room code" makes it the code of an error of the SDK's."""
    left, right = number.left(), number.right()
    if _REQUEST.search(left) or _OFFER.search(right):
        return False
    is_named = number.has_product_word or _SDK_CALL.search(left) or _SDK_CALL.search(right)
    return bool(is_named or _MESSAGE.match(right))


def key(number: NumberContext) -> LookAlikeReason | None:
    """Reject a number that the word before it names something else: ``userID: 6000121``, 订单号6000121."""
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
    """Return whether one name that ends like that of an id is that of an error: ``invalidAppID``, ``rateLimit``."""
    if len(name.parts) < 2 or name.parts[0] in vocabulary.PREDICATES:
        return False
    if name.last == "limit":
        return name.parts[-2] in ("rate", "frequency")
    is_constant = name.word.isupper() and name.parts[0] in ("err", "error", "e")
    is_id = reason is LookAlikeReason.IDENTIFIER or name.last == "version"
    return is_id and (is_constant or not vocabulary.ERROR_PARTS.isdisjoint(name.parts))


def _length_in(name: NameBefore, rule: vocabulary.KeyRule) -> int:
    """Return how long the word of *rule* is in which a Chinese name ends, 0 if it ends in none.

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
    if "timeout" not in number.run_before(_WORD_CHARACTERS, signs).lower():
        return None
    is_value = re.search(r"(?i)timeout(?:_?ms)?[\"'\\]{0,4}\s?(?:=|(?<=[\"'])\s?:)\s?$", number.left())
    return LookAlikeReason.TIME if is_value else None


def index(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``Runner[6000121:88123]``, a process, and ``CHS[6000121]``, an index; not ``[Room][6000322]``."""
    run = number.run_before(_WORD_CHARACTERS, 1) if number.before == "[" else ""
    if not run or is_glued_to_error(run) or number.has_error_word or number.has_product_word:
        return None
    return LookAlikeReason.INDEX


def rounded(number: NumberContext) -> LookAlikeReason | None:
    """Reject ``6000000`` and other multiples of 1000: no code ends in three zeros."""
    return LookAlikeReason.ROUND if number.is_round else None


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
    left, right = number.left(), number.right()
    if _DATABASE.search(left):
        return LookAlikeReason.FIGURES
    if len(_WORD.findall(f"{left} {right}")) > 2:
        return None
    found = (*_FIGURE.findall(left), *_FIGURE.findall(right))
    return None if all(_CODE_OR_TIME.fullmatch(figure) for figure in found) else LookAlikeReason.FIGURES


_RULES = (
    letters_before, letters_after, url, point, comma, money, hyphen, slash, sign,
    area_code, unit, other_code, key, phrase, timeout, index, rounded, *format_rules.RULES, figures,
)  # fmt: skip
