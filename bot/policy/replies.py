"""What the bot has to say, as values. `blocks` turns them into Slack's form; the terminal prints them its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from bot.catalogue.entry import Entry, Section
from bot.detection.result import Finding, LookAlike
from bot.i18n import Language
from bot.policy.language import LanguageChoice
from bot.policy.noise_rules import Act, Mode, SilenceRule
from bot.policy.place import LogSource
from bot.triage.digest import Digest, FileRefused, Secret

MOST_CARDS = 5


@dataclass(frozen=True, slots=True)
class Explained:
    """Codes explained, in the order asked for. *unknown* ones stand beside known ones."""

    entries: tuple[Entry, ...]
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """The codes of a message explained in its thread; *counts* says which came more than once there."""

    entries: tuple[Entry, ...]
    unknown: tuple[int, ...]
    counts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not one of the codes is known."""

    codes: tuple[int, ...]
    family: Section | None  # where the first one would stand
    nearest: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first."""

    query: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The codes that begin alike."""

    query: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class NothingFound:
    """A search without a result."""

    query: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The sections, or one section with its entries."""

    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """How to use the bot; *misused* is the command word that lacked its argument."""

    misused: str | None = None


@dataclass(frozen=True, slots=True)
class SettingsReply:
    """A channel's settings, on request or after a change of one."""

    language: LanguageChoice
    mode: Mode
    changed: Literal["language", "mode"] | None = None


@dataclass(frozen=True, slots=True)
class NoCodes:
    """A message that somebody wanted explained holds no code."""


@dataclass(frozen=True, slots=True)
class WhyReply:
    """Why a message was answered, or was not."""

    findings: tuple[tuple[Finding, SilenceRule | None], ...]  # with the rule that silences it
    lookalikes: tuple[LookAlike, ...]
    did: Act | None  # what the bot did about it, if anything
    is_written: bool  # by somebody, not a join or a topic change


@dataclass(frozen=True, slots=True)
class NoMessage:
    """The message that a link names can't be looked at from here."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the bot would have done in a channel that it was invited to; None where it may read no history."""

    messages: int | None
    replies: int = 0
    reactions: int = 0
    codes: tuple[Entry, ...] = ()  # the most frequent


class Barrier(StrEnum):
    """Why Slack lets nothing be posted, where people can do something about it or should know; in its own words."""

    NOT_IN_CHANNEL = "not_in_channel"
    CHANNEL_NOT_FOUND = "channel_not_found"
    IS_ARCHIVED = "is_archived"
    RESTRICTED_ACTION = "restricted_action"
    MISSING_SCOPE = "missing_scope"


@dataclass(frozen=True, slots=True)
class Barred:
    """A message that deserved an answer can't get one."""

    barrier: Barrier
    channel: str
    scope: str | None  # the one that the app lacks, if that is why


@dataclass(frozen=True, slots=True)
class Triaged:
    """The triage of a log; *source* is where to read it again, None if it can not be read again."""

    digest: Digest
    source: LogSource | None = None


@dataclass(frozen=True, slots=True)
class UnreadableReply:
    """Files that looked like logs and could not be read."""

    files: tuple[FileRefused, ...]


@dataclass(frozen=True, slots=True)
class Leaked:
    """What looked live among what somebody posted: kinds and places, never values."""

    secrets: tuple[Secret, ...]
    files: tuple[str, ...]  # their names; empty for what was pasted


@dataclass(frozen=True, slots=True)
class Escalated:
    """Somebody is called to a triage."""

    target: str  # id of a person or a user group
    by: str  # the person who calls


@dataclass(frozen=True, slots=True)
class Note:
    """One line about a triage, for whoever pressed a button or asked."""

    what: Literal["gone", "reported", "escalated", "nobody", "not_member", "nothing"]


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong; the log has the details under *incident*."""

    incident: str


Reply = (
    Explained | Annotation | Unknown | Found | Range | NothingFound | Listing | Usage | SettingsReply
    | NoCodes | WhyReply | NoMessage | DryRun | Barred | Triaged | UnreadableReply | Leaked
    | Escalated | Note | Failed
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply and the language that its reader or readers share."""

    reply: Reply
    language: Language


def is_public(reply: Reply) -> bool:
    """Whether everybody in the channel sees it: explanations are for all, the rest for who asked."""
    return isinstance(reply, (Explained, Annotation, Triaged, UnreadableReply))
