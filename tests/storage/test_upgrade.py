"""Test that an upgrade keeps the data of an earlier version.

The dumps were made by running that version; see their first line.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import Connection, MetaData, create_engine, select

from bot.cli.main import commands
from bot.inbox.job import JobState
from bot.inbox.rows import InboxRows
from bot.settings import DatabaseSettings
from bot.storage.annotation_store import AnnotationStore, MessageRef
from bot.storage.channel_store import ChannelStore
from bot.storage.database import Database
from bot.storage.installation_store import Installations
from bot.storage.tables import metadata
from tests import migrated

KEY = base64.urlsafe_b64encode(bytes(32)).decode()  # of the tokens in the dumps
Rows = dict[str, list[Mapping[str, Any]]]

# What migrations delete on purpose. Their docstrings say why.
DROPPED = {"slack_oauth_states"}
EMPTIED = {"refused_shapes"}
RESET: dict[str, dict[str, Any]] = {"annotated": {"shapes": []}}


@pytest.fixture
def old_url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a database that the earlier version has written, which the commands use."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    url = DatabaseSettings.load().database_url
    migrated.restore(url)
    return url


def rows_of(url: str) -> Rows:
    """Return the rows of all tables, sorted."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    found = MetaData()
    found.reflect(engine)

    def read(connection: Connection) -> Rows:
        return {
            table.name: sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=repr)
            for table in found.sorted_tables
        }

    with engine.connect() as connection:
        rows = read(connection)
    engine.dispose()
    return rows


def upgrade() -> None:
    """Run `zimerr db upgrade`."""
    result = CliRunner().invoke(commands, ["db", "upgrade"])
    assert (result.exit_code, result.output) == (0, "The database is up to date.\n")


def test_the_rows_of_every_table_are_kept(old_url: str) -> None:
    """With the same values in the same columns; new columns are beside them."""
    before = rows_of(old_url)
    assert {name for name, rows in before.items() if not rows} == set()
    upgrade()
    after = rows_of(old_url)
    assert before.keys() - after.keys() == DROPPED
    for name in before.keys() - DROPPED - {"alembic_version"}:
        expected = [{**row, **RESET.get(name, {})} for row in before[name] if name not in EMPTIED]
        kept = [{column: row[column] for column in before[name][0]} for row in after[name]]
        assert sorted(kept, key=repr) == sorted(expected, key=repr), name
    assert {row["unposted"] == row["refused"] for row in after["inbox"]} == {True}


def test_the_upgraded_schema_is_that_of_a_new_database(old_url: str) -> None:
    """Otherwise the two would differ from then on."""
    upgrade()
    engine = create_engine(old_url.replace("+aiosqlite", ""))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_upgraded_rows_are_understood(old_url: str) -> None:
    """By the code that reads them: settings, annotations, tokens and waiting messages."""
    upgrade()

    async def read() -> None:
        database = Database(old_url)
        await database.open()
        state = await ChannelStore(database).get("T0DEMO", "C0ZHIBAN")
        assert state.language == "zh"
        jobs = await InboxRows(database).find(states=[JobState.PENDING])
        assert sorted(each.stored_kind.partition(":")[0] for each in jobs) == ["asked", "changed", "message"]
        (dead,) = await InboxRows(database).find(states=[JobState.DEAD])
        assert dead.reason == "restricted_action_thread_locked"
        (answered,) = await InboxRows(database).find(ids=[1])
        annotation = await AnnotationStore(database).get(MessageRef("T0DEMO", "C0ONCALL", answered.ts))
        assert annotation
        assert annotation.codes == (6000106,)
        bots = await Installations(database, "111.222", [KEY]).all()
        assert _tokens(bots) == ["xoxb-of-E0ORG", "xoxb-of-T0OURS", "xoxb-of-T0THEIRS"]
        await database.close()

    asyncio.run(read())


def _tokens(bots: Sequence[Any]) -> list[str]:
    return sorted(bot.bot_token for bot in bots)
