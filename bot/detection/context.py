"""The neighbourhood of a number: what stands around it on its line, and what its line calls it.

Everything looked at lies within a fixed window, so that the cost of a number does not depend on the text's length.
What the neighbourhood means is `lookalikes` and `evidence` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.detection import vocabulary

BEFORE = 72  # characters looked at before the number
AFTER = 40  # characters looked at after it

_TOKEN = re.compile(r"[A-Za-zÀ-ỹ][A-Za-zÀ-ỹ0-9_]*|_[A-Za-z0-9_]+|[\u3400-\u9fff]+|[0-9]+|\S")
_PART = re.compile(r"[A-Z]+s?(?![a-zà-ỹ])|[A-ZĐÀ-Ỹ]?[a-zà-ỹđ]+|[0-9]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SIGNS = frozenset(":=>(")
# What may stand between a key and its number beside signs: quotes, back-slashes, emphasis, opening brackets.
_BETWEEN = frozenset("\"'`*\\[{<~#“”‘’「『【《|-")
_JOINTS = frozenset((",", "、", "/", "and", "or", "和", "与", "或", "&"))
_QUOTES = frozenset("\"'")


@dataclass(frozen=True, slots=True)
class NameBefore:
    """The word before a number that may say what the number is."""

    word: str  # as written
    parts: tuple[str, ...]  # its parts in lower case: ("error", "code")
    before: tuple[str, ...]  # up to three lower-case words right before it
    has_sign: bool  # `:`, `=` or `(` stands between it and the number
    is_chinese: bool

    @property
    def last(self) -> str:
        """The last part of the name."""
        return self.parts[-1] if self.parts else ""


@dataclass(frozen=True, slots=True)
class NumberContext:
    """A number in a folded text."""

    text: str
    start: int
    end: int
    left: str  # what stands before it on its line, at most BEFORE characters
    right: str  # what stands after it on its line, at most AFTER characters
    digits: str
    name: NameBefore | None

    @property
    def before(self) -> str:
        """The character before it, empty at the start of the line."""
        return self.left[-1:]

    @property
    def after(self) -> str:
        """The character after it, empty at the end of the line."""
        return self.right[:1]


def site(text: str, start: int, end: int, heading: str = "") -> NumberContext:
    """Return the neighbourhood of ``text[start:end]`` in a folded text; *heading* is that of its column, if any."""
    left = text[max(0, start - BEFORE) : start]
    left = left[left.rfind("\n") + 1 :]
    right = text[end : end + AFTER].split("\n", 1)[0]
    return NumberContext(
        text, start, end, left, right, text[start:end], name_before(f"{heading}: " if heading else left)
    )


def parts(word: str) -> tuple[str, ...]:
    """Return the parts of a name in lower case: ``orderNo``, ``order_no`` and ``ORDER_NO`` are order, no."""
    return tuple(part.lower() for part in _PART.findall(word))


def name_before(left: str) -> NameBefore | None:
    """Return the name that the end of *left* gives to what follows, or None."""
    tokens = _TOKEN.findall(left)
    has_sign = False
    position = len(tokens) - 1
    while position >= 0:
        word = tokens[position]
        if word in _SIGNS or (word == "." and position and tokens[position - 1].lower() == "no"):
            has_sign = True
        elif word in vocabulary.FILLERS_CHINESE:
            has_sign = has_sign or word in "是为為即"
        elif word in _JOINTS and _is_code(tokens, position - 1):
            position = _before_code(tokens, position - 1)
            continue
        elif word in (",", "]") and position and tokens[position - 1] in _QUOTES:
            has_sign = True  # put("userID", 6000121), map["userID"] = 6000121
        elif word == "]" and position > 2 and tokens[position - 1].isdigit() and tokens[position - 2] == "[":
            position -= 2  # itemID[4] = 6000103
        elif word not in _BETWEEN and word.lower() not in vocabulary.FILLERS:
            break
        position -= 1
    if position < 0:
        return None
    return _named(tokens, position, has_sign=has_sign)


def _is_code(tokens: list[str], position: int) -> bool:
    """Whether a number like a code ends at *position*: in "orders 6000121, 6000104" one word names both."""
    position -= position > 0 and tokens[position] in _QUOTES
    return position >= 0 and len(tokens[position]) == 7 and tokens[position].startswith("600")


def _before_code(tokens: list[str], position: int) -> int:
    return position - 1 - (tokens[position] in _QUOTES)


def _named(tokens: list[str], position: int, *, has_sign: bool) -> NameBefore | None:
    word = tokens[position]
    if _CHINESE.match(word):
        bare = _without_filler(word)
        return NameBefore(bare, (bare,), (), has_sign or (bare != word and word[-1] in "是为為"), True)
    if not (word[0].isalpha() or word[0] == "_"):
        return None
    return NameBefore(word, parts(word), _before(tokens[max(0, position - 3) : position]), has_sign, False)


def _before(tokens: list[str]) -> tuple[str, ...]:
    """The words at the end of *tokens* that no sign parts from what follows."""
    found = ""
    for token in tokens:
        found = f"{found} {token.lower()}" if token[0].isalpha() else ""
    return tuple(found.split())


def _without_filler(run: str) -> str:
    """Take the verb off a run of Chinese: 订单号是 becomes 订单号."""
    for filler in vocabulary.FILLERS_CHINESE:
        if len(run) > len(filler) and run.endswith(filler):
            return run[: -len(filler)]
    return run
