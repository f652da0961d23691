"""What the words around a number say for it.

The order is that of `Evidence`: what names the number a code is stronger than an error word somewhere on the line.
"""

from __future__ import annotations

import re

from bot.detection import vocabulary
from bot.detection.context import NameBefore, NumberContext, parts
from bot.detection.result import Evidence

_NOT_FAR = 48  # characters in which an error word counts as nearby
_ERROR = re.compile(vocabulary.ERROR_WORDS)
_PRODUCT = re.compile(vocabulary.PRODUCT_WORDS)
# From an error word to the number: signs, and at most two of the words that join them.
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


def is_code_key(name: NameBefore | None) -> bool:
    """Whether the name says that what follows is an error code, however weakly: ``failed``, 报."""
    if name is None:
        return False
    if name.is_chinese:
        return name.word.endswith(vocabulary.CODE_KEYS_CHINESE)
    return name.last in vocabulary.CODE_KEYS or _numbers_errors(name)


def is_strong_key(name: NameBefore | None) -> bool:
    """Whether the name names an error code and nothing else: ``errorCode``, 错误码."""
    if name is None:
        return False
    if name.is_chinese:
        return name.word.endswith(vocabulary.STRONG_KEYS_CHINESE)
    return name.last in vocabulary.STRONG_KEYS or _numbers_errors(name)


def _numbers_errors(name: NameBefore) -> bool:
    """``errNo``, ``error id``, ``error number``: ids, but of errors."""
    if name.last not in ("id", "no", "number", "num"):
        return False
    owner = name.parts[-2] if len(name.parts) > 1 else (name.before[-1:] or ("",))[0]
    return any(part in ("error", "err", "errors", "exception") for part in parts(owner))


def is_glued_to_error(run: str) -> bool:
    """Whether a name glued to a number is one of an error: ``onError``, ``err_``, ``errorCode``."""
    split = parts(run)
    if not split or (split[-1] not in vocabulary.GLUED and not split[-1].endswith(("error", "errcode", "errorcode"))):
        return False
    # `zipCode6000121` and `barcode6000121` are codes of other things.
    return (
        split[-1] != "code"
        or len(split) == 1
        or split[-2] in vocabulary.GLUED | {"on", "zim", "result", "status", "ret"}
    )


def has_error_word(site: NumberContext) -> bool:
    """Whether an error word stands on the line, not far from the number."""
    return bool(_ERROR.search(site.left[-_NOT_FAR:]) or _ERROR.search(site.right))


def has_product_word(site: NumberContext) -> bool:
    """Whether the line speaks of ZIM, not far from the number."""
    return bool(_PRODUCT.search(site.left) or _PRODUCT.search(site.right))


def of_number(site: NumberContext) -> Evidence:
    """Return the strongest evidence there is for a number that is no look-alike."""
    if is_strong_key(site.name):
        return Evidence.CODE_KEY
    if _BEFORE.search(site.left[-_NOT_FAR:]):
        return Evidence.ERROR_BEFORE
    if _AFTER.match(site.right):
        return Evidence.ERROR_AFTER
    if has_error_word(site):
        return Evidence.ERROR_NEARBY
    return Evidence.CLEAN
