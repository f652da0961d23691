"""One workspace of the sandbox, with all that the app and people use there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from bot.sandbox.delivery import Delivery
from bot.sandbox.event_stream import Events
from bot.sandbox.faults import Faults
from bot.sandbox.file_store import FileStore
from bot.sandbox.interactions import Interactions
from bot.sandbox.manifest import Installation, Json
from bot.sandbox.modals import Views
from bot.sandbox.model import SandboxWorkspace
from bot.sandbox.responses import ResponseUrls
from bot.sandbox.seed import plant
from bot.sandbox.user_actions import UserActions
from bot.sandbox.web_api import Call

T = TypeVar("T")


class Team(UserActions):
    """Act in a workspace as people do, look at what came of it."""

    def __init__(
        self,
        workspace: SandboxWorkspace,
        app: Installation,
        delivery: Delivery,
        *,
        base_url: Callable[[], str],
        faults: Faults,
        calls: list[Call],
        seed: str,
    ) -> None:
        self.workspace = workspace
        self.app = app
        self.delivery = delivery
        plant(workspace, app, seed)
        self.files = FileStore(workspace, app, base_url, faults)
        self.views = Views(workspace, app)
        self.responses = ResponseUrls(workspace, app, base_url, faults, calls)
        self.interactions = Interactions(workspace, app, delivery, self.views, self.responses)
        self.events = Events(workspace, app, delivery.post)

    def messages(self, channel: str) -> list[Json]:
        """All messages of a channel, replies among them, oldest first."""
        return list(self.workspace.channel(channel).messages.values())

    def thread(self, channel: str, ts: str) -> list[Json]:
        """A message and its replies."""
        return self.workspace.channel(channel).thread(ts)

    def replies(self, channel: str, ts: str) -> list[Json]:
        """The replies to a message."""
        return [message for message in self.thread(channel, ts) if message["ts"] != ts]

    def ephemerals(self, user: str, channel: str | None = None) -> list[Json]:
        """What only this user sees."""
        return [m for m in self.workspace.ephemerals.get(user, {}).values() if channel in (None, m["channel"])]

    def modal(self, user: str) -> Json | None:
        """The topmost modal of a user."""
        stack = self.workspace.modals.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> Json | None:
        """The Home tab of a user."""
        return self.workspace.homes.get(user)

    async def until(self, predicate: Callable[[], T], timeout_s: float = 20) -> T:
        """Wait until the predicate holds and return its value; it is asked again at every change."""
        async with asyncio.timeout(timeout_s):
            while not (value := predicate()):
                await self.workspace.next_change()
            return value

    async def idle(self, timeout_s: float = 5) -> None:
        """Wait until nothing is on its way to the app or unacknowledged."""
        await self.until(lambda: self.delivery.in_flight == 0, timeout_s)
