"""Foreign text costs time in proportion to its length: one message must not stop the bot for all workspaces.

Measures the process' own time at n, 2n and 4n characters of hostile patterns; a quadratic function quadruples at each
step.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest

from bot.catalogue.platforms import open_platforms
from bot.catalogue.sdk_enum import named_codes
from bot.detection import slack_text
from bot.detection.detector import find, find_in_message
from bot.detection.folding import fold
from bot.detection.slack_text import passages, prose
from bot.i18n import Language, negotiate, prose_language, question_language, script_language, words
from bot.policy.answers import Answers
from bot.policy.command_types import ExplainCommand, HelpCommand, LogsCommand, SearchCommand
from bot.policy.content import platform_shown, read_content
from bot.policy.grammar import parse
from bot.policy.replies import Leaked, Reply, Triaged, UnreadableReply, Usage, WhyReply
from bot.render import digest_slack
from bot.render.digest_report import report
from bot.render.renderer import Renderer
from bot.settings import is_slack
from bot.slack.lookup import plain_text
from bot.triage.digest import FileRefused, Refusal, Secret, SecretKind
from bot.triage.metadata import MetadataScan
from bot.triage.redact import live_secrets, redact
from bot.triage.timestamps import FORMATS, TimestampReader, reader_for
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
RENDERER = Renderer(CATALOGUE)
# Explaining and searching need only the catalogue.
ANSWERS = Answers(CATALOGUE, *7 * (cast(Any, None),))


def in_pieces(text: str) -> dict[str, object]:
    """Return a message that contains *text* in all the ways that Slack knows, whole and in pieces."""
    pieces = [text[start : start + 500] for start in range(0, len(text), 500)]
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": each} for each in pieces]}
    blocks = [
        {"type": "rich_text", "elements": [element, {"type": "rich_text_quote", "elements": element["elements"]}]},
        {"type": "markdown", "text": text},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": each} for each in pieces]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": each}] * 2 for each in pieces]},
    ]
    attachments = [{"fallback": each, "text": each, "fields": [{"title": each, "value": each}]} for each in pieces]
    return {"text": text, "blocks": blocks, "attachments": attachments}


def answer(text: str) -> object:
    """Answer the text of a command or a mention that is about codes."""
    reply: Reply
    match parse(plain_text(text)):
        case ExplainCommand(codes, typed):
            reply = ANSWERS.explain(codes, open_platforms().named_in(typed) or platform_shown(typed))
        case LogsCommand(typed):
            reply = ANSWERS.logs(typed)
        case SearchCommand(query):
            reply = ANSWERS.search(query)
        case HelpCommand(misused):
            reply = Usage(misused)
        case _:
            return None
    return RENDERER.message(reply, Language.ZH_HANT)


def why(text: str) -> object:
    """Explain the codes in a message."""
    found = find_in_message({"text": text}, CATALOGUE)
    reply = WhyReply(tuple((each, None) for each in found.findings), found.lookalikes, None, True)
    return RENDERER.message(reply, Language.EN)


def scan_metadata(text: str) -> None:
    """Look for versions, platforms and AppIDs in a line."""
    MetadataScan().scan(text)


def read_timestamps(text: str) -> object:
    """Detect the format of the time stamps in a file, and read a line by each format."""
    line = text.encode(errors="replace")
    return reader_for(line), [TimestampReader(name).seconds(line) for name in FORMATS]


def triage_log(text: str) -> object:
    """Triage a log and write the message and the report."""
    digest = triage_of({"app.log": text.encode(errors="replace") + b"\nerror code: 6000106 x\n"})
    message = RENDERER.message(Triaged(digest), Language.EN)
    return message, report(digest, CATALOGUE, Language.EN, CASCADES)


def name_file(text: str) -> object:
    """Triage files with such a name, and refuse one."""
    digest = triage_of({text: "error code: 6000106 x\n", f"{text}.bin": b"\0" * 100})
    unreadable = UnreadableReply((FileRefused(text, Refusal.BINARY),))
    leaked = Leaked((Secret(SecretKind.JWT, 0, 1),), (text,))
    return [RENDERER.message(reply, Language.EN) for reply in (Triaged(digest), unreadable, leaked)]


def check_url(text: str) -> None:
    """Decide whether the token may be sent to a URL."""
    for url in (text, f"https://{text}", f"https://files.slack.com/{text}", f"https://a@{text}.slack.com"):
        with contextlib.suppress(ValueError):
            is_slack(url)


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "find": lambda text: find(text, CATALOGUE),
    "find_in_message": lambda text: find_in_message({"text": text}, CATALOGUE),
    "fold": fold,
    "mrkdwn": slack_text.parse,
    "markdown": slack_text.parse_markdown,
    "passages": lambda text: passages(in_pieces(text)),
    "read_content": lambda text: read_content({"text": text}, CATALOGUE),
    "script_language": script_language,
    "negotiate": lambda text: negotiate(text, default=Language.EN),
    "answer": answer,
    "why": why,
    "metadata": scan_metadata,
    "timestamps": read_timestamps,
    "log": triage_log,
    "file name": name_file,
    "url": check_url,
    "paste": lambda text: RENDERER.paste(Language.EN, text, "{}"),
    "prose": lambda text: prose_language(prose(passages({"text": text}))),
    "script": script_language,
    "parse": parse,
    "search": CATALOGUE.search,
    "small talk": CATALOGUE.courtesy,
    "language of a question": lambda text: question_language(text, usual=Language.EN),
    "sdk enum": named_codes,
    "redact": redact,
    "live_secrets": lambda text: list(live_secrets(text)),
}
SHORT, STEPS = 2_500, 2  # 2,500 characters, doubled twice
NEGLIGIBLE_S = 0.02  # at the longest text; too short to tell a factor from noise
LARGEST_FACTOR = 3.0  # a doubled text may take twice as long, and a little more


def render(count: int) -> Callable[[], object]:
    """Return a function that renders the triage of a log with so many different codes, known and unknown."""
    numbers = sorted(range(1, count + 1), key=lambda number: number * 7919 % count)
    log = "".join(f"error code: {6_000_000 + number} x\n" * 3 for number in numbers)  # ids come once or twice
    digest = triage_of({"app.log": log})
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
    """A file of 10,000 different numbers once stopped the bot for a minute and a half."""
    few, many = (seconds(render(count)) for count in (800, 3200))
    assert many < max(NEGLIGIBLE_S, few * LARGEST_FACTOR**STEPS)
