"""What happens around the bot itself: somebody clicks its reaction, somebody invites it."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.policy.place import Place
from bot.policy.preview import dry_run
from bot.slack.deps import Deps
from bot.slack.lookup import SlackLookup, begun, team_of
from bot.slack.worker import MARK
from bot.storage.annotation_store import MessageRef


class BotEvents:
    """Answers privately whoever clicks or invites."""

    def __init__(self, parts: Deps) -> None:
        self._parts = parts

    async def reacted(self, body: dict[str, Any], client: AsyncWebClient) -> None:
        """Somebody clicks the bot's reaction: explain the codes to them."""
        event = body["event"]
        item = event["item"]
        if event["reaction"] == MARK and item.get("type") == "message":
            spot = MessageRef(team_of(body), item["channel"], item["ts"])
            self._parts.background.start(self._explain(spot, event["user"], client))

    async def joined(self, body: dict[str, Any], context: AsyncBoltContext, client: AsyncWebClient) -> None:
        """The bot was invited: tell who did it what to expect."""
        event = body["event"]
        inviter = event.get("inviter")
        if event["user"] == context.bot_user_id and inviter:
            place = Place(team_of(body), event["channel"], inviter)
            self._parts.background.start(self._introduce(place, context.bot_id, client))

    async def _explain(self, spot: MessageRef, user: str, client: AsyncWebClient) -> None:
        found = await self._parts.annotations.reacted_to(spot)
        if found:
            thread, codes = found
            place = Place(spot.team, spot.channel, user)
            choice = await self._parts.languages.of_person(place, SlackLookup(client))
            message = self._parts.renderer.message(self._parts.answers.explain(codes), choice.language)
            await self._parts.poster.whisper(place, begun(thread, spot.ts), message)

    async def _introduce(self, place: Place, own_bot: str | None, client: AsyncWebClient) -> None:
        directory = SlackLookup(client)
        reply = await dry_run(place.channel, directory, self._parts.catalogue, own_bot=own_bot)
        choice = await self._parts.languages.of_person(place, directory)
        await self._parts.poster.whisper(place, None, self._parts.renderer.message(reply, choice.language))
