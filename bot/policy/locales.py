"""Cache the locales of channels and people. Slack is asked in the background: no reply waits for a locale.

1. A locale is kept in memory and in the database, with the time when Slack was asked for it.
2. If it is unknown or older than a day, Slack is asked in the background, and a later reply uses the answer.
3. Channels and people of a workspace are asked for one after the other, well within Slack's rate limits. If Slack
   demands a wait, all of them wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from cachetools import LRUCache

from bot.errors import RetryLater, StopWorkspace, describe
from bot.policy.place import Directory
from bot.storage.channel_store import ChannelStore, KnownLocale
from bot.storage.database import UNREACHABLE

# Slack allows 50 conversations.info and 100 users.info per minute and workspace, or more
# (https://docs.slack.dev/apis/web-api/rate-limits). Half of it leaves room for another replica.
_CHANNELS_PER_MINUTE, _PEOPLE_PER_MINUTE = 25, 50
_REFRESH_S = 86_400.0
_MAX_CACHED = 10_000
_MAX_WAITING = 1_000  # more are asked for when a later reply needs them
_RETRY_S = 30.0  # after an error without Retry-After
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Queue:
    """The channels or the people of one workspace that Slack is to be asked for."""

    asked_at: deque[float]  # the times of the last calls, as many as a minute may have
    waiting: dict[str, Directory] = field(default_factory=dict)  # by id
    task: asyncio.Task[None] | None = None  # asks for them

    def wait_s(self, now: float) -> float:
        """Return how long the next call has to wait."""
        if len(self.asked_at) < (self.asked_at.maxlen or 0):
            return 0.0
        return min(max(self.asked_at[0] + 60.0 - now, 0.0), 60.0)


class Locales:
    """The known locales of all workspaces."""

    def __init__(
        self,
        store: ChannelStore,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._known: LRUCache[tuple[str, str], KnownLocale] = LRUCache(_MAX_CACHED)
        self._queues: dict[tuple[str, bool], _Queue] = {}  # by team and whether it asks for people

    async def find(self, team: str, id_: str, directory: Directory, *, may_ask: bool = True) -> str | None:
        """Return the IETF locale of a channel or person, or None if Slack has none or has not answered yet.

        If it is unknown or old and *may_ask*, have *directory* asked later. Raises the database's errors.
        """
        if (team, id_) not in self._known:
            self._known[team, id_] = await self._store.locale(team, id_)
        known = self._known[team, id_]
        if may_ask and not self._is_fresh(known):
            self._ask_later(team, id_, directory)
        return known.locale

    def forget(self, team: str) -> None:
        """Drop the cached locales and the queues of a workspace. The database is not changed."""
        for key in [key for key in self._known if key[0] == team]:
            del self._known[key]
        for is_person in (False, True):
            queue = self._queues.pop((team, is_person), None)
            if queue and queue.task:
                queue.task.cancel()

    async def close(self) -> None:
        """Stop asking."""
        tasks = [queue.task for queue in self._queues.values() if queue.task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_fresh(self, known: KnownLocale) -> bool:
        return 0.0 <= self._clock() - known.asked_at <= _REFRESH_S

    def _ask_later(self, team: str, id_: str, directory: Directory) -> None:
        is_person = _is_person(id_)
        per_minute = _PEOPLE_PER_MINUTE if is_person else _CHANNELS_PER_MINUTE
        queue = self._queues.setdefault((team, is_person), _Queue(deque(maxlen=per_minute)))
        if len(queue.waiting) < _MAX_WAITING:
            queue.waiting.setdefault(id_, directory)
        if queue.task is None or queue.task.done():
            queue.task = asyncio.create_task(self._ask_all(team, queue))

    async def _ask_all(self, team: str, queue: _Queue) -> None:
        while queue.waiting:
            if wait_s := queue.wait_s(self._clock()):
                await self._sleep(wait_s)
            id_, directory = next(iter(queue.waiting.items()))
            try:
                await self._ask(team, id_, directory, queue)
            except RetryLater as error:
                _log.info("locale not known yet", team=team, id=id_, reason=str(error))
                if error.after_s is None:
                    del queue.waiting[id_]  # a later reply asks again, and the others do not wait for this one
                await self._sleep(_RETRY_S if error.after_s is None else error.after_s)
            except (StopWorkspace, *UNREACHABLE) as error:
                _log.info("locales not known", team=team, reason=describe(error))
                queue.waiting.clear()
            else:
                queue.waiting.pop(id_, None)

    async def _ask(self, team: str, id_: str, directory: Directory, queue: _Queue) -> None:
        """Ask for one locale and store it, unless another replica has."""
        known = await self._store.locale(team, id_)
        if not self._is_fresh(known):
            queue.asked_at.append(self._clock())
            locale = await (directory.user_locale(id_) if _is_person(id_) else directory.channel_locale(id_))
            known = KnownLocale(locale, self._clock())
            await self._store.put_locale(team, id_, known)
        self._known[team, id_] = known


def _is_person(id_: str) -> bool:
    """Return whether an id of Slack is that of a person: U…, or W… in an organization."""
    return id_.startswith(("U", "W"))
