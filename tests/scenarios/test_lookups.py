"""Test the recent lookups on the Home tab: the codes that its reader asked about, and nobody else's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from bot.slack import home
from bot.storage.database import Database
from bot.storage.lookup_store import LookupStore
from bot.storage.stored_data import export_workspace, forget_user
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, LIN, MEI
from tests.scenarios.reading import (
    DATABASES,
    answer_in_dm,
    answer_in_thread,
    dialog_of,
    said_by_bot,
    settled,
    shown,
    until_done,
)
from tests.scenarios.test_home import home_of
from tests.scenarios.test_top import private_answer


@pytest.fixture(autouse=True)
def home_is_published_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish the tab at each opening."""
    monkeypatch.setattr(home, "_OPENED_AGAIN_S", 0.0)


async def lookups_of(slack: Sandbox, user: str) -> list[str]:
    """Open the tab, and return the lines of its lookups."""
    blocks: list[dict[str, Any]] = (await home_of(slack, user))["blocks"]
    return [each["text"]["text"] for each in blocks if each.get("accessory", {}).get("action_id") == "home_show"]


async def lists_soon(slack: Sandbox, user: str, lines: list[str]) -> bool:
    """Return whether the tab lists *lines*, now or soon: a lookup is stored after its answer."""
    for _ in range(50):
        if await lookups_of(slack, user) == lines:
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.mark.both_transports
@pytest.mark.parametrize(
    ("user", "channel", "header", "lines", "shows"),
    [
        (BEN, ENGLISH, "Recent lookups", ["*6000121*  Not logged in", "*6000106*  Token expired"], "Token expired"),
        (LIN, CHINESE, "最近查询", ["*6000121*  尚未登录", "*6000106*  Token 已过期"], "Token 已过期"),
    ],
)
async def test_two_codes_are_listed_newest_first_and_can_be_shown(
    slack: Sandbox, user: str, channel: str, header: str, lines: list[str], shows: str
) -> None:
    """In the reader's language, and to nobody else."""
    for typed in ("6000106", "6000121", "6000106 6000281", "token"):
        await slack.command(channel, user, typed)
    await settled(slack, channel, ANN)
    assert await lists_soon(slack, user, lines)
    tab = slack.home(user)
    assert tab
    assert header in str(tab)
    await slack.click(tab, "home_show", user, value="6000106")
    assert shows in shown(await dialog_of(slack, user))
    assert await lookups_of(slack, MEI) == []
    assert await lists_soon(slack, user, lines[::-1])


async def test_every_way_to_ask_for_a_code_counts_and_an_annotation_does_not(slack: Sandbox) -> None:
    """The text of a message is not a question."""
    annotated = await slack.say(ENGLISH, BEN, "login fails, 6000104")
    await answer_in_thread(slack, ENGLISH, annotated)
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, BEN, "@zimerr 6000106"))
    await answer_in_dm(slack, "D0ANN", await slack.say("D0ANN", ANN, "6000121"))
    await private_answer(slack, ANN, "token expired")
    assert await lists_soon(slack, ANN, ["*6000121*  Not logged in"])
    assert await lists_soon(slack, BEN, ["*6000106*  Token expired"])
    tab = await home_of(slack, BEN)
    assert "home_show" not in str(await home_of(slack, LIN))
    await slack.select(tab, "home_lookup", BEN, (await slack.suggest(tab, BEN, "home_lookup", "6000281"))[0])
    await dialog_of(slack, BEN)
    await slack.shortcut("explain_message", BEN, annotated)
    await slack.until(lambda: slack.ephemerals(BEN, ENGLISH))
    titles = {6000104: "Network error", 6000281: "None of the invitees is registered", 6000106: "Token expired"}
    assert await lists_soon(slack, BEN, [f"*{code}*  {title}" for code, title in titles.items()])


async def test_a_person_who_is_forgotten_has_no_lookups(slack: Sandbox) -> None:
    """An export has them until then, without a text or channel."""
    await slack.command(ENGLISH, BEN, "6000106")
    assert await lists_soon(slack, BEN, ["*6000106*  Token expired"])
    database = Database(f"sqlite+aiosqlite:///{DATABASES[slack]}")
    rows = [row async for row in export_workspace(database, slack.workspace.team_id) if row["table"] == "lookups"]
    assert [row.keys() - {"at"} for row in rows] == [{"table", "team", "user", "code"}]
    assert [(row["user"], row["code"]) for row in rows] == [(BEN, 6000106)]
    await forget_user(database, BEN)
    await database.close()
    assert await lookups_of(slack, BEN) == []


async def test_an_answer_does_not_wait_for_the_list(
    slack: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It comes while the lookup is not stored yet. If that fails, the log says so, and the person is not bothered."""
    failing = asyncio.Event()

    async def fail(*_: object, **__: object) -> None:
        await failing.wait()
        raise RuntimeError("out of order")

    monkeypatch.setattr(LookupStore, "put", fail)
    await slack.command(ENGLISH, BEN, "6000106")
    await slack.until(lambda: said_by_bot(slack, ENGLISH))
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, BEN, "@zimerr 6000121"))
    await until_done(DATABASES[slack])
    failing.set()
    assert await lookups_of(slack, BEN) == []
    assert slack.ephemerals(BEN) == []
    assert capsys.readouterr().out.count("background work failed") == 2
