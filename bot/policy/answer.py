"""The answer to a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Language
from bot.policy import grammar
from bot.policy.annotate import Annotations
from bot.policy.language import Languages
from bot.policy.noise_rules import Mode
from bot.policy.place import Directory, Place
from bot.policy.replies import (
    Answer,
    Explained,
    Found,
    Listing,
    NoCodes,
    NoMessage,
    NothingFound,
    Range,
    Reply,
    SettingsReply,
    Unknown,
    Usage,
    is_public,
)


class Answers:
    """Answers what people type."""

    def __init__(self, catalogue: Catalogue, languages: Languages, annotations: Annotations) -> None:
        self._catalogue = catalogue
        self._languages = languages
        self._annotations = annotations

    async def to(self, command: grammar.Command, place: Place, directory: Directory) -> Answer:
        """Answer *command*, typed in *place*: in the channel's language where all see it, else in the person's."""
        reply = await self._reply(command, place, directory)
        choose = self._languages.of_channel if is_public(reply) else self._languages.of_person
        return Answer(reply, (await choose(place, directory)).language)

    async def _reply(self, command: grammar.Command, place: Place, directory: Directory) -> Reply:
        match command:
            case grammar.ExplainCommand(codes):
                return self.explain(codes)
            case grammar.SearchCommand(query):
                return self.search(query)
            case grammar.BrowseCommand(name):
                return self._browse(name)
            case grammar.SetLanguageCommand(choice):
                await self._languages.set(place, None if choice == "auto" else Language(choice))
                return await self.settings(place, directory, changed="language")
            case grammar.SetModeCommand(mode):
                await self._annotations.set_mode(place, Mode(mode))
                return await self.settings(place, directory, changed="mode")
            case grammar.StatusCommand():
                return await self.settings(place, directory)
            case grammar.WhyCommand():
                return await self._why(command, place, directory)
            case grammar.MisusedCommand(word):
                return Usage(misused=word)
            case grammar.HelpCommand() | grammar.TriageCommand():  # a triage is not answered at once, see the listeners
                return Usage()

    async def settings(
        self, place: Place, directory: Directory, *, changed: Literal["language", "mode"] | None = None
    ) -> SettingsReply:
        """The channel's settings."""
        language = await self._languages.of_channel(place, directory)
        return SettingsReply(language, await self._annotations.mode(place), changed)

    async def _why(self, asked: grammar.WhyCommand, place: Place, directory: Directory) -> Reply:
        # Whoever asks in the message's own channel may read it; elsewhere that is not sure.
        if asked.channel != place.channel:
            return NoMessage()
        message = await directory.message(asked.channel, asked.ts, asked.thread)
        return await self._annotations.why(message, place) if message else NoMessage()

    def explain_message(self, message: Mapping[str, Any]) -> Reply:
        """Explain the codes in a message, quoted ones too: somebody asked."""
        codes = self._annotations.detection(message).codes
        return self.explain(codes) if codes else NoCodes()

    def explain(self, codes: tuple[int, ...]) -> Explained | Unknown:
        """Explain *codes*; those that nobody knows are named."""
        entries = tuple(entry for code in codes if (entry := self._catalogue.get(code)))
        unknown = tuple(code for code in codes if not self._catalogue.has_code(code))
        if entries:
            return Explained(entries, unknown)
        return Unknown(unknown, self._catalogue.family(unknown[0]), self._catalogue.nearest(unknown[0]))

    def search(self, query: str) -> Reply:
        """Find *query*: a symbol is its code, a section its list, the beginning of a code its range, else by words."""
        code = int(query) if query.isdecimal() else self._catalogue.code_of_symbol(query)
        if code is not None and self._catalogue.has_code(code):
            return self.explain((code,))
        section = self._catalogue.section_named(query)
        if section:
            return Listing((section,))
        entries = self._catalogue.in_range(query)
        if entries:
            return Range(query, entries)
        entries = tuple(hit.entry for hit in self._catalogue.search(query))
        return Found(query, entries) if entries else NothingFound(query)

    def _browse(self, name: str | None) -> Reply:
        if name is None:
            return Listing(self._catalogue.sections)
        section = self._catalogue.section_named(name)
        return Listing((section,)) if section else self.search(name)
