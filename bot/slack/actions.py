"""Handle the buttons on the bot's messages. Replies are private; some buttons change the message for everyone."""

from __future__ import annotations

import re
from dataclasses import replace

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.i18n import Language
from bot.inbox import Job, JobKind, JobState
from bot.policy.command_types import SetModeCommand
from bot.policy.noise_rules import Mode
from bot.policy.place import LogSource
from bot.policy.question import Question
from bot.policy.replies import ChangeReply, Denied, IgnoredReply, Note
from bot.render import change_slack, entry_slack, incident_slack, notices, packet_slack, snooze_slack
from bot.slack import confirmation, incidents, packets, snooze_dialog
from bot.slack.context import RequestContext
from bot.slack.listeners import acknowledge, after_ack, with_context
from bot.slack.log_jobs import triage_again
from bot.slack.lookup import Payload
from bot.slack.reactions import TAKEN, Reactions
from bot.slack.services import Services
from bot.storage.annotation_store import MessageRef
from bot.storage.change_store import Changed, ChannelChange


def register(app: AsyncApp, services: Services) -> None:
    """Listen to the buttons of explanations, notices and triages."""
    app.action(entry_slack.SHOW_LANGUAGE)(after_ack(explain, services))
    app.action(entry_slack.SHOW_DETAILS)(after_ack(explain, services))
    app.action(entry_slack.MORE)(after_ack(choose, services))
    app.action(entry_slack.SHOW_CODE)(after_ack(show_code, services))
    # On messages of earlier versions, these two and TRIAGE_WRONG are buttons with Slack's own confirmation.
    app.action(entry_slack.NOT_A_CODE)(after_ack(reject_annotation, services))
    app.action(entry_slack.QUIET_HERE)(after_ack(be_quiet, services))
    app.view(entry_slack.NOT_A_CODE)(after_ack(confirmation.confirmed(reject_annotation), services))
    app.view(entry_slack.QUIET_HERE)(after_ack(be_quiet, services))
    app.action(re.compile(f"^{notices.SET_MODE}_"))(after_ack(set_mode, services))
    app.action(entry_slack.OPEN_DOCS)(acknowledge)
    app.action(incident_slack.TRIAGE_LANGUAGE)(after_ack(show_triage_language, services))
    app.action(incident_slack.TRIAGE_REPORT)(with_context(request_report, services))
    app.action(incident_slack.TRIAGE_ESCALATE)(with_context(escalate, services))
    app.action(incident_slack.TRIAGE_WRONG)(after_ack(reject_triage, services))
    app.view(incident_slack.TRIAGE_WRONG)(after_ack(confirmation.confirmed(reject_triage), services))
    app.action(incident_slack.TRIAGE_MENU)(with_context(choose_for_triage, services))
    app.action(change_slack.UNDO)(after_ack(undo, services))
    app.action(change_slack.FORGET)(after_ack(forget_context, services))


async def explain(context: RequestContext, body: Payload) -> None:
    """Explain the same codes in full, in the other language or that of the person."""
    value = confirmation.value_of(body)
    question = Question.from_json(value)
    explained = await context.services.answers.again(question, context.place, context.lookup)
    await context.answer_lookup(explained, chosen=Language(value["language"]) if "language" in value else None)


async def choose(context: RequestContext, body: Payload) -> None:
    """Handle a choice in the menu of an annotation."""
    value = confirmation.value_of(body)
    match act := value["act"]:
        case entry_slack.SHOW_LANGUAGE:
            await explain(context, body)
        case entry_slack.NOT_A_CODE | entry_slack.QUIET_HERE:
            await confirmation.ask(context, body, act, f"dismiss.{act}", codes=value["codes"])
        case snooze_slack.SNOOZE:
            await snooze_dialog.open_dialog(context, body)


async def choose_for_triage(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Handle a choice in the menu of a triage."""
    match act := confirmation.value_of(body)["act"]:
        case incident_slack.TRIAGE_TAKE:
            await incidents.take(context, body, ack)
        case incident_slack.TRIAGE_REPORT:
            await request_report(context, body, ack)
        case incident_slack.TRIAGE_RESOLVE:
            await ack()
            context.in_background(incidents.ask_what_helped(context, body))
        case incident_slack.TRIAGE_LANGUAGE:
            await ack()
            context.in_background(show_triage_language(context, body))
        case packet_slack.TRIAGE_PACKET:
            await ack()
            context.in_background(packets.ask(context, body))
        case snooze_slack.SNOOZE:
            await ack()
            context.in_background(snooze_dialog.open_dialog(context, body))
        case incident_slack.TRIAGE_WRONG:
            await ack()
            context.in_background(confirmation.ask(context, body, act, "triage.wrong"))


async def show_code(context: RequestContext, body: Payload) -> None:
    """Explain one of the codes that are listed."""
    question = Question.from_json(confirmation.value_of(body))
    await context.answer_lookup(await context.services.answers.again(question, context.place, context.lookup))


async def reject_annotation(context: RequestContext, body: Payload) -> None:
    """Replace an annotation by a line that names who marked it as not a code, and ignore its context."""
    message = _message(context, body)
    reply = await context.services.changes.not_a_code(message, context.place, context.lookup)
    await context.show_change(reply, replaces=True)


async def be_quiet(context: RequestContext, _: Payload) -> None:
    """Turn unasked answers off in the channel."""
    await _set_mode(context, Mode.OFF)


async def set_mode(context: RequestContext, body: Payload) -> None:
    """Set how the bot behaves in the channel."""
    await _set_mode(context, Mode(body["actions"][0]["value"]))


async def _set_mode(context: RequestContext, mode: Mode) -> None:
    reply = await context.services.changes.set(SetModeCommand(mode), context.place, context.lookup)
    await context.show_change(reply)


async def undo(context: RequestContext, body: Payload) -> None:
    """Undo a change, and show that in place of the line about it."""
    changes = context.services.changes
    found = await changes.find(confirmation.value_of(body), context.place, context.lookup)
    reply = await restored(context, found, _message(context, body)) if isinstance(found, ChannelChange) else found
    await context.show_change(reply, replaces=True)


async def restored(context: RequestContext, change: ChannelChange, message: MessageRef) -> ChangeReply | Note:
    """Undo *change*, and return it with the new content of *message*.

    The log of a triage is read again, because nothing of it is kept.
    """
    changes = context.services.changes
    if change.what is not Changed.WRONG:
        reply = await changes.undo(change, context.place)
        context.services.memories.forget(context.place.team, change.detail.get("code"))
        return reply
    triaged = await triage_again(context, LogSource.parse(change.detail["source"]))
    if triaged is None:
        return Note("gone")
    reply = await changes.undo(change, context.place)
    incident = await context.services.ownership.find(message)
    if triaged.source and incident and incident.owner:
        await Reactions(context).add(triaged.source.ts or triaged.source.thread or message.ts, TAKEN)
    return replace(reply, restored=triaged, incident=incident) if isinstance(reply, ChangeReply) else reply


async def forget_context(context: RequestContext, body: Payload) -> None:
    """Stop ignoring a context, show that to the channel, and update the list with the button."""
    changes, fingerprint = context.services.changes, body["actions"][0]["value"]
    reply = await changes.forget(context.place, context.lookup, fingerprint=fingerprint)
    if not isinstance(reply, IgnoredReply):
        await context.show_change(reply)
    if not isinstance(reply, Denied):
        ignored = await changes.ignored(context.place)
        await context.reply_to_url(ignored, await context.language(), replaces=True)


async def show_triage_language(context: RequestContext, body: Payload) -> None:
    """Read the log again, because nothing of it is kept, and show its triage in the other language."""
    value = confirmation.value_of(body)
    triaged = await triage_again(context, LogSource.parse(value["key"]))
    if triaged is None:
        await context.reply_privately(Note("gone"))
    else:
        await context.reply_privately(triaged, chosen=Language(value["language"]))


async def request_report(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Record the job that attaches the full report to the thread."""
    await context.services.inbox.accept(_job(context, body, JobKind.REPORT, trigger_ts=body["actions"][0]["action_ts"]))
    await ack()


async def escalate(context: RequestContext, body: Payload, ack: AsyncAck) -> None:
    """Record the job that calls the escalation target, or retry a job that failed."""
    if denied := await context.services.changes.permissions.denied_to_call(context.place, context.lookup):
        await ack()
        context.in_background(context.reply_privately(denied))
        return
    note = None
    if not context.services.escalation_target:
        note = Note("nobody")
    elif await _is_escalated(context, body):
        note = Note("escalated")
    else:
        job = _job(context, body, JobKind.ESCALATE)
        if not await context.services.inbox.accept(job):
            match await context.services.inbox.retry(job):
                case JobState.DONE:
                    note = Note("escalated")
                case JobState.PENDING | JobState.WORKING:
                    note = Note("escalating")
    await ack()
    if note:
        context.in_background(context.reply_privately(note))


async def _is_escalated(context: RequestContext, body: Payload) -> bool:
    incident = await context.services.ownership.find(_message(context, body))
    return incident is not None and incident.escalated_by is not None


async def reject_triage(context: RequestContext, body: Payload) -> None:
    """Replace a triage by a line that names who marked it as wrong. The change stores the source for an undo."""
    message, source = _message(context, body), confirmation.value_of(body)["key"]
    reply = await context.services.changes.wrong(message, context.place, context.lookup, {"source": source})
    await context.show_change(reply, replaces=True)
    incident = await context.services.ownership.find(message)
    if isinstance(reply, ChangeReply) and incident and incident.owner:
        log = LogSource.parse(source)
        await Reactions(context).remove(log.ts or log.thread or message.ts, TAKEN)


def _message(context: RequestContext, body: Payload) -> MessageRef:
    """Return the bot's message that the button is on."""
    return context.ref(body["message"]["ts"])


def _job(context: RequestContext, body: Payload, kind: JobKind, *, trigger_ts: str = "") -> Job:
    """Return a job about the triage that the button is on."""
    message, value = body["message"], confirmation.value_of(body)
    detail = {"source": value["key"], "language": value["language"], "code": value.get("code")}
    thread = message.get("thread_ts", message["ts"])
    return Job(context.place, message["ts"], thread, kind=kind, trigger_ts=trigger_ts, detail=detail)
