"""Parse Slack's mrkdwn, as in ``text`` and ``mrkdwn`` objects, into clean passages.

Links and mentions are in angle brackets, ``& < >`` are escaped, and lines that begin with ``>`` are quotes. Source:
docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.detection.result import Passage, PassageKind, Span

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


def parse(text: str) -> tuple[Passage, ...]:
    """Return the passages of a text in mrkdwn."""
    return merge_adjacent(_parse(text, is_escaped=True))


def parse_markdown(text: str) -> tuple[Passage, ...]:
    """Return the passages of a ``markdown`` block, which has no entities and writes links as ``[label](url)``."""
    linked = _MARKDOWN_LINK.sub(lambda match: link_text(match[2], match[1]), text)
    return merge_adjacent(_parse(linked, is_escaped=False))


def link_text(url: str, label: str) -> str:
    """Return the label of a link, or its URL if there is no label or the label only repeats a code from the URL.

    Slack turns numbers into telephone links: ``<tel:6000354|6000354>`` becomes 6000354.
    """
    if not label:
        return url.removeprefix("tel:").removeprefix("mailto:")
    if url.startswith(("tel:", "mailto:")):
        return label
    number = _CODE.search(label)
    if number and number[0] in url and label not in url.split("://", 1)[-1].split("/", 1)[0]:
        return url
    return label


def merge_adjacent(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Merge neighbours of the same kind into one passage, a line each, and drop empty passages."""
    kept = [passage for passage in passages if passage.text.strip()]
    if len(kept) < 2:
        return tuple(kept)
    merged: list[Passage] = []
    for (kind, quoted), group in groupby(kept, key=lambda each: (each.kind, each.quoted)):
        texts: list[str] = []
        code: list[Span] = []
        offset = 0
        for passage in group:
            texts.append(passage.text)
            code += [(start + offset, end + offset) for start, end in passage.code]
            offset += len(passage.text) + 1
        merged.append(Passage("\n".join(texts), kind, quoted, tuple(code)))
    return tuple(merged)


def _parse(text: str, *, is_escaped: bool) -> Iterator[Passage]:
    end = 0
    for fence in _FENCE.finditer(text):
        yield from _prose(text[end : fence.start()], is_escaped=is_escaped)
        yield Passage(_clean(fence[1], is_escaped=is_escaped).strip("\n"), PassageKind.CODE)
        end = fence.end()
    yield from _prose(text[end:], is_escaped=is_escaped)


def _prose(text: str, *, is_escaped: bool) -> Iterator[Passage]:
    if not text.strip():
        return
    mark = _QUOTE if is_escaped else _MARKDOWN_QUOTE
    is_rest_quoted = False
    for line in text.strip("\n").split("\n"):
        quote = mark.match(line)
        is_rest_quoted = is_rest_quoted or (quote is not None and line.startswith((">>>", "&gt;&gt;&gt;")))
        clean = _clean(line[quote.end() :] if quote else line, is_escaped=is_escaped)
        code = tuple(match.span(1) for match in _INLINE.finditer(clean))
        yield Passage(clean, quoted=quote is not None or is_rest_quoted, code=code)


def _clean(text: str, *, is_escaped: bool) -> str:
    if not is_escaped:
        return text
    return _ENTITY.sub(lambda match: _ENTITIES[match[1]], _BRACKETS.sub(_bracket_text, text))


def _bracket_text(match: re.Match[str]) -> str:
    """Return the text for ``<…>``: a link's label or URL, a mention without its name, or a date's fallback."""
    target, _, label = match[1].partition("|")
    if target.startswith(("@", "!subteam^")):
        return MENTION
    if target.startswith("#"):
        return CHANNEL
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return "@" + target[1:].partition("^")[0]
    return link_text(target, label)
