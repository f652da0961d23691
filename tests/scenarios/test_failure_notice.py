"""Test that the author learns why an answer could not be posted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.arguments import Arguments
from bot.sandbox.http_server import METHODS, Sandbox
from bot.sandbox.model import SlackError
from bot.sandbox.web_api import MethodContext
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN, Clock
from tests.scenarios.reading import BOT_USER, bot_reactions, said_by_bot, shown


def direct_messages_to(slack: Sandbox, user: str) -> list[dict[str, Any]]:
    """Return the direct messages from the bot to *user*."""
    return said_by_bot(slack, slack.workspace.im(user, BOT_USER).id)


async def until_refused(slack: Sandbox, posts: int) -> None:
    """Wait until *posts* calls of chat.postMessage have failed and the bot is idle."""
    await slack.until(lambda: len([call for call in slack.calls("chat.postMessage") if call.error]) >= posts)
    await slack.idle()


@pytest.fixture
def restricted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace in which nobody may post in threads."""
    post = METHODS["chat.postMessage"]

    def refuse(context: MethodContext, args: Arguments) -> dict[str, Any]:
        if args.get("thread_ts"):
            raise SlackError("restricted_action_thread_locked")
        return post.run(context, args)

    monkeypatch.setitem(METHODS, "chat.postMessage", replace(post, run=refuse))


@pytest.mark.both_transports
@pytest.mark.usefixtures("restricted")
async def test_the_author_is_notified_once_a_day(slack: Sandbox, clock: Clock) -> None:
    """An incident with a hundred codes must not cause a hundred notices."""
    slack.faults.rate_limited("chat.postEphemeral", retry_after_s=0)  # the notice is retried
    for number, code in enumerate((6000103, 6000104, 6000106), 1):
        await slack.say(ENGLISH, ANN, f"login: {code}")
        await until_refused(slack, number)
    (message,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "I'm not allowed to post" in shown(message)
    assert f"<#{ENGLISH}>" in shown(message)
    assert direct_messages_to(slack, ANN) == []
    await slack.say(CHINESE, LIN, "错误码6000106")
    (message,) = await slack.until(lambda: slack.ephemerals(LIN, CHINESE))
    assert "频道权限不允许" in shown(message)
    clock.ahead_s = 86_401.0
    await slack.say(ENGLISH, ANN, "logout: 6000121")
    await slack.until(lambda: len(slack.ephemerals(ANN, ENGLISH)) == 2)


@pytest.mark.usefixtures("restricted")
async def test_the_author_of_a_log_is_notified_too(slack: Sandbox) -> None:
    """The hourglass is removed as well."""
    message = await slack.say(ENGLISH, ANN, "6000103 6000104 6000106 6000121")
    (notice,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "I'm not allowed to post" in shown(notice)
    assert bot_reactions(message) == []


@pytest.mark.parametrize(
    ("barrier", "words"), [("kicked", "no longer a member"), ("archived", "the channel is archived")]
)
async def test_a_notice_that_can_not_be_ephemeral_is_a_direct_message(slack: Sandbox, barrier: str, words: str) -> None:
    """The bot was removed or the channel archived between the message and its answer."""
    release = slack.faults.hold("chat.postMessage")
    await slack.say(ENGLISH, ANN, "login: 6000106")
    await slack.until(lambda: slack.calls("chat.postMessage"))
    if barrier == "kicked":
        await slack.kick(ENGLISH)
    else:
        slack.workspace.channel(ENGLISH).is_archived = True
    release.set()
    (message,) = await slack.until(lambda: direct_messages_to(slack, ANN))
    assert words in shown(message)


async def test_a_missing_scope_is_named_to_the_person_who_asked(
    slack: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They can pass it on to the admin. The author of a message that did not ask is not waiting for an answer."""
    post = METHODS["chat.postMessage"]
    monkeypatch.setitem(METHODS, "chat.postMessage", replace(post, scopes=("chat:write.customize",)))
    await slack.say(ENGLISH, ANN, "login: 6000106")
    await until_refused(slack, 1)
    assert slack.ephemerals(ANN, ENGLISH) == []
    await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    (message,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "`chat:write.customize`" in shown(message)


async def test_a_warning_reaction_is_added_if_no_notice_can_be_sent(
    slack: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is better than silence. The log and `zimerr inbox` have the details."""
    scopes = tuple(scope for scope in slack.app.scopes if scope != "chat:write")
    monkeypatch.setattr(type(slack.app), "scopes", scopes, raising=False)
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await slack.until(lambda: bot_reactions(message) == ["warning"])
