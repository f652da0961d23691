"""What the bot says, unasked, about a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.detect.find import find_in_message
from bot.services.answers import Answer
from bot.services.languages import Languages
from bot.services.place import Directory, Place
from bot.services.replies import Explained

# Kinds of message (Slack's subtypes) that somebody wrote; joins, topic changes, edits and deletions are not.
_WRITTEN = frozenset({None, "bot_message", "file_share", "me_message"})


class Annotations:
    """Decides what a message deserves. In doubt: nothing."""

    def __init__(self, catalogue: Catalogue, languages: Languages) -> None:
        self._catalogue = catalogue
        self._languages = languages

    def codes_in(self, message: Mapping[str, Any]) -> tuple[int, ...]:
        """The known codes that *message*, as Slack sends it, holds: each once, in order."""
        if message.get("subtype") not in _WRITTEN:
            return ()
        found = find_in_message(message, self._catalogue).findings
        return tuple(dict.fromkeys(finding.code for finding in found if finding.known and not finding.quoted))

    async def of(self, codes: tuple[int, ...], place: Place, directory: Directory) -> Answer:
        """The explanation of *codes* in the language of the channel."""
        entries = tuple(entry for code in codes if (entry := self._catalogue.get(code)))
        return Answer(Explained(entries), (await self._languages.of_channel(place, directory)).language)
