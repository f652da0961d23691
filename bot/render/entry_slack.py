"""Show catalogue entries in Slack: as cards in a message, as lines of a list, in the lookup modal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry, Meaning
from bot.catalogue.numbers import ServerCode
from bot.catalogue.platforms import Platform
from bot.i18n import Language, Translator
from bot.oncall.memory import CodeMemory
from bot.policy.question import Question, question_of
from bot.policy.replies import Annotation, Explained, Unknown
from bot.render import block_kit, unknown_code
from bot.render.block_kit import Block, Element, MessagePayload
from bot.render.entry_wording import (
    fact_line,
    first_sentence,
    foreign_line,
    limit_lines,
    notes,
    numbered,
    platform_lines,
    retry_text,
    server_code_line,
)
from bot.render.memory_slack import memory_of
from bot.render.snooze_slack import SNOOZE
from bot.triage.cascades import CascadeRule, Cascades

SHOW_LANGUAGE = "show_language"  # action ids
SHOW_DETAILS = "show_details"
SHOW_CODE = "show_code"
OPEN_DOCS = "open_docs"
MORE = "more_on_codes"  # a menu with the other language, NOT_A_CODE and QUIET_HERE
NOT_A_CODE = "not_a_code"  # also callback ids of the modals that ask for confirmation
QUIET_HERE = "quiet_here"
LOOKUP = "lookup"
LOOKUP_CODE = "lookup_code"
LOOKUP_CHANNEL = "lookup_channel"
_MOST_CARDS = 2  # of a question; more codes are a list
_MOST_DETAILED = 5  # cards for a single reader
_MOST_SHORT_CARDS = 3
_MOST_TITLED = 20  # options of a menu
_MOST_LISTED = 100  # Slack's limit on the options of a menu
_MOST_IN_OPTION = 9  # codes in the value of an option, which Slack limits to 150 characters
_RESERVE = 1000  # characters of a message that are not in the list
_EXAMPLE = 1000  # characters of a quoted example; escaping can make a line of 600 longer
_SEVERITY_MARK = {"info": "🔵", "low": "🟡", "medium": "🟠", "high": "🔴"}


def explained(catalogue: Catalogue, reply: Explained, translate: Translator) -> MessagePayload:
    """Build the answer to a question: all about a few codes, or a list of more."""
    before = [server_code_line(each, catalogue.numbers, translate) for each in reply.server_codes]
    blocks = block_kit.paragraphs(before) if before else []
    question = _question(reply, translate.language.other)
    language = block_kit.button(translate("button.other_language"), SHOW_LANGUAGE, value=question)
    buttons = [language]
    urls = {entry: translate.pick(catalogue.links_of(entry, reply.platform)) for entry in reply.entries}
    if len(urls) > (_MOST_DETAILED if reply.is_detailed else _MOST_CARDS):
        blocks += _list(reply.entries, translate)
        buttons = [_menu(reply.entries, reply.platform, translate), language]
    else:
        for entry, url in urls.items():
            blocks += [block_kit.DIVIDER] if entry != reply.entries[0] else []
            blocks += card(entry, translate, reply.platform, url if len(urls) > 1 else "")
            blocks += memory_of(entry.code, reply.memories, translate)
            blocks += _example(entry, translate) if reply.is_detailed else []
        if len(urls) == 1:
            buttons.append(block_kit.button(translate("button.docs"), OPEN_DOCS, url=urls[reply.entries[0]]))
    blocks += _beside(reply.unknown, translate)
    after = [foreign_line(each, translate, "<{}>") for each in reply.foreign]
    blocks += block_kit.paragraphs(after) if after else []
    return block_kit.message(_notification(reply.entries, translate), [*blocks, block_kit.actions(*buttons)])


def unknown(catalogue: Catalogue, reply: Unknown, translate: Translator) -> MessagePayload:
    """Build the answer to a question about unknown codes."""
    return _unknown(catalogue, reply.codes, reply.platform, translate)


def annotation(catalogue: Catalogue, cascades: Cascades, reply: Annotation, translate: Translator) -> MessagePayload:
    """Build an unasked answer: short cards, or a list of many codes, and how often a code was repeated.

    A code that follows from another one of the message by *cascades* gets a line that says so instead of a card.
    """
    if not reply.entries:
        return _unknown(catalogue, reply.unknown, reply.platform, translate, block_kit.actions(_more(reply, translate)))
    causes = _causes(reply.entries, cascades)
    is_list = len(reply.entries) - len(causes) > _MOST_SHORT_CARDS
    causes = {} if is_list else causes
    leading = [entry for entry in reply.entries if entry.code not in causes]
    blocks = _list(leading, translate) if is_list else _short_cards(leading, reply.memories, translate)
    lines = [_follows(entry, *causes[entry.code], translate) for entry in reply.entries if entry.code in causes]
    lines += [
        _server_code(code, beside, catalogue, translate) for code, beside in reply.server_codes[:_MOST_SHORT_CARDS]
    ]
    blocks += block_kit.paragraphs(lines) if lines else []
    blocks += _beside(reply.unknown, translate)
    repeated = [translate.count("card.repeated", n, code=code) for code, n in sorted(reply.counts.items()) if n > 1]
    blocks += [block_kit.context(*repeated)] if repeated else []
    details = block_kit.button(translate("button.details"), SHOW_DETAILS, value=_question(reply), style="primary")
    buttons = [_menu(leading, reply.platform, translate) if is_list else details]
    if len(leading) == 1:
        url = translate.pick(catalogue.links_of(leading[0], reply.platform))
        buttons.append(block_kit.button(translate("button.docs"), OPEN_DOCS, url=url))
    blocks.append(block_kit.actions(*buttons, _more(reply, translate)))
    return block_kit.message(_notification(leading, translate), blocks)


def lookup(entry: Entry | None, translate: Translator) -> dict[str, Any]:
    """Build the modal that searches codes while a person types, with all about *entry* below the field.

    The card is followed by the entry's example, and by the channel to share it with. The modal's `private_metadata` is
    the code.
    """
    title, close = translate("lookup.title"), translate("lookup.close")
    blocks = [block_kit.lookup(translate("lookup.label"), translate("lookup.placeholder"), LOOKUP_CODE)]
    if entry is None:
        return {"callback_id": LOOKUP, **block_kit.modal(title, close, blocks)}
    blocks += [*card(entry, translate), *_example(entry, translate)]
    blocks.append(block_kit.conversation_input(LOOKUP_CHANNEL, translate("lookup.channel")))
    return block_kit.dialog(LOOKUP, str(entry.code), title, blocks, submit=translate("button.share"), cancel=close)


def card(entry: Entry, translate: Translator, platform: Platform | None = None, docs: str = "") -> list[Block]:
    """Build the blocks that explain *entry* on *platform*, with a link to *docs* if given."""
    blocks = [
        block_kit.header(f"{entry.code} · {translate.pick(entry.title)}"),
        block_kit.section(block_kit.escape(translate.pick(entry.meaning))),
        block_kit.section(f"*{translate('card.remedy')}*\n{_remedy(entry, translate)}"),
        block_kit.fields(list(_facts(entry, translate))),
    ]
    if entry.limits:
        blocks.append(block_kit.section(_limits(entry, translate)))
    blocks += [_other_meaning(meaning, translate) for meaning in entry.other_meanings]
    phrases = (*notes(entry, translate), *platform_lines(entry, platform, translate))
    small_print = [block_kit.escape(phrase) for phrase in phrases]
    small_print += [f"<{docs}|{translate('button.docs')}>"] if docs else []
    return [*blocks, block_kit.context(*small_print)] if small_print else blocks


def _example(entry: Entry, translate: Translator) -> list[Block]:
    """Quote a line of a log with the code, if the catalogue has one."""
    if not entry.example:
        return []
    quoted = block_kit.literal(entry.example, _EXAMPLE)
    return [block_kit.section(f"*{translate('card.example')}*\n`{quoted}`", verbatim=True)]


def line(entry: Entry, translate: Translator) -> str:
    """Format *entry* as one line of mrkdwn: its code and title."""
    return f"*{entry.code}*  {block_kit.escape(translate.pick(entry.title))}"


def _short_cards(entries: Sequence[Entry], memories: Sequence[CodeMemory], translate: Translator) -> list[Block]:
    """Build a short card for each of *entries* with its note and resolved incidents, and a divider between each two."""
    cards = ([*_short_card(each, translate), *memory_of(each.code, memories, translate)] for each in entries)
    return [block for card in cards for block in (block_kit.DIVIDER, *card)][1:]


def _short_card(entry: Entry, translate: Translator) -> list[Block]:
    """Build the blocks of an unasked answer: meaning in one sentence, actor, remedy, titles of other meanings."""
    meaning = block_kit.escape(first_sentence(translate.pick(entry.meaning)))
    actor = fact_line("actor", translate(f"actor.{entry.actor}"), translate)
    titles = [translate("card.other", title=translate.pick(each.title)) for each in entry.other_meanings]
    return [
        block_kit.header(f"{entry.code} · {translate.pick(entry.title)}"),
        block_kit.section(f"{meaning}\n{actor}\n{_remedy(entry, translate)}"),
        *([block_kit.context(*map(block_kit.escape, titles))] if titles else []),
    ]


def _list(entries: Sequence[Entry], translate: Translator) -> list[Block]:
    """Build a list of *entries* with the first step of each remedy, as far as the steps fit into the message."""
    listed = entries[:_MOST_LISTED]
    lines = [line(entry, translate) for entry in listed]
    room = (
        block_kit.MESSAGE_CHARACTERS
        - _RESERVE
        - sum(map(len, lines))
        - block_kit.characters(_menu(listed, None, translate))
    )
    for index, entry in enumerate(listed):
        step = block_kit.escape(translate.pick(entry.remedy)[0])
        room -= len(step) + 1
        if room > 0:
            lines[index] += f"\n{step}"
    more = len(entries) - _MOST_LISTED
    lines += [translate.count("card.more", more)] if more > 0 else []
    return block_kit.paragraphs(lines)


def _menu(entries: Sequence[Entry], platform: Platform | None, translate: Translator) -> Element:
    """Build the menu that shows one of *entries* on *platform* to its reader.

    The titles of many would leave no room for the list.
    """
    is_titled = len(entries) <= _MOST_TITLED
    titles = {entry.code: f" {translate.pick(entry.title)}" if is_titled else "" for entry in entries[:_MOST_LISTED]}
    options = [(f"{code}{title}", _code_value(code, platform)) for code, title in titles.items()]
    return block_kit.select(translate("card.choose"), SHOW_CODE, options)


def _more(reply: Annotation, translate: Translator) -> Element:
    """Build the menu of an unasked answer: the other language, and ways to dismiss it."""
    question = question_of(reply)
    codes = list(question.codes[:_MOST_IN_OPTION]) if question else []
    language = _question(reply, translate.language.other, {"act": SHOW_LANGUAGE, "codes": codes})
    options = [block_kit.option(translate("button.other_language"), language)] if reply.entries else []
    dismissals = {act: _compact({"act": act, "codes": codes}) for act in (SNOOZE, NOT_A_CODE, QUIET_HERE)}
    options += [block_kit.option(translate(f"dismiss.{act}"), value) for act, value in dismissals.items()]
    return block_kit.overflow(MORE, options)


def _unknown(
    catalogue: Catalogue, codes: Sequence[int], platform: Platform | None, translate: Translator, *last: Block
) -> MessagePayload:
    """Build the answer about unknown *codes*: the nearest known codes and the next steps; *last* ends the message."""
    said = unknown_code.statement(codes, catalogue, translate)
    blocks = [block_kit.section(said)]
    if entries := unknown_code.nearest(codes, catalogue):
        blocks.append(block_kit.section(translate("unknown.nearest")))
    for entry in entries:
        show = block_kit.button(translate("button.show"), SHOW_CODE, value=_code_value(entry.code, platform))
        blocks.append(block_kit.section(line(entry, translate), accessory=show))
    steps = unknown_code.steps(codes, unknown_code.slack_link(catalogue, translate, platform), translate)
    return block_kit.message(said, [*blocks, block_kit.section("\n".join(steps)), *last])


def _beside(unknown: Sequence[int], translate: Translator) -> list[Block]:
    """Build the line about *unknown* codes, if there are any."""
    return [block_kit.context(unknown_code.beside_line(unknown, translate))] if unknown else []


def _causes(entries: Sequence[Entry], cascades: Cascades) -> dict[int, tuple[int, CascadeRule]]:
    """Return the cause of each code that follows from an earlier one of a few *entries*, with the rule that says so."""
    causes: dict[int, tuple[int, CascadeRule]] = {}
    for index, entry in enumerate(entries):
        for cause in entries[:index]:
            if rule := cascades.rule(cause.code, entry.code):
                causes.setdefault(entry.code, (cause.code, rule))
    return causes


def _follows(entry: Entry, cause: int, rule: CascadeRule, translate: Translator) -> str:
    """Say in mrkdwn that *entry* likely follows from *cause*, and why."""
    title, reason = (block_kit.escape(translate.pick(text)) for text in (entry.title, rule.reason))
    return translate("card.follows", code=entry.code, title=title, cause=cause, reason=reason)


def _server_code(code: int, beside: ServerCode, catalogue: Catalogue, translate: Translator) -> str:
    """Return the mrkdwn line about *beside*, the server code in the message of *code*."""
    title = block_kit.escape(translate.pick(catalogue[beside.code].title))
    return translate("card.server_code", code=code, number=beside.number, stands_for=beside.code, title=title)


def _question(
    reply: Explained | Annotation, language: Language | None = None, other: Mapping[str, object] | None = None
) -> str:
    """Return the value of an element that explains the codes of *reply*, or *other*, to its reader alone.

    Without a *language*, it is the reader's.
    """
    question = question_of(reply)
    value = {**(question.to_json() if question else {}), **(other or {})}
    value |= {"details": True} if language is None else {}
    return _compact(value | ({"language": language} if language else {}))


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _code_value(code: int, platform: Platform | None) -> str:
    """Return the value of an element that shows *code* on *platform*."""
    return _compact(Question((code,), platform.key).to_json()) if platform else str(code)


def _notification(entries: Sequence[Entry], translate: Translator) -> str:
    """Return the titles as plain text; a single code also gets its first step."""
    titles = [f"{entry.code} {translate.pick(entry.title)}" for entry in entries]
    if len(entries) == 1:
        titles.append(translate.pick(entries[0].remedy)[0])
    return block_kit.escape(" · ".join(titles))


def _facts(entry: Entry, translate: Translator) -> Iterator[str]:
    """Yield one field each: actor, retry, severity, methods that return the code."""
    for name, value in (
        ("actor", translate(f"actor.{entry.actor}")),
        ("retry", retry_text(entry, translate)),
        ("severity", f"{_SEVERITY_MARK[entry.severity]} {translate(f'severity.{entry.severity}')}"),
    ):
        judged = f" {translate('card.judged')}" if name in entry.judged and name != "severity" else ""
        yield f"*{translate(f'card.{name}')}*\n{value}{judged}"
    if entry.methods:
        yield f"*{translate('card.methods')}*\n{_methods(entry)}"


def _limits(meaning: Entry | Meaning, translate: Translator) -> str:
    lines = "\n".join(f"• {block_kit.escape(line)}" for line in limit_lines(meaning.limits, translate))
    return f"*{translate('card.limits')}*\n{lines}"


def _remedy(meaning: Entry | Meaning, translate: Translator) -> str:
    return block_kit.escape(numbered(translate.pick(meaning.remedy)))


def _methods(meaning: Entry | Meaning) -> str:
    return " ".join(f"`{method}`" for method in meaning.methods)


def _other_meaning(meaning: Meaning, translate: Translator) -> Block:
    texts = (meaning.title, meaning.when, meaning.meaning)
    title, when, text = (block_kit.escape(translate.pick(each)) for each in texts)
    when = translate("card.fact", name=f"_{translate('card.when')}_", value=when)
    more = f"\n{fact_line('methods', _methods(meaning), translate)}" if meaning.methods else ""
    more += f"\n{_limits(meaning, translate)}" if meaning.limits else ""
    return block_kit.section(
        f"*{translate('card.other', title=title)}*\n{when}\n"
        f"{text}\n{_remedy(meaning, translate)}\n"
        f"{fact_line('actor', translate(f'actor.{meaning.actor}'), translate)} · "
        f"{fact_line('retry', retry_text(meaning, translate), translate)}{more}"
    )
