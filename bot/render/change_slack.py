"""Show changes that affect a whole channel in Slack, its settings and ignored contexts, and refusals of changes.

In public, these messages mention only the people who made a change or undid it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.oncall.memory import NOTE_CHARACTERS
from bot.oncall.weekly import next_due
from bot.policy.noise_rules import Mode
from bot.policy.replies import ChangeReply, Denied, ForgotReply, IgnoredReply, SettingsReply
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.watch_slack import rule_line
from bot.storage.change_store import Changed, ChannelChange, IgnoredContext
from bot.storage.channel_store import SetBy
from bot.storage.snooze_store import Snooze

UNDO = "undo_change"  # action ids; the value is the id of the change
FORGET = "forget_ignored"  # the value is the fingerprint
_MOST_LISTED = 30  # contexts


def change(catalogue: Catalogue, reply: ChangeReply, translate: Translator) -> MessagePayload:
    """Build the line about a change and its author, with a button to undo it, or with the person who undid it.

    A line for its author alone has no button: the button would act on the message that everyone sees.
    """
    text = _with_untold(change_line(catalogue, reply.change, translate), reply.untold, translate)
    if reply.change.undone_by:
        return block_kit.message(text, [block_kit.context(text)])
    if reply.untold:
        return block_kit.text_message(text)
    undo = block_kit.button(translate("button.undo"), UNDO, value=str(reply.change.id))
    return block_kit.message(text, [block_kit.section(text, accessory=undo)])


def restored(
    catalogue: Catalogue, payload: MessagePayload, reply: ChangeReply, translate: Translator
) -> MessagePayload:
    """Add the line about an undone change to *payload*, the reply that was restored by undoing, above its buttons."""
    *blocks, buttons = payload["blocks"]
    blocks = [*blocks, block_kit.context(change_line(catalogue, reply.change, translate)), buttons]
    return block_kit.message(payload["text"], blocks)


def forgot(reply: ForgotReply, translate: Translator) -> MessagePayload:
    """Build the line about codes that are no longer ignored, with the person who removed them."""
    who, codes = block_kit.mention(reply.user), block_kit.joined(reply.codes, translate)
    line = translate.count("change.forgot", len(reply.codes), who=who, codes=codes)
    text = _with_untold(line, reply.untold, translate)
    return block_kit.text_message(text)


def ignored(reply: IgnoredReply, translate: Translator) -> MessagePayload:
    """List the ignored contexts of a channel: code, author, time, link to the message, and a button to forget each."""
    if not reply.contexts:
        text = translate("ignored.none")
        return block_kit.text_message(text)
    title = translate.count("ignored.title", len(reply.contexts))
    blocks = [_ignored(each, translate) for each in reply.contexts[:_MOST_LISTED]]
    more = len(reply.contexts) - _MOST_LISTED
    hint = [translate.count("card.more", more)] if more > 0 else []
    return block_kit.text_message(title, blocks=[*blocks, block_kit.context(*hint, translate("ignored.hint"))])


def denied(reply: Denied, translate: Translator) -> MessagePayload:
    """Explain why the person may not make a change, and who may."""
    names = translate("list.item_separator").join(map(block_kit.mention, reply.admins[:10]))
    text = translate(f"denied.{reply.reason}", admins=names)
    return block_kit.text_message(text)


def settings(reply: SettingsReply, translate: Translator) -> MessagePayload:
    """Show a channel's settings, the number of ignored contexts, and the latest mark, with authors and times."""
    language = translate(f"language.{reply.language.language}")
    reason = translate(f"settings.reason.{reply.language.reason}")
    by_language = block_kit.sentences(translate("settings.shown", language=language), reason, translate)
    paragraphs = [
        _with_author(by_language, reply.language_by, translate, is_set=reply.language.reason == "setting"),
        _with_author(translate(f"mode.{reply.mode}"), reply.mode_by, translate, is_set=True),
        _audience(reply, translate),
        _ignored_count(reply, translate),
        translate("settings.wrong", **_author(reply.wrong_by)) if reply.wrong_by else "",
        translate("settings.weekly", **_author(reply.weekly_by)) if reply.weekly_by else "",
        translate("settings.stored", days=reply.retention.days, incident_days=reply.retention.incident_days),
        "\n".join(_snooze(each, translate) for each in reply.snoozes[:_MOST_LISTED]),
        translate("settings.hint"),
    ]
    paragraphs = [each for each in paragraphs if each]
    return block_kit.text_message(*paragraphs)


def by_whom(context: IgnoredContext, translate: Translator) -> str:
    """Name the person who marked a context as not a code, and the time."""
    time = block_kit.date(context.at)
    return translate("why.ignored", who=block_kit.mention(context.user), time=time)


def _with_untold(line: str, untold: str, translate: Translator) -> str:
    """Add to *line* that nobody in the channel *untold* sees it; unchanged if *untold* is empty."""
    return block_kit.sentences(line, translate("change.untold", channel=f"<#{untold}>"), translate) if untold else line


def change_line(catalogue: Catalogue, change: ChannelChange, translate: Translator) -> str:
    """Name a change and its author, and who undid it."""
    line = _changed(catalogue, change, translate)
    if change.undone_by:
        undone = translate("change.undone", who=block_kit.mention(change.undone_by))
        line = block_kit.sentences(line, undone, translate)
    return line


def _changed(catalogue: Catalogue, change: ChannelChange, translate: Translator) -> str:
    who, detail = block_kit.mention(change.user), change.detail
    match change.what:
        case Changed.MODE:
            return translate(f"change.mode.{detail['after'] or Mode.THREAD}", who=who)
        case Changed.LANGUAGE:
            language = translate(f"language.{detail['after']}") if detail["after"] else ""
            return translate("change.language" if language else "change.language.auto", who=who, language=language)
        case Changed.ANSWERS | Changed.WORKSPACE_ANSWERS as what:
            default = "channel" if what is Changed.WORKSPACE_ANSWERS else "auto"
            return translate(f"change.{what}.{detail['after'] or default}", who=who)
        case Changed.WEEKLY:
            time = block_kit.date(next_due(change.at))
            return translate("change.weekly" if detail["after"] else "change.weekly.off", who=who, time=time)
        case Changed.NOT_A_CODE:
            return _not_a_code(change, translate)
        case Changed.NOTE:
            return _note_line(who, detail, translate)
        case Changed.SNOOZE:
            return _snooze_line(who, detail, translate)
        case Changed.WATCH | Changed.WATCH_STOPPED as what:
            return translate(f"change.{what}", who=who, rule=rule_line(catalogue, detail, translate))
    return translate("change.wrong", who=who)


def _not_a_code(change: ChannelChange, translate: Translator) -> str:
    who, codes = block_kit.mention(change.user), block_kit.joined(change.detail["codes"], translate)
    line = translate.count("change.not_a_code", len(change.detail["codes"]), who=who, codes=codes)
    if not change.detail["learned"] or change.undone_by:
        return line
    until = block_kit.date(change.detail["until"], with_time=False)
    return block_kit.sentences(line, translate("change.learned", until=until), translate)


def ignored_line(context: IgnoredContext, translate: Translator) -> str:
    """Name the code of an ignored context, with a link to the message, its author, and the dates of start and end."""
    who, time = block_kit.mention(context.user), block_kit.date(context.at)
    until = block_kit.date(context.until, with_time=False)
    code = block_kit.linked(str(context.code), context.link)
    return translate("ignored.context", code=code, who=who, time=time, until=until)


def _ignored(context: IgnoredContext, translate: Translator) -> Block:
    forget = block_kit.button(translate("button.forget"), FORGET, value=context.fingerprint)
    return block_kit.section(ignored_line(context, translate), accessory=forget)


def _audience(reply: SettingsReply, translate: Translator) -> str:
    """Name the audience of answers to the command, and who set it for the channel or the workspace."""
    said = translate(f"answers.{reply.audience}")
    if reply.audience_by is None:
        return said
    key = "settings.by_for_workspace" if reply.is_audience_of_workspace else "settings.by"
    return block_kit.sentences(said, translate(key, **_author(reply.audience_by)), translate)


def _note_line(who: str, detail: Mapping[str, Any], translate: Translator) -> str:
    text = block_kit.literal(detail["after"], NOTE_CHARACTERS)
    return translate("change.note" if text else "change.note.removed", who=who, code=detail["code"], text=text)


def _snooze_line(who: str, detail: Mapping[str, Any], translate: Translator) -> str:
    names = {"who": who, "codes": block_kit.joined(detail["codes"], translate)}
    names |= {"until": block_kit.date(detail["until"])}
    if not detail["times"]:
        return translate("change.snooze", **names)
    return translate.count("change.snooze.times", detail["times"], **names)


def _snooze(snooze: Snooze, translate: Translator) -> str:
    names = {"who": block_kit.mention(snooze.user), "code": snooze.code, "until": block_kit.date(snooze.until)}
    if snooze.times_left is None:
        return translate("settings.snooze", **names)
    return translate.count("settings.snooze.times", snooze.times_left, **names)


def _ignored_count(reply: SettingsReply, translate: Translator) -> str:
    if reply.ignored_by is None:
        return translate("ignored.none")
    return translate.count("settings.ignored", reply.ignored, **_author(reply.ignored_by))


def _author(by: SetBy) -> dict[str, str]:
    return {"who": block_kit.mention(by.user), "time": block_kit.date(by.at)}


def _with_author(text: str, by: SetBy | None, translate: Translator, *, is_set: bool) -> str:
    """Add to *text* the author of a setting, or the person who let the bot choose."""
    if by is None:
        return text
    author = translate("settings.by" if is_set else "settings.auto", **_author(by))
    return block_kit.sentences(text, author, translate)
