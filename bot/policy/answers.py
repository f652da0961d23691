"""Answer commands and messages that people ask about."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.glossary import Courtesy
from bot.catalogue.platforms import Platform, open_platforms
from bot.detection.detector import find_in_message, find_numbers
from bot.detection.slack_text import passages
from bot.errors import GiveUp
from bot.i18n import Language, question_language
from bot.policy import command_types, grammar, replies, troubles
from bot.policy.changes import Changes, audience_of
from bot.policy.content import platform_shown, read_content
from bot.policy.inspections import Inspections
from bot.policy.language import Languages
from bot.policy.place import Audience, Directory, Place
from bot.policy.question import Question
from bot.policy.ranking import Ranking
from bot.policy.replies import Answer, Explained, Foreign, LogsReply, ReadFiles, Reply, Unknown
from bot.policy.stories import Stories
from bot.policy.team_notes import TeamNotes
from bot.policy.watching import Watching

_RESPONSES = {
    Courtesy.GREETING: replies.Note("greeting"),
    Courtesy.THANKS: replies.Note("thanks"),
    Courtesy.CHAT: replies.Note("chat"),
}


class Answers:
    """Answer commands from the catalogue and the channel's settings."""

    def __init__(
        self,
        catalogue: Catalogue,
        languages: Languages,
        inspections: Inspections,
        changes: Changes,
        ranking: Ranking,
        stories: Stories,
        notes: TeamNotes,
        watching: Watching,
    ) -> None:
        self._catalogue = catalogue
        self._languages = languages
        self._inspections = inspections
        self._changes = changes
        self._ranking = ranking
        self._stories = stories
        self._notes = notes
        self._watching = watching
        self._preparing: asyncio.Task[None] | None = None  # None: nobody has searched yet

    async def answer(
        self,
        command: command_types.Command,
        place: Place,
        directory: Directory,
        text_language: Language | None = None,
        *,
        is_repeated: bool = False,
        is_slash_command: bool = False,
        thread: str | None = None,
        read_files: ReadFiles | None = None,
    ) -> Answer:
        """Carry out *command*; a public answer is in the channel's language, a private one in the person's.

        The audience is the one that the command names, else for a slash command that of the settings.

        *text_language* is that of the command, by its script. *is_repeated*: an earlier attempt may have carried the
        command out, but not answered. *thread* is the one that it was given in. *read_files* reads the files of a
        message that the command is about.
        """
        if isinstance(command, command_types.ChangingCommand):
            reply = await self._change(command, place, directory, is_repeated=is_repeated)
        else:
            reply = await self._reply(command, place, directory, thread, read_files)
        audience = _named_audience(command) if isinstance(reply, Explained) else Audience.CHANNEL
        channel = await self._changes.channel(place) if audience is None and is_slash_command else None
        audience = audience or (audience_of(place, channel) if channel else Audience.CHANNEL)
        choose = self._languages.of_channel if replies.is_public(reply, audience) else self._languages.of_person
        language = (await choose(place, directory, channel, text_language=text_language)).language
        if isinstance(command, command_types.SearchCommand):
            language = question_language(command.query, usual=language)
        return Answer(reply, language, audience)

    async def _change(
        self, command: command_types.ChangingCommand, place: Place, directory: Directory, *, is_repeated: bool
    ) -> Reply:
        """Carry out a command that may change something."""
        match command:
            case command_types.NoteCommand(code, text):
                return await self._notes.answer(place, code, text, directory, is_repeated=is_repeated)
            case command_types.ForgetAllCommand():
                return await self._changes.forget(place, directory, is_repeated=is_repeated)
            case command_types.WatchCommand() | command_types.StopWatchCommand():
                return await self._watching.carry_out(command, place, directory, is_repeated=is_repeated)
            case _:
                return await self._changes.set(command, place, directory, is_repeated=is_repeated)

    async def _reply(
        self,
        command: command_types.Command,
        place: Place,
        directory: Directory,
        thread: str | None = None,
        read_files: ReadFiles | None = None,
    ) -> Reply:
        """Answer a command that changes nothing."""
        match command:
            case command_types.ExplainCommand(codes, text):
                return self.explain(codes, open_platforms().named_in(text) or platform_shown(text))
            case command_types.LogsCommand() | command_types.SearchCommand():
                await self.prepare_search()
                return self._look_up(command)
            case command_types.StatusCommand():
                return await self._changes.settings(place, directory)
            case command_types.TopCommand(span, is_everywhere):
                return await self._ranking.top(place, directory, span, is_everywhere=is_everywhere)
            case command_types.CatchUpCommand():
                return await self._stories.so_far(place, directory, thread)
            case command_types.HandoffCommand(hours):
                return await self._stories.of_shift(place, directory, hours)
            case command_types.ListWatchesCommand():
                return await self._watching.watches(place)
            case command_types.IgnoredCommand():
                return await self._changes.ignored(place)
            case command_types.WhyCommand():
                return await self._why(command, place, directory, read_files)
            case _:  # `bot.slack` has handled a triage
                return replies.Usage(command.misused if isinstance(command, command_types.HelpCommand) else None)

    async def _why(
        self, command: command_types.WhyCommand, place: Place, directory: Directory, read_files: ReadFiles | None
    ) -> Reply:
        # A person who asks in the message's own channel may read it; elsewhere that is not certain.
        if command.channel != place.channel:
            return replies.Note("no_message")
        try:
            message = await directory.message(command.channel, command.ts, command.thread)
        except GiveUp as error:
            return troubles.missing_scope(error, place) or replies.Note("no_message")
        if message is None:
            return replies.Note("no_message")
        files = await read_files(message) if read_files and message.get("files") else ()
        return await self._inspections.why(message, place, files)

    def explain_message(self, message: Mapping[str, Any]) -> Reply:
        """Explain all codes in a Slack message, including quoted ones, and the server's own codes beside them."""
        codes = find_in_message(message, self._catalogue).codes
        if not codes:
            return replies.Note("no_codes")
        codes += tuple(number for _, number in read_content(message, self._catalogue).server_codes)
        return self.explain(codes, platform_shown("\n".join(each.text for each in passages(message))))

    def explain(self, numbers: tuple[int, ...], platform: Platform | None = None) -> Explained | Foreign | Unknown:
        """Explain *numbers* (at least one) on *platform*, and list the unknown ones.

        They are codes, codes of ZIM's servers or numbers of other products. Those that can't be a code are ignored.
        """
        if known := self._known(numbers, platform):
            return known
        return Unknown(self._unknown(numbers) or numbers, platform)

    def _known(self, numbers: tuple[int, ...], platform: Platform | None = None) -> Explained | Foreign | None:
        """Explain *numbers*, or return None if none of them is known."""
        found = self._catalogue.resolve(numbers)
        unknown = self._unknown(found.unknown)
        if found.entries:
            return Explained(found.entries, unknown, found.server_codes, found.foreign, platform)
        return Foreign(found.foreign, unknown) if found.foreign else None

    def _unknown(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(filter(self._catalogue.may_be_code, numbers))

    async def again(self, question: Question, place: Place, directory: Directory) -> Reply:
        """Answer a question about codes or a command once more, in *place*. Raises ValueError if it is neither."""
        if question.codes:
            explained = self.explain(question.codes, open_platforms().keyed(question.platform))
            is_detailed = question.is_detailed
            return replace(explained, is_detailed=is_detailed) if isinstance(explained, Explained) else explained
        match grammar.parse(question.command):
            case (
                command_types.SearchCommand()
                | command_types.LogsCommand()
                | command_types.TopCommand(is_everywhere=False)
                | command_types.HandoffCommand()
            ) as command:
                return await self._reply(command, place, directory)
            case _:
                raise ValueError("not a question that can be asked again")

    def logs(self, text: str) -> Reply:
        """Locate the SDK's log on the platform that *text* names, or on every platform if it is empty.

        Search for a *text* that names no platform, such as “upload failed”.
        """
        platforms = open_platforms()
        if platform := platforms.named_in(text):
            return LogsReply((platform,))
        if text and not _is_empty(found := self.search(text)):
            return found
        return LogsReply(platforms.platforms, text)

    def _look_up(self, command: command_types.LogsCommand | command_types.SearchCommand) -> Reply:
        match command:
            case command_types.LogsCommand(text):
                return self.logs(text)
            case command_types.SearchCommand(_, str(misused), argument) if _is_empty(self.search(argument)):
                return replies.Usage(misused)
            case command_types.SearchCommand(query):
                name, audience = grammar.split_audience(query)
                return self.search(name if audience and self._catalogue.entry_named(name) else query)

    async def prepare_search(self) -> None:
        """Build the search index for the first search, in a thread: it takes a third of a second."""
        if self._preparing is None:
            self._preparing = asyncio.create_task(asyncio.to_thread(self._catalogue.prepare_search))
        await asyncio.shield(self._preparing)

    def search(self, query: str) -> Reply:
        """Look *query* up as a code or symbol, a number in it, a section, the first digits of codes, then as words.

        A number that may be a mistyped or new code is answered as unknown, without a search by words. An empty query
        lists all sections.
        """
        if not query:
            return replies.Listing(self._catalogue.sections)
        numbers = find_numbers(query)
        platform = open_platforms().named_in(query)
        if known := self._known(numbers, platform):
            return known
        if courtesy := self._catalogue.courtesy(query):
            return _RESPONSES[courtesy]
        name = open_platforms().without_names(query) if platform else query
        if entry := self._catalogue.entry_named(query) or self._catalogue.entry_named(name):
            return self.explain((entry.code,), platform)
        if section := self._catalogue.section_named(query):
            return replies.Listing((section,))
        if entries := self._catalogue.in_range(query):
            return replies.Range(query, entries)
        if unknown := self._unknown(numbers):
            return Unknown(unknown, platform)
        hits = self._catalogue.search(query)
        if not hits and (unknown := tuple(filter(self._catalogue.may_be_server_code, numbers))):
            return Unknown(unknown, platform)
        return replies.Found(query, tuple(hit.entry for hit in hits))


def _is_empty(found: Reply) -> bool:
    """Return whether a search found nothing."""
    return isinstance(found, replies.Note) or (isinstance(found, replies.Found) and not found.entries)


def _named_audience(command: command_types.Command) -> Audience | None:
    """Return the audience that a command about codes names for its answer."""
    match command:
        case command_types.ExplainCommand():
            return command.audience
        case command_types.SearchCommand(query):
            return grammar.split_audience(query)[1]
        case _:
            return None
