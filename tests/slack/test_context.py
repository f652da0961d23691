"""The context of a request: where it happened, and how its person is answered."""

from __future__ import annotations

import asyncio
import errno
import json
import sqlite3
from types import SimpleNamespace
from typing import Any, cast

import pytest
import structlog
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.errors import GiveUp, RetryLater
from bot.i18n import Language
from bot.inbox import Job, Lease
from bot.policy.language import LanguageChoice
from bot.policy.place import Place
from bot.policy.replies import Note
from bot.policy.troubles import Barred, Barrier, Failed, Refused
from bot.slack.background import Background
from bot.slack.context import RequestContext
from bot.slack.listeners import after_ack, report_errors
from bot.slack.lookup import Payload
from bot.slack.services import Services
from bot.telemetry.metrics import Metrics
from tests.slack.forgetful import Forgetful

URL = "https://hooks.slack.com/commands/1"
NOTE = Note("nothing")


class FakeRenderer:
    """Renders a reply as its own value."""

    def message(self, reply: object, language: Language, *, share: str = "") -> dict[str, Any]:
        """Return *reply* and *language* as a message."""
        return {"reply": reply, "language": language}


class FakeSender:
    """Records all messages."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    async def post(self, jobs: list[Job], message: Payload) -> str:
        """Record a post."""
        self.sent.append(("post", jobs[0].ts, message["reply"]))
        return "9.9"

    async def post_ephemeral(
        self, place: Place, thread: str | None, message: Payload, *, job: Job | None = None
    ) -> None:
        """Record an ephemeral message."""
        self.sent.append(("ephemeral", place.user, thread, message["reply"], job.lease if job else None))

    async def respond(
        self, team: str, respond: FakeUrl, message: Payload, *, thread: str | None, is_public: bool, replaces: bool
    ) -> None:
        """Send to a response_url, and fail as it does."""
        status = await respond(thread_ts=thread, is_public=is_public, **message)
        if status != 200:
            raise GiveUp("used_url") if status else RetryLater("no answer")

    async def send_dm(self, place: Place, message: Payload) -> None:
        """Record a direct message."""
        self.sent.append(("dm", place.user, message["reply"]))


class FakeUrl:
    """A response_url that records its messages, and answers with the *statuses* first; 0 is a broken connection."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.sent: list[dict[str, Any]] = []

    async def __call__(self, **message: Any) -> int:
        """Record a message; return the status."""
        self.sent.append(message)
        return self.statuses.pop(0) if self.statuses else 200


def services(sender: FakeSender | None = None, background: Background | None = None) -> Services:
    """The services that private replies need."""

    async def of_person(*_: object, **__: object) -> LanguageChoice:
        return LanguageChoice(Language.ZH, "person")

    languages = SimpleNamespace(of_person=of_person)
    found = SimpleNamespace(
        sender=sender,
        renderer=FakeRenderer(),
        languages=languages,
        background=background,
        metrics=Metrics(),
        memories=Forgetful(),
    )
    return cast(Services, found)


def bolt() -> AsyncBoltContext:
    """Bolt's context of a request."""
    return AsyncBoltContext({"bot_id": "B1", "client": AsyncWebClient()})


_PERSON = {"id": "U1", "team_id": "T1"}
_BUTTON = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": _PERSON,
    "channel": {"id": "C1"},
    "container": {"type": "message", "thread_ts": "1.0"},
    "message": {"ts": "2.0", "thread_ts": "1.0"},
    "response_url": URL,
}
_SHORTCUT = {**_BUTTON, "type": "message_action", "container": None}
_PASTE = {
    "type": "view_submission",
    "team": {"id": "T1"},
    "user": _PERSON,
    "view": {"private_metadata": json.dumps({"channel": "C1", "url": URL})},
}
_REACTION = {
    "team_id": "T1",
    "event": {"type": "reaction_added", "user": "U1", "item": {"type": "message", "channel": "C1", "ts": "1.0"}},
}
_JOIN = {
    "team_id": "T1",
    "event": {"type": "member_joined_channel", "user": "U0ZIMERR", "inviter": "U1", "channel": "C1"},
}


@pytest.mark.parametrize(
    ("body", "thread", "url"),
    [
        ({"team_id": "T1", "channel_id": "C1", "user_id": "U1", "response_url": URL}, None, URL),
        (_BUTTON, "1.0", URL),
        ({**_BUTTON, "container": {"type": "message"}}, None, URL),
        (_SHORTCUT, "1.0", URL),
        (_PASTE, None, URL),
        (_REACTION, None, None),
        (_JOIN, None, None),
    ],
    ids=["command", "button-in-thread", "button-in-channel", "shortcut", "modal", "reaction", "join"],
)
def test_every_payload_says_where_it_comes_from(body: dict[str, Any], thread: str | None, url: str | None) -> None:
    """Slack names the same facts differently on each surface."""
    context = RequestContext.of_request(services(), body, bolt())
    assert context.place == Place("T1", "C1", "U1")
    assert context.thread == thread
    assert (context.respond.response_url if context.respond else None) == url


def test_a_modal_opened_without_a_command_has_no_channel() -> None:
    """The look-up is opened by a global shortcut."""
    body = {"type": "block_actions", "team": {"id": "T1"}, "user": _PERSON, "view": {"private_metadata": ""}}
    assert RequestContext.of_request(services(), body, bolt()).place == Place("T1", "", "U1")


@pytest.mark.parametrize(
    "metadata",
    [
        json.dumps({"channel": "C1", "url": "https://hooks.slack.com.evil.example/1"}),
        json.dumps({"channel": "C1", "url": "http://[::1"}),
        json.dumps({"channel": "C1", "url": 7}),
        json.dumps({"channel": "C1"}),
        "[]",
        "{",
    ],
)
async def test_an_answer_goes_to_slack_only(metadata: str) -> None:
    """The URL in a modal comes back from outside. Without one of Slack's, the answer is a direct message."""
    sender = FakeSender()
    body = {**_PASTE, "view": {"private_metadata": metadata}}
    context = RequestContext.of_request(services(sender), body, bolt())
    assert context.respond is None
    await context.reply_to_url(NOTE, Language.EN, is_public=True)
    assert sender.sent == [("dm", "U1", NOTE)]


async def test_a_request_is_answered_at_its_url() -> None:
    """It needs no membership in the channel, and no further permission."""
    sender, url = FakeSender(), FakeUrl()
    context = RequestContext(
        services(sender), Place("T1", "C1", "U1"), cast(Any, None), "B1", thread="1.0", respond=cast(Any, url)
    )
    await context.reply_privately(NOTE, Language.EN)
    (message,) = url.sent
    assert (message["is_public"], message["thread_ts"], message["reply"]) == (False, "1.0", NOTE)
    assert sender.sent == []


@pytest.mark.parametrize(
    ("channel", "thread", "expected"),
    [
        ("C1", "1.0", ("ephemeral", "U1", "1.0", NOTE)),
        ("C1", "2.0", ("ephemeral", "U1", None, NOTE)),
        ("D1", "2.0", ("post", "2.0", NOTE)),
    ],
    ids=["reply", "first-message", "direct"],
)
async def test_a_job_is_answered_beside_its_message(channel: str, thread: str, expected: tuple[Any, ...]) -> None:
    """Slack shows no ephemeral message in a thread without replies; in a direct message, nobody else reads along."""
    sender, lease = FakeSender(), Lease(9.0, lambda: 0.0)
    job = Job(Place("T1", channel, "U1"), "2.0", thread, lease=lease)
    context = RequestContext(services(sender), job.place, cast(Any, None), "B1").with_job(job)
    await context.reply_privately(NOTE, Language.EN)
    (sent,) = sender.sent
    assert sent == (*expected, lease) if expected[0] == "ephemeral" else sent == expected


async def test_a_handler_runs_after_the_acknowledgement_and_its_error_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Slack waits 3 seconds only, and nobody is left without a word, in their own language."""
    steps: list[str] = []
    url, background = FakeUrl(), Background()

    async def ack() -> None:
        steps.append("ack")

    async def handle(context: RequestContext, body: Payload) -> None:
        steps.append("handle")
        raise ValueError

    monkeypatch.setattr("bot.slack.context.AsyncRespond", lambda **_: url)
    await after_ack(handle, services(FakeSender(), background))(ack=ack, body=dict(_BUTTON), context=bolt())
    assert steps == ["ack"]
    async with asyncio.timeout(10):
        await background.drain(10)
    assert steps == ["ack", "handle"]
    (message,) = url.sent
    assert isinstance(message["reply"], Failed)
    assert message["language"] is Language.ZH


@pytest.mark.parametrize(
    ("statuses", "to_url", "to_person"),
    [
        (None, [], [Refused]),
        ([404], [Note], [Note]),
        ([0, 200], [Note, Refused], []),
        ([0, 0], [Note, Refused], [Refused]),
    ],
    ids=["no-url", "refused-url", "broken-connection", "no-connection"],
)
async def test_nobody_is_left_without_an_answer(
    statuses: list[int] | None, to_url: list[type], to_person: list[type]
) -> None:
    """A response_url expires after 30 minutes; reactions and global shortcuts have none."""
    url = FakeUrl(*statuses or ())
    sender, background = FakeSender(), Background()
    context = RequestContext(
        services(sender, background),
        Place("T1", "C1", "U1"),
        cast(Any, None),
        "B1",
        respond=None if statuses is None else cast(Any, url),
    )

    async def work() -> None:
        if statuses is None:
            raise RetryLater("ratelimited")
        await context.reply_privately(NOTE, Language.EN)

    context.in_background(work())
    await background.drain(10)
    assert [type(message["reply"]) for message in url.sent] == to_url
    assert [(kind, user, type(reply)) for kind, user, reply in sender.sent] == [
        ("dm", "U1", each) for each in to_person
    ]


async def test_a_missing_scope_is_named_to_the_person_who_pressed_a_button() -> None:
    """A button reads the log again. Its person can have the scope added, as can the person of a mention."""
    url, background = FakeUrl(), Background()
    place = Place("T1", "C1", "U1")
    context = RequestContext(services(FakeSender(), background), place, cast(Any, None), "B1", respond=cast(Any, url))

    async def work() -> None:
        raise GiveUp("missing_scope", "channels:history")

    context.in_background(work())
    await background.drain(10)
    assert [message["reply"] for message in url.sent] == [Barred(Barrier.MISSING_SCOPE, "C1", "channels:history")]


@pytest.mark.parametrize(("body", "status"), [(_BUTTON, 200), (_REACTION, None)], ids=["button", "event"])
async def test_only_those_who_wait_are_sent_the_error_of_a_listener(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], status: int | None
) -> None:
    """An event that stays unacknowledged is delivered again; its author asked for nothing."""
    url, sender = FakeUrl(), FakeSender()
    monkeypatch.setattr("bot.slack.context.AsyncRespond", lambda **_: url)
    handlers: list[Any] = []
    report_errors(cast(Any, SimpleNamespace(error=handlers.append)), services(sender))
    answer = await handlers[0](ValueError(), body, bolt())
    assert (answer.status if answer else None) == status
    assert len(url.sent) == (1 if status else 0)
    assert sender.sent == []


@pytest.mark.parametrize(
    ("error", "reason", "has_traceback"),
    [
        (OperationalError("SELECT 1", {}, sqlite3.OperationalError("database is locked")), "database is locked", False),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", False),
        (IntegrityError("INSERT", {}, sqlite3.IntegrityError("NOT NULL")), "NOT NULL", True),
        (KeyError("ts"), "KeyError", True),
    ],
    ids=["locked", "disk-full", "wrong-query", "bug"],
)
def test_only_a_bug_is_logged_with_a_traceback(error: Exception, reason: str, has_traceback: bool) -> None:
    """While the database is locked, each command fails; tracebacks of 8 KB each would fill the disk."""
    context = RequestContext(services(), Place("T1", "C1", "U1"), cast(Any, None), "B1")
    with structlog.testing.capture_logs() as logs:
        context.log_failure(error, kind="/zimerr")
    (line,) = logs
    assert reason in line["reason"]
    assert bool(line["exc_info"]) is has_traceback


async def test_unknown_requests_do_not_cost_a_line_each() -> None:
    """A button of another version may be pressed by many people."""
    handlers: list[Any] = []
    report_errors(cast(Any, SimpleNamespace(error=handlers.append)), services())
    error = BoltUnhandledRequestError(request=cast(Any, SimpleNamespace(body={})), current_response=None)
    with structlog.testing.capture_logs() as logs:
        answers = [await handlers[0](error, {"type": "garbage"}, bolt()) for _ in range(100)]
    assert {answer.status for answer in answers} == {404}
    assert [(each["event"], each["times"]) for each in logs] == [("an unknown request", 1)]
