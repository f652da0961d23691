"""Check and upgrade the version of the database's schema, which Alembic keeps in the table `alembic_version`."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy import text as sql

from bot.errors import ZimerrError

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 600_600  # any number that no other program on this PostgreSQL locks


def upgrade(connection: Connection) -> None:
    """Upgrade the schema to the code's version, in one process at a time. Raises ZimerrError if it is newer."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
    else:
        # Otherwise SQLite's driver commits each CREATE by itself, and a killed process leaves half a schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    if not _is_current(connection):
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(connection: Connection) -> None:
    """Raise ZimerrError unless the schema has the code's version."""
    if not _is_current(connection):
        raise ZimerrError("The database's schema is older than this zimerr. Run `zimerr db upgrade` first.")


def _is_current(connection: Connection) -> bool:
    """Return whether the schema has the code's version; False if older. Raises ZimerrError if it is newer."""
    script = ScriptDirectory(str(_MIGRATIONS))
    version = MigrationContext.configure(connection).get_current_revision()
    if version is not None and version not in {step.revision for step in script.walk_revisions()}:
        raise ZimerrError(
            f"The database's schema ({version}) is newer than this zimerr ({script.get_current_head()}). "
            "Install the zimerr that upgraded it, or a later one."
        )
    return version == script.get_current_head()
