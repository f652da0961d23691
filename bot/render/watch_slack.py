"""Show watches and their alerts in Slack. The first line of an alert is its state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.catalogue.catalogue import Catalogue
from bot.i18n import Translator
from bot.oncall.watch_rule import SubjectKind, WatchSubject
from bot.oncall.watches import AlertReply, AlertState, OfferReply, WatchesReply
from bot.render import block_kit
from bot.render.block_kit import Block, MessagePayload
from bot.render.entry_slack import SHOW_CODE
from bot.render.incident_slack import alert_buttons
from bot.render.trend_slack import code_line
from bot.storage.watch_store import Watch

STOP_WATCH = "stop_watch"  # action id; the value is the id of the watch
ACCEPT_OFFER, DECLINE_OFFER = "accept_offer", "decline_offer"  # the value is the watch as a person types it
_MOST_LINES = 5  # of codes and of channels


def watches(catalogue: Catalogue, reply: WatchesReply, translate: Translator) -> MessagePayload:
    """List the watches of a channel, each with a button that stops it."""
    if not reply.watches:
        text = translate("watch.none")
        return block_kit.text_message(text)
    title = translate("watch.choose" if reply.is_choice else "watch.list")
    blocks = [_listed(catalogue, number, each, translate) for number, each in enumerate(reply.watches, 1)]
    return block_kit.text_message(title, blocks=[*blocks, block_kit.context(translate("watch.hint"))])


def alert(catalogue: Catalogue, reply: AlertReply, translate: Translator) -> MessagePayload:
    """Show an alert without an owner: its state, the codes and channels if there are several, and its watch."""
    watch, subject = reply.watch, subject_line(catalogue, reply.watch.subject, translate)
    since, until = block_kit.date(reply.since), block_kit.date(reply.until)
    state = translate.count(f"alert.{reply.state}", reply.count, subject=subject, since=since, until=until)
    lines = []
    if len(reply.codes) > 1:
        lines += [f"{code_line(catalogue, code, translate)} · {count:,}" for code, count in reply.codes[:_MOST_LINES]]
        more = len(reply.codes) - _MOST_LINES
        lines += [translate.count("card.more", more)] if more > 0 else []
    if watch.is_everywhere:
        lines += [f"<#{channel}> · {count:,}" for channel, count in reply.channels[:_MOST_LINES]]
    who = translate("alert.by", who=block_kit.mention(watch.user), rule=rule_line(catalogue, watch.rule, translate))
    called = [translate("alert.called", group=block_kit.mention(watch.group))] if watch.group else []
    blocks = [
        block_kit.section(state) | {"block_id": alert_id(reply)},
        *([block_kit.section("\n".join(lines))] if lines else []),
        *([block_kit.section(called[0])] if called else []),
        block_kit.context(who),
    ]
    buttons = []
    if reply.codes:
        buttons.append(block_kit.button(translate("button.show"), SHOW_CODE, value=str(reply.codes[0][0])))
    if reply.state is AlertState.OPEN:
        buttons.append(block_kit.button(translate("button.stop_watch"), STOP_WATCH, value=str(watch.id)))
    blocks += [block_kit.actions(*buttons)] if buttons else []
    watched = WatchSubject.parse(watch.subject)
    code = int(watched.name) if watched.kind is SubjectKind.CODE else None
    return block_kit.message("\n".join([state, *called]), [*blocks, alert_buttons(code, translate)])


def offer(catalogue: Catalogue, reply: OfferReply, translate: Translator) -> MessagePayload:
    """Offer a watch in one line. It mentions nobody, so that it notifies nobody."""
    words, minutes = reply.words, reply.words.span_s // 60
    text = translate.count(
        "watch.offer",
        reply.messages,
        subject=code_line(catalogue, reply.code, translate),
        count=f"{words.count:,}",
        span=translate.count("watch.minutes", minutes),
    )
    typed = f"{words.subject} {words.count} in {minutes}m"
    buttons = [
        block_kit.button(translate("button.accept_offer"), ACCEPT_OFFER, value=typed),
        block_kit.button(translate("button.decline_offer"), DECLINE_OFFER, value=typed),
    ]
    return block_kit.text_message(text, blocks=[block_kit.actions(*buttons)])


def alert_id(reply: AlertReply) -> str:
    """Return the id of the first block of an alert, by which its message is found again."""
    return f"alert_{reply.watch.id}_{int(reply.since)}"


def rule_line(catalogue: Catalogue, rule: Mapping[str, Any], translate: Translator) -> str:
    """Describe a watch by the fields of `Watch.rule`, such as “6000104: 10 times in 5 minutes”."""
    seconds, count = rule["span_s"], rule["count"]
    is_hours = seconds % 3600 == 0
    span = translate.count("watch.hours" if is_hours else "watch.minutes", seconds // (3600 if is_hours else 60))
    key = "watch.rule.everywhere" if rule["is_everywhere"] else "watch.rule"
    line = translate.count(key, count, subject=subject_line(catalogue, rule["subject"], translate), span=span)
    return translate("watch.rule.calls", rule=line) if rule["group"] else line  # a mention would call the group


def subject_line(catalogue: Catalogue, stored: str, translate: Translator) -> str:
    """Name the watched codes."""
    subject = WatchSubject.parse(stored)
    match subject.kind:
        case SubjectKind.CODE:
            return code_line(catalogue, int(subject.name), translate)
        case SubjectKind.SECTION:
            section = catalogue.section_named(subject.name)
            name = translate.pick(section.name) if section else subject.name
            return translate("watch.subject.section", name=block_kit.escape(name))
        case SubjectKind.SEVERITY:
            return translate(f"watch.severity.{subject.name}")
    return translate("watch.subject.any")


def _listed(catalogue: Catalogue, number: int, watch: Watch, translate: Translator) -> Block:
    rule = rule_line(catalogue, watch.rule, translate)
    text = translate(
        "watch.item", number=number, rule=rule, who=block_kit.mention(watch.user), time=block_kit.date(watch.at)
    )
    if watch.group:
        text = f"{text}\n{translate('watch.calls', group=block_kit.mention(watch.group))}"
    stop = block_kit.button(translate("button.stop_watch"), STOP_WATCH, value=str(watch.id))
    return block_kit.section(text, accessory=stop)
