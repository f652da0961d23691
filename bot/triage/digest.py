"""What a triage says, as values.

Only values live here: `scan` reads the log, `tally` counts and folds, `blocks` and the terminal put it into words.
Every text in a digest is redacted already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.detection.result import LookAlikeReason


class Role(StrEnum):
    """What a code is to the likely cause."""

    CAUSE = "cause"
    FOLLOWER = "follower"  # came because of another, see `Row.follows`
    UNRELATED = "unrelated"


class Pattern(StrEnum):
    """How a code came, over the time of its log."""

    ONCE = "once"
    BURST = "burst"
    STEADY = "steady"


class Refusal(StrEnum):
    """Why a file was not read at all."""

    EMPTY = "empty"
    BINARY = "binary"
    DAMAGED = "damaged"  # an archive that breaks off or lies
    ENCRYPTED = "encrypted"
    NESTED = "nested"  # an archive in an archive
    BOMB = "bomb"  # unpacks to far more than it is
    TOO_MANY = "too-many"  # beyond the files of one triage
    TOO_LARGE = "too-large"
    FORBIDDEN = "forbidden"  # the app lacks the scope files:read
    GONE = "gone"  # deleted, or too old for the workspace's plan
    ELSEWHERE = "elsewhere"  # kept by another service than Slack


class Cut(StrEnum):
    """Why a file was not read to its end: head and tail were."""

    SIZE = "size"
    TIME = "time"


class SecretKind(StrEnum):
    """What was hidden."""

    ZEGO_TOKEN = "zego-token"  # noqa: S105 - a name, as the next
    APP_SIGN = "app-sign"
    SERVER_SECRET = "server-secret"  # noqa: S105
    JWT = "jwt"
    BEARER = "bearer"
    CLOUD_KEY = "cloud-key"
    MAIL = "mail"
    PHONE = "phone"
    IP = "ip"
    HOME = "home"
    APP_ID = "app-id"

    @property
    def is_live(self) -> bool:
        """Whether it opens doors, so that its author should be warned."""
        return self in _LIVE


_LIVE = frozenset(
    {
        *(SecretKind.ZEGO_TOKEN, SecretKind.APP_SIGN, SecretKind.SERVER_SECRET),
        *(SecretKind.JWT, SecretKind.BEARER, SecretKind.CLOUD_KEY),
    }
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A point in time as a log has it."""

    seconds: float  # since the epoch, the log's clock taken for UTC where it names no zone; only differences are shown
    text: str  # as written: "1122 07:35:45.740"
    zone: str | None = None  # as written: "Z", "+08:00"; None where the log does not say


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the logs."""

    file: int  # index into `Digest.files`
    line: int  # counted from 1, within the file
    stamp: Stamp | None


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code."""

    code: int
    count: int
    first: Mark
    last: Mark
    role: Role
    follows: int | None  # the code that made this one follow
    source_count: int  # how many devices or users it came from, by masked id; 0: the log does not tell
    timeline: tuple[int, ...]  # occurrences in each of `Digest.timeline`'s buckets


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a log around one of interest."""

    code: int
    file: int
    first_line: int  # number of the first of `lines`, from 1
    line: int  # number of the line of interest
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The buckets of `Row.timeline`, equally wide, from the first occurrence of any code to the last."""

    start: Stamp | None  # None where the log has no times: the buckets count lines then
    width: float  # seconds, or lines
    buckets: int


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that looked live; never its value."""

    kind: SecretKind
    file: int
    line: int


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read, or the paste, whose name is empty."""

    name: str
    lines: int
    bytes: int  # unpacked
    encoding: str
    cut: Cut | None
    skipped_bytes: int  # in the middle; of a file whose end is not known, 0 with `cut` set


@dataclass(frozen=True, slots=True)
class FileRefused:
    """A file that was not read."""

    name: str
    reason: Refusal


@dataclass(frozen=True, slots=True)
class LogMetadata:
    """What the log says of where it comes from."""

    sdk_versions: tuple[str, ...]
    platforms: tuple[str, ...]
    app_ids: tuple[str, ...]  # masked
    first: Stamp | None  # of all lines that were dated
    last: Stamp | None
    zones: tuple[str, ...]  # as written; empty where the log names none


@dataclass(frozen=True, slots=True)
class Digest:
    """The triage of one or several logs."""

    cause: int | None  # the likely cause; None where nothing stands out, or nothing was found
    rows: tuple[CodeRow, ...]  # known codes by role, then by first occurrence
    unknown: tuple[CodeRow, ...]  # codes that are called errors and are in no catalogue
    pattern: Pattern | None  # of the cause, or of all codes where there is none
    is_ongoing: bool | None  # still coming at the log's end; None where the log does not tell
    timeline: Timeline | None  # None where nothing was found
    excerpts: tuple[Excerpt, ...]  # evidence, at most two: the cause's first
    metadata: LogMetadata
    files: tuple[FileRead, ...]
    refused: tuple[FileRefused, ...]
    lookalikes: Mapping[LookAlikeReason, int]
    secrets: tuple[Secret, ...]  # live ones, at most 100
    hidden: Mapping[SecretKind, int]  # how many were hidden of what is shown and of what was warned of
    duration_s: float = 0.0  # that reading took

    @property
    def hits(self) -> int:
        """Occurrences of codes; the rows add up to it."""
        return sum(row.count for row in (*self.rows, *self.unknown))

    @property
    def lines(self) -> int:
        """Lines read."""
        return sum(file.lines for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes read, unpacked."""
        return sum(file.bytes for file in self.files)

    @property
    def is_truncated(self) -> bool:
        """Whether something was not read, or not to its end."""
        return bool(self.refused) or any(file.cut for file in self.files)
