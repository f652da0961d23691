"""Store the installations of the app with slack_sdk's stores, with every token encrypted.

The installation of an organization (Enterprise Grid) serves all its teams. Events tell which teams those are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore, SQLAlchemyInstallationStore
from sqlalchemy import Connection, Dialect, Text, TypeDecorator, select, update

from bot.errors import ZimerrError
from bot.storage.database import Database
from bot.storage.tables import enterprise_teams


class EncryptedText(TypeDecorator[str]):
    """A column of secrets, encrypted with the first of the keys."""

    impl = Text
    cache_ok = False  # a cached statement would keep its keys

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__()
        self._keys = MultiFernet([Fernet(key) for key in keys])

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt a value with the first key."""
        return None if value is None else self._keys.encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt a value with any of the keys; raises ZimerrError if none fits."""
        try:
            return None if value is None else self._keys.decrypt(value).decode()
        except InvalidToken as error:
            raise ZimerrError(
                "A stored token can't be decrypted. Put the key that it was encrypted with back into "
                "ZIMERR_ENCRYPTION_KEYS, behind the others."
            ) from error


class Installations(AsyncSQLAlchemyInstallationStore):
    """The installations of the app. Only the bot's part is stored, not that of the person who installed it."""

    def __init__(self, database: Database, client_id: str, keys: Sequence[str]) -> None:
        super().__init__(client_id, database.engine)
        self._database = database
        for secret in (self.bots.c.bot_token, self.bots.c.bot_refresh_token):
            secret.type = EncryptedText(keys)

    async def async_save(self, installation: Installation) -> None:
        """Save a new installation."""
        await self._database.to_the_end(self.async_save_bot(installation.to_bot()))

    async def find(self, team: str | None, enterprise: str | None) -> Bot | None:
        """Return the installation that serves a team: its own or that of its organization. None if there is neither."""
        if team and not enterprise:
            query = select(enterprise_teams.c.enterprise).where(enterprise_teams.c.team == team)
            row = await self._database.row(query)
            enterprise = row.enterprise if row else None
        # The row of a workspace that joined an organization after the installation has no enterprise id.
        for enterprise_id, team_id in ((enterprise, team), (enterprise, None), (None, team)):
            if enterprise_id or team_id:
                finding = self.async_find_bot(enterprise_id=enterprise_id, team_id=team_id)
                bot = await self._database.to_the_end(finding)
                if bot:
                    return bot
        return None

    async def all(self) -> list[Bot]:
        """Return the latest installation of each team or organization.

        Raises ZimerrError if a token can't be decrypted.
        """
        query = self.bots.select().where(self.bots.c.client_id == self.client_id).order_by(self.bots.c.installed_at)
        rows = [row._mapping for row in await self._database.rows(query)]
        latest = {(row["enterprise_id"], row["team_id"]): row for row in rows}
        return [SQLAlchemyInstallationStore.build_bot_entity(row) for row in latest.values()]

    async def have_bot(self, users: Collection[str]) -> bool:
        """Return whether one of *users* is the bot user of an installation."""
        query = select(self.bots.c.id).where(self.bots.c.client_id == self.client_id)
        query = query.where(self.bots.c.bot_user_id.in_(users)).limit(1)
        return bool(await self._database.rows(query))

    async def reencrypt(self) -> int:
        """Encrypt every token with the first key; return the number of rows."""

        def reencrypt(connection: Connection) -> int:
            # Locked, so that a token that is being refreshed is not replaced by the old one.
            rows = connection.execute(select(self.bots).with_for_update()).mappings().all()
            for row in rows:
                secrets = {"bot_token": row["bot_token"], "bot_refresh_token": row["bot_refresh_token"]}
                connection.execute(update(self.bots).where(self.bots.c.id == row["id"]).values(secrets))
            return len(rows)

        return await self._database.run(reencrypt)

    async def learn(self, team: str, enterprise: str) -> None:
        """Store that a team belongs to an organization."""
        query = self._database.insert(enterprise_teams).values(team=team, enterprise=enterprise)
        query = query.on_conflict_do_update(index_elements=["team"], set_={"enterprise": enterprise})
        await self._database.execute(query)

    async def teams_of(self, enterprise: str) -> list[str]:
        """Return the known teams of an organization."""
        query = select(enterprise_teams.c.team).where(enterprise_teams.c.enterprise == enterprise)
        return [row.team for row in await self._database.rows(query)]
