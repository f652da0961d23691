"""Where no answer can be posted, whoever waits for one learns why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from bot.sandbox.methods import METHODS
from bot.sandbox.model import SlackError
from bot.sandbox.web_api import Arguments, MethodContext
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN, Clock
from tests.scenarios.reading import BOT_USER, marks, said_by_bot, shown


def told_directly(slack: Sandbox, user: str) -> list[dict[str, Any]]:
    """What the bot sent a person as direct messages."""
    return said_by_bot(slack, slack.workspace.im(user, BOT_USER).id)


async def dead(slack: Sandbox, posts: int) -> None:
    """Wait until so many posts were refused for good."""
    await slack.until(lambda: len([call for call in slack.calls("chat.postMessage") if call.error]) >= posts)
    await slack.idle()


@pytest.fixture
def restricted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace whose rules let nobody post in threads."""
    post = METHODS["chat.postMessage"]

    def refuse(context: MethodContext, args: Arguments) -> dict[str, Any]:
        if args.get("thread_ts"):
            raise SlackError("restricted_action_thread_locked")
        return post.run(context, args)

    monkeypatch.setitem(METHODS, "chat.postMessage", replace(post, run=refuse))


@pytest.mark.both_transports
@pytest.mark.usefixtures("restricted")
async def test_who_wrote_is_told_once_a_day(slack: Sandbox, clock: Clock) -> None:
    """An incident with a hundred codes must not become a hundred apologies."""
    slack.faults.rate_limited("chat.postEphemeral", retry_after_s=1)  # then it is told a little later
    for number, code in enumerate((6000103, 6000104, 6000106), 1):
        await slack.say(ENGLISH, ANN, f"login: {code}")
        await dead(slack, number)
    (message,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "I'm not allowed to post" in shown(message)
    assert f"<#{ENGLISH}>" in shown(message)
    assert told_directly(slack, ANN) == []
    await slack.say(CHINESE, LIN, "错误码6000106")
    (message,) = await slack.until(lambda: slack.ephemerals(LIN, CHINESE))
    assert "频道权限不允许" in shown(message)
    clock.ahead_s = 86_401.0
    await slack.say(ENGLISH, ANN, "logout: 6000121")
    await slack.until(lambda: len(slack.ephemerals(ANN, ENGLISH)) == 2)


@pytest.mark.usefixtures("restricted")
async def test_who_posted_a_log_is_told_too(slack: Sandbox) -> None:
    """And nothing is left that says it is being read."""
    message = await slack.say(ENGLISH, ANN, "6000103 6000104 6000106 6000121")
    (told,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "I'm not allowed to post" in shown(told)
    assert marks(message) == []


@pytest.mark.parametrize(
    ("barrier", "words"), [("kicked", "no longer a member"), ("archived", "the channel is archived")]
)
async def test_who_can_not_be_told_beside_the_message_is_told_directly(
    slack: Sandbox, barrier: str, words: str
) -> None:
    """The bot was removed, or the channel closed, between the message and its answer."""
    slack.faults.rate_limited("chat.postMessage", retry_after_s=1)
    await slack.say(ENGLISH, ANN, "login: 6000106")
    await slack.until(lambda: slack.calls("chat.postMessage"))
    if barrier == "kicked":
        await slack.kick(ENGLISH)
    else:
        slack.workspace.channel(ENGLISH).is_archived = True
    (message,) = await slack.until(lambda: told_directly(slack, ANN))
    assert words in shown(message)


async def test_a_scope_that_is_missing_is_named_to_who_asked(slack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """They can pass it on to who administers the app. Who only wrote a code does not wait for an answer."""
    post = METHODS["chat.postMessage"]
    monkeypatch.setitem(METHODS, "chat.postMessage", replace(post, scopes=("chat:write.customize",)))
    await slack.say(ENGLISH, ANN, "login: 6000106")
    await dead(slack, 1)
    assert slack.ephemerals(ANN, ENGLISH) == []
    await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    (message,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert "`chat:write.customize`" in shown(message)


async def test_where_nothing_can_be_said_a_reaction_says_so(slack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better than silence. The log and `zimerr inbox` have the rest."""
    scopes = tuple(scope for scope in slack.app.scopes if scope != "chat:write")
    monkeypatch.setattr(type(slack.app), "scopes", scopes, raising=False)
    message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
    await slack.until(lambda: marks(message) == ["warning"])
