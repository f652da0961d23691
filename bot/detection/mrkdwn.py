"""Parse Slack's mrkdwn, as in ``text`` and ``mrkdwn`` objects, into clean passages.

Links and mentions are in angle brackets, ``& < >`` are escaped, and lines that begin with ``>`` are quotes. Source:
docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from bot.detection.result import Passage

_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_BRACKETS = re.compile(r"<([^<>\n]*)>")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#39|#34);")
_CODE = re.compile(r"600[0-9]{4}")
_QUOTE = re.compile(r"(?:(?:&gt;|>) ?)+")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\s]*)\)")

MENTION = "@…"
CHANNEL = "#…"


def parse(text: str) -> tuple[Passage, ...]:
    """Return the passages of a text in mrkdwn."""
    found: list[Passage] = []
    for index, part in enumerate(_FENCE.split(text)):  # prose and code in turn
        found += [Passage(_clean(part).strip("\n"), preformatted=True)] if index % 2 else _prose(part)
    return merge_adjacent(found)


def parse_markdown(text: str) -> tuple[Passage, ...]:
    """Return the passages of a ``markdown`` block, which has no entities and writes links as ``[label](url)``."""
    linked = _MARKDOWN_LINK.sub(lambda match: link_text(match[2], match[1]), text)
    return parse(html.escape(linked, quote=False))


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
    """Merge neighbours of the same form into one passage, a line each, and drop empty passages."""
    kept = [passage for passage in passages if passage.text.strip()]
    if len(kept) < 2:
        return tuple(kept)
    groups = groupby(kept, key=lambda each: (each.preformatted, each.quoted))
    return tuple(Passage("\n".join(each.text for each in group), *form) for form, group in groups)


def _prose(text: str) -> Iterator[Passage]:
    """Yield a passage for each line."""
    if not text.strip():
        return
    is_rest_quoted = False
    for line in text.strip("\n").split("\n"):
        mark = _QUOTE.match(line)
        is_rest_quoted = is_rest_quoted or line.startswith((">>>", "&gt;&gt;&gt;"))
        yield Passage(_clean(line[mark.end() :] if mark else line), quoted=is_rest_quoted or mark is not None)


def _clean(text: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0]), _BRACKETS.sub(_bracket_text, text))


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
