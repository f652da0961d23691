"""Test who may change something for everybody in a channel, and how the channel learns of it and undoes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from bot.sandbox.model import User
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import (
    ANN,
    BEN,
    CHINESE,
    ENGLISH,
    FOREIGN,
    LIN,
    Clock,
    Start,
    Transport,
    bot_with,
    manifest,
)
from tests.scenarios.logs import LOG, mark_wrong
from tests.scenarios.reading import (
    answer_in_thread,
    bot_reactions,
    choose,
    dialog_of,
    dismiss,
    last_said,
    said_by_bot,
    settled,
    shown,
)
from tests.scenarios.test_failure_notice import direct_messages_to

FENCED = f"look at this\n```\n{LOG}```"
GUEST, PARTNER = "U0GUEST", "U0PARTNER"
STRANGERS = (
    User(GUEST, "guest", "Guest", is_guest=True),
    User("U0SINGLE", "single", "Single", "zh-CN", is_single_channel_guest=True),
    User(PARTNER, "partner", "Partner", home="T0PARTNER"),
)
REFUSALS = {
    GUEST: "Sorry, guests can't do this",
    "U0SINGLE": "抱歉，此操作会影响频道里的所有人，访客不能执行",
    PARTNER: "Sorry, only members of the workspace that installed me can do this",
}
Act = Callable[[Sandbox, str], Awaitable[None]]


@pytest.fixture(autouse=True)
def strangers(request: pytest.FixtureRequest) -> None:
    """Let guests and a partner take part in all channels."""
    if "workspace" in request.fixturenames:
        invite_strangers(request.getfixturevalue("workspace"))


def invite_strangers(sandbox: Sandbox) -> None:
    """Add guests and a partner to the workspace and its channels."""
    for person in STRANGERS:
        sandbox.workspace.users[person.id] = person
        for channel in (ENGLISH, CHINESE):
            sandbox.workspace.channels[channel].members.add(person.id)


async def until_reply_shows(slack: Sandbox, message: dict[str, Any], text: str, channel: str = ENGLISH) -> str:
    """Wait until the only reply to *message* shows *text*; return all that it shows."""
    await slack.until(lambda: any(text in shown(each) for each in slack.replies(channel, message["ts"])))
    (reply,) = slack.replies(channel, message["ts"])
    assert_sendable(reply)
    return shown(reply)


async def private_line(slack: Sandbox, user: str, count: int = 1) -> str:
    """Wait for the latest ephemeral message to a person."""
    await slack.until(lambda: len(slack.ephemerals(user)) >= count)
    messages = slack.ephemerals(user)
    assert len(messages) == count
    return shown(messages[-1])


# Who may


async def auto_off(slack: Sandbox, user: str) -> None:
    """Silence the channel by the command."""
    await slack.command(ENGLISH, user, "auto off")


async def set_language(slack: Sandbox, user: str) -> None:
    """Set the language."""
    await slack.command(ENGLISH, user, "lang zh")


async def forget_all(slack: Sandbox, user: str) -> None:
    """Forget everything that the channel marked as *Not a code*."""
    await slack.command(ENGLISH, user, "ignored forget all")


def option(what: str) -> Act:
    """Return an act that dismisses the reply to a message of Ann's."""

    async def press(slack: Sandbox, user: str) -> None:
        message = await slack.say(ENGLISH, ANN, "6000106")
        await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), what, user)

    return press


async def undo(slack: Sandbox, user: str) -> None:
    """Undo a change of Ann's."""
    await slack.command(ENGLISH, ANN, "auto react")
    await slack.click(await last_said(slack, ENGLISH, 1), "undo_change", user)


async def forget_one(slack: Sandbox, user: str) -> None:
    """Forget a context that Ann taught; the list is private, so it is the stranger's own."""
    message = await slack.say(ENGLISH, ANN, "6000106")
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", ANN)
    await until_reply_shows(slack, message, "not a code")
    await slack.command(ENGLISH, user, "ignored")
    await slack.until(lambda: slack.ephemerals(user))
    await slack.click(slack.ephemerals(user).pop(), "forget_ignored", user)
    slack.workspace.ephemerals[user].clear()


async def wrong(slack: Sandbox, user: str) -> None:
    """Mark the triage of a log of Ann's as wrong."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    await mark_wrong(slack, await answer_in_thread(slack, ENGLISH, message), user)


ACTS = {
    "auto": auto_off,
    "lang": set_language,
    "forget-all": forget_all,
    "forget-one": forget_one,
    "undo": undo,
    "quiet": option("quiet_here"),
    "not-a-code": option("not_a_code"),
    "wrong": wrong,
}


@pytest.mark.parametrize("who", [person.id for person in STRANGERS])
@pytest.mark.parametrize("act", ACTS)
async def test_guests_and_people_of_other_workspaces_change_nothing(slack: Sandbox, act: str, who: str) -> None:
    """They get one private line, in their language, and everything stays as it was."""
    await ACTS[act](slack, who)
    assert REFUSALS[who] in await private_line(slack, who)
    assert not any(f"<@{who}>" in shown(each) for each in said_by_bot(slack, ENGLISH))
    await slack.command(ENGLISH, BEN, "status")
    status = await private_line(slack, BEN)
    assert who not in status
    assert "I reply in *English*" in status
    mode = "I only add a :mag:" if act == "undo" else "I reply in a thread"
    assert mode in status
    ignored = "I ignore 1 kind of text" if act == "forget-one" else "Nothing in this channel is marked"
    assert ignored in status


OLD_BUTTONS = {
    "not_a_code": ("6000106", "<@U0BEN> marked 6000106 here as “not a code”"),
    "quiet_here": ("6000106", "<@U0BEN> set me to stay quiet here"),
    "triage_wrong": (FENCED, "<@U0BEN> marked my triage as wrong"),
}


@pytest.mark.parametrize("action", OLD_BUTTONS)
async def test_buttons_that_are_menu_options_now_still_work_on_old_messages(slack: Sandbox, action: str) -> None:
    """After an upgrade, the messages of the earlier version keep their buttons, with Slack's own confirmation."""
    text, expected = OLD_BUTTONS[action]
    message = await slack.say(ENGLISH, ANN, text)
    reply = slack.workspace.message(ENGLISH, (await answer_in_thread(slack, ENGLISH, message))["ts"])
    row = reply["blocks"][-1]
    menu = row["elements"].pop()
    value = menu["options"][-1]["value"]
    row["elements"].append({**row["elements"][0], "action_id": action, "value": value})
    await slack.click(reply, action, BEN)
    await slack.until(lambda: any(expected in shown(each) for each in said_by_bot(slack, ENGLISH)))


@pytest.mark.parametrize("who", [GUEST, PARTNER])
async def test_guests_and_people_of_other_workspaces_call_nobody(
    transport: Transport, tmp_path: Path, who: str
) -> None:
    """A stranger must not wake the person on call; a member may."""
    async with bot_with(transport, tmp_path, zimerr_escalate=BEN, zimerr_admins=LIN) as slack:
        invite_strangers(slack)
        message = await slack.say(ENGLISH, ANN, FENCED)
        answer = await answer_in_thread(slack, ENGLISH, message)
        await slack.click(answer, "triage_escalate", who)
        assert REFUSALS[who] in await private_line(slack, who)
        await slack.idle()
        assert len(slack.replies(ENGLISH, message["ts"])) == 1
        await slack.click(answer, "triage_escalate", ANN)
        await slack.until(lambda: len(slack.replies(ENGLISH, message["ts"])) == 2)


async def test_strangers_may_do_what_changes_nothing(slack: Sandbox) -> None:
    """They ask for a code and read the settings as everybody does."""
    await slack.command(ENGLISH, GUEST, "6000106")
    assert "Token expired" in shown(await last_said(slack, ENGLISH, 1))
    await slack.command(ENGLISH, PARTNER, "status")
    assert "I reply in a thread" in await private_line(slack, PARTNER)
    assert len(slack.calls("users.info")) == len({call.arguments["user"] for call in slack.calls("users.info")})


@pytest.mark.parametrize("fault", ["rate_limited", "server_error"])
async def test_if_slack_can_not_be_asked_nothing_is_changed(slack: Sandbox, fault: str) -> None:
    """The safe side, and an honest word about it; a moment later it works."""
    getattr(slack.faults, fault)("users.info", times=None)
    await slack.command(ENGLISH, ANN, "auto off")
    assert "I couldn't ask Slack whether you may do this, so I did nothing." in await private_line(slack, ANN)
    slack.faults.clear()


async def test_a_person_is_looked_up_once_in_a_while(slack: Sandbox, clock: Clock) -> None:
    """Each press must not cost a call, and a guest may become a member."""
    for mode in ("off", "react", "off"):
        await slack.command(ENGLISH, ANN, f"auto {mode}")

    def asked() -> int:
        return sum("include_locale" not in call.arguments for call in slack.calls("users.info"))

    assert asked() == 1
    clock.ahead_s = 400
    await slack.command(ENGLISH, ANN, "auto react")
    assert asked() == 2


async def test_admins_and_members_of_their_groups_may(transport: Transport, tmp_path: Path) -> None:
    """The refusal names the admins to everybody else; being a listed guest is not enough."""
    plan = manifest(transport)
    plan["oauth_config"]["scopes"]["bot"].append("usergroups:read")
    async with bot_with(transport, tmp_path, plan=plan, zimerr_admins=f"{ANN}, S0ADMINS,{GUEST}") as slack:
        invite_strangers(slack)
        slack.workspace.user_groups["S0ADMINS"] = {LIN, PARTNER}
        await slack.command(ENGLISH, ANN, "auto off")
        await slack.command(ENGLISH, LIN, "auto react")
        assert "<@U0LIN> set me to only add a :mag:" in shown(await last_said(slack, ENGLISH, 2))
        await slack.command(ENGLISH, BEN, "auto off")
        assert await private_line(slack, BEN) == (
            "Sorry, only <@U0ANN>, <!subteam^S0ADMINS>, <@U0GUEST> can do this here."
        )
        for who in (GUEST, PARTNER):
            await slack.command(ENGLISH, who, "auto off")
            assert REFUSALS[who] in await private_line(slack, who)
        assert len(said_by_bot(slack, ENGLISH)) == 2


async def test_without_the_scope_for_groups_the_refusal_names_it(transport: Transport, tmp_path: Path) -> None:
    """The operator learns the missing scope; people whose ids are listed are not affected."""
    async with bot_with(transport, tmp_path, zimerr_admins=f"{ANN},S0ADMINS") as slack:
        slack.workspace.user_groups["S0ADMINS"] = {LIN}
        await slack.command(ENGLISH, BEN, "auto off")
        assert "I need the scope `usergroups:read`" in await private_line(slack, BEN)
        await slack.command(ENGLISH, ANN, "auto off")
        assert "<@U0ANN> set me to stay quiet" in shown(await last_said(slack, ENGLISH, 1))


# What the channel sees


@pytest.mark.parametrize(
    ("channel", "typed", "line", "undone"),
    [
        (ENGLISH, "auto off", "<@U0ANN> set me to stay quiet here.", "Undone by <@U0BEN>."),
        (ENGLISH, "auto react", "<@U0ANN> set me to only add a :mag: reaction", "Undone by <@U0BEN>."),
        (CHINESE, "lang en", "<@U0ANN> set my language in this channel to *English*.", "<@U0BEN> 已撤销此操作。"),
        (CHINESE, "auto off", "<@U0ANN> 让我在本频道静音", "<@U0BEN> 已撤销此操作。"),
        (FOREIGN, "auto off", "<@U0ANN> set me to stay quiet here.", "Undone by <@U0BEN>."),
    ],
)
async def test_a_setting_leaves_a_public_line_that_undoes_it(
    slack: Sandbox, channel: str, typed: str, line: str, undone: str
) -> None:
    """Also where the bot is not a member. Undoing updates the line, and the settings are as before."""
    await slack.command(channel, ANN, typed)
    said = await last_said(slack, channel, 1)
    assert shown(said).startswith(line)
    assert_sendable(said)
    await slack.click(said, "undo_change", BEN)
    await slack.until(lambda: undone in shown(said_by_bot(slack, channel)[0]))
    (said,) = said_by_bot(slack, channel)
    assert shown(said).startswith("<@U0ANN> ")  # perhaps in the language of before
    assert "undo_change" not in str(said["blocks"])
    await slack.command(channel, ANN, "status")
    status = await private_line(slack, ANN)
    assert "I reply in a thread" in status
    assert "I chose it" in status
    assert "Set by" not in status


async def test_undo_works_after_a_restart_and_once(workspace: Sandbox, start: Start) -> None:
    """A second person who has not seen it yet changes nothing, and the line still names the first."""
    async with start():
        await workspace.command(ENGLISH, ANN, "auto off")
        said = await last_said(workspace, ENGLISH, 1)
        before = {**said, "blocks": [*said["blocks"]]}
    async with start():
        await workspace.click(said, "undo_change", BEN)
        await workspace.until(lambda: "Undone by <@U0BEN>" in shown(said_by_bot(workspace, ENGLISH)[0]))
        workspace.workspace.message(ENGLISH, said["ts"]).update(before)  # as somebody else still sees it
        await workspace.click(said, "undo_change", LIN)
        await workspace.until(lambda: "Undone by <@U0BEN>" in shown(said_by_bot(workspace, ENGLISH)[0]))
        await workspace.command(ENGLISH, ANN, "status")
        assert "I reply in a thread" in await private_line(workspace, ANN)


async def test_a_setting_that_was_changed_again_is_not_overwritten_by_undo(slack: Sandbox) -> None:
    """The later change was as intended."""
    await slack.command(ENGLISH, ANN, "auto off")
    first = await last_said(slack, ENGLISH, 1)
    await slack.command(ENGLISH, LIN, "auto react")
    await last_said(slack, ENGLISH, 2)
    await slack.click(first, "undo_change", BEN)
    assert "This has been changed again since" in await private_line(slack, BEN)
    await slack.command(ENGLISH, BEN, "status")
    status = await private_line(slack, BEN, 2)
    assert "I only add a :mag:" in status
    assert "Set by <@U0LIN>, <!date^" in status


async def test_setting_what_is_set_already_tells_nobody(slack: Sandbox) -> None:
    """There is nothing to tell; the person sees who had set it."""
    await slack.command(ENGLISH, ANN, "auto off")
    await slack.command(ENGLISH, BEN, "auto off")
    assert "Set by <@U0ANN>" in await private_line(slack, BEN)
    assert len(said_by_bot(slack, ENGLISH)) == 1


@pytest.mark.parametrize(
    ("who", "set_by", "auto"),
    [
        (ANN, "Set by <@U0BEN>, <!date^", "<@U0BEN> let me choose, <!date^"),
        (LIN, "由 <@U0BEN> 设置，<!date^", "由 <@U0BEN> 设为自动判断，<!date^"),
    ],
)
async def test_status_names_who_set_the_language_or_let_the_bot_choose(
    slack: Sandbox, who: str, set_by: str, auto: str
) -> None:
    """Each reader sees the time in their own time zone, and the words in their own language."""
    await slack.command(ENGLISH, BEN, "lang zh")
    await slack.command(ENGLISH, who, "status")
    assert set_by in await private_line(slack, who)
    await slack.command(ENGLISH, BEN, "lang auto")
    await slack.command(ENGLISH, who, "status")
    assert auto in await private_line(slack, who, 2)


async def test_status_names_who_marked_a_code_and_a_triage(slack: Sandbox) -> None:
    """A reader who misses an answer can ask that person."""
    message = await slack.say(ENGLISH, ANN, "we got 6000106")
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", BEN)
    await until_reply_shows(slack, message, "not a code")
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await answer_in_thread(slack, ENGLISH, message)
    await mark_wrong(slack, answer, LIN)
    await until_reply_shows(slack, message, "marked my triage as wrong")
    await slack.command(ENGLISH, ANN, "status")
    line = await private_line(slack, ANN)
    assert "“not a code”, last by <@U0BEN>, <!date^" in line
    assert "<@U0LIN> was the last to mark a triage as wrong, <!date^" in line
    await slack.click(answer, "undo_change", ANN)
    await until_reply_shows(slack, message, "Undone by <@U0ANN>.")
    await slack.command(ENGLISH, ANN, "status")
    assert "triage" not in await private_line(slack, ANN, 2)


async def test_the_person_is_notified_if_the_line_can_not_be_posted(slack: Sandbox) -> None:
    """Nobody should believe that the channel knows."""
    await slack.invite(FOREIGN, ANN)
    await slack.until(lambda: slack.ephemerals(ANN))
    (hello,) = slack.ephemerals(ANN)
    slack.faults.server_error("response_url", status=404)
    await slack.click(hello, "set_mode_off", ANN)
    said = await private_line(slack, ANN, 2)
    assert "<@U0ANN> set me to stay quiet here." in said
    assert f"Nobody else in <#{FOREIGN}> was told" in said
    assert said_by_bot(slack, FOREIGN) == []


async def test_a_line_that_goes_to_its_person_instead_names_the_channel(slack: Sandbox) -> None:
    """A direct message is not “here”, and a button in it could not change the message of the channel."""
    slack.faults.refused("chat.postMessage", "restricted_action", times=1)
    await slack.say(ENGLISH, ANN, "@zimerr auto off")
    (line,) = await slack.until(lambda: direct_messages_to(slack, ANN))
    assert f"Nobody else in <#{ENGLISH}> was told" in shown(line)
    assert "accessory" not in line["blocks"][0]
    await slack.command(ENGLISH, BEN, "status")
    assert "I don't reply to messages here on my own" in await private_line(slack, BEN)


async def test_a_mention_changes_settings_too_and_its_line_stays(slack: Sandbox) -> None:
    """A change can't be hidden by deleting or editing the mention."""
    asked = await slack.say(ENGLISH, ANN, "@zimerr auto off")
    assert "<@U0ANN> set me to stay quiet here." in shown(await answer_in_thread(slack, ENGLISH, asked))
    other = await slack.say(ENGLISH, GUEST, "@zimerr auto thread")
    await slack.until(lambda: slack.ephemerals(GUEST) or slack.replies(ENGLISH, other["ts"]))
    assert REFUSALS[GUEST] in await private_line(slack, GUEST)
    await slack.edit(ENGLISH, asked["ts"], "@zimerr 6000106")
    await slack.until(lambda: len(slack.replies(ENGLISH, asked["ts"])) == 2)
    await slack.delete(ENGLISH, asked["ts"])
    await slack.idle()
    line, *_ = slack.replies(ENGLISH, asked["ts"])
    assert "<@U0ANN> set me to stay quiet here." in shown(line)


async def test_a_direct_message_belongs_to_its_person(slack: Sandbox) -> None:
    """Nobody else is affected, so that Slack need not be asked."""
    await slack.command("D0ANN", ANN, "lang zh")
    assert "把我在本频道的回答语言设为中文" in shown(await last_said(slack, "D0ANN", 1))


# Not a code, and wrong


@pytest.mark.parametrize(
    ("channel", "line", "undone"),
    [
        (ENGLISH, "<@U0LIN> marked 6000106 here as “not a code”", "Undone by <@U0BEN>."),
        (CHINESE, "<@U0LIN> 把这里的 6000106 标记为“不是错误码”", "<@U0BEN> 已撤销此操作。"),
    ],
)
async def test_not_a_code_is_shown_in_place_of_the_reply_and_undone_there(
    slack: Sandbox, channel: str, line: str, undone: str
) -> None:
    """The explanation comes back with its count, and the numbers are no longer ignored."""
    message = await slack.say(channel, ANN, "we have 6000106")
    await answer_in_thread(slack, channel, message)
    await slack.say(channel, BEN, "6000106 again", thread_ts=message["ts"])
    await slack.until(lambda: "2" in shown(slack.replies(channel, message["ts"])[0]))
    reply = next(each for each in slack.replies(channel, message["ts"]) if each["user"] == "U0ZIMERR")
    before = shown(reply)
    await dismiss(slack, reply, "not_a_code", LIN)
    await slack.until(lambda: line in shown(reply))
    assert_sendable(reply)
    await slack.click(reply, "undo_change", BEN)
    await slack.until(lambda: undone in shown(reply))
    assert_sendable(reply)
    assert line in shown(reply)
    assert all(text in shown(reply) for text in before.splitlines())
    await slack.command(channel, ANN, "ignored")
    assert "marked as “not a code”" in await private_line(slack, ANN)
    await slack.say(channel, BEN, "6000106 once more", thread_ts=message["ts"])
    await slack.until(lambda: "3" in shown(reply))


async def test_an_old_undo_does_not_remove_the_button_of_a_newer_one(slack: Sandbox) -> None:
    """Somebody presses the first button, which they still see, after the reply was marked again."""
    message = await slack.say(ENGLISH, ANN, "we got 6000106")
    reply = await answer_in_thread(slack, ENGLISH, message)
    await dismiss(slack, reply, "not_a_code", LIN)
    await slack.until(lambda: "<@U0LIN> marked" in shown(reply))
    first = reply["blocks"]
    await slack.click(reply, "undo_change", BEN)
    await slack.until(lambda: "Undone by <@U0BEN>." in shown(reply))
    await dismiss(slack, reply, "not_a_code", ANN)
    await slack.until(lambda: "<@U0ANN> marked" in shown(reply))
    second, reply["blocks"] = reply["blocks"], first
    await slack.click(reply, "undo_change", BEN)
    reply["blocks"] = second
    assert "This has been changed again since" in await private_line(slack, BEN)
    assert reply["blocks"] == second


async def test_undo_explains_no_message_that_is_gone(slack: Sandbox) -> None:
    """The line stays as a record of the change; the numbers are no longer ignored."""
    message = await slack.say(ENGLISH, ANN, "we got 6000106")
    reply = await answer_in_thread(slack, ENGLISH, message)
    await dismiss(slack, reply, "not_a_code", LIN)
    await until_reply_shows(slack, message, "not a code")
    await slack.delete(ENGLISH, message["ts"])
    await settled(slack, ENGLISH, ANN)
    await slack.click(reply, "undo_change", BEN)
    await slack.until(lambda: "Undone by <@U0BEN>." in shown(reply))
    assert "Token expired" not in shown(reply)
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "we got 6000106"))


async def test_not_a_code_asks_first_and_says_what_it_will_do(slack: Sandbox) -> None:
    """One slip must not silence anything."""
    reply = await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "6000106"))
    await choose(slack, reply, "not_a_code", BEN)
    view = await dialog_of(slack, BEN)
    assert "For 30 days, I won't respond to 6000106 in the same words in this channel." in shown(view)
    await slack.close(view, BEN)
    await settled(slack, ENGLISH, ANN)
    assert "6000106 · " in shown(reply)
    await choose(slack, reply, "quiet_here", LIN)
    view = await dialog_of(slack, LIN)
    assert "我不再主动回复本频道的消息。" in shown(view)
    await slack.close(view, LIN)
    await slack.command(ENGLISH, BEN, "status")
    assert "I reply in a thread" in await private_line(slack, BEN)


async def test_a_dialog_that_slack_does_not_show_changes_nothing(slack: Sandbox) -> None:
    """The person gets an ephemeral message, and may try again."""
    reply = await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "6000106"))
    slack.faults.refused("views.open", "expired_trigger_id", times=1)
    await choose(slack, reply, "not_a_code", BEN)
    assert "Slack did not show the dialog" in await private_line(slack, BEN)
    assert "6000106 · " in shown(reply)


@pytest.mark.parametrize(
    ("refused", "later"),
    [
        ("login failed, error 6000106", ["sync error 6000121", "error 6000204", "发送失败 error 6000354"]),
        ("6000106", ["6000121", "upload error 6000281"]),
        ("错误码6000106。", ["登录错误码6000204。"]),
        ("code: 6000106", ["code: 6000121", "the code: 6000322"]),
        ("code: 6000204", ["code: 6000281"]),
    ],
)
async def test_not_a_code_silences_no_code_in_other_words(slack: Sandbox, refused: str, later: list[str]) -> None:
    """The very same text stays silent."""
    message = await slack.say(ENGLISH, ANN, refused)
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", ANN)
    await until_reply_shows(slack, message, "not a code")
    again = await slack.say(ENGLISH, BEN, refused)
    await settled(slack, ENGLISH, ANN)
    assert slack.replies(ENGLISH, again["ts"]) == []
    assert bot_reactions(again) == []
    for text in later:
        await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, BEN, text))


async def test_a_context_is_ignored_for_thirty_days(slack: Sandbox, clock: Clock) -> None:
    """Nothing is silenced for ever."""
    message = await slack.say(ENGLISH, ANN, "unit 6000106 opened")
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", ANN)
    await until_reply_shows(slack, message, "not a code")
    clock.ahead_s = 30 * 86_400 - 600
    again = await slack.say(ENGLISH, BEN, "unit 6000121 opened")
    await settled(slack, ENGLISH, ANN)
    assert slack.replies(ENGLISH, again["ts"]) == []
    clock.ahead_s = 30 * 86_400 + 600
    await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, BEN, "unit 6000121 opened"))
    await slack.command(ENGLISH, ANN, "ignored")
    assert "Nothing in this channel is marked" in await private_line(slack, ANN)


@pytest.mark.parametrize(
    ("channel", "who", "listed", "forgot", "empty"),
    [
        (ENGLISH, ANN, "marked by <@U0BEN>", "<@U0ANN> made me forget that 6000106 was marked", "Nothing in this"),
        (CHINESE, LIN, "由 <@U0BEN> 标记", "<@U0LIN> 让我不再忽略 6000106", "本频道没有被标记"),
    ],
)
async def test_what_was_learned_is_listed_and_forgotten(
    slack: Sandbox, channel: str, who: str, listed: str, forgot: str, empty: str
) -> None:
    """Each entry names who, when, until when, and links to the message; forgetting is public, too."""
    message = await slack.say(channel, ANN, "we got 6000106")
    await dismiss(slack, await answer_in_thread(slack, channel, message), "not_a_code", BEN)
    await slack.until(lambda: "<@U0BEN>" in shown(slack.replies(channel, message["ts"])[0]))
    await slack.command(channel, who, "ignored")
    said = await private_line(slack, who)
    link = f"https://zimerr-demo.slack.com/archives/{channel}/p{message['ts'].replace('.', '')}"
    assert f"*<{link}|6000106>*" in said
    assert listed in said
    assert said.count("<!date^") == 2
    assert_sendable(slack.ephemerals(who)[0])
    await slack.click(slack.ephemerals(who)[0], "forget_ignored", who)
    await slack.until(lambda: empty in shown(slack.ephemerals(who)[0]))
    assert forgot in shown(await last_said(slack, channel, 2))
    again = await slack.say(channel, BEN, "we got 6000106")
    await answer_in_thread(slack, channel, again)


@pytest.mark.parametrize("typed", ["ignored forget all", "忽略 清空"])
async def test_everything_is_forgotten_at_once(slack: Sandbox, typed: str) -> None:
    """A new team starts afresh."""
    for text in ("we got 6000106", "we got an error 6000121"):
        message = await slack.say(ENGLISH, ANN, text)
        await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", BEN)
        await until_reply_shows(slack, message, "not a code")
    await slack.command(ENGLISH, ANN, typed)
    assert "<@U0ANN> made me forget that 6000121, 6000106 were marked" in shown(await last_said(slack, ENGLISH, 3))
    await slack.command(ENGLISH, ANN, "ignored forget all")
    assert "Nothing in this channel is marked" in await private_line(slack, ANN)


async def test_forgetting_is_shown_though_slack_refused_the_first_attempt(slack: Sandbox) -> None:
    """The second attempt finds nothing to forget any more, and must still tell the channel."""
    message = await slack.say(ENGLISH, ANN, "we got 6000106")
    await dismiss(slack, await answer_in_thread(slack, ENGLISH, message), "not_a_code", BEN)
    await until_reply_shows(slack, message, "not a code")
    slack.faults.rate_limited("chat.postMessage")
    asked = await slack.say(ENGLISH, ANN, "@zimerr ignored forget all")
    assert "<@U0ANN> made me forget that 6000106 was marked" in shown(await answer_in_thread(slack, ENGLISH, asked))


async def test_a_wrong_triage_comes_back_with_its_state(slack: Sandbox) -> None:
    """The log is read again; who was on it still is, and the buttons work."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await answer_in_thread(slack, ENGLISH, message)
    await slack.click(answer, "triage_take", BEN)
    await slack.until(lambda: "<@U0BEN>" in shown(answer))
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    before = shown(answer)
    await mark_wrong(slack, answer, LIN)
    await until_reply_shows(slack, message, "<@U0LIN> marked my triage as wrong, so I removed it.")
    await slack.until(lambda: bot_reactions(message) == [])
    await slack.click(answer, "undo_change", ANN)
    said = await until_reply_shows(slack, message, "Undone by <@U0ANN>.")
    assert "<@U0LIN> marked my triage as wrong" in said
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    assert all(text in said for text in before.splitlines())
    await mark_wrong(slack, answer, LIN)
    await until_reply_shows(slack, message, "marked my triage as wrong")


async def test_a_triage_whose_log_is_gone_can_not_come_back(slack: Sandbox) -> None:
    """The person gets an ephemeral message, and the line stays."""
    root = await slack.say(ENGLISH, ANN, "look")
    log = await slack.say(ENGLISH, ANN, FENCED, thread_ts=root["ts"])
    await slack.until(lambda: len(slack.replies(ENGLISH, root["ts"])) == 2)
    answer = slack.replies(ENGLISH, root["ts"])[-1]
    await mark_wrong(slack, answer, LIN)
    await slack.until(lambda: "marked my triage as wrong" in shown(answer))
    await slack.delete(ENGLISH, log["ts"])
    await slack.click(answer, "undo_change", BEN)
    assert "is gone" in await private_line(slack, BEN)
    assert "Undone" not in shown(answer)
