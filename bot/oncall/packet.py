"""Define the request to ZEGO support that a person makes from a triage."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from bot.i18n import Language

APP_ID_CHARACTERS = 20
TRIED_CHARACTERS = 1500


@dataclass(frozen=True, slots=True)
class Packet:
    """The request to ZEGO support about a log. The AppID is neither stored nor logged."""

    language: Language
    app_id: str = field(default="", repr=False)  # digits; empty: not stated
    tried: str = ""  # lines; empty: not stated


@dataclass(frozen=True, slots=True)
class PacketReply:
    """The text for ZEGO support, for the person who asked to copy."""

    text: str = field(repr=False)
    is_attached: bool  # the thread has it as a file; False: Slack refused the file


def app_id_in(typed: str) -> str | None:
    """Return the AppID that a person typed, which may be empty, or None if it is no number, such as an AppSign."""
    typed = unicodedata.normalize("NFKC", typed).strip()
    return typed if not typed or (typed.isdecimal() and typed.isascii()) else None
