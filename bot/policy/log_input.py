"""Which messages and files are read as logs. Pure, by what Slack says of them; no file is opened here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.detection.result import Passage
from bot.policy.input import Contents
from bot.triage.digest import FileRefused, Refusal, Secret
from bot.triage.redact import live_secrets

_MOST_CODES = 3  # that are explained one by one
_MOST_LINES = 15  # of a message with a code; more are a paste
_NAMED_LIKE_LOGS = re.compile(r"\.(?:log|txt|json|ndjson|jsonl|gz|zip)(?:\.\d+)?$", re.IGNORECASE)
# Media types that hold no log: pictures, sound, fonts, and the documents of office programs.
_NO_LOGS = re.compile(
    r"(?:image|audio|video|font)/|application/(?:pdf|rtf|msword|epub|wasm|vnd\.(?!api\+json)|x-(?:iwork|shockwave))"
)
_NO_LOG_TYPES = frozenset(
    {
        *("pdf", "doc", "docx", "docm", "dotx", "xls", "xlsx", "xlsm", "xltx", "ppt", "pptx", "pps", "odt", "ods"),
        *("odp", "pages", "numbers", "keynote", "gdoc", "gsheet", "gpres", "gdraw", "quip", "space", "list", "email"),
        *("apk", "ipa", "dmg", "exe", "psd", "ai", "sketch", "fig", "svg"),
    }
)
_GONE = ("tombstone", "hidden_by_limit")


def is_paste(passages: Sequence[Passage]) -> bool:
    """Whether a message has more lines than people write; quotes do not count."""
    return sum(each.text.count("\n") + 1 for each in passages if not each.quoted) > _MOST_LINES


def is_log(message: Mapping[str, Any], holds: Contents) -> bool:
    """Whether *message*, which *holds* so much, is read as a log rather than explained code by code."""
    own = {each.code for each in holds.sightings if not each.quoted}
    return len(own) > _MOST_CODES or bool(own and is_paste(holds.passages)) or bool(log_files(message))


def secrets_in(passages: Sequence[Passage]) -> tuple[Secret, ...]:
    """What opens doors among the words of a message, so that its author can be warned."""
    return tuple(live_secrets(line for each in passages for line in each.text.split("\n")))


def log_files(message: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of the files of *message* that may be logs, as Slack describes them; each once."""
    files = [file for file in message.get("files") or () if isinstance(file, dict) and file.get("id")]
    return tuple(dict.fromkeys(str(file["id"]) for file in files if not is_gone(file) and may_be_log(file)))


def is_gone(file: Mapping[str, Any]) -> bool:
    """Whether a file was deleted, or has become too old for the workspace's plan."""
    return file.get("mode") in _GONE


def may_be_log(file: Mapping[str, Any]) -> bool:
    """Whether it is worth to look into a file. Of one shared from elsewhere Slack tells nothing at first."""
    kind = str(file.get("mimetype") or "")
    return not _NO_LOGS.match(kind) and file.get("filetype") not in _NO_LOG_TYPES


def worth_a_word(refused: Sequence[FileRefused]) -> tuple[FileRefused, ...]:
    """Those of *refused* that are called as logs are, so that their owner expects that they are read."""
    return tuple(file for file in refused if file.reason is not Refusal.EMPTY and _NAMED_LIKE_LOGS.search(file.name))
