"""Post to Slack, each answer exactly once.

A reply carries metadata that names its jobs. If an earlier attempt may have posted, the thread is searched for that
metadata first. A reply is posted only under a lease that outlives the call; the lease is checked when the bytes are
written, so that the process that takes the job over finds the reply. Two races remain: Slack may work on a post for
longer than the call waits for its answer, or the process may be suspended between the check and the system call after
it until the lease has expired. In both cases the next process may search the thread too early and answer again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from bot.errors import GiveUp, RetryLater
from bot.inbox import Job, Lease, PostRate
from bot.policy.place import Place
from bot.render.block_kit import MessagePayload
from bot.slack.client import CALL_TIMEOUT_S, call_api
from bot.slack.lookup import Payload
from bot.slack.workspaces import Workspaces

METADATA_TYPE = "zimerr_annotation"
_LEASE_MARGIN_S = 2.0  # clocks of machines differ a little


class Sender:
    """Posts in every workspace. All methods raise RetryLater, GiveUp or StopWorkspace, and can be repeated."""

    def __init__(self, workspaces: Workspaces, post_rate: PostRate) -> None:
        self._workspaces = workspaces
        self._post_rate = post_rate

    async def post(self, jobs: Sequence[Job], *forms: MessagePayload) -> str:
        """Post a reply in the thread of *jobs*, once over all their attempts; return its ts.

        Of its *forms*, the first one is posted whose blocks Slack accepts.
        Several jobs share a reply only if no earlier attempt at any of them may have posted.
        """
        job = jobs[0]
        if job.may_be_answered and (posted := await self._posted(job)):
            return posted
        payload = {"team": job.place.team, "ts": job.ts, "kind": job.stored_kind}
        if len(jobs) > 1:
            payload["also"] = " ".join(other.ts for other in jobs[1:])
        self._post_rate.record_post(job.channel)
        answer = await self._call(
            job.place.team,
            "chat.postMessage",
            forms,
            lease=job.lease,
            channel=job.place.channel,
            thread_ts=job.thread,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_TYPE, "event_payload": payload},
        )
        return str(answer["ts"])

    async def update(self, place: Place, ts: str, *forms: MessagePayload) -> None:
        """Replace the content of one of the bot's messages, unless it is gone; *forms* as in `post`."""
        # Slack keeps the blocks of a message unless the call names new ones.
        ignore = ("message_not_found",)
        await self._call(place.team, "chat.update", forms, ignore=ignore, channel=place.channel, ts=ts, blocks=[])

    async def delete(self, place: Place, ts: str) -> None:
        """Delete one of the bot's messages, unless it is gone."""
        await self._call(place.team, "chat.delete", ignore=("message_not_found",), channel=place.channel, ts=ts)

    async def add_reaction(self, place: Place, ts: str, name: str) -> None:
        """React to a message, unless it is gone or has the reaction."""
        ignore = ("already_reacted", "message_not_found")
        await self._call(place.team, "reactions.add", ignore=ignore, channel=place.channel, timestamp=ts, name=name)

    async def remove_reaction(self, place: Place, ts: str, name: str) -> None:
        """Remove the bot's reaction, unless it or the message is gone."""
        ignore = ("no_reaction", "message_not_found")
        await self._call(place.team, "reactions.remove", ignore=ignore, channel=place.channel, timestamp=ts, name=name)

    async def post_ephemeral(
        self, place: Place, thread: str | None, message: MessagePayload, *, lease: Lease | None = None
    ) -> None:
        """Post an ephemeral message for the person of *place*, at least once: it may repeat after an error."""
        target = {"channel": place.channel, "user": place.user} | ({"thread_ts": thread} if thread else {})
        await self._call(place.team, "chat.postEphemeral", [message], lease=lease, **target)

    async def send_dm(self, place: Place, message: MessagePayload, *, lease: Lease | None = None) -> None:
        """Send the person of *place* a direct message, at least once: it may repeat after an error."""
        await self._call(place.team, "chat.postMessage", [message], lease=lease, channel=place.user)

    async def _posted(self, job: Job) -> str | None:
        """Return the ts of the reply that an earlier attempt at *job* posted, or None."""
        workspace = await self._workspaces.get(job.place.team)
        arguments = {"channel": job.place.channel, "ts": job.thread, "oldest": job.ts, "limit": "200"}
        arguments["include_all_metadata"] = "true"
        while True:
            answer = await call_api(workspace.client.api_call("conversations.replies", params=arguments))
            for message in answer.get("messages", []):
                if _is_reply(message, job):
                    return str(message["ts"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
            arguments["cursor"] = cursor

    async def _call(
        self,
        team: str,
        method: str,
        forms: Sequence[Payload] = ({},),
        *,
        lease: Lease | None = None,
        ignore: Sequence[str] = (),
        **arguments: Any,
    ) -> Payload:
        """Call *method* while *lease* lasts; errors named in *ignore* mean that there is nothing left to do."""
        workspace = await self._workspaces.get(team)
        check = partial(_check, lease)
        for form in forms:
            check()
            try:
                # As JSON: the SDK's own methods search all blocks for model classes, and encode them twice.
                json = {**arguments, **form}
                return await call_api(workspace.client.api_call(method, json=json, before_send=check))
            except GiveUp as error:
                if error.reason in ignore:
                    break
                if form is forms[-1] or not error.reason.startswith("invalid_blocks"):
                    raise
        return {}


def _check(lease: Lease | None) -> None:
    """Raise RetryLater if *lease* might expire during a call."""
    if lease and not lease.outlives(CALL_TIMEOUT_S + _LEASE_MARGIN_S):
        raise RetryLater("the lease was about to end")


def _is_reply(message: Payload, job: Job) -> bool:
    """Return whether *message* is the reply to *job*, by its metadata."""
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    answered = (payload.get("ts"), *str(payload.get("also", "")).split())
    is_same_kind = (payload.get("team"), payload.get("kind")) == (job.place.team, job.stored_kind)
    return metadata.get("event_type") == METADATA_TYPE and is_same_kind and job.ts in answered
