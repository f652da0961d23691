"""What people make of a triage: they take it, and they call others to it. The message itself keeps who did and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.errors import GiveUp
from bot.i18n import Language
from bot.inbox import Job
from bot.policy.language import Languages
from bot.policy.place import Place
from bot.policy.replies import Escalated
from bot.render.block_kit import Block
from bot.render.digest_slack import IncidentState, StateChange, state_of, with_state
from bot.render.renderer import Renderer
from bot.slack.lookup import SlackLookup
from bot.slack.sender import Sender


class Incidents:
    """Changes what a triage's message says of it; *target* is whom to call, by Slack's id, or empty."""

    def __init__(
        self, languages: Languages, renderer: Renderer, poster: Sender, clock: Callable[[], float], target: str
    ) -> None:
        self._languages = languages
        self._renderer = renderer
        self._poster = poster
        self._clock = clock
        self.target = target

    async def take(self, place: Place, message: Mapping[str, Any], language: Language) -> None:
        """Somebody is on it; the same person again is not any more."""
        standing = state_of(message["blocks"])
        is_own = standing.taken_by is not None and standing.taken_by.user == place.user
        taken_by = None if is_own else StateChange(place.user, self._clock())
        await self._show(place, message, replace(standing, taken_by=taken_by), language)

    async def escalate(self, job: Job, directory: SlackLookup) -> None:
        """Call whom the settings name into the thread of the triage, once."""
        language = (await self._languages.of_channel(job.place, directory)).language
        call = Escalated(self.target, job.place.user)
        await self._poster.post([job], self._renderer.message(call, language))
        message = await directory.message(job.place.channel, job.ts, job.thread)
        if message:
            standing = replace(state_of(message["blocks"]), escalated_by=StateChange(job.place.user, self._clock()))
            await self._show(job.place, message, standing, Language(job.detail["language"]))

    async def _show(
        self, place: Place, message: Mapping[str, Any], standing: IncidentState, language: Language
    ) -> None:
        blocks = with_state(message["blocks"], standing, language)
        try:
            await self._update(place, message, blocks)
        except GiveUp as error:
            if not error.reason.startswith("invalid_blocks"):
                raise
            # Slack may give its chart back in a form that it does not take.
            await self._update(place, message, [each for each in blocks if each["type"] != "data_visualization"])

    async def _update(self, place: Place, message: Mapping[str, Any], blocks: list[Block]) -> None:
        await self._poster.update(place, message["ts"], {"text": message["text"], "blocks": blocks})
