"""Explanations: one code or several, asked for or not, in a message or in the dialog."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.i18n import Language, Translator
from bot.policy.replies import MOST_CARDS, Annotation, Explained
from bot.render import block_kit
from bot.render.block_kit import Block, Element, MessagePayload
from bot.render.entry_card import card, line
from bot.render.entry_text import said, steps

SHOW_LANGUAGE = "show_language"  # action ids
SHOW_CODE = "show_code"
OPEN_DOCS = "open_docs"
NOT_A_CODE = "not_a_code"
QUIET_HERE = "quiet_here"
LOOKUP = "lookup"
LOOKUP_CODE = "lookup_code"
_MOST_LINES = 30  # codes beyond the cards, a line each
_MOST_CODES = 100  # that a button remembers


class Explanations:
    """Explains codes in one language."""

    def __init__(self, catalogue: Catalogue, language: Language, say: Translator) -> None:
        self._catalogue = catalogue
        self._language = language
        self._say = say

    def asked_for(self, reply: Explained) -> MessagePayload:
        """A card for each of the first codes, a line for each of the others."""
        blocks = [*self._cards(reply.entries), *self._unknown(reply.unknown)]
        blocks.append(block_kit.actions(*self._reading_on(reply.entries, reply.unknown)))
        return {"text": self._text(reply.entries), "blocks": blocks}

    def annotation(self, reply: Annotation) -> MessagePayload:
        """An explanation that nobody asked for: short, and easy to get rid of."""
        if not reply.entries:
            said_so = self._say.count("unknown.codes", len(reply.unknown), codes=block_kit.listed(reply.unknown))
            return {"text": said_so, "blocks": [block_kit.section(said_so), block_kit.actions(*self._objections())]}
        buttons = [*self._reading_on(reply.entries, reply.unknown), *self._objections()]
        blocks = [
            *self._cards(reply.entries),
            *self._unknown(reply.unknown),
            *self._repeated(reply.counts),
            block_kit.actions(*buttons),
        ]
        return {"text": self._text(reply.entries), "blocks": blocks}

    def lookup(self, entry: Entry | None) -> dict[str, Any]:
        """The dialog that finds a code while one types, with *entry* shown below."""
        say = self._say
        blocks = [block_kit.lookup(say("lookup.label"), say("lookup.placeholder"), LOOKUP_CODE)]
        blocks += card(entry, self._language, say) if entry else []
        return {"callback_id": LOOKUP, **block_kit.modal(say("lookup.title"), say("lookup.close"), blocks)}

    def _cards(self, entries: Sequence[Entry]) -> list[Block]:
        blocks: list[Block] = []
        for entry in entries[:MOST_CARDS]:
            blocks += [block_kit.divider()] if blocks else []
            blocks += card(entry, self._language, self._say)
        rest = entries[MOST_CARDS:]
        if rest:
            more = len(rest) - _MOST_LINES
            lines = [line(entry, self._language) for entry in rest[:_MOST_LINES]]
            lines += [self._say.count("card.more", more)] if more > 0 else []
            blocks += [block_kit.divider(), *block_kit.paragraphs(lines)]
        return blocks

    def _unknown(self, codes: Sequence[int]) -> list[Block]:
        return [block_kit.context(self._say("unknown.beside", codes=block_kit.listed(codes)))] if codes else []

    def _repeated(self, counts: Mapping[int, int]) -> list[Block]:
        repeated = [(code, count) for code, count in sorted(counts.items()) if count > 1]
        lines = [self._say.count("card.repeated", count, code=code) for code, count in repeated]
        return [block_kit.context(*lines)] if lines else []

    def _reading_on(self, entries: Sequence[Entry], unknown: Sequence[int]) -> list[Element]:
        """The buttons for the other language and for the vendor's page."""
        codes = [*(entry.code for entry in entries), *unknown][:_MOST_CODES]
        value = json.dumps({"codes": codes, "language": self._language.other})
        url = said(self._catalogue.links_of(entries[0]), self._language)
        return [
            block_kit.button(self._say("button.other_language"), SHOW_LANGUAGE, value=value),
            block_kit.button(self._say("button.docs"), OPEN_DOCS, url=url),
        ]

    def _objections(self) -> list[Element]:
        """The buttons for whoever did not want this."""
        say = self._say
        confirm = block_kit.confirmation(say("quiet.title"), say("quiet.text"), say("quiet.yes"), say("quiet.no"))
        return [
            block_kit.button(say("button.not_a_code"), NOT_A_CODE),
            block_kit.button(say("button.quiet"), QUIET_HERE, confirm=confirm),
        ]

    def _text(self, entries: Sequence[Entry]) -> str:
        """The message as a notification shows it."""
        titles = [f"{entry.code} {said(entry.title, self._language)}" for entry in entries]
        if len(entries) == 1:
            titles.append(steps(entries[0].remedy, self._language)[0])
        return block_kit.fallback(block_kit.escape(self._say("list.separator").join(titles)))
