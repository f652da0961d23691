"""Slack's text markup, as in ``text`` and in ``mrkdwn`` objects, made clean passages.

Angle brackets hold links and mentions, ``& < >`` are escaped, lines that begin with ``>`` are quotes. Source:
docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.detection.passage import Passage, PassageKind, joined

_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_BRACKETS = re.compile(r"<([^<>\n]*)>")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|#39|#34);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#39": "'", "#34": '"'}
_CODE = re.compile(r"600[0-9]{4}")
_QUOTE = re.compile(r"(?:(?:&gt;|>) ?)+")
_MARKDOWN_QUOTE = re.compile(r"(?:> ?)+")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\s]*)\)")

MENTION = "@…"
CHANNEL = "#…"


def passages(text: str) -> tuple[Passage, ...]:
    """Return the passages of a text in Slack's markup."""
    return joined(_passages(text))


def markdown(text: str) -> tuple[Passage, ...]:
    """Return the passages of a ``markdown`` block: no entities, links as ``[label](url)``."""
    linked = _MARKDOWN_LINK.sub(lambda match: link(match[2], match[1]), text)
    return joined(_passages(linked, escaped=False))


def plain(text: str, *, quoted: bool = False) -> Passage:
    """Return a text without markup as prose."""
    return Passage(text, quoted=quoted)


def link(url: str, label: str) -> str:
    """Return what a link says: its label, or the URL where the label only repeats a number from it.

    ``<tel:6000354|6000354>`` is a number that Slack took for a telephone's; it says 6000354.
    """
    if not label:
        return url.removeprefix("tel:").removeprefix("mailto:")
    if url.startswith(("tel:", "mailto:")):
        return label
    number = _CODE.search(label)
    if number and number[0] in url and label not in url.split("://", 1)[-1].split("/", 1)[0]:
        return url
    return label


def _passages(text: str, *, escaped: bool = True) -> Iterator[Passage]:
    end = 0
    for fence in _FENCE.finditer(text):
        yield from _prose(text[end : fence.start()], escaped=escaped)
        yield Passage(_clean(fence[1], escaped=escaped).strip("\n"), PassageKind.CODE)
        end = fence.end()
    yield from _prose(text[end:], escaped=escaped)


def _prose(text: str, *, escaped: bool) -> Iterator[Passage]:
    if not text.strip():
        return
    mark = _QUOTE if escaped else _MARKDOWN_QUOTE
    rest_is_quote = False
    for line in text.strip("\n").split("\n"):
        quote = mark.match(line)
        rest_is_quote = rest_is_quote or (quote is not None and line.startswith((">>>", "&gt;&gt;&gt;")))
        clean = _clean(line[quote.end() :] if quote else line, escaped=escaped)
        code = tuple(match.span(1) for match in _INLINE.finditer(clean))
        yield Passage(clean, quoted=quote is not None or rest_is_quote, code=code)


def _clean(text: str, *, escaped: bool) -> str:
    if not escaped:
        return text
    return _ENTITY.sub(lambda match: _ENTITIES[match[1]], _BRACKETS.sub(_said, text))


def _said(match: re.Match[str]) -> str:
    """What stands for ``<…>``: a link's words, a mention without its name, a date's fallback."""
    target, _, label = match[1].partition("|")
    if target.startswith(("@", "!subteam^")):
        return MENTION
    if target.startswith("#"):
        return CHANNEL
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return "@" + target[1:].partition("^")[0]
    return link(target, label)
