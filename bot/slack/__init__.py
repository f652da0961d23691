"""What Slack sends, by surface: acknowledge, parse, call one service, render, reply."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.render import digest_slack, entry_slack, notices
from bot.slack.actions import Actions
from bot.slack.commands import Commands
from bot.slack.deps import Deps
from bot.slack.error_reply import ErrorReply
from bot.slack.events import BotEvents
from bot.slack.messages import Messages
from bot.slack.shortcuts import Shortcuts
from bot.slack.triage_actions import TriageActions
from bot.slack.triage_modal import TriageModal


def register(app: AsyncApp, parts: Deps) -> None:
    """Connect every listener with what it listens to."""
    trouble = ErrorReply(parts.renderer, parts.languages.default)
    app.use(Messages(parts))
    # Bolt asks one after the other whether it is meant: the most frequent comes first.
    app.command("/zimerr")(Commands(parts).zimerr)
    presence = BotEvents(parts)
    app.event("reaction_added")(presence.reacted)
    app.event("member_joined_channel")(presence.joined)
    # Slack sends again what nobody acknowledges, so events that are of no use here are acknowledged too.
    app.event(re.compile(".*"))(_acknowledge)

    actions = Actions(parts, trouble)
    app.action(entry_slack.SHOW_LANGUAGE)(actions.show_language)
    app.action(entry_slack.SHOW_CODE)(actions.show_code)
    app.action(entry_slack.NOT_A_CODE)(actions.not_a_code)
    app.action(entry_slack.QUIET_HERE)(actions.set_mode)
    app.action(re.compile(f"^{notices.SET_MODE}_"))(actions.set_mode)
    app.action(entry_slack.OPEN_DOCS)(_acknowledge)

    log_actions = TriageActions(parts, trouble)
    app.action(digest_slack.TRIAGE_LANGUAGE)(log_actions.show_language)
    app.action(digest_slack.TRIAGE_REPORT)(log_actions.report)
    app.action(digest_slack.TRIAGE_TAKE)(log_actions.take)
    app.action(digest_slack.TRIAGE_ESCALATE)(log_actions.escalate)
    app.action(digest_slack.TRIAGE_WRONG)(log_actions.call_wrong)

    asking = TriageModal(parts, trouble)
    app.message_shortcut("triage_thread")(asking.thread)
    app.view(notices.PASTE)(asking.pasted)

    shortcuts = Shortcuts(parts)
    app.message_shortcut("explain_message")(shortcuts.explain_message)
    app.global_shortcut("lookup")(shortcuts.open_lookup)
    app.options(entry_slack.LOOKUP_CODE)(shortcuts.offer)
    app.action(entry_slack.LOOKUP_CODE)(shortcuts.show)
    app.error(trouble.report)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()
