"""Send a message in the fullest form that Slack accepts.

1. The forms, in this order: as it is; without charts; without tables; as text alone. If Slack names the blocks that it
   refuses, only their types are given up.
2. The next form follows a refusal of the blocks. It also follows an internal error, which Slack has answered to valid
   tables (SlackNet issue 246): at once if no job repeats the call, else in the third attempt at the job.
3. A type of block that a workspace refuses is not sent there again for a day. A new version of Slack may accept it.
4. Each refusal is logged with Slack's explanations.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from cachetools import TTLCache

from bot.errors import GiveUp, RetryLater
from bot.inbox import Job
from bot.render.block_kit import MessagePayload
from bot.render.message_forms import REPLACEABLE, plain, simplified

REMEMBERED_S = 86_400.0
MOST_TEXT_BYTES = 12_000  # of a message that is text alone
_MAX_CACHED = 10_000  # workspaces and types
_PATIENCE = 3  # attempts at a job
INTERNAL_ERRORS = ("internal_error", "fatal_error", "status 500")
_TOO_LONG = "msg_blocks_too_long"
_POINTER = re.compile(r"json-pointer:/blocks/(\d+)")
_log = structlog.stdlib.get_logger(__name__)
T = TypeVar("T")


class Ladder:
    """Knows which types of blocks each workspace refuses, and steps from form to form."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._refused: TTLCache[tuple[str, str], bool] = TTLCache(_MAX_CACHED, REMEMBERED_S, timer=clock)

    async def send(
        self,
        team: str,
        message: MessagePayload,
        send: Callable[[MessagePayload], Awaitable[T]],
        *,
        job: Job | None = None,
        most_text_bytes: int = MOST_TEXT_BYTES,
    ) -> T:
        """Call *send* with one form after the other until Slack accepts one; return its result.

        *job* repeats the call if it fails otherwise. Raises the error of the last form.
        """
        form = simplified(message, {kind for kind in REPLACEABLE if (team, kind) in self._refused})
        named, tried = set[str](), set[str]()
        while True:
            try:
                sent = await send(form)
                break
            except (GiveUp, RetryLater) as error:
                is_about_form = bool(form.get("blocks")) and _is_about_form(error, job)
                if is_about_form or isinstance(error, GiveUp):
                    said = getattr(error, "messages", ())
                    _log.warning("Slack refused a message", team=team, reason=str(error), messages=said)
                if not is_about_form:
                    raise
                named |= (refused := _named_types(form, error))
                given_up = refused or _guessed_type(form)
                form = simplified(form, given_up) if given_up else plain(message, most_text_bytes)
                # A single internal error may pass, and a message that is too long says nothing about the next one.
                is_lasting = str(error) != _TOO_LONG and (job is not None or isinstance(error, GiveUp))
                tried = given_up if is_lasting else set()
        self._refused.update({(team, kind): True for kind in named | tried})
        return sent


def _is_about_form(error: GiveUp | RetryLater, job: Job | None) -> bool:
    """Return whether a simpler form may be accepted."""
    if isinstance(error, GiveUp):
        is_named = any(_POINTER.search(each) for each in error.messages)
        return is_named or error.reason.startswith("invalid_blocks") or error.reason == _TOO_LONG
    is_repeated = job is None or (job.reason == str(error) and job.attempts - job.refused >= _PATIENCE)
    return str(error) in INTERNAL_ERRORS and is_repeated


def _named_types(form: MessagePayload, error: GiveUp | RetryLater) -> set[str]:
    """Return the replaceable types of the blocks that Slack's messages name."""
    pointers = [int(at) for each in getattr(error, "messages", ()) for at in _POINTER.findall(each)]
    return {form["blocks"][at]["type"] for at in pointers if at < len(form["blocks"])} & {*REPLACEABLE}


def _guessed_type(form: MessagePayload) -> set[str]:
    """Return the first of the replaceable types that *form* contains, if any."""
    types = {block["type"] for block in form["blocks"]}
    return {*[kind for kind in REPLACEABLE if kind in types][:1]}
