"""Post to Slack, each answer exactly once.

A reply carries metadata that names its jobs. If an earlier attempt may have posted, the thread is searched for that
metadata first. A reply is posted only under a lease that outlives the call; the lease is checked when the bytes are
written, so that the process that takes the job over finds the reply. Two races remain: Slack may work on a post for
longer than the call waits for its answer, or the process may be suspended between the check and the system call after
it until the lease has expired. In both cases the next process may search the thread too early and answer again.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import aiohttp
from slack_bolt.context.respond.async_respond import AsyncRespond

from bot.errors import GiveUp, RetryLater, describe
from bot.inbox import Job, Lease, PostRate
from bot.policy.place import Place
from bot.render.block_kit import FALLBACK_BYTES, MessagePayload
from bot.slack.client import CALL_TIMEOUT_S, call_api, explanations, observed, pages
from bot.slack.ladder import INTERNAL_ERRORS, Ladder
from bot.slack.lookup import Payload
from bot.slack.workspaces import Workspaces
from bot.telemetry.metrics import Metrics

METADATA_TYPE = "zimerr_annotation"
_LEASE_MARGIN_S = 2.0  # clocks of machines differ a little


class Sender:
    """Posts in every workspace, each message in the fullest form that Slack accepts there (see `Ladder`).

    All methods raise RetryLater, GiveUp or StopWorkspace, and can be repeated. The *job* of a call is the one that
    repeats it.
    """

    def __init__(
        self,
        workspaces: Workspaces,
        post_rate: PostRate,
        clock: Callable[[], float] = time.time,
        metrics: Metrics | None = None,
    ) -> None:
        self._workspaces = workspaces
        self._clock = clock
        self._metrics = metrics or Metrics()
        self._post_rate = post_rate
        self._ladder = Ladder(clock)

    async def post(self, jobs: Sequence[Job], message: MessagePayload) -> str:
        """Post a reply in the thread of *jobs*, once over all their attempts; return its ts.

        In a direct message, the reply is in no thread (see `Job.reply_thread`). Several jobs share a reply only if no
        earlier attempt at any of them may have posted.
        """
        job = jobs[0]
        payload = {"team": job.place.team, "ts": job.ts, "kind": job.stored_kind}
        if len(jobs) > 1:
            payload["also"] = " ".join(other.ts for other in jobs[1:])
        target = {
            "channel": job.place.channel,
            **({"thread_ts": job.reply_thread} if job.reply_thread else {}),
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": METADATA_TYPE, "event_payload": payload},
        }

        async def post(form: MessagePayload) -> str:
            # An internal error may have come after Slack had posted, also in this attempt.
            if job.may_be_answered and (posted := await self._posted(job)):
                return posted
            with self._counted(jobs):
                return str((await self._call(job.place.team, "chat.postMessage", target | form, lease=job.lease))["ts"])

        posted = await self._ladder.send(job.place.team, message, post, job=job)
        for each in jobs:
            if not each.trigger_ts:  # otherwise the reply is to a button or an edit, which was later than the message
                self._metrics.answer_latency.labels(str(each.kind)).observe(max(0.0, self._clock() - float(each.ts)))
        return posted

    @contextlib.contextmanager
    def _counted(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Count a reply to *jobs* that may be in Slack from now on, unless Slack refuses it.

        After a 429, nothing is posted in the channel for as long as Slack asks.
        """
        channel, leases = jobs[0].channel, [job.lease for job in jobs if job.lease]
        self._post_rate.record_post(channel)
        for lease in leases:
            lease.posts += 1
        try:
            yield
        except (GiveUp, RetryLater) as error:
            if isinstance(error, GiveUp) or error.after_s is not None:
                for lease in leases:
                    lease.posts -= 1
            if isinstance(error, RetryLater) and error.after_s is not None:
                self._post_rate.block(channel, error.after_s)
            raise

    async def update(self, place: Place, ts: str, message: MessagePayload, *, job: Job | None = None) -> None:
        """Replace the content of one of the bot's messages, unless it is gone."""
        # Slack keeps the blocks of a message unless the call names new ones.
        target = {"channel": place.channel, "ts": ts, "blocks": []}

        async def update(form: MessagePayload) -> None:
            await self._call(place.team, "chat.update", target | form, ignore=("message_not_found",))

        await self._ladder.send(place.team, message, update, job=job, most_text_bytes=FALLBACK_BYTES)

    async def delete(self, place: Place, ts: str) -> None:
        """Delete one of the bot's messages, unless it is gone."""
        arguments = {"channel": place.channel, "ts": ts}
        await self._call(place.team, "chat.delete", arguments, ignore=("message_not_found",))

    async def add_reaction(self, place: Place, ts: str, name: str) -> None:
        """React to a message, unless it is gone or has the reaction."""
        arguments = {"channel": place.channel, "timestamp": ts, "name": name}
        await self._call(place.team, "reactions.add", arguments, ignore=("already_reacted", "message_not_found"))

    async def remove_reaction(self, place: Place, ts: str, name: str) -> None:
        """Remove the bot's reaction, unless it or the message is gone."""
        arguments = {"channel": place.channel, "timestamp": ts, "name": name}
        await self._call(place.team, "reactions.remove", arguments, ignore=("no_reaction", "message_not_found"))

    async def post_ephemeral(
        self, place: Place, thread: str | None, message: MessagePayload, *, job: Job | None = None
    ) -> None:
        """Post an ephemeral message for the person of *place*, at least once: it may repeat after an error."""
        target = {"channel": place.channel, "user": place.user} | ({"thread_ts": thread} if thread else {})
        await self._send(place.team, "chat.postEphemeral", target, message, job)

    async def post_new(self, place: Place, thread: str | None, message: MessagePayload) -> str:
        """Post a message that answers no job, at least once: it may repeat after an error. Return its ts."""
        target = {"channel": place.channel, "unfurl_links": False, "unfurl_media": False}
        target |= {"thread_ts": thread} if thread else {}
        return str((await self._send(place.team, "chat.postMessage", target, message, None))["ts"])

    async def send_dm(self, place: Place, message: MessagePayload, *, job: Job | None = None) -> Payload:
        """Send the person of *place* a direct message, at least once: it may repeat after an error.

        Return Slack's answer, with the channel and the ts.
        """
        return await self._send(place.team, "chat.postMessage", {"channel": place.user}, message, job)

    async def respond(
        self,
        team: str,
        respond: AsyncRespond,
        message: MessagePayload,
        *,
        thread: str | None,
        is_public: bool,
        replaces: bool = False,
    ) -> None:
        """Send a message to the response_url of a request, for its person only or for the channel.

        If it *replaces* the message of the request, the audience stays the same.
        """
        audience = "in_channel" if is_public else "ephemeral"

        async def send(form: MessagePayload) -> None:
            with observed(self._metrics, "response_url"):
                try:
                    answer = await respond(response_type=audience, replace_original=replaces, thread_ts=thread, **form)
                except (aiohttp.ClientError, TimeoutError) as error:
                    raise RetryLater(f"no answer: {describe(error)}") from error
                _raise_for_url(answer.status_code, answer.body)

        await self._ladder.send(team, message, send)

    async def _send(self, team: str, method: str, target: Payload, message: MessagePayload, job: Job | None) -> Payload:
        """Send a message that is not a reply; return Slack's answer."""

        async def send(form: MessagePayload) -> Payload:
            return await self._call(team, method, {**target, **form}, lease=job.lease if job else None)

        return await self._ladder.send(team, message, send, job=job)

    async def _posted(self, job: Job) -> str | None:
        """Return the ts of the reply that an earlier attempt at *job* posted, or None."""
        workspace = await self._workspaces.get(job.place.team)
        method, arguments = "conversations.history", {"channel": job.place.channel, "oldest": job.ts, "limit": "200"}
        if job.reply_thread:
            method, arguments = "conversations.replies", arguments | {"ts": job.reply_thread}
        arguments["include_all_metadata"] = "true"

        async def ask(page: dict[str, str]) -> Payload:
            return await call_api(workspace.client.api_call(method, params=page))

        async for answer in pages(ask, arguments):
            for message in answer.get("messages", ()):
                if _is_reply(message, job):
                    return str(message["ts"])
        return None

    async def _call(
        self, team: str, method: str, arguments: Payload, *, lease: Lease | None = None, ignore: Sequence[str] = ()
    ) -> Payload:
        """Call *method* while *lease* lasts; errors named in *ignore* mean that there is nothing left to do."""
        workspace = await self._workspaces.get(team)
        check = partial(_check, lease)
        check()
        try:
            # As JSON: the SDK's own methods search all blocks for model classes, and encode them twice.
            return await call_api(workspace.client.api_call(method, json=dict(arguments), before_send=check))
        except GiveUp as error:
            if error.reason not in ignore:
                raise
        return {}


def _check(lease: Lease | None) -> None:
    """Raise RetryLater if *lease* might expire during a call."""
    if lease and not lease.outlives(CALL_TIMEOUT_S + _LEASE_MARGIN_S):
        raise RetryLater("the lease was about to end")


def _raise_for_url(status: int, body: str) -> None:
    """Raise RetryLater or GiveUp if a response_url refused a message: with 404 and JSON (java-slack-sdk issue 1349)."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    reason = str(answer.get("error") or f"status {status}")
    if status == 429 or status >= 500 or reason in INTERNAL_ERRORS:
        raise RetryLater(reason)
    if status != 200 or answer.get("ok") is False:
        raise GiveUp(reason, messages=explanations(answer))


def _is_reply(message: Payload, job: Job) -> bool:
    """Return whether *message* is the reply to *job*, by its metadata."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    answered = (payload.get("ts"), *str(payload.get("also", "")).split())
    is_same_kind = (payload.get("team"), payload.get("kind")) == (job.place.team, job.stored_kind)
    return metadata.get("event_type") == METADATA_TYPE and is_same_kind and job.ts in answered
