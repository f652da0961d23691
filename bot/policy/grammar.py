"""Parse the text behind ``/zimerr`` or a mention of the bot into a command.

Pure, without any lookup: `answer` finds out whether a code, a symbol or a section exists.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

LanguageArgument = Literal["en", "zh", "auto"]
ModeChoice = Literal["thread", "react", "off"]

TRIAGE_WORDS = ("triage", "排查", "分诊")  # in a mention, any text may follow: “triage this, please”


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """Show how to use the bot."""


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """Show the channel's settings."""


@dataclass(frozen=True, slots=True)
class SetLanguageCommand:
    """Set the channel's language."""

    choice: LanguageArgument


@dataclass(frozen=True, slots=True)
class SetModeCommand:
    """Set how the bot behaves, unasked, in the channel."""

    mode: ModeChoice


@dataclass(frozen=True, slots=True)
class WhyCommand:
    """Explain why a message got a reply or did not. Ids and time stamps are Slack's."""

    channel: str
    ts: str
    thread: str


@dataclass(frozen=True, slots=True)
class ExplainCommand:
    """Explain codes, each once, in the order typed."""

    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TriageCommand:
    """Find the likely cause in a log; *text* is the log if it was pasted behind the word."""

    text: str


@dataclass(frozen=True, slots=True)
class BrowseCommand:
    """List the sections of the catalogue, or one section."""

    section: str | None


@dataclass(frozen=True, slots=True)
class SearchCommand:
    """Search the catalogue for words, a symbol, a section or the first digits of a code."""

    query: str


@dataclass(frozen=True, slots=True)
class MisusedCommand:
    """A command word with a missing or wrong argument."""

    word: str


Command = (
    HelpCommand | StatusCommand | SetLanguageCommand | SetModeCommand | WhyCommand
    | ExplainCommand | TriageCommand | BrowseCommand | SearchCommand | MisusedCommand
)  # fmt: skip

# Behind /zimerr a number is meant as a code, whatever is around it except digits.
_CODE = re.compile(r"(?<![0-9])600[0-9]{4}(?![0-9])")
_LANGUAGES: dict[str, LanguageArgument] = {
    "zh": "zh", "cn": "zh", "中文": "zh", "chinese": "zh",
    "en": "en", "英文": "en", "english": "en",
    "auto": "auto", "自动": "auto",
}  # fmt: skip
_MODES: dict[str, ModeChoice] = {
    "thread": "thread", "on": "thread", "消息列": "thread", "开": "thread",
    "react": "react", "表情": "react",
    "off": "off", "关": "off", "quiet": "off",
}  # fmt: skip
# https://demo.slack.com/archives/C0ONCALL/p1700000000000100?thread_ts=1700000000.000100&cid=C0ONCALL
_LINK = re.compile(r"/archives/([A-Z0-9]+)/p([0-9]{10})([0-9]{6})(?:\?(?:.*&)?thread_ts=([0-9]+\.[0-9]+))?")
_WORDS = {
    "help": "help", "?": "help", "帮助": "help",
    "status": "status", "settings": "status", "状态": "status", "设置": "status",
    "lang": "lang", "language": "lang", "语言": "lang",
    "auto": "auto", "自动": "auto",
    "why": "why", "为什么": "why",
    "list": "list", "列表": "list",
    "search": "search", "搜索": "search",
    **dict.fromkeys(TRIAGE_WORDS, "triage"), "日志": "triage",
}  # fmt: skip


def parse(text: str) -> Command:
    """Return the command in *text*.

    An unknown word is a search, never an error, and an empty text is help. Full-width digits and letters count as
    plain ones.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return HelpCommand()
    head, rest = [*text.split(None, 1), ""][:2]
    word = _WORDS.get(head.lower())
    if word == "lang":
        choice = _LANGUAGES.get(rest.lower())
        return SetLanguageCommand(choice) if choice else MisusedCommand("lang")
    if word == "auto":
        mode = _MODES.get(rest.lower())
        return SetModeCommand(mode) if mode else MisusedCommand("auto")
    if word == "why":
        return _parse_why(rest)
    if word == "list":
        return BrowseCommand(rest or None)
    if word == "search":
        return SearchCommand(rest) if rest else MisusedCommand("search")
    # “日志 上传” is a search; only pasted lines are a log.
    if word == "triage" and (not rest or "\n" in rest):
        return TriageCommand(rest)
    if word and not rest:
        return HelpCommand() if word == "help" else StatusCommand()
    return _parse_query(text)


def _parse_why(rest: str) -> WhyCommand | MisusedCommand:
    link = _LINK.search(rest)
    if not link:
        return MisusedCommand("why")
    ts = f"{link[2]}.{link[3]}"
    return WhyCommand(link[1], ts, link[4] or ts)


def _parse_query(text: str) -> ExplainCommand | SearchCommand:
    # 0 and 1 are codes in ZEGO's table too, but within a text they are just digits.
    if text in ("0", "1"):
        return ExplainCommand((int(text),))
    codes = tuple(dict.fromkeys(int(match) for match in _CODE.findall(text)))
    return ExplainCommand(codes) if codes else SearchCommand(text)
