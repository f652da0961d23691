"""`zimerr db` and `zimerr inbox`: what an operator does with the database, in a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import datetime

import click

from bot.errors import ZimerrError
from bot.inbox.job import Job, JobState
from bot.inbox.rows import InboxRows
from bot.settings import load_database, load_stored_tokens, split_keys
from bot.storage.database import Database
from bot.storage.installation_store import Installations


def upgrade() -> None:
    """Bring the database's schema to this version's."""

    async def run() -> None:
        database = Database(load_database().database_url)
        try:
            await database.upgrade()
        finally:
            await database.close()

    asyncio.run(run())
    click.echo("The database is up to date.")


def reencrypt() -> None:
    """Encrypt every stored token by the first key."""
    click.echo(f"Encrypted by the first key: {asyncio.run(reencrypted())}")


async def reencrypted() -> int:
    """How many installations were encrypted anew."""
    settings = load_stored_tokens()
    database = Database(settings.database_url)
    try:
        await database.open()
        return await Installations(
            database, settings.slack_client_id, split_keys(settings.zimerr_encryption_keys)
        ).reencrypt()
    finally:
        await database.close()


def browse(states: tuple[JobState, ...], most: int) -> None:
    """Print the newest rows, and how many there are in each state."""

    async def run() -> tuple[list[Job], dict[JobState, int]]:
        async with _opened() as rows:
            return await rows.find(states=states, limit=most), await rows.counts()

    found, counts = asyncio.run(run())
    for job in reversed(found):
        message = f"{job.place.team}/{job.place.channel}/{job.ts}"
        received = _when(job.received_at)
        click.echo(f"{job.id}\t{job.state}\t{received}\t{message}\t{job.stored_kind}\t{job.reason or ''}")
    click.echo(", ".join(f"{counts.get(state, 0)} {state}" for state in JobState))


def show(id_: int) -> None:
    """Print all that is known of one row; raises ZimerrError where there is none."""

    async def run() -> list[Job]:
        async with _opened() as rows:
            return await rows.find(ids=(id_,))

    found = asyncio.run(run())
    if not found:
        raise ZimerrError(f"The inbox has no row {id_}. `zimerr inbox list` shows the newest.")
    job = found[0]
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
        "attempts": f"{job.attempts}, of which Slack told {job.refused} to wait",
        "received": _when(job.received_at),
        "next attempt": _when(job.next_attempt_at) if job.state is JobState.PENDING else None,
        "leased": job.lease and f"until {_when(job.lease.until)} by {job.lease.owner}",
        "finished": job.finished_at and _when(job.finished_at),
    }
    for name, value in facts.items():
        if value:
            click.echo(f"{name:>12}  {value}")


def retry(ids: tuple[int, ...]) -> None:
    """Have dead rows tried again, all or some; a bot that runs takes them up within seconds."""

    async def run() -> int:
        async with _opened() as rows:
            return await rows.revive(ids)

    click.echo(f"To be tried again: {asyncio.run(run())}")


def purge(state: JobState, older_than_s: float) -> None:
    """Drop rows that have been done, or dead, for so long."""

    async def run() -> int:
        async with _opened() as rows:
            before, dropped = time.time() - older_than_s, 0
            while some := await rows.purge(before=before, state=state):
                dropped += some
            return dropped

    click.echo(f"Dropped: {asyncio.run(run())}")


@contextlib.asynccontextmanager
async def _opened() -> AsyncIterator[InboxRows]:
    database = Database(load_database().database_url)
    try:
        await database.open()
        yield InboxRows(database)
    finally:
        await database.close()


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")
