"""`zimerr db` and `zimerr inbox`: what an operator does with the database, in a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from datetime import datetime

import click

from bot.errors import ZimerrError
from bot.settings import load_database, load_stored_tokens, split_keys
from bot.storage.database import Database
from bot.storage.inbox_rows import InboxRow, InboxRows, RowFilter, State
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


def browse(states: tuple[State, ...], most: int) -> None:
    """Print the newest rows, and how many there are in each state."""

    async def run() -> tuple[list[InboxRow], dict[str, int]]:
        async with _opened() as rows:
            return await rows.find(RowFilter(states=states), most), await rows.counts()

    found, counts = asyncio.run(run())
    for row in reversed(found):
        team, channel, ts, kind = row.key
        click.echo(
            f"{row.id}\t{row.state}\t{_when(row.received_at)}\t{team}/{channel}/{ts}\t{kind}\t{row.reason or ''}"
        )
    click.echo(", ".join(f"{counts.get(state, 0)} {state}" for state in ("pending", "working", "done", "dead")))


def show(id_: int) -> None:
    """Print all that is known of one row; raises ZimerrError where there is none."""

    async def run() -> list[InboxRow]:
        async with _opened() as rows:
            return await rows.find(RowFilter(ids=(id_,)))

    found = asyncio.run(run())
    if not found:
        raise ZimerrError(f"The inbox has no row {id_}. `zimerr inbox list` shows the newest.")
    row = found[0]
    team, channel, ts, kind = row.key
    facts: dict[str, object] = {
        "id": row.id,
        "state": row.state,
        "reason": row.reason,
        "workspace": team,
        "channel": channel,
        "message": ts,
        "thread": row.thread,
        "kind": kind,
        "codes": ", ".join(map(str, row.codes)),
        "event": row.event_id,
        "attempts": f"{row.attempts}, of which Slack told {row.refused} to wait",
        "received": _when(row.received_at),
        "next attempt": _when(row.next_attempt_at) if row.state == "pending" else None,
        "leased": row.lease_until and f"until {_when(row.lease_until)} by {row.lease_owner}",
        "finished": row.finished_at and _when(row.finished_at),
    }
    for name, value in facts.items():
        if value:
            click.echo(f"{name:>12}  {value}")


def retry(ids: tuple[int, ...]) -> None:
    """Have dead rows tried again, all or some; a bot that runs takes them up within seconds."""

    async def run() -> int:
        async with _opened() as rows:
            return await rows.revive(RowFilter(ids=ids), now=time.time())

    click.echo(f"To be tried again: {asyncio.run(run())}")


def purge(state: State, older_than_s: float) -> None:
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
