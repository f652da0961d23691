"""Define the result of a triage as frozen values.

`bot.triage.pipeline` makes a `Digest`, `bot.render` and `bot.cli` show it. All text in a digest is redacted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.catalogue.entry import Actor, Steps, Text
from bot.detection.result import LookAlikeReason


class Role(StrEnum):
    """The relation of a code to the likely cause."""

    CAUSE = "cause"
    FAMILY = "family"  # of the cause's family: it has the same cause
    FOLLOWER = "follower"  # caused by another code or an event, see `CodeRow.follows`
    UNRELATED = "unrelated"


class ConnectionEvent(StrEnum):
    """An event that explains a change of the connection, or a line that shows that there is none.

    Names and numbers are those of ``ZIMConnectionEvent`` in ZIMDefines.d.ts of the npm package zego-zim-web.
    """

    SUCCESS = "SUCCESS"
    ACTIVE_LOGIN = "ACTIVE_LOGIN"
    LOGIN_TIMEOUT = "LOGIN_TIMEOUT"
    LOGIN_INTERRUPTED = "LOGIN_INTERRUPTED"
    KICKED_OUT = "KICKED_OUT"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a name
    UNREGISTERED = "UNREGISTERED"
    # ZEGO UIKit refuses a call while ZIM is not logged in, whatever the reason
    # (https://github.com/ZEGOCLOUD/zego_uikit_prebuilt_call_flutter/issues/89).
    SIGNALING_NOT_CONNECTED = "SIGNALING_NOT_CONNECTED"

    @property
    def is_symptom(self) -> bool:
        """Return whether the line reports a failure, as a code does, and no event of the SDK."""
        return self is ConnectionEvent.SIGNALING_NOT_CONNECTED


# A sign of a failure in a line of a log: a code or a connection event.
Sign = int | ConnectionEvent


class Pattern(StrEnum):
    """The distribution of a code's occurrences over its log."""

    ONCE = "once"
    BURST = "burst"
    STEADY = "steady"


class Refusal(StrEnum):
    """The reason why a file was not read, or an archive not to its end."""

    EMPTY = "empty"
    BINARY = "binary"
    DAMAGED = "damaged"  # an archive that is truncated or invalid
    ENCRYPTED = "encrypted"
    NESTED = "nested"  # an archive in an archive
    BOMB = "bomb"  # expands far beyond its packed size
    TOO_MANY = "too-many"  # more files than one triage reads
    TOO_LARGE = "too-large"
    FORBIDDEN = "forbidden"  # the app lacks the scope `files:read`
    GONE = "gone"  # deleted, or too old for the workspace's plan
    ELSEWHERE = "elsewhere"  # hosted outside Slack


class Cut(StrEnum):
    """The reason why part of a file was skipped: its middle, or its rest if its size is not known."""

    SIZE = "size"
    TIME = "time"


class SecretKind(StrEnum):
    """The kind of a secret or of personal data that is hidden."""

    # Live secrets: they give access to something, so their author is warned.
    ZEGO_TOKEN = "zego-token"  # noqa: S105 - a name, like the next one
    APP_SIGN = "app-sign"
    SERVER_SECRET = "server-secret"  # noqa: S105
    JWT = "jwt"
    BEARER = "bearer"
    CLOUD_KEY = "cloud-key"
    PRIVATE_KEY = "private-key"
    SECRET_KEY = "secret-key"  # noqa: S105
    PASSWORD = "password"  # noqa: S105
    TOKEN = "token"  # noqa: S105
    COOKIE = "cookie"
    SIGNATURE = "signature"
    # Personal data and identifiers.
    MAIL = "mail"
    PHONE = "phone"
    IP = "ip"
    HOME = "home"
    ID_NUMBER = "id-number"  # of an id card or passport
    BANK_CARD = "bank-card"
    DEVICE = "device"
    LOCATION = "location"
    NAME = "name"
    OTP = "otp"  # a code that is valid for minutes
    PUBLIC_KEY = "public-key"
    APP_ID = "app-id"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A point in time as written in a log."""

    seconds: float  # since the epoch; a clock without a zone is taken for UTC, so only differences are shown
    text: str  # as written: "1122 07:35:45.740"
    zone: str | None = None  # as written: "Z", "+08:00"; None if the log names none

    @property
    def is_unix(self) -> bool:
        """Return whether the log gives the seconds or milliseconds since the epoch."""
        return self.text.replace(".", "").isdecimal()


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in the logs."""

    file: int  # index into `Digest.files`
    line: int  # 1-based, within the file
    stamp: Stamp | None


@dataclass(frozen=True, slots=True)
class Affected:
    """The number of users and devices that a cause and its followers hit."""

    count: int  # 0 if no line names one
    is_partial: bool  # the lines that name none may be about others


@dataclass(frozen=True, slots=True)
class Advice:
    """The advice for a cause that the entry of its code does not describe."""

    title: Text | None  # None: that of the code
    actor: Actor
    who: Text | None  # the actor in other words
    steps: Steps


@dataclass(frozen=True, slots=True)
class EventRow:
    """One connection event with its counts."""

    name: ConnectionEvent
    count: int
    first: Mark
    last: Mark
    follows: Sign | None = None  # of a symptom: the code or event that caused it
    explained: int = 0  # occurrences of a symptom that are the cause or follow from it


@dataclass(frozen=True, slots=True)
class Rival:
    """A candidate for the cause in a log where no candidate explains enough."""

    codes: tuple[int, ...]  # of a family, the most frequent first; of an event, the one that it explains most
    event: ConnectionEvent | None  # None if it is a code
    share: float  # of the failures, from 0 to 1
    advice: Advice | None


@dataclass(frozen=True, slots=True)
class ServerCodeRow:
    """A code of ZIM's servers in the messages of a code, with the SDK's code for it."""

    number: int
    code: int
    count: int


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code with its counts."""

    code: int
    count: int
    first: Mark
    last: Mark
    role: Role
    follows: Sign | None  # the code or event that caused this one
    users: int  # number of users or devices it came from; 0 if the log names none
    timeline: tuple[int, ...]  # occurrences in each bucket of `Digest.timeline`
    explained: int = 0  # occurrences that are the cause or follow from it
    server_codes: tuple[ServerCodeRow, ...] = ()  # in its lines, the most frequent first


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a log around an occurrence of a code or an event."""

    sign: Sign
    file: int
    first_line: int  # number of the first of `lines`, 1-based
    line: int  # number of the line with the code or event
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The buckets of `CodeRow.timeline`: equally wide, from the first occurrence of any code to the last."""

    start: Stamp | None  # None if the log has no times; the buckets count lines then
    width: float  # seconds, or lines
    buckets: int


@dataclass(frozen=True, slots=True)
class Secret:
    """The place of something that looks like a live secret, never its value."""

    kind: SecretKind
    file: int  # of its first occurrence
    line: int  # of its first occurrence
    lines: int = 1  # number of lines with it, in all files


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read, or a paste, whose name is empty."""

    name: str
    lines: int
    bytes: int  # unpacked
    encoding: str
    cut: Cut | None
    skipped_bytes: int  # in the middle; 0 with `cut` set if the size of the file is not known


@dataclass(frozen=True, slots=True)
class FileRefused:
    """A file that was not read, or not to its end."""

    name: str
    reason: Refusal


@dataclass(frozen=True, slots=True)
class LogMetadata:
    """The origin of a log and the times it covers, as written in it."""

    sdk_versions: tuple[str, ...]
    platforms: tuple[str, ...]
    app_ids: tuple[str, ...]  # masked
    first: Stamp | None  # of all lines with a time
    last: Stamp | None
    zones: tuple[str, ...]  # as written; empty if the log names none


@dataclass(frozen=True, slots=True)
class Digest:
    """The triage of one or several logs."""

    # The likely cause; None if no code stands out, or none was found. If an event is the cause, it is the code that
    # most of its followers have.
    cause: int | None
    rows: tuple[CodeRow, ...]  # known codes by role, then by first occurrence
    unknown: tuple[CodeRow, ...]  # codes that are called errors but are not in the catalogue
    pattern: Pattern | None  # of the cause, or of all codes if there is no cause
    is_ongoing: bool | None  # still occurring at the log's end; None if the log does not show it
    timeline: Timeline | None  # None if no code was found
    excerpts: tuple[Excerpt, ...]  # evidence, at most two, the cause's first
    metadata: LogMetadata
    files: tuple[FileRead, ...]
    refused: tuple[FileRefused, ...]
    lookalikes: Mapping[LookAlikeReason, int]
    secrets: tuple[Secret, ...]  # live ones, at most 100
    hidden: Mapping[SecretKind, int]  # number hidden in the excerpts or listed in `secrets`
    duration_s: float = 0.0  # of reading and scanning
    cause_event: ConnectionEvent | None = None  # the event that is the likely cause
    family: str | None = None  # of the cause, if it has several codes in the log
    errors: int = 0  # occurrences of codes and symptoms; of harmless codes only if there are no others
    explained: int = 0  # those of `errors` that are the cause or follow from it
    affected: Affected = Affected(0, is_partial=False)  # by the cause; by all codes without a cause
    advice: Advice | None = None  # None: see the entry of `cause`
    events: tuple[EventRow, ...] = ()  # in the order of the SDK's numbers
    rivals: tuple[Rival, ...] = ()  # without a cause: at most three, the best first
    names_zim: bool = False  # ZIM or ZEGO is named in the first 12 MB, or in the name of a file

    @property
    def is_about_zim(self) -> bool:
        """Return whether the log has to do with ZIM, also if it contains no code."""
        return self.names_zim or bool(self.rows) or any(row.name.is_symptom for row in self.events)

    @property
    def is_worth_answering(self) -> bool:
        """Return whether its author expects an answer: it has to do with ZIM, or contains unknown codes."""
        return self.is_about_zim or bool(self.unknown)

    @property
    def is_conclusive(self) -> bool:
        """Return whether there is anything to explain: a known code, or an event of ZIM as the cause."""
        return bool(self.rows) or bool(self.cause_event and self.is_about_zim)

    @property
    def hits(self) -> int:
        """Number of occurrences of codes; equals the sum of the rows."""
        return sum(row.count for row in (*self.rows, *self.unknown))

    @property
    def codes(self) -> tuple[int, ...]:
        """All codes, those in the catalogue first."""
        return tuple(row.code for row in (*self.rows, *self.unknown))

    @property
    def share(self) -> float | None:
        """Share of the errors that the cause explains, from 0 to 1; None without a cause or an error."""
        return self.explained / self.errors if self.explained else None

    @property
    def lines(self) -> int:
        """Number of lines read."""
        return sum(file.lines for file in self.files)

    @property
    def bytes(self) -> int:
        """Number of bytes read, unpacked."""
        return sum(file.bytes for file in self.files)

    @property
    def is_truncated(self) -> bool:
        """Return whether any file was not read, or not completely."""
        return bool(self.refused) or any(file.cut for file in self.files)
