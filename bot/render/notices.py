"""Show every other reply in Slack: search results, sections, settings, help, errors, notices about logs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.catalogue.entry import Entry
from bot.i18n import Translator
from bot.policy.noise_rules import Mode
from bot.policy.replies import (
    Barred,
    DryRun,
    Failed,
    Found,
    Listing,
    NoCodes,
    NoMessage,
    NothingFound,
    Range,
    SettingsReply,
    Unknown,
    Usage,
)
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.entry_slack import SHOW_CODE, line

SET_MODE = "set_mode"  # action id, followed by the mode
_MOST_LISTED = 100  # codes of a range


def message(*paragraphs: str, blocks: Sequence[Block] = ()) -> MessagePayload:
    """Build a message of *paragraphs*, the first of them also its plain text, followed by *blocks*."""
    return block_kit.message(paragraphs[0], [*map(block_kit.section, paragraphs), *blocks])


def unknown(reply: Unknown, translate: Translator) -> MessagePayload:
    """Say that none of the codes is known."""
    paragraphs = [translate.count("unknown.codes", len(reply.codes), codes=block_kit.joined(reply.codes))]
    if reply.family:
        family = block_kit.escape(translate.pick(reply.family.name))
        paragraphs[0] += " " + translate("unknown.family", family=family)
    if reply.nearest:
        paragraphs.append("\n".join([translate("unknown.nearest"), *_lines(reply.nearest, translate)]))
    return message(*paragraphs)


def found(reply: Found, translate: Translator) -> MessagePayload:
    """List the results of a search, each with a button that shows its card."""
    title = translate.count("search.found", len(reply.entries), query=_query(reply.query))
    hits = []
    for entry in reply.entries:
        show = block_kit.button(translate("button.show"), SHOW_CODE, value=str(entry.code))
        text = f"{line(entry, translate)}\n{block_kit.escape(translate.pick(entry.meaning))}"
        hits.append(block_kit.section(text, accessory=show))
    return message(title, blocks=hits)


def nothing_found(reply: NothingFound, translate: Translator) -> MessagePayload:
    """Say that a search has no result, and what to try."""
    return message(translate("search.nothing", query=_query(reply.query)), translate("search.hint"))


def code_range(reply: Range, translate: Translator) -> MessagePayload:
    """List the codes that begin with the same digits."""
    title = translate.count("search.range", len(reply.entries), query=block_kit.escape(reply.query))
    blocks = block_kit.paragraphs(_lines(reply.entries[:_MOST_LISTED], translate))
    if len(reply.entries) > _MOST_LISTED:
        blocks.append(block_kit.context(translate.count("card.more", len(reply.entries) - _MOST_LISTED)))
    return message(title, blocks=blocks)


def listing(reply: Listing, translate: Translator) -> MessagePayload:
    """List the sections, or the codes of a single one."""
    names, counts = [], []
    for section in reply.sections:
        names.append(f"*{block_kit.escape(translate.pick(section.name))}*")
        counts.append(translate.count("list.codes", len(section.codes)))
    if len(reply.sections) == 1:
        codes = block_kit.paragraphs(_lines(reply.sections[0].codes, translate))
        return message(f"{names[0]} · {counts[0]}", blocks=codes)
    lines = [
        f"{name} `{section.section}` · {count}"
        for name, section, count in zip(names, reply.sections, counts, strict=True)
    ]
    return message(translate("list.sections"), "\n".join(lines), translate("list.hint"))


def usage(reply: Usage, translate: Translator) -> MessagePayload:
    """Explain how to use the bot, after the command that was misused."""
    misused = [translate(f"help.misused.{reply.misused}")] if reply.misused else []
    return message(*misused, translate("help.title"), translate("help.commands"), translate("help.messages"))


def settings(reply: SettingsReply, translate: Translator) -> MessagePayload:
    """Show a channel's settings, or the one that was changed."""
    language = translate(f"language.{reply.language.language}")
    key = "settings.changed" if reply.changed == "language" else "settings.shown"
    by_language = f"{translate(key, language=language)} {translate(f'settings.reason.{reply.language.reason}')}"
    by_mode = translate(f"mode.{reply.mode}")
    match reply.changed:
        case "language":
            return message(by_language)
        case "mode":
            return message(by_mode)
        case None:
            return message(by_language, by_mode, translate("settings.hint"))


def dry_run(reply: DryRun, translate: Translator) -> MessagePayload:
    """Show what the bot would have done in a channel that it joined, and buttons to choose its mode."""
    if reply.messages is None:
        paragraphs = [translate("dry_run.blind")]
    else:
        replies = translate.count("dry_run.replies", reply.replies)
        reactions = translate.count("dry_run.reactions", reply.reactions)
        paragraphs = [translate.count("dry_run.seen", reply.messages, replies=replies, reactions=reactions)]
    if reply.codes:
        paragraphs.append("\n".join(_lines(reply.codes, translate)))
    modes = [block_kit.button(translate(f"button.mode.{mode}"), f"{SET_MODE}_{mode}", value=mode) for mode in Mode]
    buttons = block_kit.actions(*modes)
    return message(translate("dry_run.hello"), *paragraphs, translate("dry_run.choose"), blocks=[buttons])


def no_codes(_: NoCodes, translate: Translator) -> MessagePayload:
    """Say that the message contains no code."""
    return message(translate("message.no_codes"), translate("search.hint"))


def no_message(_: NoMessage, translate: Translator) -> MessagePayload:
    """Say that the bot can't read the message that a link names."""
    return message(translate("why.no_message"))


def barred(reply: Barred, translate: Translator) -> MessagePayload:
    """Say why the bot can't post in a channel, how to change that, and what works meanwhile."""
    reason = translate(f"barred.{reply.barrier}", channel=f"<#{reply.channel}>", scope=reply.scope or "?")
    return message(reason, translate("barred.meanwhile"))


def failed(reply: Failed, translate: Translator) -> MessagePayload:
    """Say that something failed, with the id that the log has too."""
    return message(translate("trouble.failed", id=reply.incident))


def _lines(entries: Sequence[Entry], translate: Translator) -> list[str]:
    return [line(entry, translate) for entry in entries]


def _query(query: str) -> str:
    return block_kit.escape(block_kit.shorten(query, 200))
