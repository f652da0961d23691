"""The schema's version: whether the database's is the code's, and the way there.

Alembic writes the version into the table `alembic_version`.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy import text as sql

from bot.errors import ZimerrError

_FOLDER = Path(__file__).parent / "migrations"
_UPGRADES = 600_600  # any number that no other program on this PostgreSQL locks


def upgrade(connection: Connection) -> None:
    """Bring the schema to the code's version; of several that try, one does. Raises ZimerrError where it is newer."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql(f"SELECT pg_advisory_xact_lock({_UPGRADES})"))
    else:
        # SQLite's driver would run each CREATE by itself, and leave half a schema behind when it is killed.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    if not is_current(connection):
        config = Config()
        config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(connection: Connection) -> None:
    """Raise ZimerrError unless the schema is the code's."""
    if not is_current(connection):
        raise ZimerrError("The database's schema is older than this zimerr. Run `zimerr db upgrade` first.")


def is_current(connection: Connection) -> bool:
    """Whether the schema is the code's; False where it is older. Raises ZimerrError where it is newer."""
    script = ScriptDirectory(str(_FOLDER))
    version = MigrationContext.configure(connection).get_current_revision()
    if version is not None and version not in {step.revision for step in script.walk_revisions()}:
        raise ZimerrError(
            f"The database's schema ({version}) is newer than this zimerr ({script.get_current_head()}). "
            "Install the zimerr that upgraded it, or a later one."
        )
    return version == script.get_current_head()
