"""Everything else that the bot says: what was found or not, settings, help, what it would have done."""

from __future__ import annotations

from bot.i18n import Language, Translator
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
from bot.render.block_kit import MessagePayload
from bot.render.entry_card import line
from bot.render.entry_slack import SHOW_CODE
from bot.render.entry_text import said

SET_MODE = "set_mode"  # action id, with the mode behind it
_MOST_LISTED = 100  # codes of a range


def message(*paragraphs: str) -> MessagePayload:
    """A message of some paragraphs."""
    return {
        "text": block_kit.fallback(paragraphs[0]),
        "blocks": [block_kit.section(paragraph) for paragraph in paragraphs],
    }


def unknown(reply: Unknown, language: Language, say: Translator) -> MessagePayload:
    """Not one of the codes is known."""
    first = say.count("unknown.codes", len(reply.codes), codes=block_kit.listed(reply.codes))
    if reply.family:
        first += " " + say("unknown.family", family=block_kit.escape(said(reply.family.name, language)))
    if not reply.nearest:
        return message(first)
    nearest = say("unknown.nearest") + "\n" + "\n".join(line(entry, language) for entry in reply.nearest)
    return message(first, nearest)


def found(reply: Found, language: Language, say: Translator) -> MessagePayload:
    """What a search found, each with a button that shows it in full."""
    title = say.count("search.found", len(reply.entries), query=block_kit.escape(block_kit.shorten(reply.query, 200)))
    hits = message(title)
    for entry in reply.entries:
        show = block_kit.button(say("button.show"), SHOW_CODE, value=str(entry.code))
        text = f"{line(entry, language)}\n{block_kit.escape(said(entry.meaning, language))}"
        hits["blocks"].append(block_kit.section(text, accessory=show))
    return hits


def range_(reply: Range, language: Language, say: Translator) -> MessagePayload:
    """The codes that begin alike."""
    found = message(say.count("search.range", len(reply.entries), query=block_kit.escape(reply.query)))
    found["blocks"] += block_kit.paragraphs([line(entry, language) for entry in reply.entries[:_MOST_LISTED]])
    if len(reply.entries) > _MOST_LISTED:
        found["blocks"].append(block_kit.context(say.count("card.more", len(reply.entries) - _MOST_LISTED)))
    return found


def listing(reply: Listing, language: Language, say: Translator) -> MessagePayload:
    """The sections, or one with its codes."""
    if len(reply.sections) > 1:
        lines = [
            f"*{block_kit.escape(said(section.name, language))}* `{section.section}` · "
            + say.count("list.codes", len(section.codes))
            for section in reply.sections
        ]
        return message(say("list.sections"), "\n".join(lines), say("list.hint"))
    (section,) = reply.sections
    title = f"*{block_kit.escape(said(section.name, language))}* · {say.count('list.codes', len(section.codes))}"
    found = message(title)
    found["blocks"] += block_kit.paragraphs([line(entry, language) for entry in section.codes])
    return found


def usage(reply: Usage, _: Language, say: Translator) -> MessagePayload:
    """How to use the bot."""
    paragraphs = [say("help.title"), say("help.commands"), say("help.messages")]
    if reply.misused:
        paragraphs.insert(0, say(f"help.misused.{reply.misused}"))
    return message(*paragraphs)


def settings(reply: SettingsReply, _: Language, say: Translator) -> MessagePayload:
    """A channel's settings."""
    language = say(f"language.{reply.language.language}")
    language_key = "settings.changed" if reply.changed == "language" else "settings.shown"
    said_of_language = f"{say(language_key, language=language)} {say(f'settings.reason.{reply.language.reason}')}"
    said_of_mode = say(f"mode.{reply.mode}")
    match reply.changed:
        case "language":
            return message(said_of_language)
        case "mode":
            return message(said_of_mode)
        case None:
            return message(said_of_language, said_of_mode, say("settings.hint"))


def dry_run(reply: DryRun, language: Language, say: Translator) -> MessagePayload:
    """What the bot would have done, and the choice how to behave."""
    if reply.messages is None:
        paragraphs = [say("dry_run.blind")]
    else:
        replies = say.count("dry_run.replies", reply.replies)
        reactions = say.count("dry_run.reactions", reply.reactions)
        paragraphs = [say.count("dry_run.seen", reply.messages, replies=replies, reactions=reactions)]
    if reply.codes:
        paragraphs.append("\n".join(line(entry, language) for entry in reply.codes))
    found = message(say("dry_run.hello"), *paragraphs, say("dry_run.choose"))
    modes = [block_kit.button(say(f"button.mode.{mode}"), f"{SET_MODE}_{mode}", value=mode) for mode in Mode]
    found["blocks"].append(block_kit.actions(*modes))
    return found


def nothing_found(reply: NothingFound, _: Language, say: Translator) -> MessagePayload:
    """A search without a result, and what could be tried."""
    return message(
        say("search.nothing", query=block_kit.escape(block_kit.shorten(reply.query, 200))), say("search.hint")
    )


def no_codes(_: NoCodes, __: Language, say: Translator) -> MessagePayload:
    """A message that somebody wanted explained holds no code."""
    return message(say("message.no_codes"), say("search.hint"))


def no_message(_: NoMessage, __: Language, say: Translator) -> MessagePayload:
    """The message that a link names can't be looked at."""
    return message(say("why.no_message"))


def barred(reply: Barred, _: Language, say: Translator) -> MessagePayload:
    """Why a message gets no answer, what can be done, and the way that is still open."""
    reason = say(f"barred.{reply.barrier}", channel=f"<#{reply.channel}>", scope=reply.scope or "?")
    return message(reason, say("barred.meanwhile"))


def failed(reply: Failed, _: Language, say: Translator) -> MessagePayload:
    """Something went wrong."""
    return message(say("trouble.failed", id=reply.incident))
