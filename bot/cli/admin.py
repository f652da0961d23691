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


@click.command()
def upgrade() -> None:
    """Upgrade the database schema to this version.

    Run it before you start a new version on PostgreSQL. SQLite is upgraded at the start. The exit status is 1 if the
    database can't be upgraded.
    """

    async def nothing_more(database: Database) -> None:
        """The database was upgraded when it was opened."""

    in_database(nothing_more, upgrade=True)
    click.echo("The database is up to date.")


@click.command()
def reencrypt() -> None:
    """Encrypt stored tokens with the first key.

    All tokens are encrypted with the first of ZIMERR_ENCRYPTION_KEYS, so that you can remove the others.
    The exit status is 1 if a token can't be decrypted or the database can't be used.
    """
    settings = StoredTokens.load()
    keys = split_keys(settings.zimerr_encryption_keys)

    def encrypt(database: Database) -> Awaitable[int]:
        return Installations(database, settings.slack_client_id, keys).reencrypt()

    click.echo(f"Tokens encrypted with the first key: {in_database(encrypt)}")


@click.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(list(map(str, JobState))),
    help="Only rows in this state; can be repeated.",
)
@click.option("--most", type=click.IntRange(min=1), default=50, show_default=True, help="Show only the newest rows.")
def browse(states: tuple[JobState, ...], most: int) -> None:
    """List the rows of the inbox.

    The exit status is 1 if the database can't be used.
    """

    async def read(rows: InboxRows) -> tuple[list[Job], dict[JobState, int]]:
        return await rows.find(states=states, limit=most), await rows.counts()

    jobs, counts = _in_inbox(read)
    for job in reversed(jobs):
        message = f"{job.place.team}/{job.place.channel}/{job.ts}"
        facts = (job.id, job.state, _time(job.received_at), message, job.stored_kind, job.reason or "")
        click.echo("\t".join(map(str, facts)))
    click.echo(", ".join(f"{counts.get(state, 0)} {state}" for state in JobState))


@click.command()
@click.argument("id_", metavar="ID", type=int)
def show(id_: int) -> None:
    """Show one row. Message texts are not stored.

    The exit status is 1 if there is no such row or the database can't be used.
    """
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


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID...]", type=int)
@click.option("--all", "is_all", is_flag=True, help="Retry all dead rows.")
def retry(ids: tuple[int, ...], is_all: bool) -> None:
    """Retry dead rows.

    The exit status is 1 if the database can't be used.
    """
    if is_all == bool(ids):
        raise click.UsageError("Name the rows to retry, or use --all.")
    click.echo(f"Rows to retry: {_in_inbox(lambda rows: rows.revive(ids))}")


@click.command()
@click.option("--state", type=click.Choice(["done", "dead"]), default="dead", show_default=True)
@click.option("--older-than", "hours", type=click.FloatRange(min=0), default=0, help="Hours.", show_default=True)
def purge(state: JobState, hours: float) -> None:
    """Delete dead or done rows. Done rows are deleted automatically after a day, dead ones after 30 days.

    The exit status is 1 if the database can't be used.
    """
    if state == "done" and hours * 60 < 10:
        raise click.UsageError("Slack may deliver a message again within ten minutes. Use --older-than 0.17 or more.")

    async def delete(rows: InboxRows) -> int:
        before, deleted = time.time() - hours * 3600, 0
        while batch := await rows.purge(before=before, state=state):
            deleted += batch
        return deleted

    click.echo(f"Rows deleted: {_in_inbox(delete)}")


def _in_inbox(work: Callable[[InboxRows], Awaitable[_T]]) -> _T:
    return in_database(lambda database: work(InboxRows(database)))


def in_database(work: Callable[[Database], Awaitable[_T]], *, upgrade: bool = False) -> _T:
    """Open the configured database, return the result of *work* on it, and close it. Errors are those of `open`."""

    async def run() -> _T:
        database = Database(DatabaseSettings.load().database_url)
        try:
            await database.open(upgrade=upgrade)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")
