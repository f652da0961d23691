"""Show every other reply in Slack: search results, sections, help, errors and a modal for logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.catalogue.entry import Entry
from bot.i18n import Translator
from bot.policy import replies, troubles
from bot.policy.noise_rules import Mode
from bot.render import block_kit, unknown_code
from bot.render.block_kit import MessagePayload, text_message
from bot.render.digest_view import secret_line
from bot.render.entry_slack import SHOW_CODE, line
from bot.render.entry_wording import foreign_line

SET_MODE = "set_mode"  # action id, followed by the mode
PASTE = "paste_log"  # callback id of the dialog
PASTED, AUDIENCE = "pasted", "audience"  # its inputs
ALONE, EVERYBODY = "alone", "everybody"  # options of AUDIENCE
_MOST_PASTED = 3000  # characters, Slack's limit on an input
_MOST_LISTED = 100  # codes of a range
_MOST_NAMED = 5  # files, and secrets
_NAME = 100  # characters


def foreign(reply: replies.Foreign, translate: Translator) -> MessagePayload:
    """Name the products whose numbers these are, and the unknown codes beside them."""
    lines = [foreign_line(each, translate, "<{}>") for each in reply.numbers]
    lines += [unknown_code.beside_line(reply.unknown, translate)] if reply.unknown else []
    return text_message("\n".join(lines))


def found(reply: replies.Found, translate: Translator) -> MessagePayload:
    """List the results of a search, each with a button that shows its card, or a hint if there are none."""
    if not reply.entries:
        return text_message(translate("search.nothing", query=_query(reply.query)), translate("search.hint"))
    title = translate.count("search.found", len(reply.entries), query=_query(reply.query))
    hits = []
    for entry in reply.entries:
        show = block_kit.button(translate("button.show"), SHOW_CODE, value=str(entry.code))
        text = f"{line(entry, translate)}\n{block_kit.escape(translate.pick(entry.meaning))}"
        hits.append(block_kit.section(text, accessory=show))
    return text_message(title, blocks=hits)


def code_range(catalogue: Catalogue, reply: replies.Range, translate: Translator) -> MessagePayload:
    """List the codes that begin with the same digits, then those in which a digit was missed out."""
    title = translate.count("search.range", len(reply.entries), query=block_kit.escape(reply.query))
    blocks = block_kit.paragraphs(_lines(reply.entries[:_MOST_LISTED], translate))
    if len(reply.entries) > _MOST_LISTED:
        blocks.append(block_kit.context(translate.count("card.more", len(reply.entries) - _MOST_LISTED)))
    if missed := unknown_code.missed_digit(reply.query, reply.entries, catalogue):
        blocks.append(block_kit.section("\n".join([translate("unknown.nearest"), *_lines(missed, translate)])))
    return text_message(title, blocks=blocks)


def listing(reply: replies.Listing, translate: Translator) -> MessagePayload:
    """List the sections, or the codes of a single one."""
    lines = []
    for section in reply.sections:
        name = f"*{block_kit.escape(translate.pick(section.name))}*"
        count = translate.count("list.codes", len(section.codes))
        if len(reply.sections) == 1:
            return text_message(f"{name} · {count}", blocks=block_kit.paragraphs(_lines(section.codes, translate)))
        lines.append(f"{name} `{section.section}` · {count}")
    return text_message(translate("list.sections"), "\n".join(lines), translate("list.hint"))


def usage(reply: replies.Usage, translate: Translator) -> MessagePayload:
    """Explain how to use the bot, or only the command that was misused."""
    if reply.misused:
        return text_message(translate(f"help.misused.{reply.misused}"))
    groups = (translate(f"help.{group}") for group in ("ask", "logs", "oncall", "channel"))
    return text_message(translate("help.title"), *groups)


def dry_run(reply: replies.DryRun, translate: Translator) -> MessagePayload:
    """Count the replies that the bot would have posted in a channel that it joined, with buttons to choose its mode."""
    if reply.messages is None:
        paragraphs = [translate("dry_run.blind")]
    elif reply.replies or reply.reactions:
        acts = translate.count("dry_run.replies", reply.replies)
        if reply.reactions:
            acts = translate.count("dry_run.reactions", reply.reactions, replies=acts)
        paragraphs = [translate.count("dry_run.seen", reply.messages, acts=acts)]
    else:
        paragraphs = [translate.count("dry_run.silent", reply.messages)]
    if reply.codes:
        paragraphs.append("\n".join(_lines(reply.codes, translate)))
    modes = [block_kit.button(translate(f"button.mode.{mode}"), f"{SET_MODE}_{mode}", value=mode) for mode in Mode]
    buttons = block_kit.actions(*modes)
    return text_message(translate("dry_run.hello"), *paragraphs, translate("dry_run.choose"), blocks=[buttons])


def barred(reply: troubles.Barred, translate: Translator) -> MessagePayload:
    """Explain why the bot can't post in a channel, how to change that, and the alternative until then."""
    reason = translate(f"barred.{reply.barrier}", channel=f"<#{reply.channel}>", scope=reply.scope or "?")
    return text_message(reason, translate("barred.meanwhile"))


def failed(reply: troubles.Failed, translate: Translator) -> MessagePayload:
    """Report a failure, with the id that is in the log, too."""
    return text_message(translate("trouble.failed", id=reply.incident))


def refused(reply: troubles.Refused, translate: Translator) -> MessagePayload:
    """Report that Slack refused an answer: its error code, in plain words if it is frequent, and the id in the log."""
    reason = block_kit.literal(reply.reason, _NAME)
    if reply.attempts > 1:
        said = translate.count("trouble.exhausted", reply.attempts, reason=reason)
    else:
        said = translate("trouble.refused", reason=reason)
    words = _PLAIN_REASONS.get(reply.reason)
    said = block_kit.sentences(said, translate(f"refused.{words}"), translate) if words else said
    return text_message(said, translate("trouble.operator", id=reply.incident))


# By Slack's error code: docs.slack.dev, errors of chat.postMessage and files.completeUploadExternal.
_PLAIN_REASONS = {
    **dict.fromkeys(("file_uploads_disabled", "file_sharing_disabled"), "uploads"),
    "file_uploads_except_images_disabled": "uploads",
    **dict.fromkeys(("cannot_reply_to_message", "thread_not_found", "message_not_found"), "no_replies"),
    **dict.fromkeys(("no_permission", "access_denied", "not_allowed_token_type", "method_not_supported"), "permission"),
    **dict.fromkeys(("msg_too_long", "msg_blocks_too_long", "too_many_attachments"), "too_long"),
    **dict.fromkeys(("messages_tab_disabled", "cannot_dm_bot", "user_disabled"), "no_dm"),
    "user_not_in_channel": "not_member",
    "ekm_access_denied": "suspended",
    "unknown_method": "unknown_method",
}


def unreadable(reply: replies.UnreadableReply, translate: Translator) -> MessagePayload:
    """List the files that could not be read, each with the reason."""
    lines = []
    for file in reply.files[:_MOST_NAMED]:
        reason = translate(f"triage.refused.{file.reason}")
        lines.append(translate("triage.refused", file=_file_name(file.name, translate), why=reason))
    more = len(reply.files) - _MOST_NAMED
    lines += [translate.count("triage.more_files", more)] if more > 0 else []
    return text_message("\n".join(lines), verbatim=True)


def leaked(reply: replies.Leaked, translate: Translator) -> MessagePayload:
    """Warn the author about secrets that look live: kinds and lines, never values."""
    lines = []
    for secret in reply.secrets[:_MOST_NAMED]:
        name = reply.files[secret.file] if secret.file < len(reply.files) else ""
        place = translate("triage.file_line", file=_file_name(name, translate), line=secret.line)
        lines.append(f"• {secret_line(secret, place, translate)}")
    more = len(reply.secrets) - _MOST_NAMED
    lines += [translate.count("log.leaked.more", more)] if more > 0 else []
    title, advice = translate("log.leaked"), translate("log.leaked.advice")
    if reply.is_private:
        title, advice = translate("log.leaked_privately"), translate("log.leaked_privately.advice")
    return text_message(title, "\n".join(lines), advice, verbatim=True)


def escalated(reply: replies.Escalated, translate: Translator) -> MessagePayload:
    """Mention the user or user group that an incident is escalated to."""
    target, by = map(block_kit.mention, (reply.target, reply.by))
    return text_message(translate("log.escalated", target=target, by=by))


def summons(reply: replies.Summons, translate: Translator) -> MessagePayload:
    """Ask a person to look at a triage in a channel that they are not in."""
    by, link = block_kit.mention(reply.by), block_kit.escape(reply.link)
    return text_message(translate("log.summons", by=by, channel=f"<#{reply.channel}>", link=link))


def uncalled(reply: troubles.Uncalled, translate: Translator) -> MessagePayload:
    """Report that a call failed, with Slack's error code and the id in the log."""
    reason = block_kit.literal(reply.reason, _NAME)
    said = translate("log.uncalled", target=block_kit.mention(reply.target), reason=reason)
    return text_message(said, translate("trouble.operator", id=reply.incident))


def note(reply: replies.Note, translate: Translator) -> MessagePayload:
    """Answer a request in one line, or two if another way of asking helps."""
    hints = [translate("search.hint")] if reply.what == "no_codes" else []
    return text_message(translate(f"note.{reply.what}"), *hints)


def paste(text: str, origin: str, translate: Translator) -> dict[str, Any]:
    """Build the dialog to paste a log into, filled with *text*."""
    label, hint = translate("log.paste.label"), translate("log.paste.hint")
    audiences = [(translate(f"log.paste.{audience}"), audience) for audience in (ALONE, EVERYBODY)]
    blocks = [
        block_kit.text_input(PASTED, label, hint, text, _MOST_PASTED),
        block_kit.choice_input(AUDIENCE, translate("log.paste.audience"), audiences),
    ]
    title, submit, close = translate("log.paste.title"), translate("log.paste.submit"), translate("lookup.close")
    return block_kit.dialog(PASTE, origin, title, blocks, submit=submit, cancel=close)


def confirmation(
    callback_id: str, question: str, origin: str, codes: Sequence[int], translate: Translator
) -> dict[str, Any]:
    """Build the dialog that asks *question*, a prefix of texts, before an act."""
    named = block_kit.joined(codes, translate)
    title, text, yes, no = (translate(f"{question}.{part}", codes=named) for part in ("title", "text", "yes", "no"))
    return block_kit.dialog(callback_id, origin, title, [block_kit.section(text)], submit=yes, cancel=no)


def _lines(entries: Sequence[Entry], translate: Translator) -> list[str]:
    return [line(entry, translate) for entry in entries]


def _query(query: str) -> str:
    return block_kit.escape(block_kit.shorten(query, 200))


def _file_name(name: str, translate: Translator) -> str:
    return block_kit.literal(name, _NAME) or translate("triage.paste")
