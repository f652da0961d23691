"""A Slack message made clean passages, each of its words once.

The same words stand in ``text`` and in ``blocks``, and again in an attachment's ``fallback``: what people see is read,
and of the other renditions only the lines that name something which the first does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.detection import block_text, mrkdwn
from bot.detection.normalize import fold
from bot.detection.passage import Passage, joined
from bot.detection.payload import items, mapping, string

_WORD = re.compile(r"[A-Za-z0-9_]{7,}")
_TELLING = re.compile(r"600[0-9]{4}|[Mm]odule|MODULE|_[A-Z]|(?i:zim_?error_?code)")
_DEPTH = 3  # attachments within attachments


def passages(message: Mapping[str, object]) -> tuple[Passage, ...]:
    """Return the passages of a Slack message (an event's, or one from the Web API), in reading order.

    Whatever is not of the documented shape is passed over.
    """
    return _passages(message, 0)


def _passages(message: Mapping[str, object], depth: int) -> tuple[Passage, ...]:
    seen = block_text.passages(message.get("blocks"))
    said = mrkdwn.passages(string(message.get("text")))
    own = _with_missing(seen, said) if seen else said
    attached = [each for attachment in items(message.get("attachments")) for each in _attachment(attachment, depth + 1)]
    return (*own, *attached)


def _attachment(attachment: Mapping[str, object], depth: int) -> tuple[Passage, ...]:
    if depth > _DEPTH:
        return ()
    is_forwarded = _is_forwarded(attachment)
    if not is_forwarded and (attachment.get("from_url") or attachment.get("original_url")):
        return ()  # a preview that Slack made of a link: nobody said these words here
    seen = joined((*_blocks_of(attachment), *_fields_of(attachment)))
    written = joined(_texts_of(attachment))
    body = _with_missing(seen, written) if seen else written
    fallback = mrkdwn.passages(string(attachment.get("fallback")))
    whole = _with_missing(body, fallback) if body else fallback
    inner = [each for one in items(attachment.get("attachments")) for each in _attachment(one, depth + 1)]
    return block_text.quoted((*whole, *inner)) if is_forwarded else (*whole, *inner)


def _is_forwarded(attachment: Mapping[str, object]) -> bool:
    """Whether an attachment is another message of Slack's, shared or unfurled."""
    flags = ("is_msg_unfurl", "is_share", "is_reply_unfurl", "message_blocks", "is_thread_root_unfurl")
    return any(attachment.get(flag) for flag in flags) or ".slack.com/archives/" in string(attachment.get("from_url"))


def _blocks_of(attachment: Mapping[str, object]) -> tuple[Passage, ...]:
    own = block_text.passages(attachment.get("blocks"))
    if own:
        return own
    found: list[Passage] = []
    for each in items(attachment.get("message_blocks")):
        found += block_text.passages(mapping(each.get("message")).get("blocks"))
    return tuple(found)


def _texts_of(attachment: Mapping[str, object]) -> Iterable[Passage]:
    for key in ("pretext", "author_name", "title", "text"):
        yield from mrkdwn.passages(string(attachment.get(key)))


def _fields_of(attachment: Mapping[str, object]) -> Iterable[Passage]:
    """An attachment's fields, a line each: the title says what the value is."""
    for field in items(attachment.get("fields")):
        title, value = string(field.get("title")).strip(" :"), field.get("value")
        words = str(value) if isinstance(value, int) and not isinstance(value, bool) else string(value)
        yield from mrkdwn.passages(f"{title}: {words}" if title and words else title or words)


def _with_missing(seen: tuple[Passage, ...], other: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Return *seen* with those lines of *other* that name what *seen* does not."""
    named = {name for passage in seen for name in _names(passage.text)}
    missing = [
        Passage(line, passage.kind, passage.quoted)
        for passage in other
        for line in passage.text.split("\n")
        if _names(line) - named
    ]
    return (*seen, *(replace(passage, code=()) for passage in joined(missing)))


def _names(text: str) -> set[str]:
    return {word for word in _WORD.findall(fold(text)) if _TELLING.search(word)}
