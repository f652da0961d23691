"""What a message holds, as the noise rules see it: where nobody wrote it, nothing. Pure, like the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.detection.detector import find_in_passages
from bot.detection.fingerprint import fingerprint
from bot.detection.result import Known, Passage
from bot.detection.slack_text import passages
from bot.policy.noise_rules import Sighting

# Kinds of message (Slack's subtypes) that somebody wrote; joins, topic changes and broadcasts of replies are not.
WRITTEN = frozenset({None, "bot_message", "file_share", "me_message"})


@dataclass(frozen=True, slots=True)
class Contents:
    """The passages of a message and the codes seen in them."""

    passages: tuple[Passage, ...] = ()
    sightings: tuple[Sighting, ...] = ()


def contents(message: Mapping[str, Any], known: Known) -> Contents:
    """What *message* holds, as Slack sends it; nothing where nobody wrote it."""
    if message.get("subtype") not in WRITTEN:
        return Contents()
    read = passages(message)
    sightings = tuple(
        Sighting(each.code, each.known, each.quoted, fingerprint(read[each.passage].text, each.span))
        for each in find_in_passages(read, known).findings
    )
    return Contents(read, sightings)
