"""Test that all data of a workspace, person or channel can be deleted and exported, on every database."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Connection, MetaData, String, Table, insert, select

from bot.storage import FORGOTTEN
from bot.storage.annotation_store import MessageRef
from bot.storage.database import Database
from bot.storage.incident_store import Incident, IncidentStore, Status
from bot.storage.stored_data import (
    Forgotten,
    export_workspace,
    forget_channel,
    forget_user,
    forget_workspace,
    team_column,
)
from bot.storage.tables import inbox, metadata, slack_bots, upgrades

ANN, BEN, HERE, THERE = "UANN111", "UANN1112", "CHERE11", "CTHERE1"
_number = count()


def value(column: Column[Any], text: str) -> Any:
    """Return a value of the column that contains *text* if the type allows it, and is unique otherwise."""
    if isinstance(column.type, JSON):
        return {text: [[text, 1], f"https://example.slack.com/archives/{text}/p1"]}
    if isinstance(column.type, String):
        return text
    kind = column.type.python_type
    return datetime.now() if kind is datetime else False if kind is bool else next(_number)  # noqa: DTZ005 - slack_sdk's


async def fill(database: Database, team: str, text: str) -> None:
    """Write a row to each table, with *text* in every column that can hold it except the primary key."""
    for table in metadata.sorted_tables:
        row = {column.name: value(column, text) for column in table.c}
        row |= {c.name: f"x{next(_number)}" for c in table.primary_key if isinstance(c.type, String)}
        row |= {"event_id": f"Ev{next(_number)}"} if table is inbox else {}
        if (owner := team_column(table)) is not None:
            row[owner.name] = team
        await database.run(partial(Connection.execute, statement=insert(table), parameters=row))


async def dump(database: Database) -> dict[str, list[str]]:
    """Return each row of each table as text."""
    rows = {}
    for table in metadata.sorted_tables:
        found = (await database.run(partial(Connection.execute, statement=select(table)))).mappings().all()
        rows[table.name] = [str(dict(row)) for row in found]
    return rows


def test_a_table_without_a_rule_is_refused() -> None:
    """Data in a new table must not survive the deletion of its workspace."""
    table = Table("notes", MetaData(), Column("id", String(32), primary_key=True), Column("workspace", String(32)))
    with pytest.raises(KeyError, match="notes"):
        team_column(table)
    assert [table for table in metadata.sorted_tables if team_column(table) is None] == [upgrades]


async def test_a_workspace_is_deleted_from_every_table(database: Database) -> None:
    """Also from future tables, and nothing of another workspace is."""
    await fill(database, "T1", "x")
    await fill(database, "T2", "x")
    outcomes = await forget_workspace(database, "T1")
    assert {each.table for each in outcomes} == {*metadata.tables} - {upgrades.name}
    for name, rows in (await dump(database)).items():
        assert "'T1'" not in str(rows), name
        assert len(rows) == 1 or name == upgrades.name, name


async def test_the_id_of_a_person_is_in_no_column_afterwards(database: Database) -> None:
    """Also not in JSON and texts. Others keep what they did, even if their id begins alike."""
    await fill(database, "T1", ANN)
    await fill(database, "T2", BEN)
    await forget_user(database, ANN)
    rows = await dump(database)
    for name in {*metadata.tables} - {upgrades.name, slack_bots.name}:  # which contain no ids of people
        assert ANN not in str(rows[name]).replace(BEN, ""), name
        others = {*metadata.tables[name].c} - {*metadata.tables[name].primary_key, metadata.tables[name].c.team}
        assert (BEN in str(rows[name])) is any(isinstance(each.type, (String, JSON)) for each in others), name


async def test_a_person_who_is_forgotten_is_on_no_incident(database: Database) -> None:
    """Nobody else would take it, or be reminded. Its message is updated."""
    store = IncidentStore(database)
    ref = MessageRef("T1", HERE, "1.0")
    taken = Incident(ref, "1.0", "thread:1.0", "en", None, Status.TAKEN, ANN, 5.0)
    await store.change(Incident(ref, "1.0", "thread:1.0", "en"), lambda _: taken)
    assert Forgotten("incidents", 0, 1) in await forget_user(database, ANN)
    (due,) = await store.claim_due(1.0, lease_s=60)
    assert (due.status, due.owner, due.user, due.version) == (Status.RELEASED, None, FORGOTTEN, 2)


async def test_a_channel_is_deleted_and_its_id_is_replaced_elsewhere(database: Database) -> None:
    """A job may name the channel that a private triage came from."""
    await fill(database, "T1", HERE)
    await fill(database, "T2", THERE)
    for table in metadata.sorted_tables:
        if "channel" in table.c and table.c.channel.primary_key:
            row = {column.name: value(column, "x") for column in table.c} | {"channel": HERE}
            await database.run(partial(Connection.execute, statement=insert(table), parameters=row))
    await forget_channel(database, HERE)
    rows = await dump(database)
    for name in {*metadata.tables} - {upgrades.name, slack_bots.name}:
        assert HERE not in str(rows[name]), name
        assert rows[name], name


async def test_a_workspace_is_exported_without_its_tokens(database: Database) -> None:
    """Every row, of more than one page, and none of another workspace."""
    await fill(database, "T1", "xoxb-1")
    await fill(database, "T2", "other")
    rows = [{"team": "T1", "id": f"U{i}", "locale": None, "asked_at": float(i)} for i in range(1200)]
    await database.run(partial(Connection.execute, statement=insert(metadata.tables["locales"]), parameters=rows))
    exported = [row async for row in export_workspace(database, "T1")]
    assert {row["table"] for row in exported} == {*metadata.tables} - {upgrades.name}
    assert len([row for row in exported if row["table"] == "locales"]) == 1201
    assert "other" not in str(exported)
    (bot,) = [row for row in exported if row["table"] == slack_bots.name]
    assert bot["team_id"] == "T1"
    assert not [name for name in bot if "token" in name]
