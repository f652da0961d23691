"""A reply as a message: text and blocks for whichever method sends it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.blocks import kit
from bot.blocks.cards import card, line
from bot.blocks.kit import Block
from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.language import Language, Words, words
from bot.services.replies import (
    MOST_CARDS,
    Explained,
    Failed,
    Found,
    Listing,
    NothingFound,
    Range,
    Reply,
    Settings,
    Unknown,
    Usage,
)
from bot.wording import said, steps

Message = dict[str, Any]  # the arguments `text` and `blocks` of Slack's methods

SHOW_LANGUAGE = "show_language"  # action ids
SHOW_CODE = "show_code"
OPEN_DOCS = "open_docs"
_MOST_LINES = 30  # codes beyond the cards, a line each
_MOST_LISTED = 100  # codes of a range


class Renderer:
    """Turns replies into messages, in the language asked for."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def message(self, reply: Reply, language: Language) -> Message:
        """The text and the blocks that say *reply*."""
        say = words(language)
        match reply:
            case Explained():
                return self._explained(reply, language, say)
            case Unknown():
                return _unknown(reply, language, say)
            case Found():
                return _found(reply, language, say)
            case Range(query, entries):
                return _range(query, entries, language, say)
            case NothingFound(query):
                return _message(say("search.nothing", query=kit.escape(kit.shorten(query, 200))), say("search.hint"))
            case Listing():
                return _listing(reply, language, say)
            case Usage():
                return _usage(reply, say)
            case Settings():
                return _settings(reply, say)
            case Failed(incident):
                return _message(say("trouble.failed", id=incident))

    def _explained(self, reply: Explained, language: Language, say: Words) -> Message:
        blocks: list[Block] = []
        for entry in reply.entries[:MOST_CARDS]:
            blocks += [kit.divider()] if blocks else []
            blocks += card(entry, language, say)
        rest = reply.entries[MOST_CARDS:]
        if rest:
            lines = [line(entry, language) for entry in rest[:_MOST_LINES]]
            lines += [say.count("card.more", len(rest) - _MOST_LINES)] if len(rest) > _MOST_LINES else []
            blocks += [kit.divider(), *kit.paragraphs(lines)]
        if reply.unknown:
            blocks.append(kit.context(say("unknown.beside", codes=_codes(reply.unknown))))
        blocks.append(self._buttons(reply, language, say))
        titles = [f"{entry.code} {said(entry.title, language)}" for entry in reply.entries]
        first = reply.entries[0]
        remedy = steps(first.remedy, language)[0]
        text = kit.escape(say("list.separator").join(titles) + (f" — {remedy}" if len(titles) == 1 else ""))
        return {"text": kit.fallback(text), "blocks": blocks}

    def _buttons(self, reply: Explained, language: Language, say: Words) -> Block:
        codes = [*(entry.code for entry in reply.entries), *reply.unknown]
        value = json.dumps({"codes": codes[:100], "language": language.other})
        url = said(self._catalogue.links_of(reply.entries[0]), language)
        return kit.actions(
            kit.button(say("button.other_language"), SHOW_LANGUAGE, value=value),
            kit.button(say("button.docs"), OPEN_DOCS, url=url),
        )


def _message(*paragraphs: str) -> Message:
    return {"text": kit.fallback(paragraphs[0]), "blocks": [kit.section(paragraph) for paragraph in paragraphs]}


def _unknown(reply: Unknown, language: Language, say: Words) -> Message:
    first = say.count("unknown.codes", len(reply.codes), codes=_codes(reply.codes))
    if reply.family:
        first += " " + say("unknown.family", family=kit.escape(said(reply.family.name, language)))
    nearest = say("unknown.nearest") + "\n" + "\n".join(line(entry, language) for entry in reply.nearest)
    return _message(first, nearest)


def _found(reply: Found, language: Language, say: Words) -> Message:
    title = say.count("search.found", len(reply.entries), query=kit.escape(kit.shorten(reply.query, 200)))
    message = _message(title)
    for entry in reply.entries:
        show = kit.button(say("button.show"), SHOW_CODE, value=str(entry.code))
        text = f"{line(entry, language)}\n{kit.escape(said(entry.meaning, language))}"
        message["blocks"].append(kit.section(text, accessory=show))
    return message


def _range(query: str, entries: Sequence[Entry], language: Language, say: Words) -> Message:
    message = _message(say.count("search.range", len(entries), query=kit.escape(query)))
    message["blocks"] += kit.paragraphs([line(entry, language) for entry in entries[:_MOST_LISTED]])
    if len(entries) > _MOST_LISTED:
        message["blocks"].append(kit.context(say.count("card.more", len(entries) - _MOST_LISTED)))
    return message


def _listing(reply: Listing, language: Language, say: Words) -> Message:
    if len(reply.sections) > 1:
        lines = [
            f"*{kit.escape(said(section.name, language))}* `{section.section}` · "
            + say.count("list.codes", len(section.codes))
            for section in reply.sections
        ]
        return _message(say("list.sections"), "\n".join(lines), say("list.hint"))
    (section,) = reply.sections
    title = f"*{kit.escape(said(section.name, language))}* · {say.count('list.codes', len(section.codes))}"
    message = _message(title)
    message["blocks"] += kit.paragraphs([line(entry, language) for entry in section.codes])
    return message


def _usage(reply: Usage, say: Words) -> Message:
    paragraphs = [say("help.title"), say("help.commands"), say("help.messages")]
    if reply.misused:
        paragraphs.insert(0, say(f"help.misused.{reply.misused}"))
    return _message(*paragraphs)


def _settings(reply: Settings, say: Words) -> Message:
    language = say(f"language.{reply.language.language}")
    key = "settings.changed" if reply.changed else "settings.shown"
    return _message(say(key, language=language), say(f"settings.reason.{reply.language.reason}"))


def _codes(codes: tuple[int, ...]) -> str:
    return kit.shorten(", ".join(str(code) for code in codes), 300)
