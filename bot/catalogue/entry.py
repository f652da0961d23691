"""The shape of one catalogue entry, as people write it in ``data/codes/<section>.yaml``.

Only the shape and what can be checked within one entry live here; `load` reads the files and checks
what holds between entries.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(min_length=1, max_length=600, pattern=r"^\S(.*\S)?$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Method = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][A-Za-z0-9_.]*$")]
Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s|<>]+$", max_length=300)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Strict):
    """One statement in both languages. Back-ticks mark method names and values; no other markup."""

    en: Line
    zh: Line


class Steps(_Strict):
    """Ordered steps in both languages, the first one first to do."""

    en: Annotated[tuple[Line, ...], Field(min_length=1, max_length=6)]
    zh: Annotated[tuple[Line, ...], Field(min_length=1, max_length=6)]


class Words(_Strict):
    """What people type or say when they mean this code, besides its title, symbols and methods."""

    en: tuple[Line, ...] = ()
    zh: tuple[Line, ...] = ()


class Links(_Strict):
    """The vendor's page in each language."""

    en: Url
    zh: Url


class Actor(StrEnum):
    """Who has to do something about it."""

    DEVELOPER = "developer"
    END_USER = "end-user"
    OPERATOR = "operator"  # whoever holds the account: plan, quota, console
    ZEGO_SUPPORT = "zego-support"
    NOBODY = "nobody"


class Retry(StrEnum):
    """Whether the same call can succeed when it is made again."""

    NO = "no"  # not before the cause is mended
    YES = "yes"  # at once, a few times
    AFTER_BACKOFF = "after-backoff"  # with growing pauses
    AFTER_LOGIN = "after-login"
    WITH_NEW_TOKEN = "with-new-token"  # noqa: S105 - a word, no password
    AFTER_WAIT = "after-wait"  # when the state that the entry names is over


class Severity(StrEnum):
    """How much breaks for the person who uses the app."""

    INFO = "info"  # nothing is wrong
    LOW = "low"  # one action is refused, the app can say so
    MEDIUM = "medium"  # a feature fails until somebody acts
    HIGH = "high"  # login or a whole feature is down


class EntryStatus(StrEnum):
    """What an entry rests on."""

    DOCUMENTED = "documented"  # in at least one of the vendor's two documents
    LATER_DOCUMENTED = "later-documented"  # only in vendor documentation from 2026
    SDK_ONLY = "sdk-only"  # only in the SDKs' enums and messages
    PUSH_SDK = "push-sdk"  # belongs to the push SDK (ZPNs), not to ZIM
    OVERLAY = "overlay"  # added or changed by the operator of this bot


class Origin(StrEnum):
    """Where a fact was read."""

    ZH_DOCS = "zh-docs"  # the vendor's Chinese error page
    EN_DOCS = "en-docs"  # the vendor's English error page
    LATER_DOCS = "later-docs"  # those pages as of 2026
    GUIDE = "guide"  # the vendor's feature guides and API reference
    PRICING = "pricing"  # the vendor's pricing page
    SDK = "sdk"  # the SDKs' enums, type definitions and messages
    PUSH_DOCS = "push-docs"  # the push SDK's (ZPNs) documentation
    OPERATOR = "operator"  # the operator of this bot, in an overlay


class Source(_Strict):
    """One source of the entry and, where it is wrong or says something else, what it says."""

    origin: Origin
    differs: Text | None = None


Unit = Literal[
    "requests", "messages", "users", "user-ids", "rooms", "attributes", "pairs", "bytes", "megabytes", "length",
    "characters", "communities", "channels",
    "seconds", "milliseconds", "minutes", "hours", "days", "members", "friends", "conversations", "invitees", "groups",
]  # fmt: skip
Per = Literal[
    "app", "room", "group", "community", "user", "client", "call", "key", "value", "file", "image", "audio", "video",
]  # fmt: skip
Plan = Literal["free", "pro", "enterprise"]


class Limit(_Strict):
    """One number that the code is about.

    *value* is None where the vendor sets no bound; "length" is a length whose unit the vendor does not give.
    """

    what: Text
    value: int | None
    unit: Unit
    window_s: Annotated[int, Field(gt=0)] | None = None  # counted within so many seconds
    per: Per | None = None
    bound: Literal["max", "min", "exact"] = "max"
    default: bool = False  # can be changed for an app (by ZEGO support or by plan)
    plan: Plan | None = None  # holds for this plan only
    origin: Origin


class Symbols(_Strict):
    """The name of the code in each SDK, spelt as there."""

    web: Symbol | None = None
    rn: Symbol | None = None
    objc: Symbol | None = None
    java: Symbol | None = None
    cpp: Symbol | None = None
    dart: Symbol | None = None
    csharp: Symbol | None = None


class Meaning(_Strict):
    """A second meaning of the same number, and how to tell that it applies."""

    when: Text
    title: Text
    meaning: Text
    remedy: Steps
    actor: Actor
    retry: Retry


class Entry(_Strict):
    """Everything known about one code. Fields stand in the file in this order."""

    code: Annotated[int, Field(ge=0, le=9_999_999)]
    status: EntryStatus
    title: Text
    meaning: Text
    remedy: Steps
    actor: Actor
    retry: Retry
    severity: Severity
    judged: tuple[Literal["actor", "retry", "severity"], ...] = ()  # our judgement; no source says it
    limits: tuple[Limit, ...] = ()
    methods: tuple[Method, ...] = ()
    symbols: Symbols = Symbols()
    aliases: tuple[Symbol, ...] = ()  # older or misspelt symbols that SDKs have shipped
    sdk_message: Line | None = None  # what the Web SDK prints at run time
    server_codes: tuple[int, ...] = ()  # codes of ZIM's servers that the SDK turns into this one
    keywords: Words = Words()
    related: tuple[int, ...] = ()
    other_meanings: tuple[Meaning, ...] = ()
    docs: Links | None = None  # the vendor's page, where it is not the section's
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]


class Section(_Strict):
    """One file: a section of the vendor's documents and its entries, by number."""

    section: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*$")]
    name: Text
    docs: Links
    codes: tuple[Entry, ...]
