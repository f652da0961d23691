"""The codes of a message as the noise rules see them: where nobody wrote it, none. Pure, like the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.detect.find import find_in_passages
from bot.detect.finding import Known
from bot.detect.message import passages
from bot.detect.shape import shape
from bot.services.decisions import Sighting

# Kinds of message (Slack's subtypes) that somebody wrote; joins, topic changes and broadcasts of replies are not.
WRITTEN = frozenset({None, "bot_message", "file_share", "me_message"})


def sightings_in(message: Mapping[str, Any], known: Known) -> tuple[Sighting, ...]:
    """The codes in *message*, as Slack sends it; none where nobody wrote it."""
    if message.get("subtype") not in WRITTEN:
        return ()
    read = passages(message)
    return tuple(
        Sighting(each.code, each.known, each.quoted, shape(read[each.passage].text, each.span))
        for each in find_in_passages(read, known).findings
    )
