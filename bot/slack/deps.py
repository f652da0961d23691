"""What the listeners work with; the composition root puts it together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.background import Background
from bot.catalogue.catalogue import Catalogue
from bot.inbox import Inbox
from bot.policy.annotate import Annotations
from bot.policy.answer import Answers
from bot.policy.language import Languages
from bot.render.renderer import Renderer
from bot.slack.incident import Incidents
from bot.slack.log_reader import LogReader
from bot.slack.sender import Sender
from bot.slack.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Deps:
    """The bot's parts that face Slack."""

    catalogue: Catalogue
    annotations: Annotations
    answers: Answers
    languages: Languages
    renderer: Renderer
    inbox: Inbox
    poster: Sender
    workspaces: Workspaces
    background: Background
    reader: LogReader
    standings: Incidents
