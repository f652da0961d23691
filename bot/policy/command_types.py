"""Define the commands that people can give the bot as values, which `bot.policy.grammar` parses."""

from __future__ import annotations

from dataclasses import dataclass

from bot.i18n import Language
from bot.oncall.periods import Period
from bot.oncall.watch_rule import WatchWords
from bot.policy.noise_rules import Mode
from bot.policy.place import Audience


@dataclass(frozen=True, slots=True)
class HelpCommand:
    """Show how to use the bot, or only the command *misused*, whose argument is missing or wrong."""

    misused: str | None = None


@dataclass(frozen=True, slots=True)
class StatusCommand:
    """Show the channel's settings."""


@dataclass(frozen=True, slots=True)
class SetLanguageCommand:
    """Set the channel's language; None lets the bot choose it."""

    language: Language | None


@dataclass(frozen=True, slots=True)
class SetModeCommand:
    """Set how the bot behaves, unasked, in the channel."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class SetAudienceCommand:
    """Set who sees the answers to the command in the channel, or in all channels of the workspace without a setting.

    None removes the setting.
    """

    audience: Audience | None
    is_for_workspace: bool = False


@dataclass(frozen=True, slots=True)
class SetWeeklyCommand:
    """Set whether the channel gets the weekly digest."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class IgnoredCommand:
    """List the contexts that people marked as not a code in the channel."""


@dataclass(frozen=True, slots=True)
class ForgetAllCommand:
    """Stop ignoring all of these contexts."""


@dataclass(frozen=True, slots=True)
class WhyCommand:
    """Explain why a message got a reply or did not. Ids and time stamps are Slack's."""

    channel: str
    ts: str
    thread: str


@dataclass(frozen=True, slots=True)
class ExplainCommand:
    """Explain codes, each once, in the order typed, then other numbers, which are ignored if unknown.

    *text* is the whole command, which may name a platform. *audience* is the one that it names for this answer.
    """

    codes: tuple[int, ...]
    text: str = ""
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class LogsCommand:
    """Show where the SDK's log is and how to upload it, on the platform that *text* names; on all if it is empty."""

    text: str


@dataclass(frozen=True, slots=True)
class TriageCommand:
    """Find the likely cause in a log; *text* is the log if it was pasted behind the word."""

    text: str


@dataclass(frozen=True, slots=True)
class TopCommand:
    """List the most frequent codes of *span*, in the channel, or everywhere the person may look.

    None: in the channel, in a direct message everywhere.
    """

    span: Period = Period.DAY
    is_everywhere: bool | None = None


@dataclass(frozen=True, slots=True)
class CatchUpCommand:
    """Show the story of the thread or channel so far."""


@dataclass(frozen=True, slots=True)
class HandoffCommand:
    """Show the open and resolved incidents and the new codes of the last *hours*."""

    hours: int


@dataclass(frozen=True, slots=True)
class NoteCommand:
    """Show the workspace's note about a code, or replace it by *text* as it was typed."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class WatchCommand:
    """Watch for a burst of codes."""

    words: WatchWords


@dataclass(frozen=True, slots=True)
class ListWatchesCommand:
    """List the watches of the channel."""


@dataclass(frozen=True, slots=True)
class StopWatchCommand:
    """Stop the watch with that *number* in the list; None: the only one."""

    number: int | None = None


@dataclass(frozen=True, slots=True)
class SearchCommand:
    """Search the catalogue for words, a symbol, a section or the first digits of a code; list its sections if empty.

    The query may begin with a command word, such as “status subscription limit”. If nothing matches the words behind
    it, the *argument*, the command was *misused*.
    """

    query: str
    misused: str | None = None
    argument: str = ""


SettingCommand = SetLanguageCommand | SetModeCommand | SetAudienceCommand | SetWeeklyCommand
ChangingCommand = SettingCommand | NoteCommand | ForgetAllCommand | WatchCommand | StopWatchCommand
Command = (
    ChangingCommand | HelpCommand | StatusCommand | WhyCommand | IgnoredCommand | ExplainCommand | LogsCommand
    | TopCommand | TriageCommand | ListWatchesCommand | CatchUpCommand | HandoffCommand | SearchCommand
)  # fmt: skip
