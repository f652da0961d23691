"""Convert the text that people type, and the arguments that the app sends, to the content that Slack stores.

A typed message has `text` with escapes and an unescaped `rich_text` block. The `text` of an app stays as it is, except
that stray ``&``, ``<`` and ``>`` are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.block_schema import check_blocks
from bot.sandbox.manifest import Json
from bot.sandbox.model import SandboxWorkspace, SlackError

_MAX_TEXT = 40_000  # Slack cuts longer texts

_FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_URL_END = ".,;:!?)]}'\"，。；：！？）】》」』、"
_INLINE = re.compile(
    r"""
      `(?P<code>[^`\n]+)`
    | (?P<url>https?://[^\s<>|`，。；！？、）】]+)
    | (?<![\w.+-])(?P<mail>[\w.+-]{1,64}@[\w-]+\.[\w.-]*\w)
    | <(?P<raw>[@\#!][^<>\s]+)>
    | (?<![\w@])@(?P<user>\w+)
    | (?<![\w&\#])\#(?P<channel>\w+)
    | (?<![\w:]):(?P<emoji>[a-z0-9_+'-]+):(?![\w:])
    | (?<![\w*])\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?![\w*])
    | (?<![\w/])_(?P<italic>\S(?:[^_\n]*\S)?)_(?!\w)
    | (?<![\w~])~(?P<strike>\S(?:[^~\n]*\S)?)~(?![\w~])
    """,
    re.VERBOSE,
)
_ENTITY = re.compile(r"&(?:amp|lt|gt);|<(?:[@#!][^<>\n]+|(?:https?://|mailto:|tel:)[^<>\n]+)>")
_BROADCASTS = ("here", "channel", "everyone")
# Slack converts only known names to emoji: ":6000104:" in a log line stays text.
_EMOJI = frozenset(
    (
        *("+1", "-1", "bulb", "bug", "clap", "eyes", "fire", "heart"),
        *("joy", "mag", "ok_hand", "pray", "rocket", "rotating_light", "smile", "sob"),
        *("tada", "thinking_face", "thumbsdown", "thumbsup", "warning", "wave", "white_check_mark", "x"),
    )
)
_STYLES = {"bold": "*", "italic": "_", "strike": "~"}


@dataclass(frozen=True, slots=True)
class MentionNames:
    """The users and channels that can be mentioned: ids by name."""

    users: Mapping[str, str]
    channels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TypedMessage:
    """A typed message, both as `text` and as blocks."""

    text: str
    blocks: list[Json]


def escape(text: str) -> str:
    """Escape the three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_stray(text: str) -> str:
    """Escape the text of an app, except entities, links and mentions."""
    parts, at = [], 0
    for entity in _ENTITY.finditer(text):
        parts += [escape(text[at : entity.start()]), entity.group()]
        at = entity.end()
    return "".join([*parts, escape(text[at:])])


def app_content(workspace: SandboxWorkspace, values: Mapping[str, Any], *, limit_total: bool = True) -> Json:
    """Return the checked `text`, `blocks` and `attachments` of an app's message; raise `no_text` if all are empty.

    *limit_total* also limits the total text of all blocks; response URLs have no such limit.
    """
    text, blocks, attachments = str(values.get("text") or ""), values.get("blocks"), values.get("attachments")
    if not text and not blocks and not attachments:
        raise SlackError("no_text")
    content: Json = {"text": escape_stray(text[:_MAX_TEXT])}
    if blocks:
        check_blocks(blocks, limit_total=limit_total)
        content["blocks"] = [{"block_id": workspace.new_id(""), **block} for block in blocks]
    if attachments:
        if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
            raise SlackError("invalid_attachments")
        for attachment in attachments:
            check_blocks(attachment.get("blocks", []), limit_total=limit_total)
        content["attachments"] = [{"id": number, **a} for number, a in enumerate(attachments, 1)]
    return content


def typed_message(text: str, names: MentionNames, new_id: Callable[[], str]) -> TypedMessage:
    """Convert typed text to a message; ``@name`` and ``<@U…>`` of a known user become mentions."""
    texts: list[str] = []
    elements: list[Json] = []
    at = 0
    for fence in _FENCE.finditer(text):
        _add_prose(text[at : fence.start()], names, texts, elements)
        code = fence.group(1)
        texts.append(f"```{escape(code)}```")
        elements.append({"type": "rich_text_preformatted", "border": 0, "elements": [_text_element(code)]})
        at = fence.end()
    _add_prose(text[at:], names, texts, elements)
    block = {"type": "rich_text", "block_id": new_id(), "elements": elements}
    return TypedMessage("".join(texts), [block] if elements else [])


def _add_prose(text: str, names: MentionNames, texts: list[str], elements: list[Json]) -> None:
    """Convert text without fences, and append the results to *texts* and *elements*."""
    for is_quote, part in _split_quotes(text):
        pieces = [_convert(piece, names) for piece in _split_inline(part)]
        shown = "".join(shown for shown, _ in pieces)
        texts.append("".join(f"&gt; {line}" for line in shown.splitlines(keepends=True)) if is_quote else shown)
        kind = "rich_text_quote" if is_quote else "rich_text_section"
        # Slack omits the line breaks next to a fence or quote from the blocks.
        if part.strip("\n"):
            elements.append({"type": kind, "elements": _join_text(element for _, element in pieces)})


def _split_quotes(text: str) -> Iterator[tuple[bool, str]]:
    """Split prose into runs of quoted and unquoted lines; yield whether each run is a quote."""
    run, quoting = "", False
    for line in text.splitlines(keepends=True):
        is_quote = line.startswith(">")
        if is_quote != quoting and run:
            yield quoting, run
            run = ""
        quoting, run = is_quote, run + (line[1:].removeprefix(" ") if is_quote else line)
    if run:
        yield quoting, run


def _split_inline(text: str) -> Iterator[str | re.Match[str]]:
    """Yield the plain words and the matches of `_INLINE` in order."""
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        yield match
        at = match.end()
    if at < len(text):
        yield text[at:]


def _convert(piece: str | re.Match[str], names: MentionNames) -> tuple[str, list[Json]]:
    """Return the text and the elements of plain words, or of one link, mention or styled run."""
    if isinstance(piece, str):
        return escape(piece), [_text_element(piece)]
    kind, value = str(piece.lastgroup), str(piece[str(piece.lastgroup)])
    if kind in _STYLES:
        mark, inner = _STYLES[kind], [_convert(part, names) for part in _split_inline(value)]
        styled = [_with_style(element, kind) for _, elements in inner for element in elements]
        return f"{mark}{''.join(shown for shown, _ in inner)}{mark}", styled
    known = _CONVERTERS[kind](value, names)
    return known or (escape(piece.group()), [_text_element(piece.group())])


def _code(value: str, names: MentionNames) -> tuple[str, list[Json]]:
    return f"`{escape(value)}`", [_with_style(_text_element(value), "code")]


def _url(value: str, names: MentionNames) -> tuple[str, list[Json]]:
    url = value.rstrip(_URL_END)
    rest = value[len(url) :]
    return f"<{escape(url)}>{escape(rest)}", [{"type": "link", "url": url}, *([_text_element(rest)] if rest else [])]


def _mail(value: str, names: MentionNames) -> tuple[str, list[Json]]:
    return f"<mailto:{value}|{value}>", [{"type": "link", "url": f"mailto:{value}", "text": value}]


def _user(value: str, names: MentionNames) -> tuple[str, list[Json]] | None:
    if value in _BROADCASTS:
        return f"<!{value}>", [{"type": "broadcast", "range": value}]
    user = names.users.get(value)
    return (f"<@{user}>", [{"type": "user", "user_id": user}]) if user else None


def _channel(value: str, names: MentionNames) -> tuple[str, list[Json]] | None:
    channel = names.channels.get(value)
    return (f"<#{channel}|{value}>", [{"type": "channel", "channel_id": channel}]) if channel else None


def _raw(value: str, names: MentionNames) -> tuple[str, list[Json]] | None:
    """Return a mention typed by id; an unknown id stays plain text."""
    by_id = {user: name for name, user in (names.users if value[0] == "@" else names.channels).items()}
    name = by_id.get(value[1:], "")
    if value[0] == "!":
        return _user(value[1:], names) if value[1:] in _BROADCASTS else None
    return (_user if value[0] == "@" else _channel)(name, names)


def _emoji(value: str, names: MentionNames) -> tuple[str, list[Json]] | None:
    return (f":{value}:", [{"type": "emoji", "name": value}]) if value in _EMOJI else None


_CONVERTERS: dict[str, Callable[[str, MentionNames], tuple[str, list[Json]] | None]] = {
    "code": _code,
    "url": _url,
    "mail": _mail,
    "user": _user,
    "channel": _channel,
    "raw": _raw,
    "emoji": _emoji,
}


def _text_element(text: str) -> Json:
    return {"type": "text", "text": text}


def _with_style(element: Json, style: str) -> Json:
    return {**element, "style": {**element.get("style", {}), style: True}}


def _join_text(groups: Iterator[list[Json]]) -> list[Json]:
    """Join neighbouring text elements of the same style, as Slack does."""
    merged: list[Json] = []
    for element in (element for group in groups for element in group):
        before = merged[-1] if merged else {"type": ""}
        if before["type"] == element["type"] == "text" and before.get("style") == element.get("style"):
            merged[-1] = before | {"text": before["text"] + element["text"]}
        else:
            merged.append(element)
    return merged
