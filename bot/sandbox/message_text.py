"""What a person types, as Slack stores it: `text` with its escapes, and the unescaped `rich_text` block.

What an app sends as `text` is kept, except that stray ``&``, ``<`` and ``>`` are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.sandbox.manifest import Json

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
# Slack turns only names that it knows into emoji: ":6000104:" in a log line stays text.
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
    """Who and what can be mentioned: ids by name."""

    users: Mapping[str, str]
    channels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed message in both of Slack's renditions."""

    text: str
    blocks: list[Json]


def escape(text: str) -> str:
    """Escape the three characters that Slack escapes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def stored(text: str) -> str:
    """Escape what is stray in an app's text; entities, links and mentions stay."""
    parts, at = [], 0
    for entity in _ENTITY.finditer(text):
        parts += [escape(text[at : entity.start()]), entity.group()]
        at = entity.end()
    return "".join([*parts, escape(text[at:])])


def typed(text: str, names: MentionNames, new_id: Callable[[], str]) -> Typed:
    """Turn what was typed into a message; ``@name`` and ``<@U…>`` of a known user are mentions."""
    texts: list[str] = []
    elements: list[Json] = []
    at = 0
    for fence in _FENCE.finditer(text):
        _add_prose(text[at : fence.start()], names, texts, elements)
        code = fence.group(1)
        texts.append(f"```{escape(code)}```")
        elements.append({"type": "rich_text_preformatted", "border": 0, "elements": [_words(code)]})
        at = fence.end()
    _add_prose(text[at:], names, texts, elements)
    block = {"type": "rich_text", "block_id": new_id(), "elements": elements}
    return Typed("".join(texts), [block] if elements else [])


def _add_prose(text: str, names: MentionNames, texts: list[str], elements: list[Json]) -> None:
    for is_quote, part in _by_quote(text):
        pieces = [_piece(piece, names) for piece in _pieces(part)]
        shown = "".join(shown for shown, _ in pieces)
        texts.append("".join(f"&gt; {line}" for line in shown.splitlines(keepends=True)) if is_quote else shown)
        kind = "rich_text_quote" if is_quote else "rich_text_section"
        # Slack leaves the line breaks next to a fence or quote out of the blocks.
        if part.strip("\n"):
            elements.append({"type": kind, "elements": _merged(element for _, element in pieces)})


def _by_quote(text: str) -> Iterator[tuple[bool, str]]:
    """Split prose into runs of quoted and unquoted lines."""
    run, quoting = "", False
    for line in text.splitlines(keepends=True):
        is_quote = line.startswith(">")
        if is_quote != quoting and run:
            yield quoting, run
            run = ""
        quoting, run = is_quote, run + (line[1:].removeprefix(" ") if is_quote else line)
    if run:
        yield quoting, run


def _pieces(text: str) -> Iterator[str | re.Match[str]]:
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            yield text[at : match.start()]
        yield match
        at = match.end()
    if at < len(text):
        yield text[at:]


def _piece(piece: str | re.Match[str], names: MentionNames) -> tuple[str, list[Json]]:
    """The text and the elements of one run of words, link, mention or style."""
    if isinstance(piece, str):
        return escape(piece), [_words(piece)]
    kind, value = str(piece.lastgroup), str(piece[str(piece.lastgroup)])
    if kind in _STYLES:
        mark, inner = _STYLES[kind], [_piece(part, names) for part in _pieces(value)]
        styled = [_styled(element, kind) for _, elements in inner for element in elements]
        return f"{mark}{''.join(shown for shown, _ in inner)}{mark}", styled
    known = _LEAVES[kind](value, names)
    return known or (escape(piece.group()), [_words(piece.group())])


def _code(value: str, names: MentionNames) -> tuple[str, list[Json]]:
    return f"`{escape(value)}`", [_styled(_words(value), "code")]


def _url(value: str, names: MentionNames) -> tuple[str, list[Json]]:
    url = value.rstrip(_URL_END)
    rest = value[len(url) :]
    return f"<{escape(url)}>{escape(rest)}", [{"type": "link", "url": url}, *([_words(rest)] if rest else [])]


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
    """A mention typed by id; an unknown one is only words."""
    by_id = {user: name for name, user in (names.users if value[0] == "@" else names.channels).items()}
    name = by_id.get(value[1:], "")
    if value[0] == "!":
        return _user(value[1:], names) if value[1:] in _BROADCASTS else None
    return (_user if value[0] == "@" else _channel)(name, names)


def _emoji(value: str, names: MentionNames) -> tuple[str, list[Json]] | None:
    return (f":{value}:", [{"type": "emoji", "name": value}]) if value in _EMOJI else None


_LEAVES: dict[str, Callable[[str, MentionNames], tuple[str, list[Json]] | None]] = {
    "code": _code,
    "url": _url,
    "mail": _mail,
    "user": _user,
    "channel": _channel,
    "raw": _raw,
    "emoji": _emoji,
}


def _words(text: str) -> Json:
    return {"type": "text", "text": text}


def _styled(element: Json, style: str) -> Json:
    return {**element, "style": {**element.get("style", {}), style: True}}


def _merged(groups: Iterator[list[Json]]) -> list[Json]:
    """Join neighbouring plain words, as Slack sends them."""
    merged: list[Json] = []
    for element in (element for group in groups for element in group):
        before = merged[-1] if merged else {"type": ""}
        if before["type"] == element["type"] == "text" and before.get("style") == element.get("style"):
            merged[-1] = before | {"text": before["text"] + element["text"]}
        else:
            merged.append(element)
    return merged
