"""Posting to Slack: each answer exactly once, and every error told apart.

The message carries metadata that name its jobs. Where an attempt may have posted already, the thread is asked first.
Nothing is posted but under a lease that outlives the call, checked when the bytes go out: whoever takes the job over
finds what was posted. Two things are beyond reach. Slack may work on a post for longer than we wait for the answer; or
the process may be stopped for the rest of its lease between the check and the system call after it. In both cases the
next to ask may ask too early, and answer again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import GiveUp, RetryLater, StopWorkspace, named
from bot.inbox import Job, Lease, RateLimit
from bot.policy.place import Place
from bot.slack.client import before_sending
from bot.slack.workspaces import Workspaces

METADATA_TYPE = "zimerr_annotation"
_Message = Mapping[str, Any]
_CALL_S = 10.0  # the SDK's own time-out does not count in a session that it is given
_MARGIN_S = 2.0  # between the end of the last call and the lease's: clocks of machines differ a little
_PAGE = 200  # messages of a thread in one call
_WITHOUT_WORD_S = 30.0  # where Slack says 429 without Retry-After
# The rest is for good. https://docs.slack.dev/reference/methods/chat.postMessage and the errors of all methods there.
PASSING = frozenset(
    {
        *("fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"),
        *("ratelimited", "rate_limited", "message_limit_exceeded", "accesslimited"),
    }
)
TOKEN_IS_NO_GOOD = frozenset(
    {
        *("token_revoked", "token_expired", "account_inactive", "invalid_auth", "not_authed"),
        *("org_login_required", "team_access_not_granted", "ekm_access_denied"),
    }
)


def _check(lease: Lease | None) -> None:
    if lease and not lease.outlives(_CALL_S + _MARGIN_S):
        raise RetryLater("the lease was about to end")


class Sender:
    """Posts in every workspace, by its own client."""

    def __init__(self, workspaces: Workspaces, rate_limit: RateLimit) -> None:
        self._workspaces = workspaces
        self._rate_limit = rate_limit

    async def post(self, jobs: Sequence[Job], message: _Message) -> str:
        """Post *message* in the thread of *jobs*, once over all their attempts; return the ts of the reply.

        Of several jobs, none has been attempted but in vain. Raises RetryLater, GiveUp or StopWorkspace.
        """
        job = jobs[0]
        if job.may_be_answered and (posted := await self._posted(job)):
            return posted
        payload = {"team": job.place.team, "ts": job.ts, "kind": job.stored_kind}
        if len(jobs) > 1:
            payload["also"] = " ".join(other.ts for other in jobs[1:])
        metadata = {"event_type": METADATA_TYPE, "event_payload": payload}
        self._rate_limit.record_post(job.channel)
        answer = await self._call(
            job.place.team,
            "chat.postMessage",
            lease=job.lease,
            channel=job.place.channel,
            thread_ts=job.thread,
            unfurl_links=False,
            unfurl_media=False,
            metadata=metadata,
            **message,
        )
        return str(answer["ts"])

    async def update(self, place: Place, ts: str, message: _Message) -> None:
        """Change a message of the bot; one that is gone is left alone. Raises as `post` does."""
        try:
            # Slack keeps the blocks that are not named, so they are.
            await self._call(place.team, "chat.update", channel=place.channel, ts=ts, **{"blocks": [], **message})
        except GiveUp as error:
            if error.reason != "message_not_found":
                raise

    async def delete(self, place: Place, ts: str) -> None:
        """Delete a message of the bot; one that is gone is left alone. Raises as `post` does."""
        try:
            await self._call(place.team, "chat.delete", channel=place.channel, ts=ts)
        except GiveUp as error:
            if error.reason != "message_not_found":
                raise

    async def react(self, place: Place, ts: str, name: str) -> None:
        """React to a message; one that is gone, or has the reaction, is left alone. Raises as `post` does."""
        try:
            await self._call(place.team, "reactions.add", channel=place.channel, timestamp=ts, name=name)
        except GiveUp as error:
            if error.reason not in ("already_reacted", "message_not_found"):
                raise

    async def unreact(self, place: Place, ts: str, name: str) -> None:
        """Take a reaction back; one that is gone is gone. Raises as `post` does."""
        try:
            await self._call(place.team, "reactions.remove", channel=place.channel, timestamp=ts, name=name)
        except GiveUp as error:
            if error.reason not in ("no_reaction", "message_not_found"):
                raise

    async def whisper(self, place: Place, thread: str | None, message: _Message, *, lease: Lease | None = None) -> None:
        """Post for one person, who does not see it for ever: once or, after an error, again. Raises as `post` does."""
        where = {"channel": place.channel, "user": place.user} | ({"thread_ts": thread} if thread else {})
        await self._call(place.team, "chat.postEphemeral", lease=lease, **where, **message)

    async def tell(self, place: Place, message: _Message, *, lease: Lease | None = None) -> None:
        """Send the person of *place* a direct message: once or, after an error, again. Raises as `post` does."""
        await self._call(place.team, "chat.postMessage", lease=lease, channel=place.user, **message)

    async def _posted(self, job: Job) -> str | None:
        """Return the ts of the reply that an earlier attempt posted, or None."""
        async for reply in self._thread(job):
            metadata = reply.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            answers = (payload.get("ts"), *str(payload.get("also", "")).split())
            is_alike = (payload.get("team"), payload.get("kind")) == (job.place.team, job.stored_kind)
            if metadata.get("event_type") == METADATA_TYPE and is_alike and job.ts in answers:
                return str(reply["ts"])
        return None

    async def _thread(self, job: Job) -> AsyncIterator[dict[str, Any]]:
        workspace, cursor = await self._workspaces.get(job.place.team), ""
        while True:
            answer = await told_apart(
                workspace.posting.conversations_replies(
                    channel=job.place.channel,
                    ts=job.thread,
                    oldest=job.ts,
                    include_all_metadata=True,
                    limit=_PAGE,
                    cursor=cursor or None,
                )
            )
            messages: list[dict[str, Any]] = answer.get("messages", [])
            for message in messages:
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _call(
        self, team: str, method: str, *, lease: Lease | None = None, **arguments: Any
    ) -> AsyncSlackResponse:
        workspace = await self._workspaces.get(team)
        _check(lease)
        before_sending.set(partial(_check, lease))
        # As JSON: the client's own methods search all blocks for its model classes, and encode them twice.
        return await told_apart(workspace.posting.api_call(method, json=arguments))


async def told_apart(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """The answer to a call; raises RetryLater, GiveUp or StopWorkspace."""
    try:
        async with asyncio.timeout(_CALL_S):
            return await call
    except SlackApiError as error:
        _raise_for(error)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise RetryLater(f"no answer: {named(error)}") from error


def _raise_for(error: SlackApiError) -> NoReturn:
    # Where the body is no JSON, the SDK gives aiohttp's response instead of its own.
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    if status == 429:
        raise RetryLater("ratelimited", _seconds(response.headers.get("Retry-After"))) from error
    data = getattr(response, "data", None)
    reason = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status >= 500 or not reason or reason in PASSING:
        raise RetryLater(reason or f"status {status}") from error
    if reason in TOKEN_IS_NO_GOOD:
        raise StopWorkspace(reason) from error
    raise GiveUp(reason, scope=data.get("needed") if isinstance(data, dict) else None) from error


def _seconds(retry_after: str | None) -> float:
    try:
        return max(0.0, float(retry_after or ""))
    except ValueError:
        return _WITHOUT_WORD_S
