"""A person who asked gets an answer, whatever happened."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.errors import GiveUp, RetryLater, StopWorkspace
from bot.i18n import Language
from bot.inbox import Job, JobKind
from bot.policy.place import Place
from bot.policy.replies import Note
from bot.policy.troubles import Barred, Barrier, Refused
from bot.slack.background import Background
from bot.slack.worker import Worker
from bot.telemetry.metrics import Metrics
from tests.slack.forgetful import Forgetful


class FakeServices:
    """Services that find nothing in Slack, and record what people are sent; sending raises *errors* first."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.metrics = Metrics()
        self.sent: list[tuple[str, Any]] = []
        self.claims: set[str] = set()
        client = SimpleNamespace(api_call=self._find_nothing)
        self.workspaces = SimpleNamespace(get=self._workspace, check=self._check)
        self.workspace = SimpleNamespace(client=client, authorization=SimpleNamespace(bot_id="B1", team_id="T1"))
        self.sender = SimpleNamespace(post_ephemeral=self._post_ephemeral, send_dm=self._send_dm, post=self._post)
        self.memories = Forgetful()
        self.renderer = SimpleNamespace(message=lambda reply, language, **_: reply)
        self.languages = SimpleNamespace(of_person=self._language, of_channel=self._language, default=Language.EN)
        self.channels = SimpleNamespace(claim_notice=self._claim, forget_notice=self._forget)
        self.log_reader = SimpleNamespace(read=self._read)
        self.background = Background()
        self.annotations = SimpleNamespace(annotate=self._refused)
        self.refusal = "is_archived"
        self.escalation_target = "U9"
        self.clock = lambda: 0.0

    async def _find_nothing(self, *_: object, **__: object) -> Any:
        return SimpleNamespace(data={"messages": []})

    async def _workspace(self, team: str) -> Any:
        return self.workspace

    async def _check(self, team: str) -> None:
        """Accept the token."""

    async def _language(self, *_: object, **__: object) -> Any:
        return SimpleNamespace(language=Language.EN)

    async def _read(self, *_: object, **__: object) -> None:
        return None

    async def _refused(self, *_: object) -> None:
        raise GiveUp(self.refusal)

    async def _post(self, *_: object) -> str:
        raise GiveUp(self.refusal)

    def _record(self, way: str, reply: object) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append((way, reply))

    async def _post_ephemeral(self, place: Place, thread: str | None, reply: object, *, job: object) -> None:
        self._record("ephemeral", reply)

    async def _send_dm(self, place: Place, reply: object, *, job: object = None) -> None:
        self._record("dm", reply)

    async def _claim(self, team: str, channel: str, reason: str, **_: float) -> bool:
        is_new = reason not in self.claims
        self.claims.add(reason)
        return is_new

    async def _forget(self, team: str, channel: str, reason: str) -> None:
        self.claims.discard(reason)

    async def add_reaction(self, *_: object) -> None:
        """Refuse a reaction."""
        raise GiveUp("no_permission")


def worker(services: FakeServices) -> Worker:
    """The worker of *services*."""
    return Worker(cast(Any, services))


def job(kind: JobKind, channel: str = "C1") -> Job:
    """A job about a reply in a thread."""
    return Job(Place("T1", channel, "U1"), "2.0", "1.0", kind=kind)


@pytest.mark.parametrize("channel", ["C1", "D1"])
async def test_a_deleted_question_is_not_answered(channel: str) -> None:
    """Who takes a question back does not wait for an answer."""
    services = FakeServices()
    await worker(services).work([job(JobKind.ASKED, channel)])
    assert services.sent == []


async def test_a_mention_that_can_not_be_read_is_answered() -> None:
    """It arrives from a group direct message even without the scope to read it."""
    services = FakeServices()

    async def refuse(*_: object, **__: object) -> None:
        raise GiveUp("missing_scope", "mpim:history")

    services.workspace.client.api_call = refuse
    with pytest.raises(GiveUp):
        await worker(services).work([job(JobKind.ASKED)])
    assert services.sent == [("ephemeral", Barred(Barrier.MISSING_SCOPE, "C1", "mpim:history"))]


async def test_a_thread_that_can_not_be_read_is_answered() -> None:
    """The person who used the shortcut waits."""
    services = FakeServices()
    services.sender.remove_reaction = services.sender.add_reaction = services.add_reaction
    await worker(services).work([job(JobKind.THREAD)])
    assert services.sent == [("ephemeral", Note("gone"))]


@pytest.mark.parametrize(("kind", "expected"), [(JobKind.ESCALATE, [("ephemeral", Refused)]), (JobKind.MESSAGE, [])])
async def test_an_error_that_nobody_can_fix_is_reported_to_those_who_asked(kind: JobKind, expected: list[Any]) -> None:
    """They get an id for the operator. Authors of other messages wait for nothing."""
    services = FakeServices()
    services.refusal = "invalid_blocks"
    with pytest.raises(GiveUp):
        await worker(services).work([job(kind)])
    assert [(way, type(reply)) for way, reply in services.sent] == expected


@pytest.mark.parametrize(
    "error", [RetryLater("ratelimited", 7.0), StopWorkspace("org_login_required"), asyncio.CancelledError()], ids=repr
)
async def test_a_notice_that_was_not_sent_is_sent_by_the_next_attempt(error: BaseException) -> None:
    """It is sent once a day: an attempt that failed must not count."""
    services = FakeServices(error)
    with pytest.raises((RetryLater, asyncio.CancelledError)):
        await worker(services).work([job(JobKind.MESSAGE)])
    assert services.sent == []
    for _ in range(2):
        with pytest.raises(GiveUp):
            await worker(services).work([job(JobKind.MESSAGE)])
    ((way, notice),) = services.sent
    assert way == "ephemeral"
    assert isinstance(notice, Barred)
