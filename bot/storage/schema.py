"""Check and upgrade the version of the database's schema, which Alembic keeps in the table `alembic_version`."""

from __future__ import annotations

import functools
import time
from importlib import metadata
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select
from sqlalchemy import text as sql

from bot.errors import ZimerrError
from bot.storage.tables import upgrades

_MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE_LOCK = 600_600  # any number that no other program on this PostgreSQL locks


class OlderSchemaError(ZimerrError):
    """The schema is older than the code and can be upgraded."""


def upgrade(connection: Connection) -> None:
    """Upgrade the schema to the code's version, in one process at a time. Raises ZimerrError if it is newer."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql("SET LOCAL idle_in_transaction_session_timeout = 0"))  # Alembic takes its time
        connection.execute(sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))
    else:
        # Otherwise SQLite's driver commits each CREATE by itself, and a killed process leaves half a schema.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    head = _head_if_older(connection)
    if head:
        from alembic import command  # needs 10 MB, and few starts upgrade the schema
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(insert(upgrades).values(schema=head, zimerr=metadata.version("zimerr"), at=time.time()))


def check(connection: Connection) -> None:
    """Raise OlderSchemaError or another ZimerrError unless the schema has the code's version."""
    if _head_if_older(connection):
        raise OlderSchemaError("The database's schema is older than this zimerr. Run `zimerr db upgrade` first.")


def _head_if_older(connection: Connection) -> str | None:
    """Return the code's version if the schema is older; None if it has that version. Raises ZimerrError if newer."""
    head, known = _versions()
    has_version = inspect(connection).has_table("alembic_version")
    version = connection.execute(sql("SELECT version_num FROM alembic_version")).scalar() if has_version else None
    if version is not None and version not in known:
        raise ZimerrError(
            f"The database's schema ({version}) is newer than this zimerr ({metadata.version('zimerr')}, schema "
            f"{head}). {_needed(connection, version)}, or restore the backup from before the upgrade."
        )
    return None if version == head else head


@functools.cache
def _versions() -> tuple[str, frozenset[str]]:
    """Return the version of the code's schema, and all versions up to it. Migrations are named after theirs."""
    known = frozenset(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return max(known), known


def _needed(connection: Connection, version: str) -> str:
    """Return which zimerr to install for the schema *version*."""
    query = select(upgrades.c.zimerr).where(upgrades.c.schema == version)
    found = connection.execute(query).scalar() if inspect(connection).has_table(upgrades.name) else None
    return f"Install zimerr {found} or later" if found else "Install the zimerr that upgraded it, or a later one"
