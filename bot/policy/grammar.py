"""Parse the text behind ``/zimerr`` or a mention of the bot into a command.

Pure: `answers` looks up codes, symbols and sections.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace

from bot.catalogue.platforms import open_platforms
from bot.detection.detector import find_numbers
from bot.i18n import Language, script_language
from bot.oncall.periods import MOST_HOURS, SHIFT_HOURS, Period
from bot.oncall.watch_rule import EVERYWHERE, HERE, parse_watch
from bot.policy.command_types import (
    CatchUpCommand,
    Command,
    ExplainCommand,
    ForgetAllCommand,
    HandoffCommand,
    HelpCommand,
    IgnoredCommand,
    ListWatchesCommand,
    LogsCommand,
    NoteCommand,
    SearchCommand,
    SetAudienceCommand,
    SetLanguageCommand,
    SetModeCommand,
    SetWeeklyCommand,
    StatusCommand,
    StopWatchCommand,
    TopCommand,
    TriageCommand,
    WatchCommand,
    WhyCommand,
)
from bot.policy.noise_rules import Mode
from bot.policy.place import Audience

TRIAGE_WORDS = ("triage", "排查", "分诊")  # in a mention, any text may follow: “triage this, please”

# After /zimerr, a number is meant as a code, whatever surrounds it except digits.
_CODE = re.compile(r"(?<![0-9])600[0-9]{4}(?![0-9])")
_LANGUAGES: dict[str, Language | None] = {
    "zh": Language.ZH, "cn": Language.ZH, "中文": Language.ZH, "chinese": Language.ZH,
    "en": Language.EN, "英文": Language.EN, "english": Language.EN,
    "auto": None, "自动": None,
}  # fmt: skip
_MODES = {
    "thread": Mode.THREAD, "on": Mode.THREAD, "消息列": Mode.THREAD, "开": Mode.THREAD,
    "react": Mode.REACT, "表情": Mode.REACT,
    "off": Mode.OFF, "关": Mode.OFF, "quiet": Mode.OFF,
}  # fmt: skip
_AUDIENCES: dict[str, Audience | None] = {
    "me": Audience.ME, "only me": Audience.ME, "private": Audience.ME,
    **dict.fromkeys(("仅我", "只给我", "仅自己", "私下"), Audience.ME),
    "channel": Audience.CHANNEL, "public": Audience.CHANNEL,
    **dict.fromkeys(("频道", "公开"), Audience.CHANNEL),
    "auto": None, "default": None, "自动": None, "默认": None,
}  # fmt: skip
_SWITCH = {**dict.fromkeys(("on", "开", "开启", "打开"), True), **dict.fromkeys(("off", "关", "关闭"), False)}
_WORKSPACES = ("workspace", "工作区")
# Behind a code. Chinese is written without a space.
_LAST_AUDIENCE = re.compile(
    r"(?:[\s,]+(?P<latin>me|channel)|[\s,]*(?P<chinese>仅我|只给我|频道))[.。]?\Z", re.IGNORECASE
)
_SPANS = {
    **dict.fromkeys(("24h", "1d", "day", "today", "24小时", "1天", "一天", "今天"), Period.DAY),
    **dict.fromkeys(("7d", "1w", "week", "7天", "七天", "一周", "本周"), Period.WEEK),
    **dict.fromkeys(("30d", "month", "30天", "三十天", "一个月", "本月"), Period.MONTH),
}
# What is typed behind the code is kept as it is. `\d` matches full-width digits, too.
_NOTE = re.compile(
    r"\s*(?:note|备注)[\s:：]*(?P<code>[6６][0０]{2}\d{4})(?!\d)[\s:：,，]*(?P<text>.*)", re.IGNORECASE | re.DOTALL
)
_FORGET_ALL = ("forget all", "全部忘记", "忘记全部", "清空")
# https://demo.slack.com/archives/C0ONCALL/p1700000000000100?thread_ts=1700000000.000100&cid=C0ONCALL
_LINK = re.compile(r"/archives/([A-Z0-9]+)/p([0-9]{10})([0-9]{6})(?:\?(?:.*&)?thread_ts=([0-9]+\.[0-9]+))?")
_MENTIONED_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]{1,30})[|>]")
_WHY = re.compile(r"why\b|为什么|为何|为啥", re.IGNORECASE)  # Chinese is written without a space
# A question about an act of the bot or about a message, rather than about an error.
_ABOUT_ANSWER = re.compile(
    r"://|\b(?:did|do|are|were)(?:n['’]?t)? you\b|\byou (?:did|never|not?)\b|\A你(?!们)|没反应|不理(?!解)"
    r"|\A(?:this|that|it)(?: \w+)?\Z"
)
_CATCH_UP = re.compile(r"catch[ -]up\b", re.IGNORECASE)
_SHIFT = re.compile(r"([1-9][0-9]{0,2}) ?(?:(?P<hours>h|hrs?|hours?|个?小时|)|d|days?|天)")
_ALL = ("all", "全部", "所有")
# macOS makes a dash of two hyphens.
_HELP = ("help", "--help", "-help", "-h", "—help", "–help", "帮助", "使用帮助", "使用说明", "用法")
_HELP_REQUESTS: tuple[str, ...] = (
    "help me", "please help", "usage", "commands", "who are you", "what are you", "what is this", "what can you do",
    "what do you do", "how do you work", "how does this work", "how do i use this", "how do i use you",
    "帮帮我", "你是谁", "你是什么", "你能做什么", "你可以做什么", "你能干什么", "你会什么", "你有什么用", "怎么用",
    "怎么用你", "怎么使用", "如何使用",
)  # fmt: skip
_WORDS = {
    **dict.fromkeys(_HELP, "help"),
    "status": "status", "settings": "status", "状态": "status", "设置": "status",
    "lang": "lang", "language": "lang", "语言": "lang",
    "auto": "auto", "自动": "auto",
    "answers": "answers", "回答": "answers",
    "digest": "digest", "周报": "digest",
    "why": "why", "为什么": "why",
    "ignored": "ignored", "忽略": "ignored", "已忽略": "ignored",
    "list": "list", "列表": "list",
    "search": "search", "搜索": "search",
    "logs": "logs", "取日志": "logs",
    "top": "top", "排行": "top", "排行榜": "top", "榜单": "top",
    "note": "note", "备注": "note",
    "watch": "watch", "监控": "watch", "盯": "watch", "盯住": "watch",
    **dict.fromkeys(TRIAGE_WORDS, "triage"), "日志": "triage",
    **dict.fromkeys(("catchup", "前情", "前情提要", "进展"), "catchup"),
    **dict.fromkeys(("handoff", "handover", "交接", "交班"), "handoff"),
}  # fmt: skip
_WITH_TEXT: dict[str | None, Callable[[str], Command]] = {
    "list": lambda text: SearchCommand("") if text.lower() in ("", *_ALL) else SearchCommand(text, "list", text),
    "search": SearchCommand,
    "logs": LogsCommand,
}
_STOP = re.compile(r"(?:stop|停止|取消)\s*([1-9][0-9]?)?")
_PLAIN: dict[tuple[str | None, str], Command] = {
    ("help", ""): HelpCommand(),
    ("status", ""): StatusCommand(),
    ("note", ""): HelpCommand("note"),
    ("ignored", ""): IgnoredCommand(),
    ("catchup", ""): CatchUpCommand(),
    ("handoff", ""): HandoffCommand(SHIFT_HOURS),
    **{("ignored", argument): ForgetAllCommand() for argument in _FORGET_ALL},
}


def parse(text: str) -> Command:
    """Return the command in *text*.

    An unknown word is a search, never an error, and an empty text is help. Full-width digits and letters count as
    plain ones.
    """
    if note := _NOTE.match(text):
        return NoteCommand(int(note["code"]), note["text"].strip())
    text = unicodedata.normalize("NFKC", text).strip()
    if usage := _parse_help(text):
        return usage
    text = _CATCH_UP.sub("catchup", text) if _CATCH_UP.match(text) else text
    head, rest = [*text.split(None, 1), ""][:2]
    word = _WORDS.get(head.lower())
    if why := _WHY.match(text):
        word, rest = "why", text[why.end() :].strip()
    if command := _why_linked(text) or (_parse_argument(word, rest) if word else None):
        return command
    # 0 and 1 are codes in ZEGO's table too, but within a text they are just digits.
    codes = [int(code) for code in ([text] if text in ("0", "1") else _CODE.findall(text))]
    if codes:
        return ExplainCommand(tuple(dict.fromkeys((*codes, *find_numbers(text)))), text, _audience_of(text))
    may_be_misused = word and word != "help" and not (word == "why" and _is_question(rest))
    return SearchCommand(text, word, rest) if may_be_misused else SearchCommand(text)


def _parse_help(text: str) -> HelpCommand | None:
    """Return the help in *text*, such as “?”, “lang --help” or “what can you do?”, or None."""
    text = " ".join(text.lower().split())
    if not text.strip("? ") or text.rstrip("?!.。 ") in (*_HELP, *_HELP_REQUESTS):
        return HelpCommand()
    words = text.split()
    commands = [_WORDS[word] for word in words if word in _WORDS and word not in _HELP]
    is_help = any(word in _HELP or not word.strip("?") for word in words)
    return HelpCommand(commands[0]) if len(words) == 2 and commands and is_help else None


def _parse_argument(word: str, rest: str) -> Command | None:
    """Return the command of *word* with the argument *rest*, or None if it takes no such argument."""
    if word == "top":
        return _top(rest.lower().split())
    if word == "watch":
        return _watch(rest)
    if word == "digest":
        is_misused = not rest or len(rest.split()) == 1
        is_on = _SWITCH.get(rest.lower())
        return SetWeeklyCommand(is_on) if is_on is not None else HelpCommand("digest") if is_misused else None
    if word in ("lang", "auto", "answers"):
        return _set(word, rest.lower())
    if word == "why":
        is_about_answer = _ABOUT_ANSWER.search(rest.lower()) and not _CODE.search(rest)
        return HelpCommand("why") if not rest or is_about_answer else None
    if word == "search" and not rest:
        return HelpCommand("search")
    if word == "handoff" and (shift := _SHIFT.fullmatch(rest.lower())):
        hours = int(shift[1]) * (1 if shift["hours"] is not None else 24)
        return HandoffCommand(hours) if hours <= MOST_HOURS else HelpCommand("handoff")
    if word in _WITH_TEXT:
        return _WITH_TEXT[word](rest)
    # “日志 上传” is a search; only pasted lines are a log.
    if word == "triage" and (not rest or "\n" in rest):
        return TriageCommand(rest)
    return _PLAIN.get((word, " ".join(rest.lower().split())))


def _watch(rest: str) -> Command | None:
    """Return the command for “watch”, the help for it, or None if *rest* may be a search."""
    if rest.lower() in ("", "list", "列表"):
        return ListWatchesCommand()
    if found := _STOP.fullmatch(rest.lower()):
        return StopWatchCommand(int(found[1]) if found[1] else None)
    if any(word.startswith("@") for word in rest.split()):
        return HelpCommand("watch_group")
    if words := parse_watch(rest):
        return WatchCommand(words)
    return HelpCommand("watch") if re.search("[0-9]", rest) else None


def with_group(command: Command, text: str) -> Command:
    """Return a watch with the user group that *text*, as Slack sends it, mentions; other commands stay as they are."""
    if not isinstance(command, WatchCommand) or not (group := _MENTIONED_GROUP.search(text)):
        return command
    return WatchCommand(replace(command.words, group=group[1]))


def _top(words: list[str]) -> TopCommand | None:
    """Return the command for “top” with a span and a place, in any order, or None for other words."""
    spans = [_SPANS[word] for word in words if word in _SPANS]
    everywhere = ("all", *EVERYWHERE)
    places = [word in everywhere for word in words if word in (*HERE, *everywhere)]
    if len(spans) > 1 or len(places) > 1 or len(spans) + len(places) < len(words):
        return None
    return TopCommand(spans[0] if spans else Period.DAY, places[0] if places else None)


def split_audience(text: str) -> tuple[str, Audience | None]:
    """Split the audience off the end of *text*; None if it names none."""
    found = _LAST_AUDIENCE.search(text)
    if not found or not found.start():
        return text, None
    return text[: found.start()], _AUDIENCES[found[found.lastgroup or 0].lower()]


def _audience_of(text: str) -> Audience | None:
    """Return the audience behind codes and platforms; “6000106 happened to me” names none."""
    before, audience = split_audience(text)
    is_plain = audience and not any(map(str.isalpha, open_platforms().without_names(before)))
    return audience if is_plain else None


def _set(word: str, argument: str) -> Command | None:
    """Return the command that changes a setting, the help for *word*, or None if *argument* may be a search."""
    if word == "lang" and argument in _LANGUAGES:
        return SetLanguageCommand(_LANGUAGES[argument])
    if word == "auto" and argument in _MODES:
        return SetModeCommand(_MODES[argument])
    words = argument.split()
    audience = " ".join(each for each in words if each not in _WORKSPACES)
    if word == "answers" and audience in _AUDIENCES:
        return SetAudienceCommand(_AUDIENCES[audience], is_for_workspace=audience != " ".join(words))
    may_be_search = word != "lang" and (len(words) > 1 or script_language(argument))  # “自动 重连 失败”
    return None if may_be_search else HelpCommand(word)


def _why_linked(text: str) -> WhyCommand | None:
    """Return the command for “why” with the link of a message, also in a whole sentence, or None."""
    link = linked_message(text) if _WHY.match(text) else None
    return WhyCommand(*link) if link else None


def linked_message(text: str) -> tuple[str, str, str] | None:
    """Return channel, ts and thread of the message that *text* links, or None if it links none."""
    if not (link := _LINK.search(text)):
        return None
    ts = f"{link[2]}.{link[3]}"
    return link[1], ts, link[4] or ts


def is_note(text: str) -> bool:
    """Return whether *text* shows or changes a note."""
    return _NOTE.match(text) is not None


def _is_question(rest: str) -> bool:
    """Return whether “why” and *rest* ask about an error."""
    return len(rest.split()) > 2 or rest.endswith("?") or script_language(rest) is not None
