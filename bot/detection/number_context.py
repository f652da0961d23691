"""Read the context of a number: the text around it on its line, and the name that the text or a table gives it.

The context has a fixed size, so the cost of a number does not depend on the length of the text. It gives evidence that
the number is an error code: a name such as ``errorCode`` right before it is stronger than an error word on the line.

A `NumberContext` records how far it was read. All rules read the text through it, so what they decide depends on
nothing else, and `bot.triage.verdict_cache` can decide the same for each number with the same text that near.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.detection import vocabulary
from bot.detection.result import Evidence, Span

# Full-width ASCII (U+FF01-U+FF5E), which Chinese input methods produce, and the spaces other than `" "`.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_FOLD |= dict.fromkeys([0x00A0, 0x2007, 0x2009, 0x200B, 0x200C, 0x200D, 0x202F, 0x2060, 0x3000, 0xFEFF], 0x20)
# Line breaks other than `\n`: Slack shows the text around them as one line.
_FOLD |= dict.fromkeys([0x0D, 0x0B, 0x0C, 0x85, 0x2028, 0x2029], 0x20)

_LINE_BREAK = re.compile(r"[\r\v\f]")

# Terminal colours: with the escape character, with it written out, or with it lost in transit.
_COLOUR = re.compile(r"(?:\x1b|\\x1b|\\e|\\033|\\u001b|\^\[)?\[[0-9]{0,3}(?:;[0-9]{1,3}){0,4}m", re.IGNORECASE)
# Faster than `_COLOUR`.
_MAY_HAVE_COLOUR = re.compile(r"\[[0-9;]{0,19}[mM]")
# Gson and other libraries escape `=` and quotes this way in JSON.
_ESCAPED = re.compile(r"\\u00([2-7][0-9a-f])", re.IGNORECASE)
_WHITE = re.compile(r"\\[nrt](?=600[0-9]|[A-Z])")
# The same in bytes.
_COLOUR_BYTES, _ESCAPED_BYTES, _WHITE_BYTES = (
    re.compile(each.pattern.encode(), each.flags & re.IGNORECASE) for each in (_COLOUR, _ESCAPED, _WHITE)
)
_MAY_HAVE_COLOUR_BYTES = re.compile(_MAY_HAVE_COLOUR.pattern.encode())

BEFORE = 72  # characters read before the number
AFTER = 40  # characters read after it

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

_SEPARATORS = ("|", "\t", ",", ";")
_MAX_TABLE_LINE = 400  # characters of a line that can belong to a table
_HEADING = re.compile(r"[^\W\d][\w .()/#*-]{0,30}")
_DIGIT = re.compile(r"[0-9]")

_WORDS_AFTER = (re.compile(r"\s?([A-Za-zµμ][A-Za-zµμ0-9]*)"), *[re.compile(r"\s([a-z]+)")] * 2)

# Of the reversed text before a number: up to the sign that ends a chunk, or a clause.
_CHUNK = re.compile(r"[^\s\"'<>()\[\]{},，。；]*")

_USUAL = 28  # characters that usually have the name and the word before it
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

_SIDE = 3  # words on either side of a number that its fingerprint is made of
# Chinese has no spaces: two characters count as a word.
_WORD = re.compile(r"[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+")
_RICH = 2  # words from which on a context is telling enough without the number itself


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
    """The word before a number that may say what the number is."""

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
            return _name_before(TokensBefore(f"{self._heading}: ", lambda _: None))
        return _name_before(TokensBefore(self._left, self.left))

    @property
    def has_code_key(self) -> bool:
        """Return whether its name announces an error code, even weakly: ``failed``, 报."""
        return _ends_in(self.name, vocabulary.CODE_KEYS, vocabulary.CODE_KEYS_CHINESE)

    @property
    def has_strong_key(self) -> bool:
        """Return whether its name can only mean an error code: ``errorCode``, 错误码."""
        return _ends_in(self.name, vocabulary.STRONG_KEYS, vocabulary.STRONG_KEYS_CHINESE)

    @property
    def has_error_word(self) -> bool:
        """Return whether an error word is on the line near it."""
        return bool(_ERROR.search(self.left(_NEARBY)) or _ERROR.search(self.right()))

    @property
    def has_product_word(self) -> bool:
        """Return whether the line mentions ZIM near it."""
        return bool(_PRODUCT.search(self.left()) or _PRODUCT.search(self.right()))


@dataclass(slots=True)
class HeadedTable:
    """The rows below a line of headings: pasted from a table, a CSV or a TSV."""

    start: int
    end: int
    separator: str
    headings: tuple[str, ...]


def fold(text: str) -> str:
    """Replace full-width characters by ASCII and escapes by spaces.

    Every replacement is as long as the original, so offsets into the result are valid in *text* too.
    """
    if not text.isascii() or _LINE_BREAK.search(text):
        text = text.translate(_FOLD)
    if "[" in text and _MAY_HAVE_COLOUR.search(text):
        text = _COLOUR.sub(lambda match: " " * len(match[0]), text)
    if "\\" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)).ljust(len(match[0])), text)
        text = _WHITE.sub(lambda match: " " * len(match[0]), text)
    return text


def fold_escapes(data: bytes) -> bytes:
    """Replace escapes by spaces in lines of UTF-8, as `fold` does. Full-width characters stay."""
    if _MAY_HAVE_COLOUR_BYTES.search(data):
        data = _COLOUR_BYTES.sub(lambda match: b" " * len(match[0]), data)
    if b"\\" in data:
        data = _ESCAPED_BYTES.sub(lambda match: bytes([int(match[1], 16)]).ljust(len(match[0])), data)
        data = _WHITE_BYTES.sub(lambda match: b" " * len(match[0]), data)
    return data


def context_of(folded: str, start: int, end: int, tables: Sequence[HeadedTable]) -> NumberContext:
    """Return the context of the number at ``folded[start:end]``.

    In one of *tables*, the heading of the number's column is its name, and the text before it is not searched for one.
    """
    return NumberContext(folded, start, end, _heading_at(tables, folded, start) if tables else "")


def evidence_for(number: NumberContext) -> Evidence:
    """Return the strongest evidence for a number that is not a look-alike."""
    if number.has_strong_key:
        return Evidence.CODE_KEY
    if _BEFORE.search(number.left(_NEARBY)):
        return Evidence.ERROR_BEFORE
    if _AFTER.match(number.right()):
        return Evidence.ERROR_AFTER
    return Evidence.ERROR_NEARBY if number.has_error_word else Evidence.CLEAN


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


def fingerprint(text: str, span: Span, evidence: Evidence) -> str:
    """Return 16 hexadecimal digits for the words around the finding at *span*, to learn which numbers are not codes.

    - Up to three words on either side count, as they are on the line, in lower case.
    - Other numbers count by their length.
    - The finding itself counts unless it is a plain number among at least two words. Otherwise, one “error 6000106”
      that is no code would silence every code behind the word “error”.
    """
    start, end = span
    left = text[max(0, start - BEFORE) : start].rpartition("\n")[2]
    before = [word[::-1] for word in _WORD.findall(left[::-1])[:_SIDE]][::-1]
    after = _WORD.findall(text[end : end + AFTER].partition("\n")[0])[:_SIDE]
    is_rich = evidence is Evidence.CLEAN and sum(map(_weight, before + after)) >= _RICH
    context = re.sub(r"\d", "0", " ".join([*before, "#", *after]).lower())
    content = f"{context}\n{'' if is_rich else text[start:end]}"
    return hashlib.sha256(content.encode(errors="surrogatepass")).hexdigest()[:16]


def _weight(word: str) -> float:
    """Return how many words *word* counts as: none if it has no letters, half for a single Chinese character."""
    if not any(map(str.isalpha, word)):
        return 0
    return len(word) / 2 if _CHINESE.match(word) else 1


def parts(word: str) -> tuple[str, ...]:
    """Split a name into its parts in lower case: ``orderNo``, ``order_no`` and ``ORDER_NO`` give order, no."""
    return tuple(part.lower() for part in _PART.findall(word))


def _name_before(tokens: TokensBefore) -> NameBefore | None:
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


def find_tables(folded: str) -> list[HeadedTable]:
    """Return the tables in a folded text, in order; one without rows is empty.

    A table is a block of lines with the same separator, the first of them made of short names only.
    """
    if "\n" not in folded or not any(separator in folded for separator in _SEPARATORS):
        return []
    found: list[HeadedTable] = []
    current: HeadedTable | None = None
    position = 0
    for line in folded.split("\n"):
        end = position + len(line)
        if current and len(line) <= _MAX_TABLE_LINE and line.count(current.separator) >= len(current.headings) - 1:
            current.end = end
        elif current := _table_below(line, end):
            found.append(current)
        position = end + 1
    return found


def _table_below(line: str, end: int) -> HeadedTable | None:
    """Return an empty table with *line* as its headings, or None if *line* is not made of short names."""
    if len(line) > _MAX_TABLE_LINE or _DIGIT.search(line):
        return None
    separator = next((each for each in _SEPARATORS if each in line), None)
    if separator is None:
        return None
    cells = tuple(cell.strip(" \"'*`\r") for cell in line.split(separator))
    is_head = all(not cell or (_HEADING.fullmatch(cell) and len(cell.split()) < 4) for cell in cells)
    return HeadedTable(end, end, separator, cells) if is_head and any(cells) else None


def _heading_at(tables: Sequence[HeadedTable], folded: str, position: int) -> str:
    """Return the heading of the column at *position*, empty outside of *tables*."""
    index = bisect_right(tables, position, key=lambda table: table.start) - 1
    if index < 0 or position >= tables[index].end:
        return ""
    table = tables[index]
    column = folded.count(table.separator, folded.rfind("\n", 0, position) + 1, position)
    return table.headings[column] if column < len(table.headings) else ""
