"""Weigh the words around a number that say it is an error code.

A name such as ``errorCode`` right before the number is stronger than an error word somewhere on the line.
"""

from __future__ import annotations

import re

from bot.detection import vocabulary
from bot.detection.number_context import NameBefore, NumberContext, parts
from bot.detection.result import Evidence

_NEARBY = 48  # characters before the number in which an error word counts
_ERROR = re.compile(vocabulary.ERROR_WORDS)
# In any common case, not inside another word.
_PRODUCT = re.compile(r"(?<![A-Za-z])(?:ZIM|zim|Zim|ZEGO|zego|Zego)")
# From an error word to the number: signs, and at most two of the words that connect them.
_BEFORE = re.compile(
    rf"(?:{vocabulary.ERROR_WORDS})(?:ors?|s|es|ed|ure|ing|ions?|Code|Message|Info)?[^0-9A-Za-z.;。；\n]{{0,8}}"
    r"(?:(?:is|was|are|with|code|codes|number|no|of|returned|message|got|mã|kode|値)[^0-9A-Za-z\n]{1,4}){0,2}$"
)
_AFTER = re.compile(
    r"[^0-9A-Za-z\n。；;\u3400-\u9fffÀ-ỹ]{0,3}"
    r"(?:(?:(?:as|is|was) )?(?:an? |the )?(?i:errors?\b|err\b|exceptions?\b|failures?\b|lỗi)|"
    r"错|錯|异常|異常|報錯|报错|失败|失敗|"
    r"[是这个啥什么哪种到底的]{1,8}(?:错|错误|报错|异常|错误码))"
)


def evidence_for(number: NumberContext) -> Evidence:
    """Return the strongest evidence for a number that is not a look-alike."""
    if is_strong_key(number.name):
        return Evidence.CODE_KEY
    if _BEFORE.search(number.left[-_NEARBY:]):
        return Evidence.ERROR_BEFORE
    if _AFTER.match(number.right):
        return Evidence.ERROR_AFTER
    return Evidence.ERROR_NEARBY if has_error_word(number) else Evidence.CLEAN


def is_code_key(name: NameBefore | None) -> bool:
    """Return whether the name announces an error code, even weakly: ``failed``, 报."""
    return _ends_in(name, vocabulary.CODE_KEYS, vocabulary.CODE_KEYS_CHINESE)


def is_strong_key(name: NameBefore | None) -> bool:
    """Return whether the name can only mean an error code: ``errorCode``, 错误码."""
    return _ends_in(name, vocabulary.STRONG_KEYS, vocabulary.STRONG_KEYS_CHINESE)


def _ends_in(name: NameBefore | None, keys: frozenset[str], chinese: tuple[str, ...]) -> bool:
    """Return whether the name ends in one of the keys, or is an id of errors: ``errNo``, ``error number``."""
    if name is None:
        return False
    if name.is_chinese:
        return name.word.endswith(chinese)
    if name.last in ("id", "no", "number", "num"):
        return any(part in ("error", "err", "errors", "exception") for part in parts(name.qualifier))
    return name.last in keys


def is_glued_to_error(run: str) -> bool:
    """Return whether the letters that touch a number name an error: ``onError``, ``err_``, ``errorCode``."""
    split = parts(run)
    if not split or (split[-1] not in vocabulary.GLUED and not split[-1].endswith(("error", "errcode", "errorcode"))):
        return False
    # `zipCode6000121` and `barcode6000121` are codes of another kind.
    return split[-1] != "code" or len(split) == 1 or split[-2] in vocabulary.GLUED_BEFORE_CODE


def has_error_word(number: NumberContext) -> bool:
    """Return whether an error word is on the line near the number."""
    return bool(_ERROR.search(number.left[-_NEARBY:]) or _ERROR.search(number.right))


def has_product_word(number: NumberContext) -> bool:
    """Return whether the line mentions ZIM near the number."""
    return bool(_PRODUCT.search(number.left) or _PRODUCT.search(number.right))
