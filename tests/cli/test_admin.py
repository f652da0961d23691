"""Tests for `zimerr db` and `zimerr inbox`."""

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
    """Create a database with a done, a dead and a pending row; no token is set."""
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
        done = Outcome([replace(leased, id=1)], JobState.DONE, now)
        dead = Outcome([replace(leased, id=2, ts="2.0")], JobState.DEAD, now, "missing_scope: chat:write")
        await rows.write([done, dead])
        await database.close()

    asyncio.run(fill())
    return url


def zimerr(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(commands, arguments)


def test_the_list_shows_reasons_and_counts(address: str) -> None:
    """An operator looks here first if the bot is silent."""
    lines = zimerr("inbox", "list").output.splitlines()
    assert "2\tdead" in lines[1]
    assert lines[1].endswith("T1/C1/2.0\tmessage\tmissing_scope: chat:write")
    assert lines[-1] == "1 pending, 0 working, 1 done, 1 dead"
    assert len(zimerr("inbox", "list", "--state", "dead").output.splitlines()) == 2


def test_one_row_is_shown_in_full(address: str) -> None:
    """It names the message, so that an operator can read it in Slack."""
    output = zimerr("inbox", "show", "2").output
    for fact in ("missing_scope: chat:write", "C1", "2.0", "6000106", "dead"):
        assert fact in output
    missing = zimerr("inbox", "show", "99")
    assert missing.exit_code == 1
    assert "no row 99" in missing.output


def test_dead_rows_are_retried_on_request(address: str) -> None:
    """An operator does so after adding a missing scope."""
    assert zimerr("inbox", "retry").exit_code == 2
    assert zimerr("inbox", "retry", "1").output == "Rows to retry: 0\n"
    assert zimerr("inbox", "retry", "--all").output == "Rows to retry: 1\n"
    assert zimerr("inbox", "list").output.endswith("2 pending, 0 working, 1 done, 0 dead\n")


def test_purge_keeps_done_rows_that_slack_may_deliver_again(address: str) -> None:
    """They would be answered twice."""
    assert zimerr("inbox", "purge", "--state", "done").exit_code == 2
    assert zimerr("inbox", "purge", "--state", "done", "--older-than", "1").output == "Rows deleted: 0\n"
    assert zimerr("inbox", "purge").output == "Rows deleted: 1\n"


def test_upgrading_needs_no_token(address: str) -> None:
    """It runs before the bot starts, where the tokens may not be set."""
    assert zimerr("db", "upgrade").output == "The database is up to date.\n"
