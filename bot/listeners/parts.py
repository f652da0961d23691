"""What the listeners work with; the composition root puts it together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.background import Background
from bot.blocks.replies import Renderer
from bot.catalogue.catalogue import Catalogue
from bot.inbox import Inbox
from bot.listeners.reading import Reader
from bot.listeners.standing import Standings
from bot.posting import Poster
from bot.services.annotations import Annotations
from bot.services.answers import Answers
from bot.services.languages import Languages
from bot.workspaces import Workspaces


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
