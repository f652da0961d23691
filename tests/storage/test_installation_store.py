"""Where the app is installed, on every database."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import JSON, Column, Connection, insert, select, text

from bot.errors import ZimerrError
from bot.storage.database import Database
from bot.storage.installation_store import Installations, forget_states, forget_teams, states
from bot.storage.tables import enterprise_teams, inbox, metadata, slack_bots, slack_oauth_states

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
# As long as Slack's are with token rotation: encrypted, more than the SDK's own columns hold.
TOKEN, REFRESH_TOKEN = f"xoxe.xoxb-1-{'t' * 166}", f"xoxe-1-{'r' * 146}"


def installation(team: str | None, enterprise: str | None = None, **changes: Any) -> Installation:
    """The app in a workspace, or in an organisation."""
    tokens = {"bot_token": TOKEN, "bot_refresh_token": REFRESH_TOKEN, "bot_token_expires_in": 43_200}
    names = {"app_id": "A1", "bot_id": "B1", "bot_user_id": "U1", "bot_scopes": "chat:write", "user_id": "U2"}
    values: dict[str, Any] = {**tokens, **names, **changes}
    return Installation(team_id=team, enterprise_id=enterprise, is_enterprise_install=team is None, **values)


@pytest.fixture
def store(database: Database) -> Installations:
    return Installations(database, "client", [OLD])


async def test_an_installation_comes_back_as_it_was(store: Installations) -> None:
    """Also when its token ends, wherever on the globe the bot runs."""
    saved = installation("T1")
    await store.async_save(saved)
    bot = await store.find("T1", None)
    assert bot is not None
    assert (bot.bot_token, bot.bot_refresh_token) == (TOKEN, REFRESH_TOKEN)
    assert bot.bot_token_expires_at == saved.bot_token_expires_at
    assert bot.installed_at == pytest.approx(saved.installed_at, abs=1e-5)
    assert await store.find("T2", None) is None
    assert await store.find(None, None) is None


async def test_no_token_is_stored_as_it_is(store: Installations, database: Database) -> None:
    """Whoever reads the database can't act as the bot."""
    await store.async_save(installation("T1"))
    (row,) = await database.run(lambda connection: connection.execute(select(slack_bots)).all())
    assert TOKEN not in str(row)
    assert REFRESH_TOKEN not in str(row)
    assert row.bot_token.startswith("gAAAA")  # Fernet's


async def test_keys_can_be_changed(store: Installations, database: Database) -> None:
    """The first key encrypts, all decrypt; once all is encrypted by the new one, the old may go."""
    await store.async_save(installation("T1"))
    alone = Installations(database, "client", [NEW])
    with pytest.raises(ZimerrError, match="can't be decrypted"):
        await alone.all()
    assert await Installations(database, "client", [NEW, OLD]).reencrypt() == 1
    (bot,) = await alone.all()
    assert (bot.bot_token, bot.bot_refresh_token) == (TOKEN, REFRESH_TOKEN)
    with pytest.raises(ZimerrError, match="can't be decrypted"):
        await store.all()


async def test_an_organisation_s_installation_serves_its_teams(store: Installations) -> None:
    """A job in the inbox names its team only; a team's own installation comes first."""
    await store.async_save(installation(None, "E1", bot_token="xoxb-org"))
    await store.async_save(installation("T2", "E1", bot_token="xoxb-own"))
    await store.async_save(installation("T9", bot_token="xoxb-elsewhere"))
    assert await store.find("T1", None) is None
    for team, enterprise in (("T1", "E1"), ("T2", "E1"), ("T9", "E1")):
        await store.learn(team, enterprise)
        await store.learn(team, enterprise)
    found = [(await store.find(team, None)) for team in ("T1", "T2", "T3")]
    assert [bot and bot.bot_token for bot in found] == ["xoxb-org", "xoxb-own", None]
    assert sorted(await store.teams_of("E1")) == ["T1", "T2", "T9"]
    assert (await store.find(None, "E1")) is not None


async def test_a_workspace_that_joined_an_organisation_keeps_its_installation(store: Installations) -> None:
    """Its events name the organisation from then on."""
    await store.async_save(installation("T1"))
    assert await store.find("T1", "E1") is not None
    assert await store.find("T2", "E1") is None


async def test_our_tables_are_those_that_the_sdk_expects(store: Installations, database: Database) -> None:
    """Another version of the SDK may have more columns."""
    assert {column.name for column in store.bots.columns} == {column.name for column in slack_bots.columns}
    expected = {column.name for column in states(database).oauth_states.columns}
    assert expected == {column.name for column in slack_oauth_states.columns}


async def test_a_state_is_good_once_and_is_forgotten_when_it_ends(database: Database) -> None:
    """Anybody can ask for one."""
    store = states(database)
    used, left = await store.async_issue(), await store.async_issue()
    assert [await store.async_consume(used), await store.async_consume(used)] == [True, False]
    await forget_states(database, before=time.time())
    count = text("SELECT count(*) FROM slack_oauth_states")
    assert await database.run(lambda connection: connection.execute(count).scalar_one()) == 1
    await forget_states(database, before=time.time() + 601)
    assert not await store.async_consume(left)


def _anything(column: Column[Any]) -> Any:
    if isinstance(column.type, JSON):
        return []
    return 1 if column.type.python_type in (int, float) else "x"


async def test_all_that_is_stored_of_a_workspace_is_forgotten_and_nothing_of_another(database: Database) -> None:
    """Whatever table comes next."""
    holding = [table for table in metadata.sorted_tables if "team" in table.c and table is not inbox]
    assert enterprise_teams in holding
    for table in holding:
        rows = [{column.name: _anything(column) for column in table.columns} | {"team": team} for team in ("T1", "T2")]
        await database.run(partial(Connection.execute, statement=insert(table), parameters=rows))
    await forget_teams(database, ["T1"])
    for table in holding:
        left = await database.run(partial(Connection.execute, statement=select(table.c.team)))
        assert left.scalars().all() == ["T2"], table.name
