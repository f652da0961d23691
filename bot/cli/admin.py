"""Implement `zimerr db` and `zimerr inbox`, which operators use on the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import click

from bot.errors import ZimerrError
from bot.inbox.job import Job, JobState
from bot.inbox.rows import InboxRows
from bot.settings import DatabaseSettings, StoredTokens, split_keys
from bot.storage.database import Database
from bot.storage.installation_store import Installations

_T = TypeVar("_T")


def upgrade() -> None:
    """Upgrade the database to this version's schema."""
    _in_database(DatabaseSettings.load().database_url, Database.upgrade)
    click.echo("The database is up to date.")


def reencrypt() -> None:
    """Encrypt every stored token with the first key, and print how many installations that changed."""
    settings = StoredTokens.load()
    keys = split_keys(settings.zimerr_encryption_keys)

    async def encrypt(database: Database) -> int:
        await database.open()
        return await Installations(database, settings.slack_client_id, keys).reencrypt()

    click.echo(f"Tokens encrypted with the first key: {_in_database(settings.database_url, encrypt)}")


def browse(states: tuple[JobState, ...], most: int) -> None:
    """Print the newest *most* rows in *states*, oldest first, and the number of rows in each state."""

    async def read(rows: InboxRows) -> tuple[list[Job], dict[JobState, int]]:
        return await rows.find(states=states, limit=most), await rows.counts()

    jobs, counts = _in_inbox(read)
    for job in reversed(jobs):
        message = f"{job.place.team}/{job.place.channel}/{job.ts}"
        facts = (job.id, job.state, _time(job.received_at), message, job.stored_kind, job.reason or "")
        click.echo("\t".join(map(str, facts)))
    click.echo(", ".join(f"{counts.get(state, 0)} {state}" for state in JobState))


def show(id_: int) -> None:
    """Print one row; raises ZimerrError if there is no such row."""
    jobs = _in_inbox(lambda rows: rows.find(ids=(id_,)))
    if not jobs:
        raise ZimerrError(f"The inbox has no row {id_}. `zimerr inbox list` shows the newest.")
    (job,) = jobs
    facts: dict[str, object] = {
        "id": job.id,
        "state": job.state,
        "reason": job.reason,
        "workspace": job.place.team,
        "channel": job.place.channel,
        "message": job.ts,
        "thread": job.thread,
        "kind": job.stored_kind,
        "codes": ", ".join(map(str, job.codes)),
        "event": job.event_id,
        "attempts": f"{job.attempts}, {job.refused} of them rate-limited by Slack",
        "received": _time(job.received_at),
        "next attempt": _time(job.next_attempt_at) if job.state is JobState.PENDING else None,
        "leased": job.lease and f"until {_time(job.lease.until)} by {job.lease.owner}",
        "finished": job.finished_at and _time(job.finished_at),
    }
    for name, value in facts.items():
        if value:
            click.echo(f"{name:>12}  {value}")


def retry(ids: tuple[int, ...]) -> None:
    """Retry dead rows, all of them without *ids*. A running bot takes them within seconds."""
    click.echo(f"Rows to retry: {_in_inbox(lambda rows: rows.revive(ids))}")


def purge(state: JobState, older_than_s: float) -> None:
    """Delete the rows that have been in *state*, done or dead, for longer than *older_than_s*."""

    async def delete(rows: InboxRows) -> int:
        before, deleted = time.time() - older_than_s, 0
        while batch := await rows.purge(before=before, state=state):
            deleted += batch
        return deleted

    click.echo(f"Rows deleted: {_in_inbox(delete)}")


def _in_inbox(work: Callable[[InboxRows], Awaitable[_T]]) -> _T:
    """Return the result of *work* on the inbox in the configured database."""

    async def open_and_work(database: Database) -> _T:
        await database.open()
        return await work(InboxRows(database))

    return _in_database(DatabaseSettings.load().database_url, open_and_work)


def _in_database(url: str, work: Callable[[Database], Awaitable[_T]]) -> _T:
    """Return the result of *work* on the database at *url*, which is closed at the end."""

    async def run() -> _T:
        database = Database(url)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")
