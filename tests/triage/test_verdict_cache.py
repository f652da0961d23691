"""Test that a cached verdict is the one that detection would reach."""

from __future__ import annotations

import random
import re
import string

import pytest

from bot.detection import vocabulary
from bot.detection.detector import judge
from bot.detection.folding import fold
from tests.triage.feed import CATALOGUE
from tests.triage.scanning import found, scan

# The words, signs and other numbers that the rules of detection look for.
_WORDS = sorted(
    {
        *vocabulary.OTHER_CODES, *vocabulary.OTHER_CODES_CHINESE, *vocabulary.CODE_KEYS, *vocabulary.CODE_KEYS_CHINESE,
        *vocabulary.NEGATED, *vocabulary.SENTENCE, *vocabulary.SENTENCE_CHINESE, *vocabulary.FILLERS,
        *vocabulary.FILLERS_CHINESE, *vocabulary.CURRENCIES, *vocabulary.UNITS, *vocabulary.ADJECTIVES,
        *vocabulary.SENTENCE_AFTER_UNIT, *vocabulary.BEFORE_PLURAL, *vocabulary.FILE_ENDINGS,
        *(word for rule in vocabulary.KEYS for word in (*rule.english, *rule.alone, *rule.assigned, *rule.chinese)),
    }
)  # fmt: skip
_SIGNS = [
    *string.punctuation, *"，：。；、）（［］＼“”是为的个条次人元多余", ": ", ", ", '":', '\\":', "\\n", "\\u003d",
    "https：//a.b/", "www．x.y/",
    "[0;1m", "［31m", "；1m", "://", "https://a.b/c?d=", "www.x.y/", "WWW.", "GET /v1?id=", "example.com/o?id=",
    "main.dart:", "(021) ", "+86 ", "021 ", "0x", "1732345678", "2732345678", "12,000", ",000", "6，000，104",
    "6 000 104", "\u00a0", "29e3e3b0", "olivia_794", "itemID[4] = ", 'put("userID", ', "orders 6000121, ",
    "6000104/", "***", "${", "Rs. ", "这个用户", "is my number", "insert into t values (", "timeoutMs=", "error",
    "ZIM", "NetworkModuleTokenExpired",
]  # fmt: skip
_NUMBERS = ["6000104", "6000121", "6000106", "6009999", "6000000", "60001069", "16000106"]


def _lines(count: int, seed: int) -> list[str]:
    """Return lines of random words and signs around numbers, and lines composed of parts of them."""
    chance = random.Random(seed)  # noqa: S311
    pick = chance.choice

    def piece() -> str:
        kind = chance.random()
        return pick(_SIGNS) if kind < 0.4 else pick(["", " ", " ", ""]) if kind < 0.6 else pick(_WORDS)

    def pieces(most: int) -> str:
        return "".join(piece() for _ in range(chance.randrange(most)))

    lines = [f"{pieces(8)}{pick(_SIGNS)}{pick(_NUMBERS)}{pieces(6)}" for _ in range(count)]
    for line in lines[:]:
        other, at = pick(lines), chance.randrange(len(line))
        lines.append(other[: chance.randrange(len(other))] + line[at:])
        lines.append(line[:at] + other[chance.randrange(len(other)) :])
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_a_scan_of_lines_of_the_rules_own_words_finds_what_detection_finds(seed: int) -> None:
    """The same text near a number must lead to the same verdict, whatever else is on the line."""
    lines = _lines(1200, seed)
    codes, lookalikes = found(lines, CATALOGUE)
    result = scan("\n".join(lines).encode(), CATALOGUE)

    assert len(codes) > 300
    assert len(lookalikes) > 15
    assert result.codes == codes
    assert result.lookalikes == lookalikes


def test_a_scan_of_long_lines_finds_what_detection_finds() -> None:
    """Servers write many records on one line."""
    short = _lines(700, 7)
    lines = [" ".join(short[start : start + 120]) for start in range(0, len(short), 120)]
    codes, lookalikes = found(lines, CATALOGUE)
    result = scan("\n".join(lines).encode(), CATALOGUE)

    assert max(map(len, lines)) > 4096
    assert result.codes == codes
    assert result.lookalikes == lookalikes


def test_a_verdict_depends_on_no_text_beyond_its_reach() -> None:
    """The cache relies on it: beyond the reach, any text may follow."""
    chance = random.Random(6000106)  # noqa: S311
    lines = _lines(1500, 5)
    near = 0
    for line in lines:
        folded = fold(line)
        number = re.search(r"600[0-9]{4}", folded)
        if number is None:
            continue
        at = number.start()
        verdict = judge(folded, at, CATALOGUE, has_urls=True)
        before, after = f"\n{folded}"[: at + 1][-verdict.left :], f"{folded}\n"[at + 7 :][: verdict.right]
        near += len(before) + len(after) < 30
        for _ in range(3):
            head, tail = fold(chance.choice(lines)), fold(chance.choice(lines))
            left = before[1:] if before.startswith("\n") else head + before
            right = after[:-1] if after.endswith("\n") else after + tail
            other = judge(left + folded[at : at + 7] + right, len(left), CATALOGUE, has_urls=True)

            assert other == verdict, (line, left + folded[at : at + 7] + right)

    assert near > 1000


def test_ids_and_words_elsewhere_on_a_line_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of many users and traces must be as fast as one of a single user."""
    judged: list[str] = []

    def counted(line: str, *args: object, **options: object) -> object:
        judged.append(line)
        return judge(line, *args, **options)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr("bot.triage.verdict_cache.judge", counted)
    chance = random.Random(1)  # noqa: S311
    lines = []
    for _ in range(2000):
        word, user, trace = chance.choice(_WORDS), f"ann{chance.random()}", f"{chance.getrandbits(64):x}a"
        lines += [
            f'{{"trace":"{trace}","user":"{user}","code":6000104,"msg":"{word}"}}',
            f"[{word}] {trace} {user} failed, errorCode: 6000106, message: {word}",
            f"会话 {trace}，错误码：6000121，原因：超时",
            f"{trace} {word} userId=6000104 trace={trace}",
            f"{trace} order no 6000121 trace={trace} {user}",
        ]
    scan("\n".join(lines).encode(), CATALOGUE)

    assert len(judged) < 100
