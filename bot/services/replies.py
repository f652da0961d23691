"""What the bot has to say, as values. `blocks` turns them into Slack's form; the terminal prints them its own way."""

from __future__ import annotations

from dataclasses import dataclass

from bot.catalogue.entry import Entry, Section
from bot.services.languages import Choice

MOST_CARDS = 5


@dataclass(frozen=True, slots=True)
class Explained:
    """Codes explained, in the order asked for. *unknown* ones stand beside known ones."""

    entries: tuple[Entry, ...]
    unknown: tuple[int, ...] = ()


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
class Settings:
    """A channel's settings, after a change or on request."""

    language: Choice
    changed: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """Something went wrong; the log has the details under *incident*."""

    incident: str


Reply = Explained | Unknown | Found | Range | NothingFound | Listing | Usage | Settings | Failed


def is_public(reply: Reply) -> bool:
    """Whether everybody in the channel sees it: explanations are for all, the rest for who asked."""
    return isinstance(reply, Explained)
