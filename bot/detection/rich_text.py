"""Slack's ``rich_text`` blocks made clean passages. Their text is not escaped.

Source: docs.slack.dev/reference/block-kit/blocks/rich-text-block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.detection.mrkdwn import CHANNEL, MENTION, link
from bot.detection.passage import Passage, PassageKind, joined
from bot.detection.payload import items, mapping, string

_MENTIONS = {"user": MENTION, "usergroup": MENTION, "channel": CHANNEL, "team": MENTION}


def passages(block: Mapping[str, object]) -> tuple[Passage, ...]:
    """Return the passages of one ``rich_text`` block."""
    return joined(passage for element in items(block.get("elements")) for passage in _element(element))


def _element(element: Mapping[str, object]) -> Iterator[Passage]:
    kind = element.get("type")
    if kind == "rich_text_list":
        for item in items(element.get("elements")):
            yield from _element(item)
        return
    text, code = _text(element, backticks=kind != "rich_text_preformatted")
    if kind == "rich_text_preformatted":
        yield Passage(text.strip("\n"), PassageKind.CODE)
    else:
        yield Passage(text.strip("\n"), quoted=kind == "rich_text_quote", code=_moved(text, code))


def _moved(text: str, code: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    shift = len(text) - len(text.lstrip("\n"))
    return tuple((start - shift, end - shift) for start, end in code)


def _text(element: Mapping[str, object], *, backticks: bool) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The words of a section, inline code in back-ticks as in Slack's markup, and where that code stands."""
    written, length = [], 0
    code: list[tuple[int, int]] = []
    for part in items(element.get("elements")):
        words = _words(part)
        if backticks and words and mapping(part.get("style")).get("code") is True:
            code.append((length + 1, length + 1 + len(words)))
            words = f"`{words}`"
        written.append(words)
        length += len(words)
    return "".join(written), tuple(code)


def _words(part: Mapping[str, object]) -> str:
    kind = part.get("type")
    if kind == "link":
        return link(string(part.get("url")), string(part.get("text")))
    if kind == "broadcast":
        return "@" + string(part.get("range"))
    if kind == "date":
        return string(part.get("fallback"))
    if kind == "emoji":
        return " "
    return _MENTIONS.get(string(kind)) or string(part.get("text"))
