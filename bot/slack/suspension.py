"""Suspend the workspaces whose token Slack refuses, and resume them when it accepts the token again.

Their jobs wait in the inbox meanwhile. A token may be refused for a while: during the migration of a workspace, or for
requests from an address that is not allowed.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable

import structlog

from bot.errors import RetryLater, StopWorkspace, describe
from bot.slack.workspaces import LOST, Workspaces
from bot.storage.database import UNREACHABLE

_INTERVAL_S = 60.0  # between two checks of a token
_log = structlog.stdlib.get_logger(__name__)


class Suspensions:
    """Keeps the suspended workspaces.

    *resume* gets the team that Slack accepts again, *on_lost* one that has removed the app, with Slack's error code.
    Without *on_lost*, the bot serves one workspace and waits for it in any case.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        resume: Callable[[str], None],
        on_lost: Callable[[str, str], None] | None = None,
    ) -> None:
        self._workspaces = workspaces
        self._resume = resume
        self._on_lost = on_lost
        self._tasks: set[asyncio.Task[None]] = set()
        self.reasons: dict[str, str] = {}  # Slack's error codes, by team

    def stop(self, team: str, reason: str) -> None:
        """Suspend a workspace whose token Slack refuses, and check the token every minute."""
        if self._on_lost and reason in LOST:
            self._on_lost(team, reason)
            return
        is_waiting = team in self.reasons
        self.reasons[team] = reason
        if is_waiting:  # its jobs were forgotten meanwhile, and new ones came
            return
        if self._on_lost:
            _log.error(
                "Slack refuses the token of a workspace. Its messages wait, and zimerr asks again every minute. If it "
                "goes on, let somebody there install the app again.",
                team=team,
                reason=reason,
            )
        else:
            _log.error(
                "Slack refuses SLACK_BOT_TOKEN. zimerr keeps all messages and asks again every minute. If the token "
                "was revoked, install the app again (OAuth & Permissions), set its new token and restart.",
                team=team,
                reason=reason,
            )
        # Without the ids of the event that has met the refusal.
        task = asyncio.create_task(self._wait(team), context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop the checks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _wait(self, team: str) -> None:
        """Check the token until Slack accepts it, or reports that the workspace has removed the app."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            try:
                await self._workspaces.check(team)
            except StopWorkspace as error:
                self.reasons[team] = str(error)
                if self._on_lost and str(error) in LOST:
                    self._on_lost(team, self.reasons.pop(team))
                    return
            except (RetryLater, *UNREACHABLE) as error:
                _log.info("the token of a stopped workspace could not be checked", team=team, error=describe(error))
            else:
                _log.info("Slack accepts the token of a workspace again", team=team, reason=self.reasons.pop(team))
                self._resume(team)
                return
