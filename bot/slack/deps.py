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
from bot.slack.incident import Standings
from bot.slack.log_reader import Reader
from bot.slack.sender import Poster
from bot.slack.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class Parts:
    """The bot's parts that face Slack."""

    catalogue: Catalogue
    annotations: Annotations
    answers: Answers
    languages: Languages
    renderer: Renderer
    inbox: Inbox
    poster: Poster
    workspaces: Workspaces
    background: Background
    reader: Reader
    standings: Standings
