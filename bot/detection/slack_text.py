"""Turn a Slack message into clean passages that contain each word once, and those into its author's prose.

Slack repeats the same words in ``text``, ``blocks`` and an attachment's ``fallback``. The rendition that people see is
read in full; of the others, only the lines that name something new. Values of an undocumented type are ignored.

Sources: docs.slack.dev/reference/block-kit/blocks, …/blocks/rich-text-block, …/messaging/formatting-message-text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from bot.detection.folding import fold
from bot.detection.result import Passage

_MAX_ATTACHMENT_DEPTH = 3  # attachments within attachments
_MAX_BLOCK_DEPTH = 8  # deeper than Block Kit nests
_WORD = re.compile(r"[A-Za-z0-9_]{7,}")
# A word that can be a code or a symbol.
_CODE_OR_SYMBOL = re.compile(r"600[0-9]{4}|[Mm]odule|MODULE|_[A-Z]|(?i:zim_?error_?code)")
_CODE = re.compile(r"600[0-9]{4}")
# Elements that people press or fill in; all of them have an `action_id`, but Slack adds it only later.
_INTERACTIVE = ("button", "buttons", "picker", "_select", "_input", "checkboxes", "overflow")
# The fields of a block that are no text: ids, URLs, and the values that actions send.
_NO_TEXT = re.compile(r"(?:.*_)?(?:type|ids?|urls?|ts|value|file|options?|option_groups|placeholder|confirm|actions)")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|mailto:|data:)\S*")
_ENUMERATED = re.compile(r"[a-z]+(?:_[a-z]+)*")  # such as the status `in_progress`
_OTHER_RENDITIONS = ("alt_text", "fallback")  # for readers that don't show the block
_SURROGATE = re.compile("[\ud800-\udfff]")  # half of a pair, which can't be encoded in UTF-8
_FORWARDED = ("is_msg_unfurl", "is_share", "is_reply_unfurl", "message_blocks", "is_thread_root_unfurl")
# Bots write a label and its value in a field as `*Error code:*\n6000121`.
_LABELLED = re.compile(r"(\*?[^\n*]{1,40}?\*?:?\*?)\n([^\n]{1,200})")
_MENTION, _CHANNEL = "@…", "#…"
_WORDS = {"user": _MENTION, "usergroup": _MENTION, "team": _MENTION, "channel": _CHANNEL, "emoji": " "}
_FENCE = re.compile(r"```(.*?)```", re.DOTALL)
_BRACKETS = re.compile(r"<([^<>\n]*)>")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#39|#34);")
_QUOTE = re.compile(r"(?:(?:&gt;|>) ?)+")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\s]*)\)")

# Code, links, emoji, and words with digits. A word is tried from its first letter only, so that time stays linear.
_SPANS = re.compile(r"https?://\S+|`[^`\n]*`|:[a-z0-9_+'-]+:")
_CODE_CHARACTERS = re.compile(r"[_@#/\\=<>{}\[\]]")
_NUMBERS = re.compile(r"(?<![A-Za-z])[A-Za-z]*+[0-9][A-Za-z0-9.:,-]*")
# The marks of log lines on every platform: a time stamp, a level, a bracket, JSON, a stack frame, an exception.
_LOG_LINE = re.compile(
    r"^\s*(?:[\[{(<\"]|\d[\d:.\-/ T]{5,}|at\s+\S+\(|[VDIWEF]/|\S+Exception\b|\S*Error:)"
    r"|\b(?:ERROR|WARN|INFO|DEBUG|TRACE|FATAL)\b|[{;]\s*$"
)


def passages(message: Mapping[str, object]) -> tuple[Passage, ...]:
    """Return the passages of a Slack message (from an event or the Web API) in reading order.

    The text of an unknown type of block is read too. Buttons, menus, URLs and link previews are skipped.
    """
    own = _add_missing(_blocks(message.get("blocks")), parse(_string(message.get("text"))))
    attached = [each for attachment in _objects(message.get("attachments")) for each in _attachment(attachment, 1)]
    return (*own, *attached)


def prose(passages: Iterable[Passage]) -> str:
    """Return the words of a message that show its author's language: no code, log lines, links or quotes."""
    own = (each.text for each in passages if not (each.preformatted or each.quoted))
    lines = []
    for line in "\n".join(own).split("\n"):
        if not _LOG_LINE.search(line):
            words = (word for word in _SPANS.sub(" ", line).split() if not _CODE_CHARACTERS.search(word))
            lines.append(_NUMBERS.sub(" ", " ".join(words)))
    return "\n".join(lines)


def _attachment(attachment: Mapping[str, object], depth: int) -> tuple[Passage, ...]:
    if depth > _MAX_ATTACHMENT_DEPTH:
        return ()
    from_url = _string(attachment.get("from_url"))
    is_forwarded = any(attachment.get(flag) for flag in _FORWARDED) or ".slack.com/archives/" in from_url
    if not is_forwarded and (attachment.get("from_url") or attachment.get("original_url")):
        return ()  # Slack's preview of a link: the author did not write it
    seen = list(_blocks(attachment.get("blocks")))
    if not seen:
        for each in _objects(attachment.get("message_blocks")):
            seen += _blocks(_object(each.get("message")).get("blocks"))
    for field in _objects(attachment.get("fields")):
        # The title names the value, so both are on one line.
        title, value = _string(field.get("title")).strip(" :"), field.get("value")
        words = str(value) if isinstance(value, int) and not isinstance(value, bool) else _string(value)
        seen += parse(f"{title}: {words}" if title and words else title or words)
    keys = ("pretext", "author_name", "title", "text")
    texts = _merge_adjacent(each for key in keys for each in parse(_string(attachment.get(key))))
    body = _add_missing(_merge_adjacent(seen), texts)
    whole = _add_missing(body, parse(_string(attachment.get("fallback"))))
    inner = [each for one in _objects(attachment.get("attachments")) for each in _attachment(one, depth + 1)]
    found = (*whole, *inner)
    return tuple(replace(each, quoted=True) for each in found) if is_forwarded else found


def _add_missing(seen: tuple[Passage, ...], other: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Return *seen* and the lines of *other* that name a code or symbol that is not in *seen*."""
    if not seen:
        return other
    named = {name for passage in seen for name in _names(passage.text)}
    missing = [
        replace(passage, text=line) for passage in other for line in passage.text.split("\n") if _names(line) - named
    ]
    return (*seen, *_merge_adjacent(missing))


def _names(text: str) -> set[str]:
    return {word for word in _WORD.findall(fold(text)) if _CODE_OR_SYMBOL.search(word)}


def _blocks(blocks: object) -> tuple[Passage, ...]:
    return _merge_adjacent(passage for block in _objects(blocks) for passage in _block(block, 0))


def _block(block: Mapping[str, object], depth: int) -> Iterator[Passage]:
    kind, text = _string(block.get("type")), _string(block.get("text"))
    if depth > _MAX_BLOCK_DEPTH or kind.endswith(_INTERACTIVE) or "action_id" in block:
        return
    if kind == "rich_text":
        elements = _objects(block.get("elements"))
        yield from _merge_adjacent(passage for element in elements for passage in _rich_text(element))
    elif kind == "markdown":
        yield from parse_markdown(text)
    elif kind == "mrkdwn":
        yield from parse(text)
    elif kind == "url":
        yield Passage(_link_text(_string(block.get("url")), text))
    else:
        yield from _structured(block, depth + 1)


def _structured(block: Mapping[str, object], depth: int) -> Iterator[Passage]:
    """Yield the texts of a block of any type, in whatever fields it has them."""
    found: list[Passage] = []
    for key, value in block.items():
        if key == "fields":
            for field in _objects(value):
                text = _string(field.get("text"))
                # A label on a line of its own names the value, so both go on one line.
                if labelled := _LABELLED.fullmatch(text.strip()):
                    text = f"{labelled[1].strip('*: ')}: {labelled[2]}"
                found += parse(text) if field.get("type") == "mrkdwn" else (Passage(text),)
        elif key == "rows":
            found += _table(value, depth)
        elif key not in _OTHER_RENDITIONS and not _NO_TEXT.fullmatch(key):
            found += _value(value, depth)
    whole = _merge_adjacent(found)
    for key in _OTHER_RENDITIONS:
        if key in block:
            whole = _add_missing(whole, tuple(_value(block[key], depth)))
    yield from whole


def _value(value: object, depth: int) -> Iterator[Passage]:
    if isinstance(value, str):
        if not _ENUMERATED.fullmatch(value) and not _URL.fullmatch(value):
            yield Passage(_string(value))
    elif isinstance(value, dict):
        yield from _block(value, depth)
    elif depth <= _MAX_BLOCK_DEPTH:
        for each in _array(value):
            yield from _value(each, depth + 1)


def _table(rows: object, depth: int) -> Iterator[Passage]:
    """Yield a line for each row, with the column's heading, which names the cell, before each cell."""
    headings: list[str] = []
    for row in _array(rows):
        read = [_value(cell, depth) for cell in _array(row.get("cells") if isinstance(row, dict) else row)]
        cells = [" ".join(" ".join(passage.text.split()) for passage in cell) for cell in read]
        names = headings if len(headings) == len(cells) else [""] * len(cells)
        named = zip(names, cells, strict=True)
        yield Passage(" | ".join(f"{name}: {cell}" if name and cell else cell for name, cell in named))
        headings = headings or ["" if _CODE.search(cell) or len(cell) > 40 else cell.strip("*: ") for cell in cells]


def _rich_text(element: Mapping[str, object]) -> Iterator[Passage]:
    """Yield the passages of an element of a ``rich_text`` block. Its text is not escaped."""
    kind = element.get("type")
    if kind == "rich_text_list":
        for item in _objects(element.get("elements")):
            yield from _rich_text(item)
        return
    is_code = kind == "rich_text_preformatted"
    text = ""
    for part in _objects(element.get("elements")):
        words = _words(part)
        is_inline_code = words and not is_code and _object(part.get("style")).get("code") is True
        text += f"`{words}`" if is_inline_code else words  # as in mrkdwn
    yield Passage(text.strip("\n"), preformatted=is_code, quoted=kind == "rich_text_quote")


def _words(part: Mapping[str, object]) -> str:
    kind = part.get("type")
    if kind == "link":
        return _link_text(_string(part.get("url")), _string(part.get("text")))
    if kind == "broadcast":
        return "@" + _string(part.get("range"))
    if kind == "date":
        return _string(part.get("fallback"))
    return _WORDS.get(_string(kind)) or _string(part.get("text"))


def parse(text: str) -> tuple[Passage, ...]:
    """Return the passages of a text in mrkdwn."""
    found: list[Passage] = []
    for index, part in enumerate(_FENCE.split(_string(text))):  # prose and code in turn
        found += [Passage(_clean(part).strip("\n"), preformatted=True)] if index % 2 else _prose_passages(part)
    return _merge_adjacent(found)


def parse_markdown(text: str) -> tuple[Passage, ...]:
    """Return the passages of a ``markdown`` block, which has no entities and writes links as ``[label](url)``."""
    linked = _MARKDOWN_LINK.sub(lambda match: _link_text(match[2], match[1]), text)
    return parse(html.escape(linked, quote=False))


def _link_text(url: str, label: str) -> str:
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


def _merge_adjacent(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    """Merge neighbours of the same form into one passage, a line each, and drop empty passages."""
    kept = [passage for passage in passages if passage.text.strip()]
    if len(kept) < 2:
        return tuple(kept)
    groups = groupby(kept, key=lambda each: (each.preformatted, each.quoted))
    return tuple(Passage("\n".join(each.text for each in group), *form) for form, group in groups)


def _prose_passages(text: str) -> Iterator[Passage]:
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
        return _MENTION
    if target.startswith("#"):
        return _CHANNEL
    if target.startswith("!date^"):
        return label
    if target.startswith("!"):
        return "@" + target[1:].partition("^")[0]
    return _link_text(target, label)


# Values of JSON by type; a value of any other type counts as absent.


def _string(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else _SURROGATE.sub("\ufffd", value)


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _array(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in _array(value) if isinstance(item, dict)]
