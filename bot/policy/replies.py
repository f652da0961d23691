"""Define the bot's replies as values. `bot.render` turns them into Slack messages, `bot.cli` into text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from bot.catalogue.entry import Entry, Section
from bot.catalogue.numbers import ForeignNumber, ServerCode
from bot.catalogue.platforms import Platform
from bot.detection.result import Finding, LookAlike
from bot.i18n import Language
from bot.oncall.memory import CodeMemory, NoteReply
from bot.oncall.packet import PacketReply
from bot.oncall.story import HandoffReply, StoryReply
from bot.oncall.trends import TopReply
from bot.oncall.watches import AlertReply, OfferReply, WatchesReply
from bot.oncall.weekly import WeeklyReply
from bot.policy.language import LanguageChoice
from bot.policy.noise_rules import Act, Mode, SilenceRule
from bot.policy.place import Audience, LogSource
from bot.policy.troubles import Barred, Failed, Refused, Uncalled
from bot.settings import Retention
from bot.storage.annotation_store import LogRecord
from bot.storage.change_store import ChannelChange, IgnoredContext
from bot.storage.channel_store import SetBy
from bot.storage.incident_store import Incident
from bot.storage.snooze_store import Snooze
from bot.triage.digest import Digest, FileRefused, Secret


@dataclass(frozen=True, slots=True)
class Explained:
    """Explain the codes that a person asked for, in that order. At least one is known."""

    entries: tuple[Entry, ...]
    unknown: tuple[int, ...] = ()
    server_codes: tuple[ServerCode, ...] = ()  # that were asked for instead of their codes
    foreign: tuple[ForeignNumber, ...] = ()
    platform: Platform | None = None  # None: not certain
    is_detailed: bool = False  # for one reader: all about up to five codes, with their examples
    memories: tuple[CodeMemory, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """Explain the codes of a message in its thread."""

    entries: tuple[Entry, ...]
    unknown: tuple[int, ...]
    counts: Mapping[int, int]  # how often each came in the thread; a missing code came once
    platform: Platform | None = None  # None: not certain
    server_codes: tuple[tuple[int, ServerCode], ...] = ()  # codes, each with the server's own code beside it
    memories: tuple[CodeMemory, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """None of the codes is known."""

    codes: tuple[int, ...]
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """None of the numbers is known, except those of other products."""

    numbers: tuple[ForeignNumber, ...]
    unknown: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The results of a search, best match first; there may be none."""

    query: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The codes that begin with the digits of *query*."""

    query: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The sections, or one section with its entries."""

    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class LogsReply:
    """The location of the SDK's log on one platform or on all; *unknown* is the typed text if it names no platform."""

    platforms: tuple[Platform, ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """The help, or a line about the command *misused*, whose argument is missing or wrong."""

    misused: str | None = None


@dataclass(frozen=True, slots=True)
class SettingsReply:
    """A channel's settings, who set them, and who last marked something in the channel."""

    language: LanguageChoice
    mode: Mode
    language_by: SetBy | None = None  # None: never set
    mode_by: SetBy | None = None
    ignored: int = 0  # contexts
    ignored_by: SetBy | None = None  # the last person who had one ignored
    wrong_by: SetBy | None = None  # the last person who marked a triage as wrong
    audience: Audience = Audience.CHANNEL  # of answers to the command
    audience_by: SetBy | None = None
    is_audience_of_workspace: bool = False  # the channel has no setting of its own
    weekly_by: SetBy | None = None  # who turned the weekly digest on; None: it is off
    retention: Retention = field(default_factory=Retention)
    snoozes: tuple[Snooze, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeReply:
    """A change that affects everyone in the channel. Once undone, it names who undid it."""

    change: ChannelChange
    untold: str = ""  # the channel, if Slack refused to show this there
    restored: Reply | None = None  # the reply that was restored
    incident: Incident | None = None  # that a restored triage reports


@dataclass(frozen=True, slots=True)
class IgnoredReply:
    """The contexts that are ignored in a channel, the latest first."""

    contexts: tuple[IgnoredContext, ...]


@dataclass(frozen=True, slots=True)
class ForgotReply:
    """A person made the bot explain *codes* again in contexts that it ignored."""

    user: str
    codes: tuple[int, ...]
    untold: str = ""  # the channel, if Slack refused to show this there


class Denial(StrEnum):
    """The reasons why a person may not do something."""

    GUEST = "guest"
    EXTERNAL = "external"
    APP = "app"
    NOT_ADMIN = "not-admin"
    UNSURE = "unsure"  # Slack could not be asked
    UNTOLD = "untold"  # Slack does not describe the person
    UNTOLD_GROUP = "untold-group"  # Slack does not describe the user group
    DIRECT = "direct"  # a change for the whole workspace, in a direct message


@dataclass(frozen=True, slots=True)
class Denied:
    """A person may not do something; *admins* are ids of the people and user groups that may."""

    reason: Denial
    admins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file of a message, read by itself as a triage reads it."""

    name: str
    digest: Digest | None  # None: files of its type, such as pictures, contain no log


# Reads each file of a message, as Slack describes it.
ReadFiles = Callable[[Mapping[str, Any]], Awaitable[Sequence[FileSeen]]]


@dataclass(frozen=True, slots=True)
class WhyReply:
    """The reason why a message got a reply or did not."""

    findings: tuple[tuple[Finding, SilenceRule | None], ...]  # each with the rule that silences it
    lookalikes: tuple[LookAlike, ...]
    did: Act | None  # None: nothing was recorded
    is_written: bool  # not a join or a topic change
    ignored: Mapping[int, IgnoredContext] = field(default_factory=dict)  # by code, if `NOT_A_CODE` silences it
    files: tuple[FileSeen, ...] = ()
    files_rule: SilenceRule | None = None  # the rule that silences the codes of the files


@dataclass(frozen=True, slots=True)
class DryRun:
    """The preview of the bot in a channel that it was invited to."""

    messages: int | None  # messages read; None if the bot cannot read the history
    replies: int = 0
    reactions: int = 0
    codes: tuple[Entry, ...] = ()  # the most frequent


@dataclass(frozen=True, slots=True)
class Relation:
    """The relation of a triage to an earlier one in the same thread or channel."""

    earlier: LogRecord
    link: str  # to the earlier triage; empty if Slack does not give it
    is_same: bool  # the likely cause is the same


@dataclass(frozen=True, slots=True)
class Triaged:
    """The triage of a log; *source* is where to read it again, None if it cannot be read again."""

    digest: Digest
    source: LogSource | None = None
    log: LogRecord | None = None  # to keep, so that a later triage can refer to this one
    relation: Relation | None = None
    is_copy: bool = False  # without the buttons that change the message: for one person, or if the bot can't
    origin: str = ""  # of a triage in a person's direct message: the channel where they pasted the log
    is_without_file: bool = False  # a pasted log could not be kept in Slack
    memories: tuple[CodeMemory, ...] = ()  # of the likely cause


@dataclass(frozen=True, slots=True)
class PrivateTriage:
    """A triage is in the person's direct message with the bot."""

    triaged: Triaged
    link: str  # to it; empty if Slack does not give it


@dataclass(frozen=True, slots=True)
class LogKept:
    """The log of a triage in *channel* is in the thread of this direct message, for the buttons of the triage."""

    channel: str
    link: str = ""  # to the triage; empty if Slack does not give it


@dataclass(frozen=True, slots=True)
class Shared:
    """A reply that a person shared with the channel."""

    reply: Reply
    user: str  # Slack's id


@dataclass(frozen=True, slots=True)
class NothingFound:
    """The summary of a log without a known code, for its author."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class UnreadableReply:
    """Files that looked like logs but could not be read."""

    files: tuple[FileRefused, ...]


@dataclass(frozen=True, slots=True)
class Leaked:
    """Live credentials in a message: kinds and lines, never values."""

    secrets: tuple[Secret, ...]
    files: tuple[str, ...]  # names of the files with secrets; empty for pasted text
    is_private: bool = False  # nobody but the author can read the message


@dataclass(frozen=True, slots=True)
class Escalated:
    """A person or user group is called to a triage."""

    target: str  # id of a person or a user group
    by: str  # id of the person who calls


@dataclass(frozen=True, slots=True)
class Summons:
    """The direct message to a person who is called to a triage in a channel that they are not in."""

    by: str  # id of the person who calls
    channel: str
    link: str  # to the triage


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The direct message to a person whose incident somebody else has taken over."""

    by: str  # id of that person
    channel: str
    link: str  # to the triage or alert; empty if Slack does not give it
    is_alert: bool = False


@dataclass(frozen=True, slots=True)
class Overdue:
    """The reminder to a person who is on an incident and has not said anything since."""

    since: float  # seconds since the epoch
    channel: str
    link: str  # to the triage or alert; empty if Slack does not give it
    is_alert: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the person who asked.

    ``greeting``, ``thanks``, ``chat``: the person greeted or thanked the bot, or said “ok”. ``no_message``: the linked
    message is gone or in another channel. ``no_lookup``, ``no_paste``, ``no_dialog``: Slack shows no modal.
    """

    what: Literal[
        "gone", "reported", "escalated", "escalating", "nobody", "not_member", "not_in_dm", "nothing", "no_message",
        "no_codes", "too_late", "overtaken", "no_lookup", "no_paste", "no_dialog", "greeting", "thanks", "chat",
        "answers_in_dm", "watch_full", "not_in_direct", "not_in_channel", "digest_in_dm",
    ]  # fmt: skip


Reply = (
    Explained | Annotation | Unknown | Foreign | Found | Range | Listing | LogsReply | Usage | SettingsReply
    | ChangeReply | IgnoredReply | ForgotReply | Denied
    | WhyReply | DryRun | Barred | Triaged | PrivateTriage | LogKept | Shared | NothingFound | UnreadableReply | Leaked
    | Escalated | Summons | Uncalled | TakenOver | Overdue | PacketReply | TopReply | NoteReply
    | StoryReply | HandoffReply | WatchesReply | AlertReply | OfferReply | WeeklyReply | Note | Failed | Refused
)  # fmt: skip


AnyChange = ChangeReply | ForgotReply


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply and the language of its readers."""

    reply: Reply
    language: Language
    audience: Audience = Audience.CHANNEL  # ME makes a reply private that is public by itself

    @property
    def is_public(self) -> bool:
        """Return whether everyone in the channel sees the answer."""
        return is_public(self.reply, self.audience)


def is_public(reply: Reply, audience: Audience = Audience.CHANNEL) -> bool:
    """Return whether everyone in the channel sees the reply.

    Changes are public, and so are explanations unless they are for another *audience*. Others are private.
    """
    if isinstance(reply, AnyChange):
        return not reply.untold
    return audience is Audience.CHANNEL and isinstance(reply, (Explained, Annotation, Triaged, UnreadableReply))
