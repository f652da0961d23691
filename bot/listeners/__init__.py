"""What Slack sends, by surface: acknowledge, parse, call one service, render, reply."""

from __future__ import annotations

import re

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.background import Background
from bot.blocks.replies import OPEN_DOCS, SHOW_CODE, SHOW_LANGUAGE, Renderer
from bot.inbox import Inbox
from bot.listeners.actions import Actions
from bot.listeners.commands import Commands
from bot.listeners.messages import Messages
from bot.listeners.trouble import Trouble
from bot.services.annotations import Annotations
from bot.services.answers import Answers
from bot.services.languages import Languages


def register(
    app: AsyncApp,
    *,
    answers: Answers,
    annotations: Annotations,
    background: Background,
    inbox: Inbox,
    languages: Languages,
    renderer: Renderer,
) -> None:
    """Connect every listener with what it listens to."""
    trouble = Trouble(renderer, languages.default)
    actions = Actions(answers, languages, renderer, background, trouble)
    app.command("/zimerr")(Commands(answers, renderer).zimerr)
    app.event("message")(Messages(annotations, inbox).message)
    app.action(SHOW_LANGUAGE)(actions.show_language)
    app.action(SHOW_CODE)(actions.show_code)
    app.action(OPEN_DOCS)(_acknowledge)
    # Slack sends again what nobody acknowledges, so events that are of no use here are acknowledged too.
    app.event(re.compile(".*"))(_acknowledge)
    app.error(trouble.report)


async def _acknowledge(ack: AsyncAck) -> None:
    await ack()
