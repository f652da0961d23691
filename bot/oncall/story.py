"""Define the story of a thread, of a channel's last day, or of a shift."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.storage.story_store import Chapter, CodeCount
from bot.storage.watch_store import Watch


@dataclass(frozen=True, slots=True)
class StoryReply:
    """The story so far, for one reader."""

    is_thread: bool  # False: the last 24 hours of a channel, and the incidents that are still open
    chapters: tuple[Chapter, ...]  # open incidents first
    codes: tuple[CodeCount, ...]  # the most frequent first
    number: int = 0  # of all chapters; some may be left out
    alerts: tuple[Watch, ...] = ()  # that are open and nobody has acted on
    links: Mapping[str, str] = field(default_factory=dict)  # to messages, by time stamp; a missing one is unknown

    @property
    def messages(self) -> tuple[str, ...]:
        """The time stamps of the messages to link."""
        seen = (ts for each in self.codes for ts in (each.first, each.last))
        return *(each.ref.ts for each in self.chapters), *seen, *(each.alert_ts or "" for each in self.alerts)


@dataclass(frozen=True, slots=True)
class HandoffReply:
    """The open and resolved incidents and the new codes of a channel's last *hours*."""

    hours: int
    chapters: tuple[Chapter, ...]  # open incidents first
    new: tuple[CodeCount, ...]  # codes that did not come in the 30 days before
    number: int = 0  # of all chapters; some may be left out
    alerts: tuple[Watch, ...] = ()  # that are open and nobody has acted on
    links: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)  # of people by id: a mention would notify them

    @property
    def people(self) -> tuple[str, ...]:
        """The ids of the people to name."""
        return tuple(each.incident.user for each in self.chapters if each.incident and each.incident.user)

    @property
    def messages(self) -> tuple[str, ...]:
        """The time stamps of the messages to link."""
        seen = (each.first for each in self.new)
        return *(each.ref.ts for each in self.chapters), *seen, *(each.alert_ts or "" for each in self.alerts)
