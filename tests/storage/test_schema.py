"""Test the versions of the schema."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from bot import storage
from bot.errors import ZimerrError
from bot.settings import DatabaseSettings
from bot.storage.database import Database
from bot.storage.tables import metadata, upgrades


async def test_the_migrations_create_the_tables(database: Database) -> None:
    """Otherwise a new database would differ from the code's tables."""
    differences = await database.run(
        lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
    )
    assert differences == []


async def test_a_database_gets_the_newest_migration(database: Database) -> None:
    """Starts compare the names of the files, because importing Alembic takes long."""
    query = sql("SELECT version_num FROM alembic_version")
    stored = await database.run(lambda connection: connection.execute(query).scalar())
    script = ScriptDirectory(str(Path(storage.__file__).parent / "migrations"))
    assert stored == script.get_current_head()
    assert [step.revision for step in script.walk_revisions()] == sorted(
        (Path(step.path).name.partition("_")[0] for step in script.walk_revisions()), reverse=True
    )


async def test_upgrading_twice_or_concurrently_changes_nothing(database_url: str) -> None:
    """Two replicas may be deployed at the same moment."""
    url = DatabaseSettings(_env_file=None, database_url=database_url).database_url
    databases = [Database(url), Database(url)]
    await asyncio.gather(*(database.open(upgrade=True) for database in databases))
    for database in databases:
        await database.open(upgrade=True)
        await database.open()
        await database.close()


async def test_a_newer_schema_is_refused(database_url: str) -> None:
    """After a rollback, the older code could damage the data."""
    database = Database(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    await database.open(upgrade=True)
    future = sql("UPDATE alembic_version SET version_num = 'from the future'")
    await database.run(lambda connection: connection.execute(future))
    with pytest.raises(ZimerrError, match=r"schema \(from the future\) is newer than this zimerr"):
        await database.open()
    with pytest.raises(ZimerrError, match="Install the zimerr that upgraded it"):
        await database.open(upgrade=True)
    named = insert(upgrades).values(schema="from the future", zimerr="7.1.0", at=0.0)
    await database.run(lambda connection: connection.execute(named))
    with pytest.raises(ZimerrError, match=r"Install zimerr 7\.1\.0 or later, or restore the backup"):
        await database.open(upgrade=True)
    await database.close()


async def test_the_version_that_upgrades_the_schema_is_recorded(database_url: str) -> None:
    """An earlier version names it after a rollback."""
    database = Database(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    await database.open(upgrade=True)
    await database.open(upgrade=True)
    rows = await database.run(lambda connection: connection.execute(select(upgrades)).mappings().all())
    assert [row["zimerr"] for row in rows] == [version("zimerr")]
    await database.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_wrong_name_of_a_database_is_told(database_url: str) -> None:
    """The server runs, and DATABASE_URL names it: other advice would mislead."""
    url = make_url(DatabaseSettings(_env_file=None, database_url=database_url).database_url)
    database = Database(url.set(database="nowhere").render_as_string(hide_password=False))
    with pytest.raises(ZimerrError, match="Create that database or user"):
        await database.open()
    await database.close()


async def test_an_unreachable_server_is_named_without_its_password() -> None:
    """The message is logged."""
    database = Database("postgresql+psycopg://zimerr:secret@127.0.0.1:1/zimerr?password=secret")
    with pytest.raises(ZimerrError, match="Check that PostgreSQL runs") as failure:
        await database.open()
    assert "secret" not in str(failure.value)
    await database.close()
