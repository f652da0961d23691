"""`zimerr db` and `zimerr inbox`, as an operator types them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.main import commands
from bot.inbox.job import Job, JobState, Outcome
from bot.inbox.lease import Lease
from bot.inbox.rows import InboxRows
from bot.policy.place import Place
from bot.storage.database import Database


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with a row that is done, one that was given up, and one that waits. No token is set."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    now = time.time()

    async def fill() -> None:
        database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"))
        await database.open()
        rows = InboxRows(database, "me")
        lease = Lease(now + 20, time.time, "me")
        row = Job(Place("T1", "C1", "U1"), "1.0", "1.0", (6000106,), received_at=now, next_attempt_at=now)
        leased = replace(row, state=JobState.WORKING, attempts=1, lease=lease)
        await rows.write([leased, replace(leased, ts="2.0", thread="2.0"), replace(row, ts="3.0", thread="3.0")])
        done = Outcome(replace(leased, id=1), JobState.DONE, now)
        dead = Outcome(replace(leased, id=2), JobState.DEAD, now, "missing_scope: chat:write")
        await rows.write([done, dead])
        await database.close()

    asyncio.run(fill())
    return url


def zimerr(*arguments: str) -> Result:
    """What a command says."""
    return CliRunner().invoke(commands, arguments)


def test_the_list_says_what_is_wrong_and_how_much_waits(address: str) -> None:
    """The first look of an operator who hears that the bot is silent."""
    said = zimerr("inbox", "list").output.splitlines()
    assert "2\tdead" in said[1]
    assert said[1].endswith("T1/C1/2.0\tmessage\tmissing_scope: chat:write")
    assert said[-1] == "1 pending, 0 working, 1 done, 1 dead"
    assert len(zimerr("inbox", "list", "--state", "dead").output.splitlines()) == 2


def test_one_row_is_shown_in_full(address: str) -> None:
    """It names the message, so that it can be looked at in Slack."""
    said = zimerr("inbox", "show", "2").output
    for fact in ("missing_scope: chat:write", "C1", "2.0", "6000106", "dead"):
        assert fact in said
    missing = zimerr("inbox", "show", "99")
    assert missing.exit_code == 1
    assert "no row 99" in missing.output


def test_what_was_given_up_is_tried_again_on_request(address: str) -> None:
    """After the scope was added."""
    assert zimerr("inbox", "retry").exit_code == 2
    assert zimerr("inbox", "retry", "1").output == "To be tried again: 0\n"
    assert zimerr("inbox", "retry", "--all").output == "To be tried again: 1\n"
    assert zimerr("inbox", "list").output.endswith("2 pending, 0 working, 1 done, 0 dead\n")


def test_purging_never_drops_what_slack_may_deliver_again(address: str) -> None:
    """It would be answered again."""
    assert zimerr("inbox", "purge", "--state", "done").exit_code == 2
    assert zimerr("inbox", "purge", "--state", "done", "--older-than", "1").output == "Dropped: 0\n"
    assert zimerr("inbox", "purge").output == "Dropped: 1\n"


def test_upgrading_needs_no_token(address: str) -> None:
    """It runs before the bot does, where the tokens may not be."""
    assert zimerr("db", "upgrade").output == "The database is up to date.\n"
