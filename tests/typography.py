"""Read texts as Slack shows them, and find faults of Chinese typography."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
MARKS = "，。：；、？！（）“”《》"
CODE = "\ue000"  # a placeholder for a code span, which counts as a Latin word
_REFERENCE = re.compile(r"<([^<>\n|]+)(?:\|([^<>\n]*))?>")
_CODE_SPAN = re.compile(r"(?<![\w`])`([^`\n]+)`(?![\w`])")
_EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+-]+:(?![\w:])")
_STYLED = re.compile(r"(?<![\w*~])([*_~])(?=[^\s*_~])([^\n]*?[^\s])\1(?![\w*~])")
_RULES = {
    "a mark that Slack shows as it is": re.compile(
        r"(?<![0-9*])\*|\*(?![0-9*])|[~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
    ),  # 14******29 is masked
}
_CHINESE_RULES = {
    "a space too many": re.compile(rf"(?<=[{HAN}]) +(?=[{HAN}])| +(?=[{MARKS}])|(?<=[{MARKS}]) +(?=[^\s·])"),
    "a space too few": re.compile(rf"[{HAN}](?=[A-Za-z0-9{CODE}])|[A-Za-z0-9{CODE}](?=[{HAN}])"),
    "half-width punctuation": re.compile(
        rf"(?<=[{HAN}{MARKS}]) ?[,;:!?()\"']|[,;:!?()\"'] ?(?=[{HAN}])|(?<=[{HAN}])\.(?!\w)"
    ),
    "a list without 、": re.compile(r"(?<=\w), (?=\w)"),
    "a rate in English": re.compile(r"\d ?/ ?s\b|\bper\b"),
    "an ellipsis of full stops": re.compile(r"\.\.\."),
}


def visible(mrkdwn: str) -> str:
    """Return *mrkdwn* as Slack shows it. A style or code span begins and ends beside no letter, digit or Chinese."""
    text = _REFERENCE.sub(lambda found: found[2] or ("x" if found[1][0] in "@#!" else "https://x.example"), mrkdwn)
    text = _EMOJI.sub(CODE, _CODE_SPAN.sub(CODE, text))
    while text != (text := _STYLED.sub(r"\2", text)):
        pass
    return text.replace("&lt;", "‹").replace("&gt;", "›").replace("&amp;", "&")


def faults(mrkdwn: str, *, is_chinese: bool) -> list[str]:
    """Return the faults of a text, each with its surroundings."""
    text = visible(mrkdwn)
    rules = _RULES | _CHINESE_RULES if is_chinese and re.search(f"[{HAN}]", text) else _RULES
    return [f"{name}: {_around(text, found)}" for name, rule in rules.items() for found in rule.finditer(text)]


def mrkdwn_of(content: Any) -> Iterator[str]:
    """Yield the texts of a message or its blocks that people read, except lines of logs."""
    if isinstance(content, list):
        for item in content:
            yield from mrkdwn_of(item)
    if not isinstance(content, dict) or content.get("type") == "rich_text_preformatted":
        return
    for key, value in content.items():
        if key in ("text", "title", "label", "alt_text", "name") and isinstance(value, str):
            yield value
        elif key not in ("metadata", "value"):
            yield from mrkdwn_of(value)


def _around(text: str, found: re.Match[str]) -> str:
    return text[max(0, found.start() - 15) : found.end() + 15].replace(CODE, "`…`")
