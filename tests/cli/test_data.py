"""Tests for `zimerr forget` and `zimerr export-data`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.main import commands
from bot.storage.change_store import Changed, ChangeStore
from bot.storage.database import Database


@pytest.fixture(autouse=True)
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store a setting of two workspaces; no token is set."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)

    async def fill() -> None:
        database = Database(url.replace("sqlite:", "sqlite+aiosqlite:"))
        await database.open()
        for team in ("T111", "T222"):
            await ChangeStore(database).set(team, "C111", Changed.MODE, "react", user="U111", at=1.0)
        await database.close()

    asyncio.run(fill())


def zimerr(*arguments: str, typed: str = "") -> Result:
    """Run a command; *typed* answers its question."""
    return CliRunner().invoke(commands, arguments, input=typed)


def exported(team: str) -> list[dict[str, object]]:
    """Return the stored rows of a workspace."""
    return [json.loads(line) for line in zimerr("export-data", "--workspace", team).output.splitlines()]


def test_a_workspace_is_exported_as_json_lines() -> None:
    """A customer may ask for their data."""
    rows = exported("T111")
    assert [row["table"] for row in rows] == ["changes", "channel_settings"]
    assert {row["team"] for row in rows} == {"T111"}


def test_nothing_is_deleted_without_a_yes() -> None:
    """It can't be undone."""
    asked = zimerr("forget", "--workspace", "T111", typed="n\n")
    assert asked.exit_code == 1
    assert "T111? This can't be undone." in asked.output
    assert len(exported("T111")) == 2


def test_it_says_what_was_deleted_by_table() -> None:
    """And nothing of another workspace is."""
    done = zimerr("forget", "--workspace", "T111", typed="y\n")
    assert "changes: 1 deleted" in done.output
    assert "channel_settings: 1 deleted" in done.output
    assert exported("T111") == []
    assert len(exported("T222")) == 2
    assert zimerr("forget", "--workspace", "T111", "--yes").output == "Nothing is stored of the workspace T111.\n"


def test_a_person_is_removed_from_what_they_did_for_others() -> None:
    """The setting is the channel's; who made it is theirs."""
    assert zimerr("forget", "--user", "U111", "--yes").output == (
        "changes: 0 deleted, 2 without the ID\nchannel_settings: 0 deleted, 2 without the ID\n"
    )
    assert "U111" not in str(exported("T111"))
    assert {row.get("mode") for row in exported("T111")} == {None, "react"}


def test_a_channel_is_deleted() -> None:
    """In all workspaces: a shared channel has the same id in each."""
    assert zimerr("forget", "--channel", "C111", "--yes").exit_code == 0
    assert exported("T111") == exported("T222") == []


@pytest.mark.parametrize(
    "options", [(), ("--user", "U111", "--channel", "C111"), ("--user", "C111"), ("--workspace", "t111")]
)
def test_one_id_of_the_right_kind_is_needed(options: tuple[str, ...]) -> None:
    """A wrong id would delete nothing, and look as if it had."""
    assert zimerr("forget", *options, "--yes").exit_code == 2
