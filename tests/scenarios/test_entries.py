"""Test mentions, direct messages, shortcuts, the lookup modal, `why`, settings and invitations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import (
    ANN,
    BEN,
    CHINESE,
    ENGLISH,
    FOREIGN,
    LIN,
    MEI,
    Transport,
    bot_with,
    manifest,
)
from tests.scenarios.reading import answer_in_dm, answer_in_thread, bot_reactions, dismiss, said_by_bot, settled, shown


async def ephemeral_to(slack: Sandbox, user: str, count: int = 1) -> dict[str, Any]:
    """Wait for *count* ephemeral messages to *user*, and return the last."""
    messages = await slack.until(lambda: len(slack.ephemerals(user)) >= count and slack.ephemerals(user))
    assert isinstance(messages, list)
    assert len(messages) == count
    return dict(messages[-1])


def link(slack: Sandbox, channel: str, message: dict[str, Any]) -> str:
    """Return the permalink of a message, in the form that Slack's “Copy link” gives."""
    ts = message["ts"].replace(".", "")
    address = f"https://{slack.workspace.domain}.slack.com/archives/{channel}/p{ts}"
    if message.get("thread_ts", message["ts"]) != message["ts"]:
        address += f"?thread_ts={message['thread_ts']}&cid={channel}"
    return address


# Mentions and direct messages


@pytest.mark.both_transports
async def test_a_mention_in_a_channel_is_answered_in_its_thread(slack: Sandbox) -> None:
    """People try a mention first, with any bot."""
    message = await slack.say(ENGLISH, LIN, "@zimerr 6000354")
    reply = await answer_in_thread(slack, ENGLISH, message)
    assert "6000354 · " in shown(reply)
    assert_sendable(reply)
    await settled(slack, ENGLISH, ANN)
    assert len(slack.replies(ENGLISH, message["ts"])) == 1
    assert slack.ephemerals(LIN) == []


async def test_a_mention_in_a_thread_is_answered_there(slack: Sandbox) -> None:
    """Slash commands do not work in threads."""
    root = await slack.say(CHINESE, LIN, "登录失败")
    await slack.say(CHINESE, ANN, "@zimerr 6000106?", thread_ts=root["ts"])
    await slack.until(lambda: len(slack.replies(CHINESE, root["ts"])) == 2)
    assert "6000106 · Token 已过期" in shown(slack.replies(CHINESE, root["ts"])[1])


async def test_a_mention_is_answered_even_if_the_code_was_just_explained(slack: Sandbox) -> None:
    """The noise rules apply only to messages that did not ask."""
    await slack.command(ENGLISH, ANN, "auto off")
    for _ in range(2):
        message = await slack.say(ENGLISH, ANN, "@zimerr 6000106")
        assert "Token expired" in shown(await answer_in_thread(slack, ENGLISH, message))


async def test_a_mention_with_a_mistyped_code_is_answered_privately(slack: Sandbox) -> None:
    """The author corrects the digits; the channel need not know."""
    await slack.say(ENGLISH, ANN, "@zimerr what does 600354 mean?")
    said = await ephemeral_to(slack, ANN)
    assert "ZIM error codes have 7 digits; this number has 6." in shown(said)
    assert "6000354" in shown(said)
    assert_sendable(said)


async def test_a_mention_with_words_is_answered_privately(slack: Sandbox) -> None:
    """A search concerns one reader. Slack shows an ephemeral message in a thread only if the thread exists."""
    message = await slack.say(ENGLISH, LIN, "@zimerr token expired")
    found = await ephemeral_to(slack, LIN)
    assert "6000106" in shown(found)
    assert "相关的错误码" in shown(found)
    assert "thread_ts" not in found
    assert said_by_bot(slack, ENGLISH) == []
    root = await slack.say(ENGLISH, ANN, "login is broken")
    await slack.say(ENGLISH, ANN, "@zimerr help", thread_ts=root["ts"])
    usage = await ephemeral_to(slack, ANN)
    assert "explains ZEGO ZIM error codes" in shown(usage)
    assert usage["thread_ts"] == root["ts"]
    assert slack.replies(ENGLISH, message["ts"]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("we get 6000106 and 6000121, why?", "6000121 · "),
        ("token expired", "6000106"),
        ("hi", "I explain ZEGO ZIM error codes"),
        ("你好", "我负责解释 ZEGO ZIM 错误码"),
        ("thanks!", "You're welcome!"),
        ("谢谢", "不客气！"),
        ("why do sends fail?", "match"),
        ("status foo", "To see this channel's settings"),
        ("signaling is not connected", "6000014"),
        ("群满了", "6000525*  群组人数已满"),
        ("lunch menu", "No results"),
    ],
)
async def test_a_direct_message_is_answered(slack: Sandbox, text: str, expected: str) -> None:
    """It needs no command, because nobody else reads it."""
    message = await slack.say("D0ANN", ANN, text)
    reply = await answer_in_dm(slack, "D0ANN", message)
    assert expected in shown(reply)
    assert_sendable(reply)


async def test_numbers_beside_the_codes_are_explained_on_request(slack: Sandbox) -> None:
    """The SDK's message shows the server's own code, and logs have numbers of ZEGO's other products."""
    server, express = "103040 is an error code of ZIM's servers", "1002001 is not a code of the ZIM SDK"
    unasked = await slack.say(ENGLISH, LIN, "error code: 103040, or Express error 1002001")
    reply = await answer_in_thread(slack, ENGLISH, await slack.say(ENGLISH, ANN, "@zimerr 103040 0"))
    assert shown(reply).startswith(server)
    assert "6000353 · " in shown(reply)
    await slack.click(reply, "show_language", LIN)
    assert shown(await ephemeral_to(slack, LIN)).startswith("103040 是 ZIM 服务端自己的错误码")
    await slack.command(ENGLISH, ANN, "103040")
    assert shown((await slack.until(lambda: said_by_bot(slack, ENGLISH)[1:]))[0]).startswith(server)
    await slack.command(ENGLISH, ANN, "error 0 or 1002001")
    line = await ephemeral_to(slack, ANN)
    assert shown(line).startswith(express)
    assert "https://www.zegocloud.com/" in shown(line)
    assert_sendable(line)
    failed = await slack.say(ENGLISH, LIN, "sendMessage: {code: 6000203, message: 'code: 108035, message: no member'}")
    annotation = await answer_in_thread(slack, ENGLISH, failed)
    assert "the server's own code 108035, which stands for *6000521*" in shown(annotation)
    answer = await answer_in_dm(slack, "D0LIN", await slack.say("D0LIN", LIN, "1002001 是什么"))
    assert shown(answer).startswith("1002001 不是 ZIM SDK 的错误码")
    assert slack.replies(ENGLISH, unasked["ts"]) == []


async def test_a_direct_message_is_answered_in_the_persons_language(slack: Sandbox) -> None:
    """A locale such as zh-TW gets traditional characters."""
    assert "6000106 · Token 已过期" in shown(
        await answer_in_dm(slack, "D0LIN", await slack.say("D0LIN", LIN, "6000106"))
    )
    assert "6000106 · Token 已過期" in shown(
        await answer_in_dm(slack, "D0MEI", await slack.say("D0MEI", MEI, "6000106"))
    )


# The message shortcut


@pytest.mark.both_transports
async def test_the_message_shortcut_explains_a_message_privately(slack: Sandbox) -> None:
    """Codes in quotes are explained too, because someone asked."""
    await slack.command(ENGLISH, ANN, "auto off")
    message = await slack.say(ENGLISH, ANN, "> login failed: 6000106\nand then 6000121")
    await slack.shortcut("explain_message", LIN, message)
    said = await ephemeral_to(slack, LIN)
    assert "6000106 · Token 已过期" in shown(said)
    assert "6000121 · " in shown(said)
    assert_sendable(said)
    assert slack.replies(ENGLISH, message["ts"]) == []


async def test_the_message_shortcut_reports_that_there_is_no_code(slack: Sandbox) -> None:
    """Silence would look broken."""
    await slack.shortcut("explain_message", ANN, await slack.say(ENGLISH, ANN, "order 6000106 shipped"))
    assert "I don't see a ZIM error code in this message" in shown(await ephemeral_to(slack, ANN))


async def test_the_message_shortcut_answers_in_the_thread_of_the_message(slack: Sandbox) -> None:
    """The reader has that thread open."""
    root = await slack.say(ENGLISH, ANN, "login is broken")
    reply = await slack.say(ENGLISH, BEN, "error code 6009999", thread_ts=root["ts"])
    await slack.shortcut("explain_message", ANN, reply)
    said = await ephemeral_to(slack, ANN)
    assert said["thread_ts"] == root["ts"]
    assert "I don't recognize the ZIM error code *6009999*." in shown(said)


async def test_the_message_shortcut_answers_in_the_channel_about_the_first_message_of_a_thread(slack: Sandbox) -> None:
    """The reader may not have its thread open, and would see nothing."""
    root = await slack.say(ENGLISH, ANN, "login is broken: 6000106")
    await slack.until(lambda: slack.replies(ENGLISH, root["ts"]))
    await slack.shortcut("explain_message", ANN, slack.thread(ENGLISH, root["ts"])[0])
    said = await ephemeral_to(slack, ANN)
    assert "thread_ts" not in said
    assert "6000106 · Token expired" in shown(said)


async def test_the_message_shortcut_works_in_channels_without_the_bot(slack: Sandbox) -> None:
    """Slack offers the shortcut in every channel."""
    await slack.shortcut("explain_message", ANN, await slack.say(FOREIGN, ANN, "6000106"))
    assert "Token expired" in shown(await ephemeral_to(slack, ANN))


# The lookup modal


async def open_modal(slack: Sandbox, user: str) -> dict[str, Any]:
    """Open the lookup modal as *user*, and return its view."""
    await slack.shortcut("lookup", user)
    view = await slack.until(lambda: slack.modal(user))
    assert view is not None
    return view


@pytest.mark.both_transports
async def test_the_modal_finds_a_code_while_the_user_types(slack: Sandbox) -> None:
    """Half a word is enough."""
    await find_in_modal(slack, ANN, "token expi", "6000106 Token expired", "6000106 · Token expired")


@pytest.mark.parametrize(
    ("user", "typed", "title", "meaning"),
    [
        (LIN, "token 过期", "6000106 Token 已过期", "6000106 · Token 已过期"),
        (MEI, "token 过期", "6000106 Token 已過期", "6000106 · Token 已過期"),
        (ANN, "6000106", "6000106 Token expired", "6000106 · Token expired"),
        (ANN, "NetworkModuleTokenExpired", "6000106 Token expired", "6000106 · Token expired"),
    ],
)
async def test_the_modal_finds_a_code_by_words_number_and_symbol(
    slack: Sandbox, user: str, typed: str, title: str, meaning: str
) -> None:
    """The options and the explanation are in the reader's language."""
    await find_in_modal(slack, user, typed, title, meaning)


async def find_in_modal(slack: Sandbox, user: str, typed: str, title: str, meaning: str) -> None:
    """Type into the lookup modal, check the option *title* and the explanation *meaning*, and pick another code."""
    view = await open_modal(slack, user)
    options = await slack.suggest(view, user, "lookup_code", typed)
    assert options[0] == {"text": {"type": "plain_text", "text": title, "emoji": True}, "value": "6000106"}
    await slack.select(view, "lookup_code", user, options[0])
    now = await slack.until(lambda: meaning in shown(dict(slack.modal(user) or {}, text="")) and slack.modal(user))
    assert isinstance(now, dict)
    assert now["id"] == view["id"]
    again = await slack.suggest(now, user, "lookup_code", "6000354")
    await slack.select(now, "lookup_code", user, again[0])
    await slack.until(lambda: "6000354 · " in shown(dict(slack.modal(user) or {}, text="")))


async def test_the_modal_is_in_the_readers_language(slack: Sandbox) -> None:
    """Its labels are translated too."""
    assert (await open_modal(slack, ANN))["title"]["text"] == "ZIM error codes"
    simplified, converted = (
        (await open_modal(slack, LIN))["title"]["text"],
        (await open_modal(slack, MEI))["title"]["text"],
    )
    assert "错误码" in simplified
    assert "錯誤碼" in converted


async def test_the_modal_offers_nothing_if_nothing_matches(slack: Sandbox) -> None:
    """An empty list is valid; an error would close the modal."""
    view = await open_modal(slack, ANN)
    for typed in ("qqqq zzzz", "   ", "<!>"):
        assert await slack.suggest(view, ANN, "lookup_code", typed) == []


# Traditional characters


async def test_traditional_readers_get_traditional_characters_privately(slack: Sandbox) -> None:
    """Every ephemeral message is converted; symbols and codes do not change."""
    await slack.command(CHINESE, MEI, "token 过期")
    found = await ephemeral_to(slack, MEI)
    assert "Token 已過期" in shown(found)
    assert "过期" not in shown(found).replace("“token 过期”", "")
    await slack.click(found, "show_code", MEI, value="6000106")
    card = await ephemeral_to(slack, MEI, 2)
    assert "6000106 · Token 已過期" in shown(card)
    assert "`renewToken`" in shown(card)


# `/zimerr why`


async def test_why_accepts_every_form_of_a_link(slack: Sandbox) -> None:
    """Slack sends pasted links bare or in angle brackets."""
    message = await slack.say(ENGLISH, ANN, "we have 6000106")
    await answer_in_thread(slack, ENGLISH, message)
    await settled(slack, ENGLISH, ANN)
    for number, written in enumerate(("{}", "<{}>", "<{}|this message>"), 1):
        await slack.command(ENGLISH, ANN, f"why {written.format(link(slack, ENGLISH, message))}")
        said = shown(await ephemeral_to(slack, ANN, number))
        assert "I replied to this message in its thread." in said
        assert "*6000106* on line 1: known code standing on its own." in said
        assert "Ignored" not in said
        assert "only" not in said


async def why(slack: Sandbox, message: dict[str, Any], channel: str = ENGLISH) -> str:
    """Return what `/zimerr why` says about *message*."""
    await settled(slack, channel, BEN)
    count = len(slack.ephemerals(ANN))
    await slack.command(channel, ANN, f"why {link(slack, channel, message)}")
    said = await ephemeral_to(slack, ANN, count + 1)
    assert_sendable(said)
    return shown(said)


async def test_why_names_each_rule_that_silenced_a_code(slack: Sandbox) -> None:
    """“Why did it not answer?” is the first question people ask."""
    answered = await slack.say(ENGLISH, ANN, "error 6000106")
    await settled(slack, ENGLISH, BEN)
    counted = await slack.say(ENGLISH, BEN, "6000106 again", thread_ts=answered["ts"])
    cooled = await slack.say(ENGLISH, BEN, "6000106 here")
    quoted = await slack.say(ENGLISH, BEN, "> 6000121\nlook")
    said = await why(slack, counted)
    assert "I counted this message in my first reply in its thread." in said
    assert "Counted only: it was already explained in this thread." in said
    said = await why(slack, cooled)
    assert "I only reacted to this message." in said
    assert "Reaction only: it was explained in this channel less than an hour ago." in said
    said = await why(slack, quoted)
    assert "I took no action on this message." in said
    assert "Ignored: it is in a quote or a forwarded message." in said
    said = await why(slack, answered)
    assert "I replied to this message in its thread." in said
    assert "preceded by an error word" in said
    assert "because" not in said


async def test_why_counts_lines_as_people_see_them(slack: Sandbox) -> None:
    """Blank lines count, as in an editor."""
    message = await slack.say(ENGLISH, ANN, "two things:\n\nerror 6000106\n\norder 6000121")
    said = await why(slack, message)
    assert "*6000106* on line 3" in said
    assert "line 5" in said


async def test_why_names_the_mode(slack: Sandbox) -> None:
    """The person who asks may not know that someone set it."""
    await slack.command(ENGLISH, BEN, "auto react")
    reacted = await slack.say(ENGLISH, BEN, "6000106")
    assert "Reaction only: this channel is set to reactions." in await why(slack, reacted)
    await slack.command(ENGLISH, BEN, "auto off")
    silent = await slack.say(ENGLISH, BEN, "6000121")
    said = await why(slack, silent)
    assert "I took no action on this message." in said
    assert "Ignored: this channel is set to quiet." in said


async def test_why_names_text_marked_as_not_a_code(slack: Sandbox) -> None:
    """People can look up the effect of the button."""
    message = await slack.say(ENGLISH, BEN, "unit 6000354 opened")
    await settled(slack, ENGLISH, BEN)
    await dismiss(slack, slack.replies(ENGLISH, message["ts"])[0], "not_a_code", BEN)
    await slack.until(lambda: "not a code" in shown(slack.replies(ENGLISH, message["ts"])[0]))
    said = await why(slack, await slack.say(ENGLISH, BEN, "unit 6000121 opened"))
    assert "Ignored: <@U0BEN> marked text like this as “not a code”, <!date^" in said
    assert "Someone marked my explanation of this message as “not a code”" in await why(slack, message)


async def test_why_lists_look_alikes_with_their_reason(slack: Sandbox) -> None:
    """If the bot misses a code, people can see why."""
    said = await why(slack, await slack.say(ENGLISH, BEN, "size=6000121 bytes\nToken: 0x06000121\nsee you at 6009999"))
    assert "Look-alikes (not codes)" in said
    assert "`6000121` on line 1" in said
    assert "hexadecimal number" in said
    assert "unknown code with no error words around it" in said
    assert "It contains nothing" in await why(slack, await slack.say(ENGLISH, BEN, "hello"))


async def test_why_recognizes_system_messages(slack: Sandbox) -> None:
    """A channel topic may contain a code."""
    topic = await slack.notice(ENGLISH, BEN, "channel_topic", "on call for error 6000106")
    assert "It's a system message from Slack" in await why(slack, topic)


async def test_why_refuses_other_channels_and_deleted_messages(slack: Sandbox) -> None:
    """People must not learn the content of a message that they can't read."""
    message = await slack.say(CHINESE, LIN, "6000106")
    gone = await slack.say(ENGLISH, BEN, "hello")
    await slack.delete(ENGLISH, gone["ts"])
    for number, address in enumerate((link(slack, CHINESE, message), link(slack, ENGLISH, gone)), 1):
        await slack.command(ENGLISH, ANN, f"why {address}")
        said = shown(await ephemeral_to(slack, ANN, number))
        assert "I can't see that message" in said
        assert "6000106" not in said
    foreign = await slack.say(FOREIGN, ANN, "6000106")
    await slack.command(FOREIGN, ANN, f"why {link(slack, FOREIGN, foreign)}")
    assert "I can't see that message" in shown(await ephemeral_to(slack, ANN, 3))
    await slack.command(ENGLISH, ANN, "why")
    assert "Add the link to a message" in shown(await ephemeral_to(slack, ANN, 4))


# Settings


async def test_status_shows_language_and_mode_with_their_source(slack: Sandbox) -> None:
    """The first thing to check when the bot surprises someone."""
    await slack.command(CHINESE, ANN, "status")
    said = shown(await ephemeral_to(slack, ANN))
    assert "I reply in *Chinese* in this channel. I chose it: it is the language of the channel's locale." in said
    assert "I reply in a thread to messages that contain a code." in said
    for text in ("does anybody know this error?", "we saw it after the release", "it is gone now") * 2:
        await slack.say(CHINESE, BEN, text)
    await settled(slack, CHINESE, BEN)
    await slack.command(CHINESE, ANN, "auto react")
    await slack.command(CHINESE, ANN, "status")
    said = shown(await ephemeral_to(slack, ANN, 2))
    assert "I reply in *English* in this channel. I chose it: it is the language people use here." in said
    assert "I only add a :mag: reaction" in said
    assert "Set by <@U0ANN>, <!date^" in said


async def test_auto_needs_a_mode(slack: Sandbox) -> None:
    """The answer lists the modes, and is ephemeral, because the channel need not read it."""
    await slack.command(ENGLISH, ANN, "auto loud")
    assert "Choose how I should respond here" in shown(await ephemeral_to(slack, ANN))
    assert said_by_bot(slack, ENGLISH) == []


# Invitations


@pytest.mark.both_transports
async def test_an_invitation_is_answered_with_a_dry_run_for_the_inviter(slack: Sandbox) -> None:
    """The inviter chooses a mode knowing the facts, and nobody else is disturbed."""
    for text in ("good morning", "error 6000106", "6000106 here too", "order 6000121 shipped", "code 6000121"):
        await slack.say(FOREIGN, BEN, text)
    await slack.invite(FOREIGN, LIN)
    said = await ephemeral_to(slack, LIN)
    assert said["channel"] == FOREIGN
    assert "5" in shown(said)
    assert "6000106" in shown(said)
    assert_sendable(said)
    assert said_by_bot(slack, FOREIGN) == []
    assert slack.ephemerals(BEN) == []
    assert all(bot_reactions(message) == [] for message in slack.messages(FOREIGN))


async def test_the_dry_run_says_what_would_have_happened(slack: Sandbox) -> None:
    """It gives numbers, in the inviter's language."""
    for text in ("good morning", "error 6000106", "6000106 here too", "order 6000121 shipped", "code 6000121"):
        await slack.say(FOREIGN, BEN, text)
    await slack.invite(FOREIGN, ANN)
    said = shown(await ephemeral_to(slack, ANN))
    assert "I checked the last 5 messages here. I would have posted 2 replies and added 1 reaction." in said
    assert "*6000106*  Token expired" in said


@pytest.mark.parametrize("mode", ["thread", "react", "off"])
async def test_the_inviter_chooses_how_the_bot_behaves(slack: Sandbox, mode: str) -> None:
    """Each of the three buttons works and confirms its effect."""
    await slack.invite(FOREIGN, ANN)
    said = await ephemeral_to(slack, ANN)
    await slack.click(said, f"set_mode_{mode}", ANN)
    if mode == "thread":  # as before
        assert "I reply in a thread" in shown(await ephemeral_to(slack, ANN, 2))
    else:
        (told,) = await slack.until(lambda: said_by_bot(slack, FOREIGN))
        assert {"react": "<@U0ANN> set me to only add a :mag:", "off": "<@U0ANN> set me to stay quiet"}[mode] in shown(
            told
        )
    message = await slack.say(FOREIGN, BEN, "6000106")
    await settled(slack, FOREIGN, BEN)
    done = (len(slack.replies(FOREIGN, message["ts"])), bot_reactions(message))
    assert done == {"thread": (1, []), "react": (0, ["mag"]), "off": (0, [])}[mode]


async def test_other_members_joining_is_no_invitation(slack: Sandbox) -> None:
    """The bot reacts only to its own invitation, and only if a person sent it."""
    slack.workspace.join(ENGLISH, "U0ALERTS", inviter=ANN)
    await slack.invite(FOREIGN)
    await settled(slack, ENGLISH, BEN)
    assert slack.calls("chat.postEphemeral") == []


async def test_without_the_scope_the_dry_run_says_that_it_read_nothing(transport: Transport, tmp_path: Path) -> None:
    """“0 messages” would be false."""
    plan = manifest(transport)
    plan["oauth_config"]["scopes"]["bot"].remove("channels:history")
    async with bot_with(transport, tmp_path, plan=plan) as slack:
        await slack.say(FOREIGN, BEN, "6000106")
        await slack.invite(FOREIGN, ANN)
        said = await ephemeral_to(slack, ANN)
        assert "I'm not allowed to read the history here" in shown(said)
        await slack.click(said, "set_mode_react", ANN)
        (told,) = await slack.until(lambda: said_by_bot(slack, FOREIGN))
        assert "only add a :mag: reaction" in shown(told)
