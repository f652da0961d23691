"""Where the app is installed: slack_sdk's stores on our database, with every token encrypted.

An organisation's installation (Enterprise Grid) serves all its teams: which those are is learnt from events.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore, SQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import Connection, Dialect, RowMapping, Text, TypeDecorator, delete, select, update

from bot.errors import ZimerrError
from bot.storage.database import Database
from bot.storage.tables import enterprise_teams, inbox, metadata, slack_oauth_states

STATE_LIFE_S = 600  # for as long, somebody may look at Slack's page before they press Allow


class EncryptedText(TypeDecorator[str]):
    """A secret: in the database, only what the first key made of it."""

    impl = Text
    cache_ok = False  # a statement that is kept would keep its keys

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__()
        self._keys = MultiFernet([Fernet(key) for key in keys])

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt."""
        return None if value is None else self._keys.encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt, by any of the keys."""
        try:
            return None if value is None else self._keys.decrypt(value).decode()
        except InvalidToken as error:
            raise ZimerrError(
                "A stored token can't be decrypted. Put the key that it was encrypted with back into "
                "ZIMERR_ENCRYPTION_KEYS, behind the others."
            ) from error


class Installations(AsyncSQLAlchemyInstallationStore):
    """The app's installations. Only the bot's part is kept: it needs nothing of who installed it."""

    def __init__(self, database: Database, client_id: str, keys: Sequence[str]) -> None:
        super().__init__(client_id, database.engine)
        self._database = database
        for secret in (self.bots.c.bot_token, self.bots.c.bot_refresh_token):
            secret.type = EncryptedText(keys)

    async def async_save(self, installation: Installation) -> None:
        """Keep a new installation."""
        await self.async_save_bot(installation.to_bot())

    async def find(self, team: str | None, enterprise: str | None) -> Bot | None:
        """The installation that serves a team: its own, or its organisation's."""
        if team and not enterprise:
            enterprise = await self._enterprise_of(team)
        # A workspace that joined an organisation after the installation is still there without one.
        for in_enterprise, of_team in ((enterprise, team), (enterprise, None), (None, team)):
            if in_enterprise or of_team:
                bot = await self.async_find_bot(enterprise_id=in_enterprise, team_id=of_team)
                if bot:
                    return bot
        return None

    async def all(self) -> list[Bot]:
        """The latest installation everywhere; raises ZimerrError where a token can't be decrypted."""
        query = self.bots.select().where(self.bots.c.client_id == self.client_id).order_by(self.bots.c.installed_at)
        rows = await self._database.run(lambda connection: connection.execute(query).mappings().all())
        return list({(row["enterprise_id"], row["team_id"]): _bot(row) for row in rows}.values())

    async def reencrypt(self) -> int:
        """Encrypt every token by the first key; return how many rows that were."""

        def reencrypt(connection: Connection) -> int:
            # Locked, so that no token that is just being refreshed is replaced by the one before.
            rows = connection.execute(select(self.bots).with_for_update()).mappings().all()
            for row in rows:
                secrets = {"bot_token": row["bot_token"], "bot_refresh_token": row["bot_refresh_token"]}
                connection.execute(update(self.bots).where(self.bots.c.id == row["id"]).values(secrets))
            return len(rows)

        return await self._database.run(reencrypt)

    async def learn(self, team: str, enterprise: str) -> None:
        """Remember that a team belongs to an organisation."""
        query = self._database.insert(enterprise_teams).values(team=team, enterprise=enterprise)
        query = query.on_conflict_do_update(index_elements=["team"], set_={"enterprise": enterprise})
        await self._database.run(lambda connection: connection.execute(query))

    async def teams_of(self, enterprise: str) -> list[str]:
        """The known teams of an organisation."""
        query = select(enterprise_teams.c.team).where(enterprise_teams.c.enterprise == enterprise)
        return await self._database.run(lambda connection: list(connection.execute(query).scalars()))

    async def _enterprise_of(self, team: str) -> str | None:
        query = select(enterprise_teams.c.enterprise).where(enterprise_teams.c.team == team)
        return await self._database.run(lambda connection: connection.execute(query).scalar_one_or_none())


def _bot(row: RowMapping) -> Bot:
    return SQLAlchemyInstallationStore.build_bot_entity(row)


def states(database: Database) -> AsyncSQLAlchemyOAuthStateStore:
    """The store of the states that tie Slack's answer to the browser that asked."""
    return AsyncSQLAlchemyOAuthStateStore(STATE_LIFE_S, database.engine)


async def forget_states(database: Database, *, before: float) -> None:
    """Forget states that nobody came back with."""
    expired = slack_oauth_states.c.expire_at < datetime.fromtimestamp(before, UTC).replace(tzinfo=None)
    await database.run(lambda connection: connection.execute(delete(slack_oauth_states).where(expired)))


async def forget_teams(database: Database, teams: Collection[str]) -> None:
    """Forget all that is stored of some workspaces, but for the inbox: `bot.inbox` forgets that."""
    holding: list[Any] = [table for table in metadata.sorted_tables if "team" in table.c and table is not inbox]

    def forget(connection: Connection) -> None:
        for table in holding:
            connection.execute(delete(table).where(table.c.team.in_(teams)))

    await database.run_aside(forget)
