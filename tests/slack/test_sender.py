"""Each answer is posted once, and every error is classified."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_sdk.oauth.installation_store import Bot

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.inbox import Job, JobKind, Lease, PostRate
from bot.inbox.job import JobState
from bot.policy.place import Place
from bot.sandbox.http_server import Sandbox
from bot.slack.client import SlackClient
from bot.slack.sender import Sender
from bot.slack.workspaces import OneWorkspace
from tests.scenarios.conftest import ANN, ENGLISH, manifest


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A workspace without a bot."""
    async with Sandbox(manifest("socket"), transport="socket") as sandbox:
        yield sandbox


def here(client: SlackClient) -> OneWorkspace:
    """Return the one workspace, in which *client* posts."""
    bot = Bot(team_id="T0DEMO", bot_token="", bot_id="", bot_user_id="", installed_at=0.0)
    return OneWorkspace(client, bot)


MakeSender = Callable[..., Sender]


@pytest.fixture
async def sender(sandbox: Sandbox) -> AsyncIterator[MakeSender]:
    """Return a function that makes the bot's sender."""
    async with aiohttp.ClientSession() as session:

        def make(**changes: Any) -> Sender:
            values = {"token": sandbox.app.bot_token, "base_url": sandbox.api_url, **changes}
            client = SlackClient(session=session, **values)
            return Sender(here(client), PostRate(time.time))

        yield make


async def new_job(sandbox: Sandbox, **changes: Any) -> Job:
    """Return a job for a new message."""
    message = await sandbox.say(ENGLISH, ANN, "6000106")
    return replace(Job(Place("T0DEMO", ENGLISH, ANN), message["ts"], message["ts"]), **changes)


async def test_an_answer_names_its_job(sandbox: Sandbox, sender: MakeSender) -> None:
    """The metadata let a later attempt find the reply."""
    job = await new_job(sandbox)
    ts = await sender().post([job], {"text": "hi"})
    (reply,) = sandbox.replies(ENGLISH, job.ts)
    assert reply["ts"] == ts
    payload = {"team": "T0DEMO", "ts": job.ts, "kind": "message"}
    assert reply["metadata"] == {"event_type": "zimerr_annotation", "event_payload": payload}


async def test_a_reply_whose_response_was_lost_is_not_posted_again(sandbox: Sandbox, sender: MakeSender) -> None:
    """The network broke after Slack had posted."""
    sandbox.faults.lost("chat.postMessage")
    job = await new_job(sandbox)
    with pytest.raises(RetryLater) as failure:
        await sender().post([job], {"text": "hi"})
    assert failure.value.after_s is None
    ts = await sender().post([replace(job, attempts=1)], {"text": "hi"})
    assert [reply["ts"] for reply in sandbox.replies(ENGLISH, job.ts)] == [ts]


async def test_replies_to_other_jobs_are_not_taken_for_this_one(sandbox: Sandbox, sender: MakeSender) -> None:
    """A thread contains the replies to other messages and other kinds of jobs."""
    job = await new_job(sandbox)
    for other in (replace(job, kind=JobKind.ASKED), replace(job, ts=(await new_job(sandbox)).ts)):
        await sender().post([other], {"text": "another"})
    await sender().post([replace(job, attempts=1)], {"text": "hi"})
    assert [reply["text"] for reply in sandbox.replies(ENGLISH, job.ts)] == ["another", "another", "hi"]


async def test_an_answer_to_several_is_found_for_each(sandbox: Sandbox, sender: MakeSender) -> None:
    """The process died after it had answered a burst with one message."""
    parent = await new_job(sandbox)
    jobs = [replace(await new_job(sandbox), thread=parent.ts) for _ in range(3)]
    ts = await sender().post(jobs, {"text": "hi"})
    for job in jobs:
        assert await sender().post([replace(job, attempts=1)], {"text": "again"}) == ts
    assert await sender().post([replace(parent, attempts=1)], {"text": "another"}) != ts


async def test_a_rate_limited_post_is_repeated_without_a_search(sandbox: Sandbox, sender: MakeSender) -> None:
    """After a 429 nothing was posted; a search would be one more call."""
    job, same = await new_job(sandbox), sender()
    await same.post([replace(job, state=JobState.WORKING, attempts=2, refused=1, unposted=1)], {"text": "hi"})
    assert sandbox.calls("conversations.replies") == []
    # An attempt that failed otherwise may have posted, so the thread is searched, whatever comes after.
    await same.post([replace(job, attempts=4, refused=2, unposted=2)], {"text": "hi"})
    assert len(sandbox.replies(ENGLISH, job.ts)) == 1


async def test_a_post_is_counted_unless_slack_rate_limits_it(sandbox: Sandbox) -> None:
    """The next attempt looks for it. After a 429, the channel waits as long as Slack asks."""
    rate = PostRate(lambda: 0.0)
    first, second = [replace(await new_job(sandbox), lease=Lease(60.0, lambda: 0.0)) for _ in range(2)]
    async with aiohttp.ClientSession() as session:
        client = SlackClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session)
        sender = Sender(here(client), rate)
        sandbox.faults.rate_limited("chat.postMessage", retry_after_s=7)
        with pytest.raises(RetryLater) as failure:
            await sender.post([first, second], {"text": "hi"})
        assert failure.value.after_s == 7.0
        assert rate.wait_s(first.channel) == 7.0
        assert [job.lease.posts for job in (first, second) if job.lease] == [0, 0]
        sandbox.faults.lost("chat.postMessage")
        with pytest.raises(RetryLater):
            await sender.post([first, second], {"text": "hi"})
        assert [job.lease.posts for job in (first, second) if job.lease] == [1, 1]


@pytest.mark.parametrize(("left_s", "posted"), [(12.5, 1), (11.5, 0), (-3.0, 0)])
async def test_nothing_is_posted_that_might_arrive_after_the_lease(
    sandbox: Sandbox, sender: MakeSender, left_s: float, posted: int
) -> None:
    """By then another process would have searched the thread in vain, and answered."""
    job = replace(await new_job(sandbox), lease=Lease(100.0, lambda: 100.0 - left_s))
    with contextlib.nullcontext() if posted else pytest.raises(RetryLater, match="lease"):
        await sender().post([job], {"text": "hi"})
    assert len(sandbox.calls("chat.postMessage")) == posted


async def test_a_process_that_was_suspended_while_it_connected_does_not_post(sandbox: Sandbox) -> None:
    """A machine may sleep for a minute between the decision to post and the first byte sent."""
    lease = Lease(20.0, lambda: 0.0)
    asleep = aiohttp.TraceConfig()

    async def sleep(*_: object) -> None:
        lease.clock = lambda: 60.0

    asleep.on_connection_create_end.append(sleep)
    job = replace(await new_job(sandbox), lease=lease)
    async with aiohttp.ClientSession(trace_configs=[asleep]) as session:
        client = SlackClient(sandbox.app.bot_token, base_url=sandbox.api_url, session=session)
        with pytest.raises(RetryLater):
            await Sender(here(client), PostRate(time.time)).post([job], {"text": "hi"})
        assert lease.clock() == 60.0
        assert sandbox.calls("chat.postMessage") == []
        await Sender(here(client), PostRate(time.time)).post(
            [replace(job, lease=Lease(90.0, lease.clock))], {"text": "hi"}
        )
    assert len(sandbox.replies(ENGLISH, job.ts)) == 1


async def test_changes_can_be_repeated(sandbox: Sandbox, sender: MakeSender) -> None:
    """An earlier attempt may have made the same changes."""
    job, same = await new_job(sandbox), sender()
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}]
    ts = await same.post([job], {"text": "hi", "blocks": blocks})
    for _ in range(2):
        await same.update(job.place, ts, {"text": "ho"})
    (reply,) = sandbox.replies(ENGLISH, job.ts)
    assert reply["text"] == "ho"
    assert not reply.get("blocks")
    for _ in range(2):
        await same.delete(job.place, ts)
    await same.update(job.place, ts, {"text": "too late"})
    assert sandbox.replies(ENGLISH, job.ts) == []


async def test_a_refusal_that_is_not_about_the_blocks_is_the_same_for_each_form(
    sandbox: Sandbox, sender: MakeSender
) -> None:
    """One call is enough."""
    job = await new_job(sandbox)
    await sandbox.kick(ENGLISH)
    with pytest.raises(GiveUp, match="not_in_channel"):
        await sender().post([job], {"text": "hi", "blocks": [{"type": "divider"}]})
    assert len(sandbox.calls("chat.postMessage")) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_retried(sandbox: Sandbox, sender: MakeSender, status: int) -> None:
    """Server errors are mostly transient."""
    sandbox.faults.server_error("chat.postMessage", status=status)
    with pytest.raises(RetryLater, match=str(status)):
        await sender().post([await new_job(sandbox)], {"text": "hi"})


async def test_a_timeout_or_a_refused_connection_is_retried(
    sandbox: Sandbox, sender: MakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack may have posted all the same."""
    monkeypatch.setattr("bot.slack.client.CALL_TIMEOUT_S", 0.2)
    sandbox.faults.hold("chat.postMessage")
    with pytest.raises(RetryLater) as failure:
        await sender().post([await new_job(sandbox)], {"text": "hi"})
    assert failure.value.after_s is None
    with pytest.raises(RetryLater, match="no answer"):
        await sender(base_url="http://127.0.0.1:1/api/").post([await new_job(sandbox)], {"text": "hi"})


async def test_a_permanent_error_is_given_up(sandbox: Sandbox, sender: MakeSender) -> None:
    """The error has Slack's reason, for those who can fix it."""
    job = await new_job(sandbox)
    sandbox.workspace.channel(ENGLISH).is_archived = True
    with pytest.raises(GiveUp, match="is_archived"):
        await sender().post([job], {"text": "hi"})
    sandbox.workspace.channel(ENGLISH).is_archived = False
    await sandbox.kick(ENGLISH)
    with pytest.raises(GiveUp, match="not_in_channel"):
        await sender().post([job], {"text": "hi"})
    with pytest.raises(GiveUp, match="channel_not_found"):
        await sender().post([replace(job, place=Place("T0DEMO", "C404", ANN))], {"text": "hi"})


async def test_a_missing_scope_is_named(sandbox: Sandbox, sender: MakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    """An admin must add it, and should not have to guess."""
    job = await new_job(sandbox)
    scopes = tuple(scope for scope in sandbox.app.scopes if scope != "chat:write")
    monkeypatch.setattr(type(sandbox.app), "scopes", scopes, raising=False)
    with pytest.raises(GiveUp) as failure:
        await sender().post([job], {"text": "hi"})
    assert (failure.value.reason, failure.value.scope) == ("missing_scope", "chat:write")


async def test_a_refused_token_stops_the_workspace(sandbox: Sandbox, sender: MakeSender) -> None:
    """Every further call would be refused."""
    with pytest.raises(StopWorkspace, match="invalid_auth"):
        await sender(token="xoxb-revoked").post([await new_job(sandbox)], {"text": "hi"})
