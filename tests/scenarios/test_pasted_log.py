"""Test the triage of a log that a person pasted, for themselves alone or for everyone in the channel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.sandbox.http_server import Sandbox
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import ANN, BEN, CHINESE, ENGLISH, FOREIGN, LIN, Start
from tests.scenarios.logs import LOG, TOKEN
from tests.scenarios.reading import BOT, bot_reactions, choose, dialog_of, last_said, said_by_bot, shown
from tests.scenarios.test_sharing import SHARE, can_share

PASTED = LOG[:2000]
ALL, IN_FOREIGN = ["triage_take", "triage_report", "triage_menu"], ["triage_language"]  # buttons of a public triage


def direct(slack: Sandbox, user: str) -> str:
    """Return the direct message of a person with the bot."""
    return slack.workspace.im(user, slack.workspace.bot_user).id


async def paste(slack: Sandbox, user: str, channel: str, audience: str, log: str = PASTED) -> None:
    """Paste a log into the dialog."""
    await slack.command(channel, user, "triage")
    await slack.submit(await dialog_of(slack, user), user, {"pasted": log, "audience": audience})


async def pasted(slack: Sandbox, user: str = ANN, channel: str = ENGLISH, log: str = PASTED) -> dict[str, Any]:
    """Paste a log into the dialog, for *user* alone; return the triage in the direct message."""
    await paste(slack, user, channel, "alone", log)
    await slack.until(lambda: slack.ephemerals(user, channel))
    return line_in_dm(slack, user)


async def published(slack: Sandbox, user: str = ANN, channel: str = ENGLISH) -> dict[str, Any]:
    """Paste a log into the dialog, for everyone; return the triage in the channel."""
    await paste(slack, user, channel, "everybody")
    triage = await last_said(slack, channel, 1)
    assert_sendable(triage)
    return triage


def line_in_dm(slack: Sandbox, user: str) -> dict[str, Any]:
    """Return the message of the bot in a person's direct message that has the log in its thread."""
    (line,) = (each for each in slack.messages(direct(slack, user)) if each.get("blocks"))
    assert_sendable(line)
    return line


def actions_of(message: dict[str, Any]) -> list[str]:
    """Return the action ids of the buttons of a message."""
    return [element["action_id"] for element in message["blocks"][-1]["elements"]]


@pytest.mark.both_transports
@pytest.mark.parametrize("channel", [ENGLISH, FOREIGN])
async def test_it_is_in_the_direct_message_with_a_link_where_it_was_asked(slack: Sandbox, channel: str) -> None:
    """Nobody in the channel sees anything; the log is in the thread of the triage, for the buttons and the person."""
    triage = await pasted(slack, channel=channel)
    assert "Likely cause: 6000106" in shown(triage)
    assert actions_of(triage) == [SHARE, "triage_report", "triage_language"]
    (line,) = slack.ephemerals(ANN, channel)
    assert_sendable(line)
    assert shown(line).startswith("Likely cause: 6000106 · Token expired\n<https://")
    assert triage["ts"].replace(".", "") in shown(line)
    assert "Only you can see it" in shown(line)
    assert said_by_bot(slack, channel) == []
    (log,) = slack.replies(direct(slack, ANN), triage["ts"])
    assert [each["name"] for each in log["files"]] == ["pasted-log.txt"]


@pytest.mark.both_transports
@pytest.mark.parametrize("channel", [ENGLISH, FOREIGN])
async def test_it_is_shared_where_it_was_asked(slack: Sandbox, channel: str) -> None:
    """Once, in the channel's language; the one in the direct message keeps its other buttons."""
    triage = await pasted(slack, LIN, channel)
    assert "可能原因：6000106" in shown(triage)
    await slack.click(triage, SHARE, LIN)
    message = await last_said(slack, channel, 1)
    assert_sendable(message)
    assert "Shared by <@U0LIN>" in shown(message)
    assert "Likely cause: 6000106" in shown(message)
    assert actions_of(message) == (IN_FOREIGN if channel == FOREIGN else ALL)
    await slack.until(
        lambda: (
            actions_of(slack.workspace.message(direct(slack, LIN), triage["ts"]))
            == ["triage_report", "triage_language"]
        )
    )
    assert "可能原因：6000106" in shown(slack.workspace.message(direct(slack, LIN), triage["ts"]))
    await slack.idle()
    assert len(said_by_bot(slack, channel)) == 1


async def test_the_shared_triage_works_like_every_triage(slack: Sandbox) -> None:
    """The log is the file; a person who can't see that file sees the triage in both languages, and the report."""
    triage = await pasted(slack)
    await slack.click(triage, SHARE, ANN)
    await works_like_every_triage(slack, await last_said(slack, ENGLISH, 1))


@pytest.mark.both_transports
async def test_the_public_triage_works_like_every_triage(slack: Sandbox) -> None:
    """Nobody has to post a log in the channel to have the buttons."""
    await works_like_every_triage(slack, await published(slack))


async def works_like_every_triage(slack: Sandbox, message: dict[str, Any]) -> None:
    """Press the buttons of the triage of Ann's log."""
    await choose(slack, message, "triage_language", LIN)
    (copy,) = await slack.until(lambda: slack.ephemerals(LIN, ENGLISH))
    assert "可能原因：6000106" in shown(copy)
    await slack.click(message, "triage_take", BEN)
    await slack.until(lambda: "<@U0BEN> is on it" in shown(slack.workspace.message(ENGLISH, message["ts"])))
    await slack.until(lambda: "eyes" in bot_reactions(slack.workspace.message(ENGLISH, message["ts"])))
    await slack.click(message, "triage_report", BEN)
    (report,) = await slack.until(lambda: slack.replies(ENGLISH, message["ts"]))
    assert report["files"][0]["name"].startswith("zimerr-")
    await choose(slack, slack.workspace.message(ENGLISH, message["ts"]), "triage_wrong", BEN)
    await slack.submit(await dialog_of(slack, BEN), BEN, {})
    await slack.until(lambda: "marked my triage as wrong" in shown(slack.workspace.message(ENGLISH, message["ts"])))
    await slack.click(slack.workspace.message(ENGLISH, message["ts"]), "undo_change", ANN)
    await slack.until(lambda: "Likely cause: 6000106" in shown(slack.workspace.message(ENGLISH, message["ts"])))
    await slack.click(slack.workspace.message(ENGLISH, message["ts"]), "triage_resolve", BEN)
    await slack.submit(await dialog_of(slack, BEN), BEN, {"helped": "renewed the token"})
    await slack.until(lambda: "renewed the token" in shown(slack.workspace.message(ENGLISH, message["ts"])))


@pytest.mark.parametrize(
    ("channel", "cause", "line", "by"),
    [
        (ENGLISH, "Likely cause: 6000106", "|The triage> is in <#C0ONCALL>. Its buttons need your log", "Shared by"),
        (
            CHINESE,
            "可能原因：6000106",
            "|The triage> is in <#C0ZHIBAN>. Its buttons need your log",
            "由 <@U0ANN> 发到频道",
        ),
    ],
)
async def test_the_log_of_a_public_triage_is_in_the_direct_message(
    slack: Sandbox, channel: str, cause: str, line: str, by: str
) -> None:
    """The channel sees whose it is, and not the log; the person finds the triage from there."""
    triage = await published(slack, channel=channel)
    assert cause in shown(triage)
    assert by in shown(triage)
    assert "<@U0ANN>" in shown(triage)
    assert "thread_ts" not in triage
    assert actions_of(triage) == ALL
    await slack.until(lambda: line in shown(line_in_dm(slack, ANN)))
    kept = line_in_dm(slack, ANN)
    assert triage["ts"].replace(".", "") in shown(kept)
    (log,) = slack.replies(direct(slack, ANN), kept["ts"])
    assert [each["name"] for each in log["files"]] == ["pasted-log.txt"]
    assert "files" not in json.dumps(slack.messages(channel))
    assert slack.ephemerals(ANN, channel) == []


async def test_the_line_is_in_the_language_of_the_person(slack: Sandbox) -> None:
    """The triage is in that of the channel."""
    assert "Likely cause: 6000106" in shown(await published(slack, LIN))
    await slack.until(lambda: "|排查结果>在 <#C0ONCALL> 里。" in shown(line_in_dm(slack, LIN)))


async def test_where_the_bot_is_not_a_member_only_the_language_can_be_chosen(slack: Sandbox) -> None:
    """It can't change a message there, nor attach a file to it, whoever shares the triage."""
    triage = await published(slack, channel=FOREIGN)
    assert "Shared by <@U0ANN>" in shown(triage)
    assert actions_of(triage) == IN_FOREIGN
    assert "The triage is in <#" in shown(line_in_dm(slack, ANN))
    await slack.click(triage, "triage_language", BEN)
    (copy,) = await slack.until(lambda: slack.ephemerals(BEN, FOREIGN))
    assert "可能原因：6000106" in shown(copy)


async def test_if_the_channel_takes_no_posts_the_triage_becomes_a_private_one(slack: Sandbox) -> None:
    """The dialog may have been open for longer than its response_url is valid."""
    slack.faults.refused("response_url", "expired_url")
    await paste(slack, ANN, FOREIGN, "everybody")
    await slack.until(lambda: "Likely cause: 6000106" in json.dumps(slack.messages(direct(slack, ANN))))
    assert said_by_bot(slack, FOREIGN) == []
    triage = line_in_dm(slack, ANN)
    assert actions_of(triage) == [SHARE, "triage_report", "triage_language"]
    await slack.invite(FOREIGN)
    before = len(said_by_bot(slack, FOREIGN))
    await slack.click(triage, SHARE, ANN)
    await slack.until(lambda: "Shared by <@U0ANN>" in json.dumps(said_by_bot(slack, FOREIGN)[before:]))


async def delete_log(slack: Sandbox, message: dict[str, Any]) -> None:
    """Delete the log in the thread of a direct message to Ann."""
    dm = direct(slack, ANN)
    (log,) = slack.replies(dm, message["ts"])
    await slack.delete_file(dm, log["ts"], log["files"][0]["id"])


def fail(slack: Sandbox, method: str, failure: str) -> None:
    """Let the next call of *method* fail: it is refused, or Slack demands a wait of ten minutes."""
    if failure == "refused":
        slack.faults.refused(method, "access_denied", times=1)
    else:
        slack.faults.rate_limited(method, retry_after_s=600)


UPLOAD = ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.postMessage"]


@pytest.mark.parametrize("failure", ["refused", "rate-limited"])
@pytest.mark.parametrize("method", UPLOAD)
async def test_if_slack_takes_no_file_the_public_triage_has_no_buttons(
    slack: Sandbox, method: str, failure: str
) -> None:
    """Buttons without a log to read would only apologize, and the triage is needed now."""
    fail(slack, method, failure)
    triage = await published(slack)
    assert "Likely cause: 6000106" in shown(triage)
    assert "actions" not in {block["type"] for block in triage["blocks"]}
    assert not [each for each in slack.messages(direct(slack, ANN)) if each.get("bot_id") == BOT]


async def test_the_buttons_of_a_public_triage_work_after_a_restart(workspace: Sandbox, start: Start) -> None:
    """Nothing of the log is in the database."""
    async with start():
        triage = await published(workspace)
    async with start():
        await workspace.click(triage, "triage_report", BEN)
        (report,) = await workspace.until(lambda: workspace.replies(ENGLISH, triage["ts"]))
        assert report["files"][0]["name"].startswith("zimerr-")
        await workspace.click(triage, "triage_take", BEN)
        await workspace.until(lambda: "<@U0BEN> is on it" in shown(workspace.workspace.message(ENGLISH, triage["ts"])))


async def test_without_the_file_the_public_buttons_say_so(slack: Sandbox) -> None:
    """The person may delete their log."""
    triage = await published(slack)
    await delete_log(slack, line_in_dm(slack, ANN))
    await choose(slack, triage, "triage_language", BEN)
    await slack.until(lambda: any("is gone" in shown(each) for each in slack.ephemerals(BEN, ENGLISH)))


async def test_the_buttons_work_after_a_restart(workspace: Sandbox, start: Start) -> None:
    """Nothing of the log is in the database."""
    async with start():
        triage = await pasted(workspace)
    async with start():
        dm = direct(workspace, ANN)
        await workspace.click(triage, "triage_language", ANN)
        (copy,) = await workspace.until(lambda: workspace.ephemerals(ANN, dm))
        assert "可能原因：6000106" in shown(copy)
        assert not can_share(copy)
        await workspace.click(triage, "triage_report", ANN)
        await workspace.until(lambda: [each for each in workspace.messages(dm) if "zimerr-" in json.dumps(each)])
        await workspace.click(triage, SHARE, ANN)
        assert "Shared by <@U0ANN>" in shown(await last_said(workspace, ENGLISH, 1))


async def test_without_the_file_the_buttons_say_so(slack: Sandbox) -> None:
    """An admin, or the retention policy of the workspace, may delete it."""
    triage = await pasted(slack)
    dm = direct(slack, ANN)
    await delete_log(slack, triage)
    for action in (SHARE, "triage_language"):
        slack.workspace.ephemerals[ANN].clear()
        await slack.click(triage, action, ANN)
        await slack.until(lambda: any("is gone" in shown(each) for each in slack.ephemerals(ANN, dm)))
    await slack.click(triage, "triage_report", ANN)
    await slack.until(lambda: any("is gone" in shown(each) for each in said_by_bot(slack, dm)))
    assert said_by_bot(slack, ENGLISH) == []


async def test_secrets_and_personal_data_are_not_kept(slack: Sandbox) -> None:
    """The file is the only copy of the log, and is in Slack."""
    log = f"{PASTED}E/ZIM: login token={TOKEN} ann@example.com 6000106\n"
    triage = await pasted(slack, log=log)
    (file,) = slack.replies(direct(slack, ANN), triage["ts"])[0]["files"]
    content = slack.files._content[file["id"]].decode()
    assert TOKEN not in content
    assert "ann@example.com" not in content
    assert content.count("\n") == log.count("\n")
    await slack.until(lambda: any("live credentials" in shown(each) for each in slack.ephemerals(ANN, ENGLISH)))


@pytest.mark.parametrize("failure", ["refused", "rate-limited"])
@pytest.mark.parametrize("method", UPLOAD)
async def test_if_slack_takes_no_file_the_private_triage_is_shown_with_what_to_do(
    slack: Sandbox, method: str, failure: str
) -> None:
    """Uploads or direct messages may be turned off in the workspace."""
    fail(slack, method, failure)
    await slack.command(ENGLISH, ANN, "triage")
    await slack.submit(await dialog_of(slack, ANN), ANN, {"pasted": PASTED})
    (private,) = await slack.until(lambda: slack.ephemerals(ANN, ENGLISH))
    assert_sendable(private)
    assert "Likely cause: 6000106" in shown(private)
    assert "use `/zimerr triage` again and choose *Everyone in this channel*" in shown(private)
    assert not [each for each in slack.messages(direct(slack, ANN)) if each.get("bot_id") == BOT]


async def test_in_a_direct_message_there_is_nothing_to_share(slack: Sandbox) -> None:
    """The log was pasted where nobody else is."""
    dm = direct(slack, ANN)
    triage = await pasted(slack, channel=dm)
    assert actions_of(triage) == ["triage_report", "triage_language"]


async def test_in_a_direct_message_the_log_is_with_its_triage(slack: Sandbox) -> None:
    """Everyone there is the person alone."""
    dm = direct(slack, ANN)
    await paste(slack, ANN, dm, "everybody")
    await slack.until(lambda: "Likely cause: 6000106" in json.dumps(slack.messages(dm)))
    triage = line_in_dm(slack, ANN)
    assert actions_of(triage) == ["triage_report", "triage_language"]
    assert [each["files"][0]["name"] for each in slack.replies(dm, triage["ts"])] == ["pasted-log.txt"]


async def test_if_the_bot_may_not_post_there_it_says_why(slack: Sandbox) -> None:
    """The response_url of the dialog is valid for half an hour only."""
    triage = await pasted(slack, channel=CHINESE)
    await slack.kick(CHINESE)
    slack.faults.refused("response_url", "expired_url", times=1)
    await slack.click(triage, SHARE, ANN)
    dm = direct(slack, ANN)
    await slack.until(
        lambda: any(f"I can't answer you in <#{CHINESE}>" in shown(each) for each in slack.ephemerals(ANN, dm))
    )
    assert can_share(slack.workspace.message(dm, triage["ts"]))
