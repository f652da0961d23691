"""Errors become replies here and nowhere else."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable
from typing import Any

from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_bolt.response import BoltResponse

from bot import log
from bot.i18n import Language
from bot.policy.replies import Failed
from bot.render.renderer import Renderer

_log = log.get(__name__)


class ErrorReply:
    """Tells the person that something went wrong, and the log what."""

    def __init__(self, renderer: Renderer, language: Language) -> None:
        self._renderer = renderer
        self._language = language

    async def report(self, error: Exception, body: dict[str, Any], respond: AsyncRespond) -> BoltResponse | None:
        """Log *error* under an id; whoever waits for an answer is told that id.

        An event that could not be recorded stays unacknowledged, so that Slack delivers it again.
        """
        incident = uuid.uuid4().hex[:8]
        kind = body.get("command") or body.get("type")
        _log.error("a request failed", id=incident, kind=kind, exc_info=error)
        if "response_url" not in body:
            return None
        message = self._renderer.message(Failed(incident), self._language)
        await respond(response_type="ephemeral", replace_original=False, **message)
        return BoltResponse(status=200, body="")

    async def guarded(self, work: Awaitable[None], body: dict[str, Any], respond: AsyncRespond) -> None:
        """Await *work* that was acknowledged already, and report its failure."""
        try:
            await work
        except Exception as error:
            await self.report(error, body, respond)
