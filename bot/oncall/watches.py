"""Define the replies about watches and their alerts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.oncall.watch_rule import WatchWords
from bot.storage.watch_store import Watch


class AlertState(StrEnum):
    """The state of an alert."""

    OPEN = "open"
    OVER = "over"
    STOPPED = "stopped"  # its watch was stopped


@dataclass(frozen=True, slots=True)
class WatchesReply:
    """The watches of a channel, the oldest first; their numbers are their places in the list."""

    watches: tuple[Watch, ...]
    is_choice: bool = False  # the person wanted to stop one, but did not say which


@dataclass(frozen=True, slots=True)
class AlertReply:
    """An alert that was reached: how many messages had the codes, and where, as far as all readers may know."""

    watch: Watch
    state: AlertState
    since: float  # seconds since the epoch, when the first code came
    until: float  # and the last one
    count: int  # of messages
    codes: tuple[tuple[int, int], ...]  # each with its number of messages, the most frequent first
    channels: tuple[tuple[str, int], ...]  # likewise


@dataclass(frozen=True, slots=True)
class OfferReply:
    """The offer to watch for a code that came often in a channel."""

    code: int
    messages: int  # with the code within 24 hours
    words: WatchWords  # the watch
