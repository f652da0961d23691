"""Delete or export everything that is stored of a workspace, a person or a channel.

The rules hold for every table, also for future ones:

1. A row belongs to the workspace in its column `team`, and to the channel in its column `channel`. `_TEAM_COLUMNS`
   lists the exceptions.
2. A row whose primary key contains the id is deleted. Elsewhere, the id is replaced by `FORGOTTEN`, also within texts
   and JSON.

Rows are processed a page at a time, so that a running bot does not wait.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    String,
    Table,
    Text,
    cast,
    delete,
    false,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from bot.storage import FORGOTTEN
from bot.storage.database import Database
from bot.storage.incident_store import Status
from bot.storage.tables import inbox, incidents, metadata, slack_bots, upgrades

_PAGE = 500  # rows per transaction
# The columns that contain the workspace in tables without a column `team`; None: no row belongs to a workspace.
_TEAM_COLUMNS: dict[str, Column[Any] | None] = {slack_bots.name: slack_bots.c.team_id, upgrades.name: None}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The numbers of rows of a table that were deleted, and that no longer contain the id."""

    table: str
    deleted: int
    replaced: int = 0


def team_column(table: Table) -> Column[Any] | None:
    """Return the column that contains the workspace of a row, or None if no row belongs to a workspace.

    Raises KeyError for a table that has no column `team` and is not in `_TEAM_COLUMNS`.
    """
    return table.c.team if "team" in table.c else _TEAM_COLUMNS[table.name]


async def forget_workspace(database: Database, team: str, *, keeping: Collection[Table] = ()) -> list[Forgotten]:
    """Delete everything of a workspace, its installation included, except in the tables *keeping*."""

    def rule(table: Table) -> tuple[ColumnElement[bool], bool]:
        return (false() if table in keeping else _is(team_column(table), team)), False

    return await _forget_all(database, rule)


async def forget_channel(database: Database, channel: str) -> list[Forgotten]:
    """Delete everything of a channel, and replace its id elsewhere."""
    return await _forget_all(database, lambda table: (_is(table.c.get("channel"), channel), True), channel)


async def forget_user(database: Database, user: str) -> list[Forgotten]:
    """Delete the jobs of a person that are not done, release their incidents, and replace their id elsewhere.

    Done jobs are kept, so that an event that Slack delivers again is still recognized.
    """
    theirs = incidents.c.user == user, incidents.c.status == Status.TAKEN
    changed = {"status": Status.RELEASED, "version": incidents.c.version + 1, "due_at": 0.0}  # to update the message
    await database.run(partial(Connection.execute, statement=update(incidents).where(*theirs).values(changed)))
    open_jobs = (inbox.c.user == user) & (inbox.c.state != "done")
    return await _forget_all(database, lambda table: (open_jobs if table is inbox else false(), True), user)


async def export_workspace(database: Database, team: str) -> AsyncIterator[dict[str, Any]]:
    """Yield every row of a workspace, with the name of its table as `table`. Tokens are left out."""
    for table in metadata.sorted_tables:
        columns = [column for column in table.c if "token" not in column.name]
        async for page in _pages(database, table, select(*columns).where(_is(team_column(table), team))):
            for row in page:
                yield {"table": table.name} | {str(name): each for name, each in row.items()}


async def _forget_all(
    database: Database, rule: Callable[[Table], tuple[ColumnElement[bool], bool]], id_: str = ""
) -> list[Forgotten]:
    """Forget in all tables by *rule*: which rows to delete, and whether to look for *id_* in the others."""
    outcomes = []
    for table in metadata.sorted_tables:
        condition, is_anywhere = rule(table)
        deleted, replaced = await _delete(database, table, condition), 0
        if is_anywhere and team_column(table) is not None:
            more, replaced = await _replace(database, table, id_)
            deleted += more
        if deleted or replaced:
            outcomes.append(Forgotten(table.name, deleted, replaced))
    return outcomes


async def _delete(database: Database, table: Table, condition: ColumnElement[bool]) -> int:
    key = list(table.primary_key)
    page = select(*key).where(condition).limit(_PAGE)
    query = delete(table).where(tuple_(*key).in_(page))
    deleted = 0
    while count := await database.run(lambda connection: connection.execute(query).rowcount):
        deleted += count
    return deleted


async def _replace(database: Database, table: Table, id_: str) -> tuple[int, int]:
    """Replace *id_* in all texts of a table; return how many rows were deleted and how many changed."""
    columns = [each for each in table.c if isinstance(each.type, (String, JSON)) and each is not team_column(table)]
    query = select(*{*table.primary_key, *columns})
    query = query.where(or_(false(), *(cast(each, Text).contains(id_, autoescape=True) for each in columns)))
    pattern = re.compile(rf"(?<![A-Z0-9]){re.escape(id_)}(?![A-Z0-9])")
    deleted = replaced = 0

    def replace(connection: Connection, where: ColumnElement[bool]) -> tuple[int, int]:
        if not database.is_shared:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # or the bot might change a row after it was read
        rows = connection.execute(query.where(where).with_for_update()).mappings().all()
        changes = [(row, _changed(row, columns, pattern)) for row in rows]
        counts = [0, 0]
        for row, change in changes:
            is_key = any(table.c[name].primary_key for name in change)
            if change:
                where = _key_is(table, [row])
                connection.execute(delete(table).where(where) if is_key else update(table).where(where).values(change))
                counts[not is_key] += 1
        return counts[0], counts[1]

    async for page in _pages(database, table, query):
        counts = await database.run(partial(replace, where=_key_is(table, page)))
        deleted, replaced = deleted + counts[0], replaced + counts[1]
    return deleted, replaced


def _changed(row: RowMapping, columns: Iterable[Column[Any]], pattern: re.Pattern[str]) -> dict[str, Any]:
    """Return the columns of *row* that contain the id, without it."""
    changed = {column.name: _without(row[column.name], pattern) for column in columns}
    return {name: value for name, value in changed.items() if value != row[name]}


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    match value:
        case str():
            return pattern.sub(FORGOTTEN, value)
        case list():
            return [_without(each, pattern) for each in value]
        case dict():
            return {_without(name, pattern): _without(each, pattern) for name, each in value.items()}
    return value


async def _pages(database: Database, table: Table, query: Select[Any]) -> AsyncIterator[list[RowMapping]]:
    """Yield the rows of *query* in the order of the table's primary key."""
    key = list(table.primary_key)
    page: list[RowMapping] = []
    while True:
        following = query.order_by(*key).limit(_PAGE)
        if page:
            last = tuple_(*(literal(page[-1][column.name], column.type) for column in key))
            following = following.where(tuple_(*key) > last)
        page = await database.run(partial(_rows, query=following))
        if not page:
            return
        yield page


def _rows(connection: Connection, query: Select[Any]) -> list[RowMapping]:
    return list(connection.execute(query).mappings())


def _is(column: Column[Any] | None, value: str) -> ColumnElement[bool]:
    return false() if column is None else column == value


def _key_is(table: Table, rows: Iterable[RowMapping]) -> ColumnElement[bool]:
    key = list(table.primary_key)
    return tuple_(*key).in_([tuple(row[column.name] for column in key) for row in rows])
