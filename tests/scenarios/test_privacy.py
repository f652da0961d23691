"""Test that no words of people remain in the database or the log, and which hosts the bot connects to."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import log
from bot.app import running
from bot.policy.annotations import Annotations
from bot.policy.answers import Answers
from bot.sandbox.http_server import Sandbox
from bot.server import EVENTS_PATH
from bot.storage.database import Database
from bot.storage.stored_data import export_workspace, forget_user
from tests import migrated
from tests.scenarios.conftest import ANN, BEN, ENGLISH, Start, Transport, free_port, settings_for
from tests.scenarios.logs import LOG, file, the_answer
from tests.scenarios.reading import DATABASES, bot_reactions, choose, dialog_of, dismiss, settled, shown
from tests.scenarios.test_incidents import triage_of

WORD = "quetzalcoatl"


def files_of(folder: Path) -> bytes:
    """Return the content of the database's files."""
    return b"".join(path.read_bytes() for path in folder.glob("bot.db*"))


async def test_no_text_is_stored_or_logged(
    workspace: Sandbox, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backups and logs are copied to places where nobody expects people's messages."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log.configure("debug")
    slack = workspace
    async with start():
        message = await slack.say(ENGLISH, ANN, f"{WORD} login failed, error 6000106")
        await dismiss(slack, await the_answer(slack, message, ENGLISH), "not_a_code", ANN)
        await slack.say(ENGLISH, ANN, f"@zimerr {WORD} 6000354")
        await slack.say("D0ANN", ANN, f"{WORD} expired")
        await slack.command(ENGLISH, BEN, f"{WORD} 6000121")
        await slack.command(ENGLISH, BEN, "triage")
        pasted = {"pasted": f"{WORD}\n{LOG[:2000]}", "audience": "everybody"}
        await slack.submit(await dialog_of(slack, BEN), BEN, pasted)
        upload = await slack.say(
            ENGLISH, ANN, f"{WORD} again", files=[file(f"{WORD}.log", LOG.replace("\n", f" {WORD}\n"))]
        )
        triage = await the_answer(slack, upload, ENGLISH)
        await slack.click(triage, "triage_take", ANN)
        await choose(slack, triage, "triage_language", ANN)
        await slack.edit(ENGLISH, message["ts"], f"{WORD} login failed, error 6000107")
        slack.faults.refused("chat.postMessage", "msg_too_long")
        await slack.say(ENGLISH, ANN, f"@zimerr {WORD} 6000281")
        await slack.until(lambda: "msg_too_long" in written.getvalue())
        slack.faults.clear()
        await settled(slack, ENGLISH, ANN)
        stored = files_of(tmp_path)
    assert WORD in str(slack.messages(ENGLISH))
    assert b"6000106" in stored
    assert WORD.encode() not in stored
    assert "msg_too_long" in written.getvalue()
    assert WORD not in written.getvalue()
    about_messages = [each for each in records(written) if "ts" in each]
    assert about_messages
    assert all(each["team"] == "T0DEMO" and each["channel"] for each in about_messages)
    assert any("event_id" in each for each in about_messages)


def records(written: io.StringIO) -> list[dict[str, Any]]:
    """Return the records of the log, which are JSON unless standard error is a terminal."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.both_transports
async def test_a_bug_tells_its_id_and_nothing_of_what_people_wrote(
    workspace: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply names an id. With that, an operator finds the record, its event and the line of code, but no words."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log.configure("debug")
    slack = workspace

    def search(_: object, query: str) -> None:
        raise ValueError(f"can't search {query} with {slack.app.bot_token}")

    async def annotate(*_: object) -> None:
        try:
            dict[str, str]()[WORD]
        except KeyError as error:
            raise ValueError(WORD) from error

    monkeypatch.setattr(Answers, "search", search)
    monkeypatch.setattr(Annotations, "annotate", annotate)
    async with start():
        await slack.command(ENGLISH, ANN, f"{WORD} and more")
        reply = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
        await slack.say(ENGLISH, ANN, f"{WORD} login: 6000106")
        await slack.until(lambda: "an attempt failed" in written.getvalue())
        logging.getLogger("slack_sdk").error("refused: Bearer %s", slack.app.bot_token)
    assert WORD not in written.getvalue()
    names = [each.real_name for each in slack.workspace.users.values() if not each.is_bot] + [
        "oncall",
        "值班",
        slack.workspace.name,
    ]
    assert [name for name in names if re.search(rf"\b{re.escape(name)}\b", written.getvalue())] == []
    assert slack.app.bot_token not in written.getvalue()
    asked = next(each for each in records(written) if each["event"] == "a request failed")
    assert asked["id"] in str(reply)
    assert (asked["team"], asked["channel"]) == ("T0DEMO", ENGLISH)
    assert "ValueError" in asked["exception"]
    assert "in search" in asked["exception"]
    attempt = next(each for each in records(written) if each["event"] == "an attempt failed")
    assert (attempt["team"], attempt["channel"]) == ("T0DEMO", ENGLISH)
    assert attempt["event_id"].startswith("Ev")
    assert "KeyError" in attempt["exception"]
    assert attempt["level"] == "error"


@contextlib.contextmanager
def connections() -> Iterator[set[Any]]:
    """Collect the addresses that this process connects to, or looks up, while the context is open."""
    found: set[Any] = set()
    is_open = True

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if is_open and event in ("socket.connect", "socket.sendto"):
            found.add(arguments[1])
        elif is_open and event in ("socket.getaddrinfo", "socket.gethostbyname"):
            found.add(arguments[:2])

    sys.addaudithook(audit)  # it can't be removed
    try:
        yield found
    finally:
        is_open = False


@pytest.mark.both_transports
async def test_no_telemetry_leaves_by_default(workspace: Sandbox, tmp_path: Path, transport: Transport) -> None:
    """The bot connects to Slack and to nothing else, also while it fails."""
    slack, port, health_port = workspace, free_port(), free_port()
    settings = settings_for(slack, transport, tmp_path / "bot.db", port=port, health_port=health_port)
    migrated.create(tmp_path / "bot.db")
    with connections() as found:
        async with running(settings):
            if transport == "http":
                slack.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")
            await slack.say(ENGLISH, ANN, "login failed, error 6000106, see https://example.com/6000106")
            upload = await slack.say(ENGLISH, ANN, "a log", files=[file(content=LOG)])
            await slack.click(await the_answer(slack, upload, ENGLISH), "triage_report", ANN)
            await slack.command(ENGLISH, ANN, "6000121")
            await settled(slack, ENGLISH, ANN)
            slack.faults.refused("chat.postMessage", "is_archived")
            await slack.say(ENGLISH, ANN, "@zimerr 6000281")
            await slack.until(lambda: any(call.error for call in slack.calls("chat.postMessage")))
            slack.faults.clear()
            await settled(slack, ENGLISH, ANN)
    own = int(slack.base_url.rpartition(":")[2])
    assert ("127.0.0.1", own) in found
    assert found <= {("127.0.0.1", own), ("127.0.0.1", port)}  # the sandbox connects to the bot over HTTP


async def test_a_person_is_forgotten_while_the_bot_runs(slack: Sandbox) -> None:
    """The message that names them is updated, and their id is in no row."""
    message, answer = await triage_of(slack)
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.command(ENGLISH, BEN, "auto react")
    await settled(slack, ENGLISH, ANN)
    database = Database(f"sqlite+aiosqlite:///{DATABASES[slack]}")
    await forget_user(database, BEN)
    rows = [row async for row in export_workspace(database, slack.workspace.team_id)]
    await database.close()
    assert rows
    assert BEN not in str(rows)
    await slack.command(ENGLISH, ANN, "status")
    await slack.until(lambda: any("👤" in shown(each) for each in slack.ephemerals(ANN)))
    assert any("for 30 days, but no message text" in shown(each) for each in slack.ephemerals(ANN))
