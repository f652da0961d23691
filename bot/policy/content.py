"""Read the content of a message: passages, codes and files, and whether it is a log.

Pure: works on Slack's description of a message and its files, and opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.numbers import ServerCode
from bot.catalogue.platforms import Platform, open_platforms
from bot.detection.detector import find_in_passages
from bot.detection.fingerprint import fingerprint
from bot.detection.result import Passage, Span
from bot.detection.server_codes import server_code_in
from bot.detection.slack_text import passages
from bot.policy.noise_rules import Sighting
from bot.triage.digest import FileRead, FileRefused, Refusal
from bot.triage.metadata import platforms_in

# Subtypes of messages that people write. A reply that is also sent to the channel arrives once, as `thread_broadcast`:
# https://github.com/slackapi/bolt-python/issues/488
_BY_PEOPLE = (None, "file_share", "me_message", "thread_broadcast")

# Of all passages of a message together. Slack truncates longer texts: docs.slack.dev/reference/methods/chat.postMessage
_MAX_CHARACTERS = 40_000
_MAX_CODES = 3  # explained one by one; a message with more is a log
_BESIDE = 400  # characters before and after a code to look for its server code
_MAX_LINES = 15  # of a message with a code; a message with more is a paste
_LOG_NAME = re.compile(r"\.(?:log|txt|json|ndjson|jsonl|gz|zip)(?:\.\d+)?$", re.IGNORECASE)
# Media types that contain no log: pictures, sound, fonts and office documents.
_NOT_LOG = re.compile(
    r"(?:image|audio|video|font)/|application/(?:pdf|rtf|msword|epub|wasm|vnd\.(?!api\+json)|x-(?:iwork|shockwave))"
)
_NOT_LOG_TYPES = frozenset((
    "ai", "apk", "dmg", "doc", "docm", "docx", "dotx", "email", "exe", "fig", "gdoc", "gdraw", "gpres", "gsheet", "ipa",
    "keynote", "list", "numbers", "odp", "ods", "odt", "pages", "pdf", "pps", "ppt", "pptx", "psd", "quip", "sketch",
    "space", "svg", "xls", "xlsm", "xlsx", "xltx",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageContent:
    """The passages of a message and the codes in them."""

    passages: tuple[Passage, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    server_codes: tuple[tuple[int, int], ...] = ()  # codes, each with another code's server code beside it


def is_written(message: Mapping[str, Any]) -> bool:
    """Return whether a person or a bot wrote a message; Slack writes the others, about joins and topics."""
    return message.get("subtype") in (*_BY_PEOPLE, "bot_message")


def is_by_person(message: Mapping[str, Any]) -> bool:
    """Return whether a person wrote a message."""
    return message.get("subtype") in _BY_PEOPLE and not message.get("bot_id")


def read_content(message: Mapping[str, Any], known: Catalogue) -> MessageContent:
    """Return the content of a Slack message, empty if neither a person nor a bot wrote it.

    Reads the first 40,000 characters. That takes up to 0.1 ms for each number that may be a code.
    """
    if not is_written(message):
        return MessageContent()
    read = tuple(_first(passages(message), _MAX_CHARACTERS))
    findings = find_in_passages(read, known).findings
    sightings = tuple(
        Sighting(each.code, each.quoted, fingerprint(read[each.passage].text, each.span, each.evidence))
        for each in findings
    )
    beside = ((each.code, _server_code_beside(read[each.passage].text, each.span, known)) for each in findings)
    server_codes = dict.fromkeys((code, found.number) for code, found in beside if found and found.code != code)
    return MessageContent(read, sightings, tuple(server_codes))


def _server_code_beside(text: str, span: Span, catalogue: Catalogue) -> ServerCode | None:
    """Return the server code on the line of a code at *span*, near it."""
    start, end = span
    before = text[max(0, start - _BESIDE) : start].rpartition("\n")[2]
    after = text[start : end + _BESIDE].partition("\n")[0]
    return server_code_in(f"{before}{after}".encode(errors="replace"), catalogue.server_codes)


def _first(passages: Sequence[Passage], most: int) -> Iterator[Passage]:
    """Yield the passages up to *most* characters in total, without a number that is cut there."""
    for each in passages:
        if len(each.text) > most:
            yield replace(each, text=each.text[:most].rstrip("0123456789"))
            return
        yield each
        most -= len(each.text)


def platform_shown(text: str) -> Platform | None:
    """Return the platform that printed *text*, as a triage finds it, or None if that is not certain."""
    return open_platforms().shown_by(platforms_in(text))


def is_paste(passages: Sequence[Passage]) -> bool:
    """Return whether a message has more lines than people write. Quotes do not count."""
    return sum(each.text.count("\n") + 1 for each in passages if not each.quoted) > _MAX_LINES


def is_whole_log(files: Sequence[FileRead], *, is_by_bot: bool) -> bool:
    """Return whether a message is a log by itself: a file was read, or the text is a paste.

    The text of a post by another bot is an alert, which comes again and again with the same codes.
    """
    return any(file.name or (file.lines > _MAX_LINES and not is_by_bot) for file in files)


def is_log(message: Mapping[str, Any], content: MessageContent) -> bool:
    """Return whether to read *message* as a log instead of explaining its codes one by one."""
    own = {each.code for each in content.sightings if not each.quoted}
    return len(own) > _MAX_CODES or bool(own and is_paste(content.passages)) or bool(log_files(message))


def log_files(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of the files of *message* that may be logs, each once."""
    listed = message.get("files")
    files = [file for file in listed if isinstance(file, dict)] if isinstance(listed, list) else []
    ids = (file.get("id") for file in files if not is_deleted(file) and may_be_log(file))
    return tuple(dict.fromkeys(id_ for id_ in ids if id_ and isinstance(id_, str)))


def is_deleted(file: Mapping[str, Any]) -> bool:
    """Return whether a file was deleted, or hidden because it is too old for the workspace's plan."""
    return file.get("mode") in ("tombstone", "hidden_by_limit")


def may_be_log(file: Mapping[str, Any]) -> bool:
    """Return whether a file may be a log, by its type. Events do not give the type of a file shared from elsewhere."""
    kind = str(file.get("mimetype") or "")
    return not _NOT_LOG.match(kind) and str(file.get("filetype")) not in _NOT_LOG_TYPES


def worth_mentioning(refused: Sequence[FileRefused]) -> tuple[FileRefused, ...]:
    """Return the *refused* files whose names say that they are logs, so that their owner expects a triage."""
    return tuple(file for file in refused if file.reason is not Refusal.EMPTY and _LOG_NAME.search(file.name))
