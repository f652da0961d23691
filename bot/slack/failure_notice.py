"""What can't be answered is told to whoever wrote it: privately, in their language, and not again for a day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot import log
from bot.errors import GiveUp, RetryLater
from bot.inbox import ASKED_KINDS, UNASKED_KINDS, Job
from bot.policy.language import Languages
from bot.policy.place import Directory
from bot.policy.replies import Barred, Barrier
from bot.render.renderer import Renderer
from bot.slack.lookup import begun
from bot.slack.sender import Sender
from bot.storage.notice_store import NoticeStore

SIGN = "warning"  # the reaction where no word can be said
_NOT_AGAIN_S = 86_400.0  # for one channel and reason
_log = log.get(__name__)


class FailureNotice:
    """Tells people why their messages get no answer."""

    def __init__(
        self, told: NoticeStore, languages: Languages, renderer: Renderer, poster: Sender, clock: Callable[[], float]
    ) -> None:
        self._told = told
        self._languages = languages
        self._renderer = renderer
        self._poster = poster
        self._clock = clock

    async def tell(self, job: Job, error: GiveUp, directory: Directory) -> None:
        """Tell the author of the message, as far as they can do something about it. Raises RetryLater.

        Only who spoke to the bot hears of a missing scope: others do not wait for an answer, and can't add it.
        """
        barrier = _barrier(error.reason)
        waits = job.kind in ASKED_KINDS or (job.kind in UNASKED_KINDS and barrier is not Barrier.MISSING_SCOPE)
        if barrier is None or not waits or not job.place.user:
            return
        what, now = (job.place.team, job.place.channel, barrier), self._clock()
        if not await self._told.claim(*what, now=now, unless_since=now - _NOT_AGAIN_S):
            return
        try:
            await self._say(job, Barred(barrier, job.place.channel, error.scope), directory)
        except RetryLater:
            await self._told.forget(*what)
            raise

    async def _say(self, job: Job, barred: Barred, directory: Directory) -> None:
        """Beside the message; where Slack refuses that, directly; else by a reaction."""
        place, thread = job.place, begun(job.thread, job.ts)
        choice = await self._languages.of_person(place, directory)
        message = self._renderer.message(barred, choice.language)
        ways: tuple[Callable[[], Awaitable[None]], ...] = (
            lambda: self._poster.whisper(place, thread, message, lease=job.lease),
            lambda: self._poster.tell(place, message, lease=job.lease),
            lambda: self._poster.react(place, job.ts, SIGN),
        )
        for way in ways:
            try:
                return await way()
            except GiveUp as error:
                _log.info("slack refuses to tell", channel=place.channel, ts=job.ts, reason=str(error))
        return None


def _barrier(reason: str) -> Barrier | None:
    # Slack has several kinds of restricted_action (docs.slack.dev/reference/methods/chat.postMessage).
    return next((barrier for barrier in Barrier if reason == barrier or reason.startswith(f"{barrier}_")), None)
