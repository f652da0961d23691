"""Define the shape of a catalogue entry, as written in ``data/codes/<section>.yaml``.

`loader` validates files against these types with pydantic. They are plain dataclasses, because building pydantic models
takes longer than the rest of ``zimerr explain``.
"""

# No `from __future__ import annotations`: `from_plain` needs the types themselves.
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated, Literal

from bot.catalogue.shape import Constraint, Shape

Code = Annotated[int, Constraint(ge=0, le=9_999_999)]
ServerNumber = Annotated[int, Constraint(ge=10_000, le=999_999)]
Line = Annotated[str, Constraint(min_length=1, max_length=600, pattern=r"^\S(.*\S)?$")]
Symbol = Annotated[str, Constraint(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Method = Annotated[str, Constraint(pattern=r"^[a-zA-Z][A-Za-z0-9_.]*$")]
Version = Annotated[str, Constraint(pattern=r"^\d+\.\d+\.\d+$")]
Url = Annotated[str, Constraint(pattern=r"^https://[^\s|<>]+$", max_length=300)]
StepLines = Annotated[tuple[Line, ...], Constraint(min_length=1, max_length=6)]


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """One statement in both languages. Back-ticks mark method names and values; no other markup."""

    en: Line
    zh: Line


@dataclass(frozen=True, slots=True)
class Steps(Shape):
    """Steps in both languages, in the order in which to take them."""

    en: StepLines
    zh: StepLines


@dataclass(frozen=True, slots=True)
class Words(Shape):
    """Search terms for a code, besides its title, symbols and methods."""

    en: tuple[Line, ...] = ()
    zh: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Links(Shape):
    """The vendor's page in each language."""

    en: Url
    zh: Url


class Actor(StrEnum):
    """The person or team that can fix the error."""

    DEVELOPER = "developer"
    END_USER = "end-user"
    OPERATOR = "operator"  # the owner of the ZEGO account: plan, quota, console
    ZEGO_SUPPORT = "zego-support"
    NOBODY = "nobody"


class Retry(StrEnum):
    """The use of a retry of the same call."""

    NO = "no"  # only after the cause is fixed
    YES = "yes"  # at once, a few times
    AFTER_BACKOFF = "after-backoff"  # with exponential backoff
    AFTER_LOGIN = "after-login"
    WITH_NEW_TOKEN = "with-new-token"  # noqa: S105 - a word, no password
    AFTER_WAIT = "after-wait"  # once the condition that the entry names has cleared


class Severity(StrEnum):
    """The harm to the app's user."""

    INFO = "info"  # nothing is wrong
    LOW = "low"  # one action is refused, and the app can say so
    MEDIUM = "medium"  # a feature fails until someone acts
    HIGH = "high"  # login or a whole feature is down


class EntryStatus(StrEnum):
    """The kind of evidence for an entry."""

    DOCUMENTED = "documented"  # in at least one of the vendor's two documents
    LATER_DOCUMENTED = "later-documented"  # only in vendor documentation from 2026
    SDK_ONLY = "sdk-only"  # only in the SDKs' enums and messages
    PUSH_SDK = "push-sdk"  # belongs to the push SDK (ZPNs), not to ZIM
    OVERLAY = "overlay"  # added or changed by the operator of this bot


class Origin(StrEnum):
    """The document or code that states a fact."""

    ZH_DOCS = "zh-docs"  # the vendor's Chinese error page
    EN_DOCS = "en-docs"  # the vendor's English error page
    LATER_DOCS = "later-docs"  # those pages as of 2026
    GUIDE = "guide"  # the vendor's feature guides and API reference
    PRICING = "pricing"  # the vendor's pricing page
    SDK = "sdk"  # the SDKs' enums, type definitions and messages
    PUSH_DOCS = "push-docs"  # the push SDK's (ZPNs) documentation
    OPERATOR = "operator"  # the operator of this bot, in an overlay


@dataclass(frozen=True, slots=True)
class Source(Shape):
    """One source of an entry.

    *version* names the version that was read, such as ``zego-zim-web 2.29.0``. *differs* quotes the source if it is
    wrong or disagrees with the entry. *likely* gives a conclusion of the entry that the source does not prove.
    """

    origin: Origin
    version: Line | None = None
    differs: Text | None = None
    likely: Text | None = None


Unit = Literal[
    "requests", "messages", "users", "user-ids", "rooms", "attributes", "pairs", "bytes", "megabytes", "length",
    "characters", "communities", "channels",
    "seconds", "milliseconds", "minutes", "hours", "days", "members", "friends", "conversations", "invitees", "groups",
]  # fmt: skip
Per = Literal[
    "app", "room", "group", "community", "user", "client", "call", "key", "value", "file", "image", "audio", "video",
]  # fmt: skip
Plan = Literal["free", "pro", "enterprise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit(Shape):
    """One limit that the code is about.

    *value* is None if the vendor sets no bound. The unit "length" means that the vendor does not name the unit.
    """

    what: Text
    value: int | None
    unit: Unit
    window_s: Annotated[int, Constraint(gt=0)] | None = None  # the period in which the value is counted
    per: Per | None = None
    bound: Literal["max", "min", "exact"] = "max"
    default: bool = False  # can be changed for an app, by ZEGO support or by plan
    plan: Plan | None = None  # applies to this plan only
    origin: Origin


@dataclass(frozen=True, slots=True)
class Symbols(Shape):
    """The name of the code in each SDK, in the SDK's own spelling."""

    web: Symbol | None = None
    rn: Symbol | None = None
    objc: Symbol | None = None
    java: Symbol | None = None
    cpp: Symbol | None = None
    dart: Symbol | None = None
    csharp: Symbol | None = None

    def by_sdk(self) -> dict[str, str]:
        """Return the names by SDK, without the SDKs that lack the code."""
        return {field.name: name for field in fields(self) if (name := getattr(self, field.name))}


@dataclass(frozen=True, slots=True)
class Meaning(Shape):
    """A second meaning of the same number, and how to tell that it applies."""

    when: Text
    title: Text
    meaning: Text
    remedy: Steps
    actor: Actor
    retry: Retry
    limits: tuple[Limit, ...] = ()
    methods: tuple[Method, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Shape):
    """Everything known about one code. The fields have the same order as in the file."""

    code: Code
    status: EntryStatus
    title: Text
    meaning: Text
    remedy: Steps
    actor: Actor
    retry: Retry
    severity: Severity
    judged: tuple[Literal["actor", "retry", "severity"], ...] = ()  # our judgement; no source states it
    since: Version | None = None  # the first SDK version with the calls that return the code
    plan: Plan | None = None  # the lowest plan that includes the feature
    limits: tuple[Limit, ...] = ()
    methods: tuple[Method, ...] = ()
    symbols: Symbols = Symbols()
    aliases: tuple[Symbol, ...] = ()  # older or misspelt symbols that SDKs have shipped
    sdk_message: Line | None = None  # the Web SDK's message at run time
    example: Line | None = None  # a line of a log with this code, as the SDK or an app prints it; not translated
    server_codes: tuple[ServerNumber, ...] = ()  # codes of ZIM's servers that the SDK turns into this one
    keywords: Words = Words()
    related: tuple[int, ...] = ()
    other_meanings: tuple[Meaning, ...] = ()
    docs: Links | None = None  # the vendor's page, if it is not the section's
    sources: Annotated[tuple[Source, ...], Constraint(min_length=1)]


@dataclass(frozen=True, slots=True)
class Section(Shape):
    """One file: a section of the vendor's documents and its entries, sorted by code."""

    section: Annotated[str, Constraint(pattern=r"^[a-z][a-z-]*$")]
    name: Text
    docs: Links
    codes: tuple[Entry, ...]
