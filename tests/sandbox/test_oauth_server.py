"""Installing, refreshing, removing, as Slack does it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.sandbox.http_server import Sandbox
from tests.sandbox.conftest import MANIFEST

# slack_sdk asks aiohttp for it, for the app's secret.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
BACK = "http://127.0.0.1:9/back"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A workspace beside the first, and an organisation with two."""
    events = [*MANIFEST["settings"]["event_subscriptions"]["bot_events"], "app_uninstalled", "tokens_revoked"]
    settings = MANIFEST["settings"] | {"event_subscriptions": {"bot_events": events}}
    oauth = MANIFEST["oauth_config"] | {"redirect_urls": [BACK]}
    async with Sandbox(MANIFEST | {"settings": settings, "oauth_config": oauth}, transport="socket") as sandbox:
        sandbox.add_workspace("T0TWO", "<Two>")
        for name in ("EAST", "WEST"):
            sandbox.add_workspace(f"T0{name}", name, enterprise_id="E0ORG", seed="empty")
        yield sandbox


async def allowed(sandbox: Sandbox, target: str) -> str:
    """The code that one gets for pressing a button on Slack's page."""
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
    """What oauth.v2.access answers."""
    secrets = {"client_id": sandbox.app.client_id, "client_secret": sandbox.app.client_secret} | given
    answer = (await client(sandbox).oauth_v2_access(**secrets)).data
    assert isinstance(answer, dict)
    return answer


async def refusal(call: Awaitable[object]) -> str:
    """Slack's word against a call."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_code_is_good_for_a_token_once_and_for_who_knows_the_secret(sandbox: Sandbox) -> None:
    """Somebody may have read it over a shoulder."""
    code = await allowed(sandbox, "T0TWO")
    assert await refusal(token_for(sandbox, code=code, client_secret="wrong")) == "bad_client_secret"
    assert await refusal(token_for(sandbox, code=code, client_id="wrong")) == "invalid_client_id"
    answer = await token_for(sandbox, code=code)
    assert (answer["team"], answer["is_enterprise_install"]) == ({"id": "T0TWO", "name": "<Two>"}, False)
    assert await refusal(token_for(sandbox, code=code)) == "invalid_code"
    identity = await client(sandbox, str(answer["access_token"])).auth_test()
    assert (identity["team_id"], identity["user_id"]) == ("T0TWO", answer["bot_user_id"])
    assert identity["user_id"] != (await client(sandbox, sandbox.app.bot_token).auth_test())["user_id"]


async def test_a_refresh_token_is_good_once(sandbox: Sandbox) -> None:
    """Token rotation; the token before is good until it ends."""
    sandbox.oauth.lifetime_s = 60
    first = await token_for(sandbox, code=await allowed(sandbox, "T0TWO"))
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


async def test_an_organisation_s_token_is_good_in_all_its_workspaces(sandbox: Sandbox) -> None:
    """And nowhere else."""
    answer = await token_for(sandbox, code=await allowed(sandbox, "E0ORG"))
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


async def test_who_removes_the_app_revokes_its_token_and_the_app_is_told(sandbox: Sandbox) -> None:
    """The last that it hears of the workspace."""
    answer = await token_for(sandbox, code=await allowed(sandbox, "T0TWO"))
    app = client(sandbox, str(answer["access_token"]))
    sandbox.oauth.uninstall("T0TWO")
    assert await refusal(app.auth_test()) == "token_revoked"
    told = [each.body for each in sandbox.deliveries()]
    assert [(body["team_id"], body["event"]["type"]) for body in told] == [
        ("T0TWO", "tokens_revoked"),
        ("T0TWO", "app_uninstalled"),
    ]
    sandbox.team("T0TWO").workspace.post("C0ONCALL", {"user": "U0ANN", "text": "anybody?"})
    assert len(sandbox.deliveries()) == 2
    await client(sandbox, sandbox.app.bot_token).auth_test()  # the first workspace goes on
