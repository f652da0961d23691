"""Test many workspaces: OAuth installation, separate data and settings, and removal."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from click.testing import CliRunner
from cryptography.fernet import Fernet
from yarl import URL

from bot import log
from bot.app import running
from bot.cli.main import commands
from bot.errors import ZimerrError
from bot.sandbox.http_server import Sandbox
from bot.sandbox.manifest import APP_ID, Json
from bot.sandbox.model import Channel
from bot.sandbox.team import Team
from bot.server import EVENTS_PATH
from bot.settings import Settings
from bot.storage.tables import metadata
from tests import migrated
from tests.scenarios.conftest import ANN, ENGLISH, LIN, Clock, Transport, free_port, manifest, settings_for
from tests.scenarios.reading import answer_in_thread, shown, until_done, until_stored

# slack_sdk passes the client secret as aiohttp's BasicAuth.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
FIRST, SECOND, ORGANIZATION = "T0DEMO", "T0OTHER", "E0ORG"
QUESTION = "code: 6000106 since the release"
_TEAM_TABLES = [table.name for table in metadata.sorted_tables if "team" in table.c]


@dataclass
class Site:
    """A sandbox with two workspaces, and a bot that is not installed in either."""

    sandbox: Sandbox
    second: Team
    transport: Transport
    port: int
    database: Path
    keys: list[str] = field(default_factory=lambda: [Fernet.generate_key().decode()])
    clock: Clock = field(default_factory=Clock)

    @property
    def settings(self) -> Settings:
        """The settings of the bot."""
        app = self.sandbox.app
        return settings_for(
            self.sandbox,
            self.transport,
            self.database,
            port=self.port,
            slack_bot_token="",
            slack_client_id=app.client_id,
            slack_client_secret=app.client_secret,
            zimerr_encryption_keys=",".join(self.keys),
        )

    @contextlib.asynccontextmanager
    async def bot(self) -> AsyncIterator[None]:
        """Run the bot."""
        async with running(self.settings, self.clock):
            if self.transport == "http":
                self.sandbox.connect_app(f"http://127.0.0.1:{self.port}{EVENTS_PATH}")
            yield

    async def install(self, *targets: str) -> None:
        """Install the app in workspaces, or in an organization."""
        for target in targets:
            async with Visit(self.port) as visit:
                assert await visit.allow(target) == 200

    def rows(self, team: str) -> int:
        """Return the number of rows stored for a workspace."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {name} WHERE team = ?", (team,)).fetchone()[0]  # noqa: S608
                for name in _TEAM_TABLES
            ]
        return sum(counts)

    def all_rows(self) -> int:
        """Return the number of rows in the database, without those about its schema and about the bot itself."""
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('alembic_version', 'upgrades')"
            )
            own: int = connection.execute("SELECT count(*) FROM told WHERE team = ''").fetchone()[0]
            counts: list[int] = [
                connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
                for (name,) in names.fetchall()
            ]
        return sum(counts) - own

    def stored(self) -> bytes:
        """Return all bytes of the database files."""
        return b"".join(path.read_bytes() for path in self.database.parent.iterdir() if path.is_file())


class Visit:
    """A browser during the installation."""

    def __init__(self, port: int) -> None:
        self.origin = URL(f"http://127.0.0.1:{port}")
        # The cookie requires https; browsers treat localhost as secure.
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=self.origin)
        self.browser = aiohttp.ClientSession(cookie_jar=jar)

    async def __aenter__(self) -> Visit:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.browser.close()

    async def to_slack(self) -> URL:
        """Follow the install link; return the URL of Slack's page."""
        async with self.browser.get(self.origin / "slack/install") as page:
            assert page.status == 200
            return page.url

    async def allow(self, target: str) -> int:
        """Click Allow on Slack's page; return the HTTP status of the final page."""
        async with self.browser.post(await self.to_slack(), data={"target": target}) as page:
            assert page.url.path == "/slack/oauth_redirect"
            return page.status

    async def open_redirect(self, **query: str) -> int:
        """Open the redirect URL; return the HTTP status."""
        async with self.browser.get(self.origin / "slack/oauth_redirect" % query) as page:
            return page.status


@pytest.fixture
async def site(transport: Transport, tmp_path: Path) -> AsyncIterator[Site]:
    """Two workspaces whose channels have the same ids."""
    port = free_port()
    plan = manifest(transport)
    plan["oauth_config"]["redirect_urls"] = [f"http://127.0.0.1:{port}/slack/oauth_redirect"]
    folder = tmp_path / "database"
    folder.mkdir()
    migrated.create(folder / "bot.db")
    async with Sandbox(plan, transport=transport, retry_delays_s=(0.0, 0.05, 0.05)) as sandbox:
        sandbox.oauth.revoke(FIRST)
        yield Site(sandbox, sandbox.add_workspace(SECOND, "Other"), transport, port, folder / "bot.db")


async def ask(team: Team, ts: str = "", text: str = QUESTION, channel: str = ENGLISH) -> Json:
    """Post a message with a code, optionally with a given `ts`."""
    message: Json = {"user": ANN, "text": text}
    return team.workspace.post(channel, message | ({"ts": ts} if ts else {}), by=ANN)


async def explanation_of(team: Team, message: Json, channel: str = ENGLISH) -> str:
    """Return the bot's answer, posted as its bot user in that workspace."""
    reply = await answer_in_thread(team, channel, message)
    assert (reply["bot_id"], reply["user"]) == (team.workspace.bot_id, team.workspace.bot_user)
    return shown(reply)


async def until_settled(site: Site, *teams: Team) -> None:
    """Wait until the bot has handled all that was said: a mention in each workspace, posted last, is answered."""
    for team in teams:
        await explanation_of(team, await team.say(ENGLISH, ANN, "@zimerr 6000354"))
    await until_done(site.database)


async def until_forgotten(site: Site, team: str) -> None:
    """Wait until nothing is stored about a workspace."""
    await until_stored(lambda: not site.rows(team))


@pytest.mark.both_transports
async def test_each_workspace_has_its_own_answers_and_settings(site: Site) -> None:
    """Channels and messages may have the same ids in both, and must not affect one another."""
    first, second = site.sandbox, site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        await second.command(ENGLISH, ANN, "lang zh")
        ts = first.workspace.new_ts()
        messages = [await ask(first, ts), await ask(second, ts)]
        assert "Token expired" in await explanation_of(first, messages[0])
        assert "过期" in await explanation_of(second, messages[1])
        await second.command(ENGLISH, ANN, "auto off")
        other = [await ask(team, text="code: 6000121 now") for team in (second, first)]
        await explanation_of(first, other[1])
        last = await second.say(ENGLISH, ANN, "@zimerr 6000002")
        await explanation_of(second, last)
        assert second.replies(ENGLISH, other[0]["ts"]) == []
        assert site.rows(FIRST) > 0
        assert site.rows(SECOND) > 0


async def test_a_message_in_a_shared_channel_gets_one_answer(site: Site) -> None:
    """Both workspaces have installed the app, and Slack sends the message to it for each of them."""
    first, second = site.sandbox, site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        for team in (first, second):
            team.workspace.channel(ENGLISH).is_ext_shared = True
        ts = first.workspace.new_ts()
        for team in (first, second):
            await ask(team, ts)
        answer: Json = {"bot_id": "B0SIBLING", "app_id": APP_ID, "text": "6000121 explained", "user": "U0SIBLING"}
        second.workspace.post(ENGLISH, answer, by="U0SIBLING")
        async with asyncio.timeout(20):
            while not any(team.replies(ENGLISH, ts) for team in (first, second)):  # noqa: ASYNC110  of two sandboxes
                await asyncio.sleep(0.01)
        for team in (first, second):
            await explanation_of(team, await ask(team, text="code: 6000354 now"))
        assert [len(team.replies(ENGLISH, ts)) for team in (first, second)].count(1) == 1
        said = [message for message in second.messages(ENGLISH) if message.get("bot_id") == second.workspace.bot_id]
        assert not any("6000121" in shown(message) for message in said)


async def test_a_mention_in_a_shared_channel_is_answered_by_the_bot_that_it_mentions(site: Site) -> None:
    """The bot of the other workspace sees the same message, but its own name is not in it."""
    teams = site.sandbox, site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        for team in teams:
            team.workspace.channel(ENGLISH).is_ext_shared = True
        mention = f"<@{site.sandbox.workspace.bot_user}>"
        asked, late = (site.sandbox.workspace.new_ts() for _ in range(2))
        for team in reversed(teams):
            await ask(team, asked, text=f"{mention} 6000106")
            await ask(team, late, text=f"{mention} help")
        await until_settled(site, *teams)
        for team in teams:
            await team.edit(ENGLISH, late, f"{mention} 6000121")
        await until_settled(site, *teams)
        assert [len(team.replies(ENGLISH, asked)) for team in teams] == [1, 0]
        assert site.second.replies(ENGLISH, late) == []


async def test_an_edit_in_a_shared_channel_changes_the_one_answer(site: Site) -> None:
    """Only the workspace that answered follows the edit; a code that comes with an edit is answered by one of them."""
    teams = site.sandbox, site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        for team in teams:
            team.workspace.channel(ENGLISH).is_ext_shared = True
        known, late = (site.sandbox.workspace.new_ts() for _ in range(2))
        for team in teams:
            await ask(team, known)
            await ask(team, late, text="something is wrong")
        await until_settled(site, *teams)
        (answered,) = (team for team in teams if team.replies(ENGLISH, known))
        for team in teams:
            await team.edit(ENGLISH, known, "code: 6000121 since the release")
            await team.edit(ENGLISH, late, "code: 6000002 is wrong")
        await until_settled(site, *teams)
        assert "6000121" in shown(answered.replies(ENGLISH, known)[0])
        for ts in (known, late):
            assert sum(len(team.replies(ENGLISH, ts)) for team in teams) == 1


async def test_the_app_does_not_answer_its_own_edit_in_another_workspace(site: Site) -> None:
    """The bot of the other workspace counts a repeated code, or undoes a change, in its reply."""
    second = site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        second.workspace.channel(ENGLISH).is_ext_shared = True
        answer: Json = {"bot_id": "B0SIBLING", "app_id": APP_ID, "text": "marked as no code", "user": "U0SIBLING"}
        posted = second.workspace.post(ENGLISH, answer, by="U0SIBLING")
        second.workspace.edit(ENGLISH, posted["ts"], {"text": "code: 6000121 explained"}, by="")
        await until_settled(site, second)
        assert second.replies(ENGLISH, posted["ts"]) == []


async def test_data_is_deleted_when_a_workspace_removes_the_app(site: Site) -> None:
    """Settings and records belong to the workspace."""
    first, second = site.sandbox, site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        await second.command(ENGLISH, ANN, "lang zh")
        for team in (first, second):
            await explanation_of(team, await ask(team))
        kept = site.rows(FIRST)
        site.sandbox.oauth.uninstall(SECOND)
        await first.idle()
        assert site.rows(SECOND) == 0
        assert site.rows(FIRST) == kept
        await explanation_of(first, await ask(first, text="code: 6000121"))

        await site.install(SECOND)  # as a new workspace
        assert "Token expired" in await explanation_of(second, await ask(second))


async def test_a_late_removal_event_does_not_undo_a_new_installation(site: Site) -> None:
    """Slack redelivers unacknowledged events minutes later."""
    async with site.bot():
        await site.install(SECOND)
        site.sandbox.oauth.uninstall(SECOND)
        await site.sandbox.idle()
        await site.install(SECOND)
        await explanation_of(site.second, await ask(site.second))
        for envelope in site.sandbox.deliveries("app_uninstalled"):
            envelope.body["event_time"] -= 60
            await site.sandbox.redeliver(envelope.body["event_id"])
        assert site.rows(SECOND) > 0
        await explanation_of(site.second, await ask(site.second, text="code: 6000121"))


async def test_a_revoked_token_removes_the_workspace(site: Site) -> None:
    """If no event reports the removal, the next API call does."""
    second = site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        await explanation_of(second, await ask(second))
    await ask(second, text="code: 6000121")  # waits for the bot
    site.sandbox.oauth.revoke(SECOND)
    async with site.bot():
        await until_forgotten(site, SECOND)
        await explanation_of(site.sandbox, await ask(site.sandbox))
        await site.install(SECOND)
        await explanation_of(second, await ask(second, text="code: 6000354"))


async def test_a_workspace_whose_token_is_refused_for_a_while_keeps_its_messages(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other workspaces go on, and nothing is deleted: only a removed app loses its data."""
    monkeypatch.setattr("bot.slack.suspension._INTERVAL_S", 0.05)
    first, second = site.sandbox, site.second
    async with site.bot():
        await site.install(FIRST, SECOND)
        await second.command(ENGLISH, ANN, "lang zh")
        second.workspace.tokens, good = {"xoxb-other": 1e12}, second.workspace.tokens
        waiting = [await ask(second), await ask(second, text="code: 6000121")]
        await first.until(lambda: sum(call.error == "invalid_auth" for call in first.calls("auth.test")) > 2)
        await explanation_of(first, await ask(first))
        second.workspace.tokens = good
        assert "过期" in await explanation_of(second, waiting[0])
        await explanation_of(second, waiting[1])


async def test_messages_wait_for_a_new_token_in_a_single_workspace(transport: Transport, tmp_path: Path) -> None:
    """After the admin has set a new token, nothing is lost."""
    port, database = free_port(), tmp_path / "bot.db"
    async with Sandbox(manifest(transport), transport=transport, retry_delays_s=()) as sandbox:

        def bot() -> Any:
            settings = settings_for(sandbox, transport, database, port=port)
            if transport == "http":
                sandbox.connect_app(f"http://127.0.0.1:{port}{EVENTS_PATH}")
            return running(settings, Clock())

        with structlog.testing.capture_logs() as said:
            async with bot():
                message = await ask(sandbox)
                other = await ask(sandbox, text="code: 6000121")
                sandbox.workspace.tokens, good = {"xoxb-other": 1e12}, sandbox.workspace.tokens
                await sandbox.until(lambda: sandbox.calls("chat.postMessage"))
                await sandbox.until(lambda: any("SLACK_BOT_TOKEN" in each["event"] for each in said))
        assert sum("SLACK_BOT_TOKEN" in each["event"] for each in said) == 1
        sandbox.workspace.tokens = good
        async with bot():
            assert "6000106" in shown(await answer_in_thread(sandbox, ENGLISH, message))
            assert "6000121" in shown(await answer_in_thread(sandbox, ENGLISH, other))


@pytest.mark.parametrize("transport", ["socket"])
async def test_a_forged_or_old_installation_link_is_refused(site: Site) -> None:
    """A forged or old link could connect the workspace of someone else."""
    async with site.bot(), Visit(site.port) as visit:
        assert await visit.open_redirect(code="c", state="forged") == 400
        state = (await visit.to_slack()).query["state"]
        site.clock.ahead_s += 601
        assert await visit.open_redirect(code="c", state=state) == 401
        for foreign in ("é", Fernet.generate_key().decode(), Fernet(site.keys[0]).encrypt(b"token").decode()):
            visit.browser.cookie_jar.update_cookies({"slack-app-oauth-state": foreign}, visit.origin)
            assert await visit.open_redirect(code="c", state=foreign) in (400, 401)
        state = (await visit.to_slack()).query["state"]
        async with Visit(site.port) as other:
            assert await other.open_redirect(code="c", state=state) == 400
        assert site.sandbox.calls("oauth.v2.access") == []
        assert await visit.open_redirect(code="c", state=state) == 401  # the code is invalid
        assert await visit.open_redirect(code="c", state=state) == 400  # each state can be used once
        assert len(site.sandbox.calls("oauth.v2.access")) == 1
        assert await visit.open_redirect(error="access_denied", state=state) == 200
    assert site.sandbox.workspace.tokens == {}


@pytest.mark.parametrize("transport", ["http"])
async def test_starting_installations_stores_nothing(site: Site) -> None:
    """Anyone can open the link; 3,000 times once made 4 MB of rows."""
    async with site.bot(), Visit(site.port) as visit:
        states = [(await visit.to_slack()).query["state"] for _ in range(20)]
        assert len(set(states)) == 20
        assert await asyncio.to_thread(site.all_rows) == 0


@pytest.mark.parametrize("transport", ["http"])
async def test_few_codes_are_exchanged_at_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Anyone can bring back any code: each is a call to Slack, and once was a line of the log."""
    async with site.bot(), contextlib.AsyncExitStack() as stack:
        exchanging = site.sandbox.faults.hold("oauth.v2.access", times=None)
        visits = [await stack.enter_async_context(Visit(site.port)) for _ in range(8)]
        states = [(await visit.to_slack()).query["state"] for visit in visits]
        opening = [
            asyncio.create_task(visit.open_redirect(code="c", state=state))
            for visit, state in zip(visits, states, strict=True)
        ]
        await site.sandbox.until(lambda: sum(each.done() for each in opening) == 4)
        exchanging.set()
        assert sorted(await asyncio.gather(*opening)) == [401] * 4 + [503] * 4
        assert len(site.sandbox.calls("oauth.v2.access")) == 4
        assert sum("oauth.v2.access" in record.getMessage() for record in caplog.records) == 1
        site.sandbox.faults.clear()
        await site.install(FIRST)


@pytest.mark.parametrize("transport", ["http"])
async def test_no_token_is_in_the_database_or_the_log(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backups and logs are copied to other places."""
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    log.configure("debug")
    site.sandbox.oauth.lifetime_s = 3600  # so it is refreshed at once
    async with site.bot():
        await site.install(FIRST)
        await explanation_of(site.sandbox, await ask(site.sandbox))
        on_disk = site.stored()
    app = site.sandbox.app
    tokens = [*site.sandbox.workspace.tokens, *site.sandbox.oauth.refresh_tokens, app.client_secret]
    assert len(tokens) >= 4
    for token in tokens:
        assert token.encode() not in on_disk
        assert token not in written.getvalue()
    assert b"T0DEMO" in on_disk
    assert "installed" in written.getvalue()


@pytest.mark.parametrize("transport", ["http"])
async def test_the_encryption_key_can_be_rotated(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The admin sets both keys, runs the command, and then removes the old key."""
    async with site.bot():
        await site.install(FIRST)
    old, new = site.keys[0], Fernet.generate_key().decode()
    site.keys = [new]
    with pytest.raises(ZimerrError, match="Put the key that it was encrypted with back"):
        async with site.bot():
            pass
    site.keys = [new, old]
    async with site.bot():
        await explanation_of(site.sandbox, await ask(site.sandbox))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{site.database}")
    monkeypatch.setenv("SLACK_CLIENT_ID", site.sandbox.app.client_id)
    monkeypatch.setenv("ZIMERR_ENCRYPTION_KEYS", f"{new},{old}")
    encrypted = await asyncio.to_thread(CliRunner().invoke, commands, ["db", "reencrypt"])
    assert encrypted.output == "Tokens encrypted with the first key: 1\n"
    site.keys = [new]
    async with site.bot():
        await explanation_of(site.sandbox, await ask(site.sandbox, text="code: 6000121"))


async def test_a_token_is_refreshed_before_it_expires(site: Site) -> None:
    """With token rotation, Slack's tokens expire after twelve hours."""
    oauth = site.sandbox.oauth
    async with site.bot():
        oauth.lifetime_s = 3600
        await site.install(FIRST)
        oauth.lifetime_s = 43_200
        await explanation_of(site.sandbox, await ask(site.sandbox))
        refreshed = [call for call in site.sandbox.calls("oauth.v2.access") if "refresh_token" in call.arguments]
        assert [call.error for call in refreshed] == [""]
        ahead = oauth.clock() + 4000
        oauth.clock = lambda: ahead  # the first token has expired
        await explanation_of(site.sandbox, await ask(site.sandbox, text="code: 6000121"))
    async with site.bot():  # the new token was stored
        await explanation_of(site.sandbox, await ask(site.sandbox, text="code: 6000354"))
    assert len([call for call in site.sandbox.calls("oauth.v2.access") if "refresh_token" in call.arguments]) == 1


async def test_a_refresh_ends_before_the_bot_stops(site: Site) -> None:
    """Slack takes a refresh token once: if nobody stored the answer, the app would have to be installed again."""
    oauth = site.sandbox.oauth
    async with site.bot():
        oauth.lifetime_s = 3600
        await site.install(FIRST)
        oauth.lifetime_s = 43_200
        release = site.sandbox.faults.hold("oauth.v2.access")
        await explanation_of(site.sandbox, await ask(site.sandbox))
        asyncio.get_running_loop().call_later(0.5, release.set)
    await release.wait()
    ahead = oauth.clock() + 4000
    oauth.clock = lambda: ahead  # the first token has expired
    async with site.bot():
        await explanation_of(site.sandbox, await ask(site.sandbox, text="code: 6000121"))


async def test_an_organization_installs_the_app_for_all_its_workspaces(site: Site) -> None:
    """Enterprise Grid: one token, many teams, each with data of its own."""
    east = site.sandbox.add_workspace("T0EAST", "East", enterprise_id=ORGANIZATION)
    west = site.sandbox.add_workspace("T0WEST", "West", enterprise_id=ORGANIZATION, seed="empty")
    west.workspace.channels["C0WEST"] = Channel("C0WEST", "west", members={ANN, LIN, west.workspace.bot_user})
    async with site.bot():
        await site.install(ORGANIZATION, SECOND)
        await explanation_of(east, await ask(east))
        await east.command(ENGLISH, ANN, "auto react")
        await explanation_of(site.second, await ask(site.second))
        site.sandbox.faults.server_error("chat.postMessage", times=None)
        waiting = await ask(west, channel="C0WEST")
        await west.until(lambda: site.sandbox.calls("chat.postMessage")[-1].error)
    site.sandbox.faults.clear()
    async with site.bot():  # the waiting row has only the team id
        await west.until(lambda: west.replies("C0WEST", waiting["ts"]))
        assert site.rows("T0EAST") > 0
        assert site.rows("T0WEST") > 0
        site.sandbox.oauth.remove_team("T0EAST")
        await site.sandbox.idle()
        assert site.rows("T0EAST") == 0
        assert site.rows("T0WEST") > 0
        site.sandbox.oauth.uninstall(ORGANIZATION)
        await site.sandbox.idle()
        assert site.rows("T0WEST") == 0
        await explanation_of(site.second, await ask(site.second, text="code: 6000121"))
