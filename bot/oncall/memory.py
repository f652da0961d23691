"""Define what a workspace remembers about a code: what helped before, and the note of its people."""

from __future__ import annotations

from dataclasses import dataclass

from bot.storage.note_store import NoteVersion

MOST_HELPED = 3  # lines shown for a code
NOTE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Helped:
    """A line by a person who resolved an incident, as shown to others."""

    line: str
    who: str  # the person's name; empty if Slack does not tell
    at: float  # seconds since the epoch
    link: str  # to the triage; empty if Slack gives none


@dataclass(frozen=True, slots=True)
class TeamNote:
    """The note of a workspace about a code, as shown to others."""

    text: str
    who: str  # the author's name; empty if Slack does not tell
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class NoteReply:
    """The note of a workspace about a code, for the person who asked."""

    code: int
    versions: tuple[NoteVersion, ...]  # newest first; none: there never was one

    @property
    def text(self) -> str:
        """The text of the note; empty if there is none."""
        return self.versions[0].text if self.versions else ""


@dataclass(frozen=True, slots=True)
class CodeMemory:
    """What a workspace remembers about one code."""

    code: int
    helped: tuple[Helped, ...] = ()  # newest first
    note: TeamNote | None = None
