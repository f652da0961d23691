"""Describe a triage as a JSON object for programs. Its keys are public: `scan --json` and `mcp` share them.

The object contains no text of the log except times, as they are written there. The dataclasses describe its shape for
`scan_schema`.
"""

# No `from __future__ import annotations`: `schema_of` needs the types themselves.
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Actor, Steps, Text
from bot.cli.entry_json import ONE_LANGUAGE, Pick, Schema, schema_of
from bot.i18n import Language, Translator, words
from bot.triage.digest import (
    Advice,
    Affected,
    CodeRow,
    ConnectionEvent,
    Digest,
    EventRow,
    FileRead,
    FileRefused,
    Rival,
    Role,
    ServerCodeRow,
)


@dataclass(kw_only=True)
class PlacesJson:
    """Where a code or event was found. Times are as in the log; files are named if there are several."""

    first_line: int
    last_line: int
    first_time: str | None
    last_time: str | None
    first_file: str
    last_file: str


@dataclass(kw_only=True)
class EventJson(PlacesJson):
    """A connection event."""

    name: ConnectionEvent
    count: int
    explained: int
    follows: int | None
    follows_event: ConnectionEvent | None


@dataclass(kw_only=True)
class CodeJson(PlacesJson):
    """A code."""

    code: int
    count: int
    role: Role
    users: int
    explained: int
    follows: int | None
    follows_event: ConnectionEvent | None
    server_codes: tuple[ServerCodeRow, ...]


@dataclass(kw_only=True)
class KnownCodeJson(CodeJson):
    """A code of the catalogue."""

    title: Text
    actor: Actor
    remedy: Steps


@dataclass(kw_only=True)
class ScanJson:
    """The triage of one or several logs."""

    lines: int
    bytes: int
    cause: int | None
    cause_event: ConnectionEvent | None
    family: str | None
    explained: int
    seconds: float
    share: float | None
    advice: Advice | None
    affected: Affected
    rivals: tuple[Rival, ...]
    codes: tuple[KnownCodeJson, ...]
    unknown: tuple[CodeJson, ...]
    events: tuple[EventJson, ...]
    files: tuple[FileRead, ...]
    refused: tuple[FileRefused, ...]
    lookalikes: int
    secrets_hidden: int
    truncated: bool


def scan_schema() -> Schema:
    """Return the JSON Schema of `as_object`, with its definitions in `$defs`."""
    return schema_of(ScanJson, ONE_LANGUAGE, optional=("first_file", "last_file"))


def refusal_notes(digest: Digest, translate: Translator) -> Iterator[str]:
    """Yield a line for each file that was not read, or not to its end."""
    for file in digest.refused:
        yield translate("triage.refused", file=file.name, why=translate(f"triage.refused.{file.reason}"))


def as_object(digest: Digest, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return *digest* as a JSON object, its texts in *language*. Most keys are fields of the model; all are public."""
    pick = words(language).pick
    return {
        **_public(digest, "lines", "bytes", "cause", "cause_event", "family", "explained"),
        "seconds": round(digest.duration_s, 3),
        "share": None if digest.share is None else round(digest.share, 3),
        "advice": digest.advice and _public(digest.advice, *_names(Advice), pick=pick),
        "affected": _public(digest.affected, *_names(Affected)),
        "rivals": [_public(rival, *_names(Rival), pick=pick) for rival in digest.rivals],
        "codes": [_row(row, digest) | _entry(row.code, catalogue, pick) for row in digest.rows],
        "unknown": [_row(row, digest) for row in digest.unknown],
        "events": [_event(event, digest) for event in digest.events],
        "files": [_public(file, *_names(FileRead)) for file in digest.files],
        "refused": [_public(file, *_names(FileRefused)) for file in digest.refused],
        "lookalikes": sum(digest.lookalikes.values()),
        "secrets_hidden": sum(digest.hidden.values()),
        "truncated": digest.is_truncated,
    }


def _row(row: CodeRow, digest: Digest) -> dict[str, Any]:
    """Return *row* as a JSON object."""
    server_codes = {"server_codes": [_public(each, *_names(ServerCodeRow)) for each in row.server_codes]}
    shown = _public(row, "code", "count", "role", "users", "explained")
    return shown | _follows(row) | server_codes | _places(row, digest)


def _event(row: EventRow, digest: Digest) -> dict[str, Any]:
    """Return *row* as a JSON object. Only symptoms follow from anything, or are explained."""
    return _public(row, "name", "count", "explained") | _follows(row) | _places(row, digest)


def _follows(row: CodeRow | EventRow) -> dict[str, Any]:
    """Return the cause of *row*: `follows` is a code, `follows_event` an event."""
    is_event = isinstance(row.follows, ConnectionEvent)
    return {"follows": None if is_event else row.follows, "follows_event": row.follows if is_event else None}


def _places(row: CodeRow | EventRow, digest: Digest) -> dict[str, Any]:
    """Return where *row* was found: lines, times as in the log, and with several files, their names."""
    content: dict[str, Any] = {}
    for key, mark in (("first", row.first), ("last", row.last)):
        content |= {f"{key}_line": mark.line, f"{key}_time": mark.stamp and mark.stamp.text}
        if len(digest.files) > 1:
            content[f"{key}_file"] = digest.files[mark.file].name
    return content


def _entry(code: int, catalogue: Catalogue, pick: Pick) -> dict[str, Any]:
    """Return the public facts of the entry of *code*, none if it is unknown."""
    entry = catalogue.get(code)
    return _public(entry, "title", "actor", "remedy", pick=pick) if entry else {}


def _names(kind: type[Any]) -> list[str]:
    return [field.name for field in fields(kind)]


def _public(value: Any, *names: str, pick: Pick | None = None) -> dict[str, Any]:
    """Return fields of *value*; *pick* selects the language of texts."""
    return {name: _plain(getattr(value, name), pick) for name in names}


def _plain(value: Any, pick: Pick | None) -> Any:
    """Convert the value of a field to plain JSON."""
    if isinstance(value, Text | Steps):
        return pick(value) if pick else value
    return _public(value, *_names(type(value)), pick=pick) if is_dataclass(value) else value
