"""Test installing the app, refreshing its tokens and uninstalling it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.sandbox.http_server import Sandbox
from tests.sandbox.conftest import MANIFEST

# slack_sdk uses aiohttp's BasicAuth for the client secret.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
BACK = "http://127.0.0.1:9/back"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox with a second workspace and an organization with two workspaces."""
    events = [*MANIFEST["settings"]["event_subscriptions"]["bot_events"], "app_uninstalled", "tokens_revoked"]
    settings = MANIFEST["settings"] | {"event_subscriptions": {"bot_events": events}}
    oauth = MANIFEST["oauth_config"] | {"redirect_urls": [BACK]}
    async with Sandbox(MANIFEST | {"settings": settings, "oauth_config": oauth}, transport="socket") as sandbox:
        sandbox.add_workspace("T0TWO", "<Two>")
        for name in ("EAST", "WEST"):
            sandbox.add_workspace(f"T0{name}", name, enterprise_id="E0ORG", seed="empty")
        yield sandbox


async def allow(sandbox: Sandbox, target: str) -> str:
    """Click a button of the consent page and return the code."""
    ask = URL(sandbox.base_url) / "oauth/v2/authorize" % {"client_id": sandbox.app.client_id, "state": "s"}
    ask = ask % {"scope": ",".join(sandbox.app.scopes)}
    async with aiohttp.ClientSession() as browser:
        async with browser.get(ask) as page:
            shown = await page.text()
        assert f'value="{target}"' in shown
        assert "&lt;Two&gt;" in shown
        async with browser.post(ask, data={"target": target}, allow_redirects=False) as response:
            back = URL(response.headers["Location"])
    assert (str(back.with_query(None)), back.query["state"]) == (BACK, "s")
    return back.query["code"]


def client(sandbox: Sandbox, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=sandbox.api_url)


async def token_for(sandbox: Sandbox, **given: str) -> dict[str, object]:
    """Return the answer of oauth.v2.access."""
    secrets = {"client_id": sandbox.app.client_id, "client_secret": sandbox.app.client_secret} | given
    answer = (await client(sandbox).oauth_v2_access(**secrets)).data
    assert isinstance(answer, dict)
    return answer


async def refusal(call: Awaitable[object]) -> str:
    """Return the error code of a refused call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_code_is_valid_once_and_needs_the_client_secret(sandbox: Sandbox) -> None:
    """The code appears in the browser, so it is not secret."""
    code = await allow(sandbox, "T0TWO")
    assert await refusal(token_for(sandbox, code=code, client_secret="wrong")) == "bad_client_secret"
    assert await refusal(token_for(sandbox, code=code, client_id="wrong")) == "invalid_client_id"
    answer = await token_for(sandbox, code=code)
    assert (answer["team"], answer["is_enterprise_install"]) == ({"id": "T0TWO", "name": "<Two>"}, False)
    assert await refusal(token_for(sandbox, code=code)) == "invalid_code"
    identity = await client(sandbox, str(answer["access_token"])).auth_test()
    assert (identity["team_id"], identity["user_id"]) == ("T0TWO", answer["bot_user_id"])
    assert identity["user_id"] != (await client(sandbox, sandbox.app.bot_token).auth_test())["user_id"]


async def test_a_refresh_token_is_valid_once(sandbox: Sandbox) -> None:
    """With token rotation, the old token stays valid until it expires."""
    sandbox.oauth.lifetime_s = 60
    first = await token_for(sandbox, code=await allow(sandbox, "T0TWO"))
    refresh = {"grant_type": "refresh_token", "refresh_token": str(first["refresh_token"])}
    sandbox.oauth.lifetime_s = 600
    second = await token_for(sandbox, **refresh)
    assert await refusal(token_for(sandbox, **refresh)) == "invalid_refresh_token"
    old, new = (client(sandbox, str(each["access_token"])) for each in (first, second))
    await old.auth_test()
    then = sandbox.oauth.clock() + 61
    sandbox.oauth.clock = lambda: then
    assert await refusal(old.auth_test()) == "token_expired"
    await new.auth_test()


async def test_the_token_of_an_organization_is_valid_in_its_workspaces(sandbox: Sandbox) -> None:
    """It is not valid in other workspaces."""
    answer = await token_for(sandbox, code=await allow(sandbox, "E0ORG"))
    assert (answer["team"], answer["is_enterprise_install"]) == (None, True)
    app = client(sandbox, str(answer["access_token"]))
    teams = {team: sandbox.team(team).workspace for team in ("T0EAST", "T0WEST")}
    for workspace in teams.values():
        im = workspace.im("U0ANN", workspace.bot_user)
        im.id = f"D{workspace.team_id}"
        workspace.channels[im.id] = im
        posted = await app.chat_postMessage(channel=im.id, text="hi")
        assert workspace.message(im.id, posted["ts"])["team"] == workspace.team_id
    assert await refusal(app.chat_postMessage(channel="C0ONCALL", text="hi")) == "channel_not_found"


async def test_uninstalling_revokes_the_token_and_sends_events(sandbox: Sandbox) -> None:
    """These are the last events of the workspace."""
    answer = await token_for(sandbox, code=await allow(sandbox, "T0TWO"))
    app = client(sandbox, str(answer["access_token"]))
    sandbox.oauth.uninstall("T0TWO")
    assert await refusal(app.auth_test()) == "token_revoked"
    bodies = [each.body for each in sandbox.deliveries()]
    assert [(body["team_id"], body["event"]["type"]) for body in bodies] == [
        ("T0TWO", "tokens_revoked"),
        ("T0TWO", "app_uninstalled"),
    ]
    sandbox.team("T0TWO").workspace.post("C0ONCALL", {"user": "U0ANN", "text": "anybody?"})
    assert len(sandbox.deliveries()) == 2
    await client(sandbox, sandbox.app.bot_token).auth_test()  # the first workspace keeps its token
