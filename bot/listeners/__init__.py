"""What Slack sends, by surface: acknowledge, parse, call one service, render, reply."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.blocks import explanations, notices, triage
from bot.blocks.logs import PASTE
from bot.listeners.actions import Actions
from bot.listeners.commands import Commands
from bot.listeners.log_actions import LogActions
from bot.listeners.log_asking import LogAsking
from bot.listeners.messages import Messages
from bot.listeners.parts import Parts
from bot.listeners.presence import Presence
from bot.listeners.shortcuts import Shortcuts
from bot.listeners.trouble import Trouble


def register(app: AsyncApp, parts: Parts) -> None:
    """Connect every listener with what it listens to."""
    trouble = Trouble(parts.renderer, parts.languages.default)
    app.use(Messages(parts))
    # Bolt asks one after the other whether it is meant: the most frequent comes first.
    app.command("/zimerr")(Commands(parts).zimerr)
    presence = Presence(parts)
    app.event("reaction_added")(presence.reacted)
    app.event("member_joined_channel")(presence.joined)
    # Slack sends again what nobody acknowledges, so events that are of no use here are acknowledged too.
    app.event(re.compile(".*"))(_acknowledge)

    actions = Actions(parts, trouble)
    app.action(explanations.SHOW_LANGUAGE)(actions.show_language)
    app.action(explanations.SHOW_CODE)(actions.show_code)
    app.action(explanations.NOT_A_CODE)(actions.not_a_code)
    app.action(explanations.QUIET_HERE)(actions.set_mode)
    app.action(re.compile(f"^{notices.SET_MODE}_"))(actions.set_mode)
    app.action(explanations.OPEN_DOCS)(_acknowledge)

    log_actions = LogActions(parts, trouble)
    app.action(triage.TRIAGE_LANGUAGE)(log_actions.show_language)
    app.action(triage.TRIAGE_REPORT)(log_actions.report)
    app.action(triage.TRIAGE_TAKE)(log_actions.take)
    app.action(triage.TRIAGE_ESCALATE)(log_actions.escalate)
    app.action(triage.TRIAGE_WRONG)(log_actions.call_wrong)

    asking = LogAsking(parts, trouble)
    app.message_shortcut("triage_thread")(asking.thread)
    app.view(PASTE)(asking.pasted)

    shortcuts = Shortcuts(parts)
    app.message_shortcut("explain_message")(shortcuts.explain_message)
    app.global_shortcut("lookup")(shortcuts.open_lookup)
    app.options(explanations.LOOKUP_CODE)(shortcuts.offer)
    app.action(explanations.LOOKUP_CODE)(shortcuts.show)
    app.error(trouble.report)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()
