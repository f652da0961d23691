"""Read the name that the text before a number gives it, and split names into their parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.detection import vocabulary

_TOKEN = re.compile(r"[A-Za-zÀ-ỹ][A-Za-zÀ-ỹ0-9_]*|_[A-Za-z0-9_]+|[\u3400-\u9fff]+|[0-9]+|\S")
_PART = re.compile(r"[A-Z]+s?(?![a-zà-ỹ])|[A-ZĐÀ-Ỹ]?[a-zà-ỹđ]+|[0-9]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORDY = re.compile(r"[A-Za-zÀ-ỹ0-9_\u3400-\u9fff]")
_LAST_DIGIT = re.compile(r"[0-9][^0-9]*\Z")
_SIGNS = frozenset(":=>(")
# Besides signs, these can come between a key and its number: quotes, back-slashes, emphasis, opening brackets.
_BETWEEN = frozenset("\"'`*\\[{<~#“”‘’「『【《|-")
_JOINTS = frozenset((",", "、", "/", "and", "or", "和", "与", "或", "&"))
_QUOTES = frozenset("\"'")
_USUAL = 28  # characters that usually contain the name and the word before it


class TokensBefore:
    """The words, numbers and signs before a number, and how many characters of the text were needed to read them.

    The token right before the number is at position -1. Most names are near, so the text is split from its end.
    """

    def __init__(self, text: str, read: Callable[[int], object]) -> None:
        """Split *text*; *read* receives the number of characters at its end that a token depends on."""
        self._text = text
        self._read = read
        # No token has a space, so those behind one do not depend on the text before it.
        self._split_from = text.rfind(" ", 0, max(0, len(text) - _USUAL)) + 1
        self._tokens = list(_TOKEN.finditer(text, self._split_from))
        self._first_read = 0

    def __getitem__(self, position: int) -> str:
        """Return the token at *position*, empty before the first one."""
        token = self._at(position)
        if token is None:
            self._read(len(self._text) + 1)
            return ""
        if position >= self._first_read:
            return token[0]
        self._first_read = position
        start = token.start()
        if _WORDY.match(token[0]):
            # Where a word begins depends on the letters and digits that touch it, and on the character before those.
            while (before := self._at(position - 1)) and before.end() == start and _WORDY.match(self._text, start - 1):
                position -= 1
                start = before.start()
            start -= 1
        self._read(len(self._text) - start)
        return token[0]

    def plain_word(self, position: int) -> str:
        """Return the token at *position*, empty if it has digits; of a name or a hash, only the end is read."""
        token = self._at(position)
        if token and (digit := _LAST_DIGIT.search(token[0])):
            self._read(len(self._text) - token.start() - digit.start())
            return ""
        return self[position]

    def _at(self, position: int) -> re.Match[str] | None:
        """Return the token at *position*, None before the first one."""
        if position < -len(self._tokens) and self._split_from:
            self._tokens[:0] = _TOKEN.finditer(self._text, 0, self._split_from)
            self._split_from = 0
        return self._tokens[position] if position >= -len(self._tokens) else None


@dataclass(frozen=True, slots=True)
class NameBefore:
    """The word before a number that may name it."""

    word: str  # as written
    parts: tuple[str, ...]  # its parts in lower case: ("error", "code")
    has_sign: bool  # `:`, `=` or `(` is between it and the number
    is_chinese: bool
    tokens: TokensBefore = field(repr=False, compare=False)
    position: int  # of the name in `tokens`

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.parts[-1] if self.parts else ""

    @property
    def qualifier(self) -> str:
        """The part or word before the last part: zip for ``zipCode`` and ``zip code``."""
        if len(self.parts) > 1 or self.is_chinese:
            return self.parts[-2] if len(self.parts) > 1 else ""
        word = self.tokens.plain_word(self.position - 1).lower()
        return word if word[:1].isalpha() else ""

    @property
    def word_before(self) -> str:
        """The word right before the name in lower case, empty if a sign separates them."""
        return next(iter(self.words_before(1)), "")

    def words_before(self, count: int = 3) -> tuple[str, ...]:
        """Return up to *count* words right before the name in lower case, the nearest first."""
        found: list[str] = []
        if not self.is_chinese:
            # Only words that no sign separates from the name.
            while len(found) < count and (word := self.tokens[self.position - len(found) - 1])[:1].isalpha():
                found.append(word.lower())
        return tuple(found)

    def ends_in(self, keys: frozenset[str], chinese_keys: tuple[str, ...]) -> bool:
        """Return whether the name ends in one of the keys, or is an id of errors: ``errNo``, ``error number``."""
        if self.is_chinese:
            return self.word.endswith(chinese_keys)
        if self.last in ("id", "no", "number", "num"):
            return any(part in ("error", "err", "errors", "exception") for part in parts(self.qualifier))
        return self.last in keys


def name_before(tokens: TokensBefore) -> NameBefore | None:
    """Return the name at the end of *tokens* that announces the number behind them."""
    has_sign = False
    position = -1
    while word := tokens[position]:
        if word in _SIGNS or (word == "." and tokens[position - 1].lower() == "no"):
            has_sign = True
        elif word in vocabulary.FILLERS_CHINESE:
            has_sign = has_sign or word in "是为為即"
        elif word in _JOINTS and _is_code(tokens, position - 1):
            position -= tokens[position - 1] in _QUOTES
            position -= 1  # orders 6000121, 6000104: one word names both
        elif word in (",", "]") and tokens[position - 1] in _QUOTES:
            has_sign = True  # put("userID", 6000121), map["userID"] = 6000121
        elif word == "]" and tokens[position - 1].isdigit() and tokens[position - 2] == "[" and tokens[position - 3]:
            position -= 2  # itemID[4] = 6000103
        elif (word not in _BETWEEN and word.lower() not in vocabulary.FILLERS) or (has_sign and word == "to"):
            return _name_at(tokens, position, has_sign=has_sign)
        position -= 1
    return None


def _is_code(tokens: TokensBefore, position: int) -> bool:
    """Return whether a number like a code, quoted or not, ends at *position*."""
    position -= tokens[position] in _QUOTES
    return len(tokens[position]) == 7 and tokens[position].startswith("600")


def _name_at(tokens: TokensBefore, position: int, *, has_sign: bool) -> NameBefore | None:
    """Return the name at *position*, or None if the token is not a word."""
    word = tokens[position]
    if _CHINESE.match(word):
        # Remove the verb from a run of Chinese: 订单号是 becomes 订单号.
        fillers = (each for each in vocabulary.FILLERS_CHINESE if len(word) > len(each) and word.endswith(each))
        bare = word.removesuffix(next(fillers, ""))
        has_sign = has_sign or (bare != word and word[-1] in "是为為")
        return NameBefore(bare, (bare,), has_sign, True, tokens, position)
    if not (word[0].isalpha() or word[0] == "_"):
        return None
    return NameBefore(word, parts(word), has_sign, False, tokens, position)


def parts(word: str) -> tuple[str, ...]:
    """Split a name into its parts in lower case: ``orderNo``, ``order_no`` and ``ORDER_NO`` give order, no."""
    return tuple(part.lower() for part in _PART.findall(word))


def is_glued_to_error(run: str) -> bool:
    """Return whether the letters that touch a number name an error: ``onError``, ``err_``, ``errorCode``."""
    split = parts(run)
    if not split or (split[-1] not in vocabulary.GLUED and not split[-1].endswith(("error", "errcode", "errorcode"))):
        return False
    # `zipCode6000121` and `barcode6000121` are codes of another kind.
    return split[-1] != "code" or len(split) == 1 or split[-2] in vocabulary.GLUED_BEFORE_CODE
