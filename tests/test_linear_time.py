"""Foreign text costs time in proportion to its length: one message must not stop the bot for all workspaces.

Measures the process' own time at n, 2n and 4n characters of hostile patterns; a quadratic function quadruples at each
step.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial

import pytest

from bot.detection import slack_text
from bot.detection.detector import find, find_in_message
from bot.detection.number_context import fold
from bot.detection.slack_text import passages, prose
from bot.i18n import Language, prose_language, script_language, words
from bot.policy.grammar import parse
from bot.policy.replies import Triaged
from bot.render import digest_slack
from bot.render.digest_report import report
from bot.triage.redact import live_secrets, redact
from tests.triage.feed import CASCADES, CATALOGUE, triage_of

PATTERNS = [
    *("a", "A", "aA", "0", "6", "你好", "é", "_", "-", ".", "/", "\\", ":", "=", "@", "#", "`", "'", '"', "*", "~"),
    *("(", "[", "{", "<", ">", "&", "&lt;", "|", ";", ",", " ", "\t", "\n", "\\n", "\r\n", "\u200b", "\ud83d\ude00"),
    *("6000106 ", "6000106", "6000106,", "600", "6000999 ", "code: 6000106 ", "code=", "error ", "错误码", "6000106："),
    *("NetworkModule", "NetworkModuleTokenExpired", "USER_IS_NOT_LOGGED ", "ZIMErrorCode.", "A_B", "E/ZIM: "),
    *("http://", "https://a.b/", "a.b/", "www.", "a@", "a@b.", "1.2.3.4", "a:b:", ":a", "::", "{{", "[1m", "\x1b[1m"),
    *("<http://a|", "<@U", "<!", "&gt; ", "```", "*a ", "_a_", "eyJhbGciOiJ", "04AAAA", "0x6f,", "deadbeef", "+86138"),
    *("-----BEGIN PRIVATE KEY-----", "password=", "Authorization: ", "at a(", "Exception", "1,000,", "1 000 ", "%20"),
]
FUNCTIONS: dict[str, Callable[[str], object]] = {
    "find": lambda text: find(text, CATALOGUE),
    "find_in_message": lambda text: find_in_message({"text": text}, CATALOGUE),
    "fold": fold,
    "mrkdwn": slack_text.parse,
    "markdown": slack_text.parse_markdown,
    "prose": lambda text: prose_language(prose(passages({"text": text}))),
    "script": script_language,
    "parse": parse,
    "search": CATALOGUE.search,
    "redact": redact,
    "live_secrets": lambda text: list(live_secrets(text)),
}
SHORT, STEPS = 2_500, 2  # 2,500 characters, doubled twice
NEGLIGIBLE_S = 0.02  # at the longest text; too short to tell a factor from noise
LARGEST_FACTOR = 3.0  # a doubled text may take twice as long, and a little more


def render(count: int) -> Callable[[], object]:
    """Return a function that renders the triage of a log with so many different codes, known and unknown."""
    digest = triage_of({"app.log": "".join(f"error code: {6_000_000 + number} x\n" for number in range(1, count + 1))})
    assert len(digest.rows) + len(digest.unknown) > 0.99 * count

    def work() -> None:
        digest_slack.message(CATALOGUE, Triaged(digest), words(Language.EN))
        report(digest, CATALOGUE, Language.EN, CASCADES)

    return work


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of the faster of two calls."""
    times = []
    for _ in range(2):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_with_the_length_of_the_text(name: str) -> None:
    """A message of 40,000 characters without a space once stopped the bot for half a minute."""
    function = FUNCTIONS[name]
    gc.collect()
    slow = {}
    for pattern in PATTERNS:
        texts = [(pattern * SHORT)[: SHORT * 2**step] for step in range(STEPS + 1)]
        if len(pattern) < 4:
            texts = [(pattern * SHORT * 4)[: SHORT * 2**step] for step in range(STEPS + 1)]
        *shorter, longest = (seconds(partial(function, text)) for text in texts)
        if longest > NEGLIGIBLE_S and longest > LARGEST_FACTOR**STEPS * shorter[0]:
            slow[pattern] = [round(each, 3) for each in (*shorter, longest)]
    assert slow == {}


def test_time_grows_with_the_number_of_codes_in_a_log() -> None:
    """A file of 220 KB with 10,000 different numbers once stopped the bot for a minute and a half."""
    few, many = (seconds(render(count)) for count in (800, 3200))
    assert many < max(NEGLIGIBLE_S, few * LARGEST_FACTOR**STEPS)
