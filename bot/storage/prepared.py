"""Statements made once and carried out by the driver: for one row SQLAlchemy takes ten times as long as SQLite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Compiled, Connection, Select
from sqlalchemy.sql.compiler import SQLCompiler

Rows = list[tuple[Any, ...]]


class Prepared:
    """A SELECT of which only the values change; its rows come as the driver gives them."""

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}  # by dialect

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """The rows for *values*, by parameter; those that are none of its own are passed over."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  what every SELECT is compiled by
        cursor = connection.connection.cursor()
        try:
            cursor.execute(str(compiled), [values[name] for name in compiled.positiontup or ()] or values)
            return list(cursor.fetchall())
        finally:
            cursor.close()

    def _compile(self, connection: Connection) -> Compiled:
        compiled = self._statement.compile(dialect=connection.dialect)
        self._compiled[connection.dialect.name] = compiled
        return compiled
