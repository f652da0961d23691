"""Check the database for `zimerr check`: disk, schema, damage, inbox and stored tokens. Nothing is written to it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from slack_sdk.oauth.installation_store import Bot

from bot.cli.check_result import CheckResult, Level, faults
from bot.errors import ZimerrError
from bot.health import MAX_BACKLOG_S, describe_backlog, reason_of
from bot.inbox.job import JobState
from bot.inbox.rows import InboxRows
from bot.settings import Settings
from bot.slack.workspaces import installations
from bot.storage.database import UNREACHABLE, Database
from bot.storage.schema import OlderSchemaError

_MB = 2**20
_FULL_MB, _LOW_MB = 20, 500  # a day of 100,000 answered messages takes some 60 MB
_PART = "database"


async def check_storage(url: str, settings: Settings | None) -> tuple[list[CheckResult], list[Bot]]:
    """Check the database at *url*; return the results, and the installations in it if *settings* use them."""
    try:
        database = Database(url)
    except ZimerrError as error:  # PostgreSQL's driver is not installed
        return faults(_PART, error.faults), []
    results: list[CheckResult] = []
    installed: list[Bot] = []
    try:
        results += _disk(database.path) if database.path else []
        if database.path and not database.path.exists():
            return [*results, _new_file(database.path)], []
        await database.verify()
        text = f"{database.name} is intact, has this version's schema and can be written to"
        results.append(CheckResult(Level.OK, _PART, text))
        results += await _inbox(InboxRows(database))
        if settings and settings.is_for_many:
            installed = await installations(settings, database).all()
            text = f"in {len(installed)} workspaces or organizations; their tokens can be decrypted"
            results.append(CheckResult(Level.OK, "installed", text))
    except OlderSchemaError as error:
        results.append(_older(error, is_shared=database.is_shared))
    except ZimerrError as error:
        results += faults(_PART, error.faults)
    except UNREACHABLE as error:
        results += faults(_PART, [f"does not answer: {reason_of(error)}; run the check again"])
    finally:
        await database.close()
    return results, installed


def _disk(path: Path) -> list[CheckResult]:
    folder = _existing(path)
    free_mb = shutil.disk_usage(folder).free / _MB
    text = f"{free_mb:,.0f} MB free at {folder}"
    if free_mb < _FULL_MB:
        return faults("disk", [f"{text}; free space, or move the file of DATABASE_URL"])
    if free_mb < _LOW_MB:
        return [CheckResult(Level.WARNING, "disk", f"{text}; the database needs up to 60 MB a day: free space soon")]
    return [CheckResult(Level.OK, "disk", text)]


def _new_file(path: Path) -> CheckResult:
    """Return whether a file that does not exist can be created."""
    folder = _existing(path)
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return CheckResult(Level.OK, _PART, f"{path} does not exist yet; the first start creates it")
    text = f"{path} can't be created in {folder}; point DATABASE_URL at a folder that this user may write to"
    return CheckResult(Level.FAULT, _PART, text)


def _existing(path: Path) -> Path:
    """Return the nearest folder above *path* that exists."""
    return next(each for each in path.absolute().parents if each.exists())


def _older(error: OlderSchemaError, *, is_shared: bool) -> CheckResult:
    if is_shared:
        return CheckResult(Level.FAULT, _PART, str(error))
    text = "its schema is older than this zimerr; back the file up, then run `zimerr db upgrade` or start the bot"
    return CheckResult(Level.WARNING, _PART, text)


async def _inbox(rows: InboxRows) -> list[CheckResult]:
    """Check the backlog, the jobs that were given up, and whether Slack has delivered anything of late."""
    results, now = [], time.time()
    due_at = await rows.oldest_due(before=now - MAX_BACKLOG_S)
    if due_at is not None:
        results += faults(
            "inbox", [f"{describe_backlog(now - due_at)}; does the bot run? `zimerr inbox list` shows it"]
        )
    if dead := (await rows.counts()).get(JobState.DEAD):
        text = f"jobs that were given up in the last 30 days: {dead}; `zimerr inbox list --state dead` says why"
        results.append(CheckResult(Level.WARNING, "inbox", text))
    latest = await rows.find(limit=1)
    if latest:
        minutes = (now - latest[0].received_at) / 60
        text = f"Slack delivered a message with a code {minutes:,.0f} minutes ago"
        return [*results, CheckResult(Level.OK, "events", text)]
    text = (
        "Slack has delivered no message with a code of late, and does not tell whether it would: write 6000106 in a "
        "channel with the bot; if no answer comes, turn on Event Subscriptions with the events of the manifest"
    )
    return [*results, CheckResult(Level.UNKNOWN, "events", text)]
