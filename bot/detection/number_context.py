"""Read the context of a number: the text around it on its line, and the name that the text or a table gives it.

The context has a fixed size, so the cost of a number does not depend on the length of the text. It gives evidence that
the number is an error code: a name such as ``errorCode`` right before it is stronger than an error word on the line.

A `NumberContext` records how far it was read, and all rules read the text only through it. A verdict therefore holds
for every number with the same text within that distance; `bot.triage.verdict_cache` relies on that.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cached_property

from bot.detection import vocabulary
from bot.detection.number_name import NameBefore, TokensBefore, name_before
from bot.detection.result import Evidence

BEFORE = 72  # characters read before the number
AFTER = 40  # characters read after it
WORD_CHARACTERS = f"{string.ascii_letters}{string.digits}_"  # of names and tokens

_WORDS_AFTER = (re.compile(r"\s?([A-Za-zµμ][A-Za-zµμ0-9]*)"), *[re.compile(r"\s([a-z]+)")] * 2)

# Of the reversed text before a number: up to the sign that ends a chunk, or a clause.
_CHUNK = re.compile(r"[^\s\"'<>()\[\]{},，。；]*")
_KEY_SIGNS = " =:(\"'"
_CLAUSE = re.compile(r"[^0-9,;=\[\]{}|<>\"。；]*")

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


class NumberContext:
    """A number in a folded text and the text around it on its line."""

    def __init__(self, folded: str, start: int, end: int, heading: str = "") -> None:
        """Read around ``folded[start:end]``, which is in a table's column with *heading*, empty outside of tables."""
        left = folded[max(0, start - BEFORE) : start]
        self._left = left[left.rfind("\n") + 1 :]
        self._right = folded[end : end + AFTER].split("\n", 1)[0]
        self._heading = heading
        self.is_round = folded.endswith("000", start, end)
        # Number of characters read on either side. The start or end of the line counts as one.
        self.reach_left = 0
        self.reach_right = 0

    def left(self, length: int = BEFORE) -> str:
        """Return up to *length* characters before the number, at most `BEFORE`."""
        if length > self.reach_left:
            self.reach_left = min(length, len(self._left) + 1, BEFORE)
        return self._left[-length:]

    def right(self, length: int = AFTER) -> str:
        """Return up to *length* characters after the number, at most `AFTER`."""
        if length > self.reach_right:
            self.reach_right = min(length, len(self._right) + 1, AFTER)
        return self._right[:length]

    def run_before(self, characters: str, skip: int = 0) -> str:
        """Return the longest run of *characters* that ends *skip* characters before the number."""
        text = self._left[: max(0, len(self._left) - skip)]
        run = text[len(text.rstrip(characters)) :]
        self.left(len(run) + skip + 1)
        return run

    def run_after(self, characters: str, skip: int = 0) -> str:
        """Return the longest run of *characters* that begins *skip* characters after the number."""
        text = self._right[skip:]
        run = text[: len(text) - len(text.lstrip(characters))]
        self.right(len(run) + skip + 1)
        return run

    def words_after(self) -> Iterator[str]:
        """Yield up to three words after the number with single spaces between them; the first may touch the number."""
        end = 0
        for pattern in _WORDS_AFTER:
            match = pattern.match(self._right, end)
            self.right((match.end() if match else end + 1) + 1)
            if match is None:
                return
            end = match.end()
            yield match[1]

    @property
    def chunk_before(self) -> str:
        """The text before it up to a space, quote, bracket or comma."""
        return self._back(_CHUNK, self._left)

    @property
    def clause_before(self) -> str:
        """The text before its key or sign, up to a digit, a comma, a quote, a bracket or a sign between fields."""
        return self._back(_CLAUSE, self._left.rstrip(_KEY_SIGNS))

    def _back(self, pattern: re.Pattern[str], text: str) -> str:
        """Return the end of *text*, which begins as the line before the number, that *pattern* matches reversed."""
        found = pattern.match(text[::-1])
        end = found[0][::-1] if found else ""
        self.left(len(self._left) - len(text) + len(end) + 1)
        return end

    @property
    def before(self) -> str:
        """The character before it, empty at the start of the line."""
        return self.left(1)

    @property
    def after(self) -> str:
        """The character after it, empty at the end of the line."""
        return self.right(1)

    @property
    def after_space(self) -> str:
        """The character after it, or after one space, empty at the end of the line."""
        return self.right(2)[1:] if self.after.isspace() else self.after

    @cached_property
    def name(self) -> NameBefore | None:
        """The name that the text before it, or the heading of its column, gives it."""
        if self._heading:
            return name_before(TokensBefore(f"{self._heading}: ", lambda _: None))
        return name_before(TokensBefore(self._left, self.left))

    @property
    def has_code_key(self) -> bool:
        """Return whether its name announces an error code, even weakly: ``failed``, 报."""
        name = self.name
        return name is not None and name.ends_in(vocabulary.CODE_KEYS, vocabulary.CODE_KEYS_CHINESE)

    @property
    def has_strong_key(self) -> bool:
        """Return whether its name can only mean an error code: ``errorCode``, 错误码."""
        name = self.name
        return name is not None and name.ends_in(vocabulary.STRONG_KEYS, vocabulary.STRONG_KEYS_CHINESE)

    @property
    def has_error_word(self) -> bool:
        """Return whether an error word is on the line near it."""
        return bool(_ERROR.search(self.left(_NEARBY)) or _ERROR.search(self.right()))

    @property
    def has_product_word(self) -> bool:
        """Return whether the line mentions ZIM near it."""
        return bool(_PRODUCT.search(self.left()) or _PRODUCT.search(self.right()))


def evidence_for(number: NumberContext) -> Evidence:
    """Return the strongest evidence for a number that is not a look-alike."""
    if number.has_strong_key:
        return Evidence.CODE_KEY
    if _BEFORE.search(number.left(_NEARBY)):
        return Evidence.ERROR_BEFORE
    if _AFTER.match(number.right()):
        return Evidence.ERROR_AFTER
    return Evidence.ERROR_NEARBY if number.has_error_word else Evidence.CLEAN
