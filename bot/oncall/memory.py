"""Define the memory that a workspace has of a code: the lines about what helped before, and its note."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.note_store import NoteVersion

MOST_HELPED = 3  # lines shown for a code
NOTE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Helped:
    """A line by a person who resolved an incident, as shown to others."""

    line: str
    who: str  # the person's name; empty if Slack does not give it
    at: float  # seconds since the epoch
    link: str  # to the triage; empty if Slack does not give it


@dataclass(frozen=True, slots=True)
class TeamNote:
    """The note of a workspace about a code, as shown to others."""

    text: str
    who: str  # the author's name; empty if Slack does not give it
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class NoteReply:
    """The note of a workspace about a code, for the person who asked."""

    code: int
    versions: tuple[NoteVersion, ...]  # newest first; empty if there never was a note

    @property
    def text(self) -> str:
        """The text of the note; empty if there is none."""
        return self.versions[0].text if self.versions else ""


@dataclass(frozen=True, slots=True)
class CodeMemory:
    """The memory that a workspace has of one code."""

    code: int
    helped: tuple[Helped, ...] = ()  # newest first
    note: TeamNote | None = None
