"""Test tokens that Slack refuses: once, for a while, or in one of several workspaces."""

from __future__ import annotations

import pytest
import structlog

from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN, Start
from tests.scenarios.reading import answer_in_thread, shown

REFUSALS = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "org_login_required",
    "ekm_access_denied",
)


@pytest.fixture(autouse=True)
def ask_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask every 50 ms, not every minute, whether Slack accepts a token again."""
    monkeypatch.setattr("bot.slack.suspension._INTERVAL_S", 0.05)


@pytest.mark.parametrize("reason", REFUSALS)
async def test_one_refusal_does_not_silence_the_workspace(slack: Sandbox, reason: str) -> None:
    """Slack refuses a call for reasons that pass, and the token still works."""
    slack.faults.refused("chat.postMessage", reason, times=1)
    first = await slack.say(ENGLISH, ANN, "login: 6000106")
    await slack.until(lambda: any(call.error for call in slack.calls("chat.postMessage")))
    other = await slack.say(CHINESE, LIN, "登录错误码 6000121")
    assert "6000121" in shown(await answer_in_thread(slack, CHINESE, other))
    assert "6000106" in shown(await answer_in_thread(slack, ENGLISH, first))


async def test_a_workspace_goes_on_by_itself_when_slack_accepts_its_token_again(slack: Sandbox) -> None:
    """Nobody restarts a bot at night because an allow list of addresses was wrong for an hour."""
    with structlog.testing.capture_logs() as logs:
        slack.faults.refused("*", "invalid_auth", times=None)
        waiting = [await slack.say(ENGLISH, ANN, f"login: {code}") for code in (6000106, 6000121)]
        await slack.until(lambda: len(slack.calls("auth.test")) > 3)
        assert slack.calls("chat.postMessage")
        waiting.append(await slack.say(CHINESE, LIN, "登录错误码 6000354"))
        slack.faults.clear()
        for message, channel in zip(waiting, (ENGLISH, ENGLISH, CHINESE), strict=True):
            await answer_in_thread(slack, channel, message)
    assert sum("SLACK_BOT_TOKEN" in each["event"] for each in logs) == 1


async def test_messages_survive_a_restart_while_the_token_is_refused(start: Start, workspace: Sandbox) -> None:
    """The operator may restart the bot in the middle of it. It can't start then, and the next start answers."""
    async with start():
        workspace.faults.refused("*", "org_login_required", times=None)
        message = await workspace.say(ENGLISH, ANN, "login: 6000106")
        await workspace.until(lambda: any(call.error for call in workspace.calls("auth.test")))
    workspace.faults.clear()
    async with start():
        await answer_in_thread(workspace, ENGLISH, message)
