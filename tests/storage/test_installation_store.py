"""Test the stored installations of the app, on every database."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from sqlalchemy import MetaData, select
from sqlalchemy.schema import CreateIndex, CreateTable

from bot.errors import ZimerrError
from bot.storage.database import Database
from bot.storage.installation_store import Installations
from bot.storage.tables import slack_bots

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
# As long as Slack's tokens with token rotation: encrypted, they exceed the SDK's own columns.
TOKEN, REFRESH_TOKEN = f"xoxe.xoxb-1-{'t' * 166}", f"xoxe-1-{'r' * 146}"


def installation(team: str | None, enterprise: str | None = None, **changes: Any) -> Installation:
    """Return an installation of the app in a workspace or in an organization."""
    tokens = {"bot_token": TOKEN, "bot_refresh_token": REFRESH_TOKEN, "bot_token_expires_in": 43_200}
    names = {"app_id": "A1", "bot_id": "B1", "bot_user_id": "U1", "bot_scopes": "chat:write", "user_id": "U2"}
    values: dict[str, Any] = {**tokens, **names, **changes}
    return Installation(team_id=team, enterprise_id=enterprise, is_enterprise_install=team is None, **values)


@pytest.fixture
def store(database: Database) -> Installations:
    return Installations(database, "client", [OLD])


def test_the_table_is_that_of_the_sdk() -> None:
    """A newer version of the SDK may need another column. Only the tokens are longer, because they are encrypted."""
    theirs = SQLAlchemyInstallationStore.build_bots_table(MetaData(), "slack_bots")
    theirs.c.bot_token.type = theirs.c.bot_refresh_token.type = slack_bots.c.bot_token.type
    assert str(CreateTable(slack_bots)) == str(CreateTable(theirs))
    assert [*map(str, map(CreateIndex, slack_bots.indexes))] == [*map(str, map(CreateIndex, theirs.indexes))]


async def test_a_saved_installation_is_found(store: Installations) -> None:
    """With the end of its token, in whatever time zone the bot runs."""
    saved = installation("T1")
    await store.async_save(saved)
    bot = await store.find("T1", None)
    assert bot is not None
    assert (bot.bot_token, bot.bot_refresh_token) == (TOKEN, REFRESH_TOKEN)
    assert bot.bot_token_expires_at == saved.bot_token_expires_at
    assert bot.installed_at == pytest.approx(saved.installed_at, abs=1e-5)
    assert await store.find("T2", None) is None
    assert await store.find(None, None) is None


async def test_no_token_is_stored_in_plain_text(store: Installations, database: Database) -> None:
    """A reader of the database must not be able to act as the bot."""
    await store.async_save(installation("T1"))
    (row,) = await database.run(lambda connection: connection.execute(select(slack_bots)).all())
    assert TOKEN not in str(row)
    assert REFRESH_TOKEN not in str(row)
    assert row.bot_token.startswith("gAAAA")  # Fernet's


async def test_keys_can_be_changed(store: Installations, database: Database) -> None:
    """The first key encrypts, all keys decrypt. After re-encryption, the old key can be removed."""
    await store.async_save(installation("T1"))
    alone = Installations(database, "client", [NEW])
    with pytest.raises(ZimerrError, match="can't be decrypted"):
        await alone.all()
    assert await Installations(database, "client", [NEW, OLD]).reencrypt() == 1
    (bot,) = await alone.all()
    assert (bot.bot_token, bot.bot_refresh_token) == (TOKEN, REFRESH_TOKEN)
    with pytest.raises(ZimerrError, match="can't be decrypted"):
        await store.all()


async def test_the_installation_of_an_organization_serves_its_teams(store: Installations) -> None:
    """A job of the inbox names only its team. The team's own installation comes first."""
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


async def test_a_workspace_that_joined_an_organization_keeps_its_installation(store: Installations) -> None:
    """Its events name the organization from then on."""
    await store.async_save(installation("T1"))
    assert await store.find("T1", "E1") is not None
    assert await store.find("T2", "E1") is None
