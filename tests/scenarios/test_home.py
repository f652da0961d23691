"""Test the Home tab: it shows the events of a person's own channels, and of no others."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.block_schema import check_view
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN
from tests.scenarios.reading import (
    DATABASES,
    answer_in_thread,
    bot_reactions,
    dismiss,
    last_said,
    said_by_bot,
    settled,
    shown,
    until_done,
)
from tests.scenarios.test_incidents import triage_of


async def home_of(slack: Sandbox, user: str, contains: str = "") -> dict[str, Any]:
    """Open the tab, and wait until it is published anew and shows *contains*."""
    before = slack.home(user)
    await slack.open_home(user)
    await slack.until(lambda: slack.home(user) is not before and contains in text_of(slack, user))
    home = slack.home(user)
    assert home
    check_view({"type": "home", "blocks": home["blocks"]})
    return home


def text_of(slack: Sandbox, user: str) -> str:
    """Return the text of the tab."""
    home = slack.home(user)
    return shown(home | {"text": ""}) if home else ""


def reply_to(slack: Sandbox, message: dict[str, Any]) -> str:
    """Return the text of the only reply to *message*."""
    (reply,) = slack.replies(ENGLISH, message["ts"])
    return shown(reply)


@pytest.mark.both_transports
async def test_it_shows_what_is_going_on_in_the_readers_language(slack: Sandbox) -> None:
    """One look after coming back: open incidents, recent codes, changes with their authors, ignored numbers."""
    message, answer = await triage_of(slack)
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    number = await slack.say(ENGLISH, ANN, "order 6000104 failed, code: 6000104")
    card = await answer_in_thread(slack, ENGLISH, number)
    await until_done(DATABASES[slack])
    await dismiss(slack, card, "not_a_code", LIN)
    await slack.command(ENGLISH, ANN, "lang en")
    await settled(slack, ENGLISH, ANN)
    await home_of(slack, BEN, f"<@{LIN}> marked")
    english = text_of(slack, BEN)
    for part in (
        f"<@{BEN}> is on it", "Codes of the last 24 hours", "6000121", f"I answer in *English* · <@{ANN}>",
        f"<@{LIN}> marked", "|6000104>", "Open incidents", "no message text", "|Open>",
    ):  # fmt: skip
        assert part in english
    await home_of(slack, LIN)
    assert "未解决的故障" in text_of(slack, LIN)
    assert f"<@{BEN}> 已接手" in text_of(slack, LIN)


async def test_nothing_of_a_channel_reaches_somebody_outside_it(slack: Sandbox) -> None:
    """Neither its name, nor its links, nor its counts; and who has left it may not undo anything there."""
    channel = slack.workspace.channels[CHINESE]
    channel.is_private = True
    message, answer = await triage_of(slack, CHINESE)
    channel.members.discard(BEN)
    await slack.click(answer, "triage_take", ANN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.command(CHINESE, ANN, "auto react")
    await settled(slack, CHINESE, ANN)
    inside = await home_of(slack, LIN, CHINESE)
    assert "6000121" in text_of(slack, LIN)
    outside = await home_of(slack, BEN)
    assert CHINESE not in str(outside)
    assert "6000121" not in str(outside)
    assert "Nothing is open in your channels" in text_of(slack, BEN)
    channel.members.discard(LIN)
    before = len(said_by_bot(slack, CHINESE))
    await slack.click(inside, "home_undo", LIN)
    await slack.until(lambda: "你已不在该频道" in text_of(slack, LIN))
    assert len(said_by_bot(slack, CHINESE)) == before


async def test_a_setting_is_undone_for_everybody_to_see(slack: Sandbox) -> None:
    """As with the button in the channel: the line names who did it; it can be done once."""
    await slack.command(ENGLISH, ANN, "auto off")
    await last_said(slack, ENGLISH, 1)
    home = await home_of(slack, BEN, "I stay quiet")
    await slack.click(home, "home_undo", BEN)
    line = await last_said(slack, ENGLISH, 2)
    assert f"Undone by <@{BEN}>" in shown(line)
    await slack.until(lambda: f"Undone by <@{BEN}>" in text_of(slack, BEN))
    assert "I stay quiet" not in text_of(slack, BEN)
    assert "home_undo" not in str(slack.home(BEN))


async def test_a_reply_is_restored_in_its_place(slack: Sandbox) -> None:
    """An undone *Not a code* restores the reply where it was."""
    message = await slack.say(ENGLISH, ANN, "code: 6000104")
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", LIN)
    await slack.until(lambda: f"<@{LIN}>" in reply_to(slack, message))
    await slack.click(await home_of(slack, BEN, "|6000104>"), "home_undo", BEN)
    await slack.until(lambda: "Undone by" in reply_to(slack, message))
    assert "6000104" in reply_to(slack, message)
    await slack.until(lambda: "home_forget" not in str(slack.home(BEN)))


async def test_a_context_is_forgotten_for_everybody_to_see(slack: Sandbox) -> None:
    """As with the button in the list of the channel."""
    message = await slack.say(ENGLISH, ANN, "code: 6000104")
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", LIN)
    await slack.until(lambda: f"<@{LIN}>" in reply_to(slack, message))
    await slack.click(await home_of(slack, BEN, "|6000104>"), "home_forget", BEN)
    await slack.until(lambda: "home_forget" not in str(slack.home(BEN)))
    (line,) = [shown(each) for each in said_by_bot(slack, ENGLISH) if "thread_ts" not in each]
    assert f"<@{BEN}>" in line
    assert line in text_of(slack, BEN)


async def test_the_search_box_opens_the_lookup(slack: Sandbox) -> None:
    """The options come while one types; the code is shown in the modal, which can share it."""
    home = await home_of(slack, LIN)
    options = await slack.suggest(home, LIN, "home_lookup", "token 过期")
    await slack.select(home, "home_lookup", LIN, options[0])
    modal = await slack.until(lambda: slack.modal(LIN))
    assert modal
    assert "6000106" in str(modal["blocks"])


async def test_opening_it_twice_publishes_it_once(slack: Sandbox) -> None:
    """A client may open it again at once."""
    for _ in range(3):
        await slack.open_home(ANN)
    await slack.until(lambda: slack.home(ANN))
    await settled(slack, ENGLISH, ANN)
    assert len(slack.calls("views.publish")) == 1


async def test_it_says_so_if_slack_does_not_list_the_channels(slack: Sandbox) -> None:
    """Nothing of any channel is shown then, and the search works."""
    await slack.command(ENGLISH, ANN, "auto off")
    await last_said(slack, ENGLISH, 1)
    slack.faults.refused("users.conversations", "missing_scope")
    home = await home_of(slack, BEN)
    assert "I can't ask Slack right now" in text_of(slack, BEN)
    assert ENGLISH not in str(home)
