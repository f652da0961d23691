"""Define places in Slack: a channel and a person there, the source of a log, and a directory to look them up in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Place:
    """A channel of a workspace, and the person who acts there."""

    team: str
    channel: str
    user: str

    @property
    def is_direct(self) -> bool:
        """Return whether the channel is a direct message. Slack's ids of direct messages begin with D."""
        return self.channel.startswith("D")


class Audience(StrEnum):
    """The people who see the answer to a command."""

    CHANNEL = "channel"
    ME = "me"  # the person who asked


class Standing(StrEnum):
    """A person's relation to a workspace."""

    MEMBER = "member"
    GUEST = "guest"  # of one channel or of several
    EXTERNAL = "external"  # of another workspace, in a shared channel (Slack Connect)
    APP = "app"  # or a workflow, which anyone may have started


class Reach(StrEnum):
    """The people who can read a channel."""

    WORKSPACE = "workspace"  # everybody in the workspace, and nobody else
    MEMBERS = "members"  # people of the workspace who are in the channel
    SHARED = "shared"  # people of other workspaces, too
    UNKNOWN = "unknown"  # Slack does not describe the channel

    @property
    def is_internal(self) -> bool:
        """Return whether it is certain that only people of the workspace can read the channel."""
        return self in (Reach.WORKSPACE, Reach.MEMBERS)


@dataclass(frozen=True, slots=True)
class LogSource:
    """The message or the whole thread that contains a log, or a file of the bot with a log that a person pasted.

    Buttons and job details contain it as text, ``message:<ts>:<thread>``, ``thread:<thread>`` or ``file:<id>``.
    """

    thread: str
    ts: str | None = None  # the message; None: all messages of the thread
    file: str = ""  # Slack's id; then there is no thread

    @classmethod
    def parse(cls, text: str) -> LogSource:
        """Parse the text form; raises ValueError if *text* is not one."""
        match text.split(":"):
            case ["message", ts, thread]:
                return cls(thread, ts)
            case ["thread", thread]:
                return cls(thread)
            case ["file", id_]:
                return cls("", file=id_)
        raise ValueError(f"not a log source: {text!r}")

    def __str__(self) -> str:
        if self.file:
            return f"file:{self.file}"
        return f"thread:{self.thread}" if self.ts is None else f"message:{self.ts}:{self.thread}"


class Directory(Protocol):
    """Look up channels, people and messages of one workspace in Slack.

    Methods return None if Slack refuses for good. They raise RetryLater, with the wait that Slack demands, or
    StopWorkspace.
    """

    async def channel_locale(self, channel: str) -> str | None:
        """Return the channel's IETF locale, such as ``zh-CN``."""

    async def user_locale(self, user: str) -> str | None:
        """Return the person's IETF locale."""

    async def standing(self, team: str, user: str) -> Standing | None:
        """Return a person's relation to the workspace *team*."""

    async def user_name(self, user: str) -> str | None:
        """Return the name that a person shows to others."""

    async def reach(self, channel: str) -> Reach:
        """Return who can read a channel."""

    async def group_members(self, group: str) -> frozenset[str] | None:
        """Return the ids of the members of a user group."""

    async def is_public(self, channel: str) -> bool:
        """Return whether everybody in the workspace may read a channel, False if Slack does not describe it."""

    async def is_member(self, channel: str, user: str) -> bool:
        """Return whether a person is in a channel, False if Slack does not say so."""

    async def channels_of(self, user: str) -> frozenset[str] | None:
        """Return the channels that a person is in: the public ones, and those of the others that the bot is in."""

    async def permalink(self, channel: str, ts: str) -> str:
        """Return the URL of a message; raises GiveUp if it is gone."""

    async def message(self, channel: str, ts: str, thread: str) -> Mapping[str, Any] | None:
        """Return a message of *thread* as Slack's Web API describes it; raises GiveUp if the bot may not read it."""

    async def history(self, channel: str, *, most: int) -> Sequence[Mapping[str, Any]] | None:
        """Return the last *most* messages of a channel, newest first."""
