"""Test logs in Slack: which messages get a triage, which do not, and the buttons of a triage."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.arguments import Arguments
from bot.sandbox.file_store import Upload
from bot.sandbox.http_server import METHODS, Sandbox
from bot.sandbox.model import SlackError
from bot.sandbox.web_api import MethodContext
from tests.render.kit_rules import assert_sendable
from tests.scenarios.conftest import (
    ANN,
    BEN,
    CHINESE,
    ENGLISH,
    FOREIGN,
    LIN,
    MEI,
    Start,
    Transport,
    bot_with,
    manifest,
)
from tests.scenarios.logs import (
    LOG,
    PLAIN,
    TOKEN,
    answers,
    block_types,
    file,
    first_line,
    the_answer,
    uploads,
)
from tests.scenarios.reading import (
    BOT_USER,
    bot_reactions,
    choose,
    dialog_of,
    dismiss,
    press_stale,
    said_by_bot,
    settled,
    shown,
)

FENCED = f"look at this\n```\n{LOG}```"


def zipped(files: dict[str, bytes | str]) -> bytes:
    """Return a zip of *files*."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


async def is_silent(slack: Sandbox, message: dict[str, Any]) -> bool:
    """Return True if the bot neither answered nor reacted to *message*."""
    await settled(slack, ENGLISH, BEN)
    return not answers(slack, message, ENGLISH) and not bot_reactions(message)


# Messages that get a triage


@pytest.mark.both_transports
async def test_a_long_paste_with_a_code_is_triaged_in_its_thread(slack: Sandbox) -> None:
    """One message: the likely cause first, then its followers."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    assert shown(answer).startswith("Likely cause: 6000106 · Token expired")
    assert "follows 6000106" in shown(answer)
    assert "table" in block_types(answer)
    assert "data_visualization" in block_types(answer)
    assert bot_reactions(message) == []
    assert uploads(slack, message, ENGLISH) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [("noname", LOG.encode("utf-16")), ("support.zip", zipped({"a/zim.log": LOG, "photo.png": b"\x89PNG\0"}))],
)
async def test_a_log_is_recognized_by_its_content(slack: Sandbox, name: str, content: bytes) -> None:
    """File names and archives differ; `tests/triage` covers the rest."""
    message = await slack.say(ENGLISH, ANN, "", files=[Upload(name, content)])
    answer = await the_answer(slack, message, ENGLISH)
    assert "Likely cause: 6000106" in shown(answer)


async def test_a_log_from_another_workspace_is_read(slack: Sandbox) -> None:
    """Slack Connect sends only the file's id at first."""
    message = await slack.say(ENGLISH, ANN, "", files=[Upload("zim.log", LOG.encode(), is_connect=True)])
    assert "Likely cause: 6000106" in shown(await the_answer(slack, message, ENGLISH))


async def test_several_files_and_the_text_of_the_message_are_one_triage(slack: Sandbox) -> None:
    """One message gets one reply."""
    files = [file("one.log"), file("two.log", "03-02 03:20:00.000 E/ZIM: errorCode=6000354\n")]
    message = await slack.say(ENGLISH, ANN, "and 6000211 in the console", files=files)
    answer = await the_answer(slack, message, ENGLISH)
    for said in ("6000106", "6000121", "6000354", "6000211", "two.log"):
        assert said in shown(answer)


async def test_an_alert_with_many_codes_is_triaged(slack: Sandbox) -> None:
    """Other bots post logs too."""
    message = await slack.say_as_bot(ENGLISH, "Alerts", "errors: 6000103, 6000104, 6000106, 6000121")
    assert "table" in block_types(await the_answer(slack, message, ENGLISH))


async def test_a_triage_is_in_the_channels_language(slack: Sandbox) -> None:
    """The whole channel reads it."""
    message = await slack.say(CHINESE, LIN, "", files=[file("日志.log")])
    assert "6000106 · Token 已过期" in shown(await the_answer(slack, message, CHINESE))


# Messages that get no triage


async def test_files_without_a_code_get_no_answer(slack: Sandbox) -> None:
    """People share all kinds of files. Images and documents are not even downloaded."""
    logs = [Upload("app.log", PLAIN.encode()), Upload("core", b"\0\1\2 6000106"), Upload("empty.log", b"")]
    others = [Upload("photo.png", b"\x89PNG 6000106"), Upload("slides.pdf", b"%PDF 6000106")]
    for upload in others:
        assert await is_silent(slack, await slack.say(ENGLISH, ANN, "have a look", files=[upload]))
    assert slack.calls("files.info") == []
    for upload in logs:
        assert await is_silent(slack, await slack.say(ENGLISH, ANN, "have a look", files=[upload]))


async def test_a_long_message_without_a_code_gets_no_answer(slack: Sandbox) -> None:
    """People write long messages too."""
    assert await is_silent(slack, await slack.say(ENGLISH, ANN, f"```\n{PLAIN}```"))


async def test_a_quoted_log_gets_no_answer(slack: Sandbox) -> None:
    """The original was answered in its place."""
    quoted = "\n".join(f"> {line}" for line in LOG.splitlines())
    assert await is_silent(slack, await slack.say(ENGLISH, ANN, f"{quoted}\nis this fixed?"))


async def test_nothing_is_downloaded_in_a_quiet_channel(slack: Sandbox) -> None:
    """The mode `off` applies to logs too."""
    await slack.command(ENGLISH, ANN, "auto off")
    assert await is_silent(slack, await slack.say(ENGLISH, ANN, "", files=[file()]))
    assert slack.calls("files.info") == []


async def test_in_react_mode_a_log_gets_the_reaction(slack: Sandbox) -> None:
    """A click on it explains the codes."""
    await slack.command(ENGLISH, ANN, "auto react")
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    await slack.until(lambda: bot_reactions(message) == ["mag"])
    await settled(slack, ENGLISH, BEN)
    assert answers(slack, message, ENGLISH) == []
    await slack.react(ENGLISH, message["ts"], LIN, "mag")
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "6000106" in shown(private)


async def test_a_code_of_a_triage_only_gets_the_reaction(slack: Sandbox) -> None:
    """The triage has explained it, in its thread and in the channel."""
    first = await slack.say(ENGLISH, ANN, "", files=[file()])
    await the_answer(slack, first, ENGLISH)
    second = await slack.say(ENGLISH, LIN, "I see errorCode=6000106, too")
    await slack.until(lambda: bot_reactions(second) == ["mag"])
    in_thread = await slack.say(ENGLISH, BEN, "6000106 again", thread_ts=first["ts"])
    await slack.until(lambda: bot_reactions(in_thread) == ["mag"])
    assert "table" in block_types(await the_answer(slack, first, ENGLISH))
    assert answers(slack, second, ENGLISH) == []


# Files that can't be read


async def test_a_log_that_is_too_large_gets_one_line(transport: Transport, tmp_path: Path) -> None:
    """It is not even downloaded."""
    async with bot_with(transport, tmp_path, zimerr_max_file_mb=1) as slack:
        message = await slack.say(ENGLISH, ANN, "", files=[file("large.log", LOG * 1000)])
        answer = await the_answer(slack, message, ENGLISH)
        assert "large.log was not read: it exceeds the size limit" in shown(answer)


async def test_a_missing_scope_is_named_in_one_line(transport: Transport, tmp_path: Path) -> None:
    """The notice tells an admin the remedy."""
    plan = manifest(transport)
    plan["oauth_config"]["scopes"]["bot"].remove("files:read")
    async with bot_with(transport, tmp_path, plan=plan) as slack:
        message = await slack.say(ENGLISH, ANN, "", files=[file()])
        assert "the app lacks the files:read scope" in shown(await the_answer(slack, message, ENGLISH))
        assert await is_silent(slack, await slack.say(ENGLISH, ANN, "", files=[file("noname")]))


@pytest.mark.parametrize("expired", [True, False])
async def test_a_deleted_or_expired_log_gets_one_line(slack: Sandbox, expired: bool) -> None:
    """It was deleted or expired before the bot could read it."""
    release = slack.faults.hold("files.info")
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    await slack.until(lambda: slack.calls("files.info"))
    slack.files.remove(message["files"][0]["id"], expired=expired)
    release.set()
    answer = await the_answer(slack, message, ENGLISH)
    assert "zim.log was not read: it was deleted or has expired" in shown(answer)


async def test_a_binary_file_named_like_a_log_gets_one_line(slack: Sandbox) -> None:
    """Otherwise its author would believe that it was read."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("trace.log", b"\0\1\2" * 99)])
    assert "trace.log was not read: it is not text" in shown(await the_answer(slack, message, ENGLISH))


async def test_a_line_about_a_file_is_deleted_with_its_message(slack: Sandbox) -> None:
    """It is an answer like any other."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("trace.log", b"\0\1\2" * 99)])
    await the_answer(slack, message, ENGLISH)
    await slack.delete(ENGLISH, message["ts"])
    await slack.until(lambda: not [each for each in said_by_bot(slack, ENGLISH) if "trace.log" in shown(each)])


# Edits


async def test_a_triage_follows_its_message(slack: Sandbox) -> None:
    """It is updated when the codes change, and deleted with the message."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    first = await the_answer(slack, message, ENGLISH)
    await slack.edit(ENGLISH, message["ts"], FENCED.replace("6000121", "6000354"))
    await slack.until(lambda: "6000354" in shown(answers(slack, message, ENGLISH)[0]))
    assert "table" in block_types(answers(slack, message, ENGLISH)[0])
    await slack.edit(ENGLISH, message["ts"], "it was 6000107 only")
    await slack.until(lambda: "6000107 · " in shown(answers(slack, message, ENGLISH)[0]))
    assert answers(slack, message, ENGLISH)[0]["ts"] == first["ts"]
    await slack.delete(ENGLISH, message["ts"])
    await slack.until(lambda: answers(slack, message, ENGLISH) == [])


async def test_a_triage_is_deleted_with_its_file(slack: Sandbox) -> None:
    """Without the log, nothing is left to triage."""
    message = await slack.say(ENGLISH, ANN, "see", files=[file()])
    await the_answer(slack, message, ENGLISH)
    await slack.delete_file(ENGLISH, message["ts"], message["files"][0]["id"])
    await slack.until(lambda: answers(slack, message, ENGLISH) == [])


# Hourglass and retries


@pytest.mark.parametrize(("content", "answered"), [(LOG, True), (PLAIN, False)], ids=["codes", "no-codes"])
async def test_an_hourglass_shows_that_a_log_is_being_read(slack: Sandbox, content: str, answered: bool) -> None:
    """It is added before the download and removed at the end, with or without an answer."""
    release = slack.faults.hold("files-pri")
    message = await slack.say(ENGLISH, ANN, "", files=[file(content=content)])
    await slack.until(lambda: bot_reactions(message) == ["hourglass_flowing_sand"])
    assert answers(slack, message, ENGLISH) == []
    release.set()
    await slack.until(lambda: bot_reactions(message) == [])
    await settled(slack, ENGLISH, BEN)
    assert len(answers(slack, message, ENGLISH)) == answered
    assert bot_reactions(message) == []


async def test_the_hourglass_is_removed_if_the_answer_fails(slack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reaction that stays would promise an answer forever."""

    def refuse(context: MethodContext, args: Arguments) -> dict[str, Any]:
        raise SlackError("restricted_action")

    with monkeypatch.context() as patch:
        patch.setitem(METHODS, "chat.postMessage", replace(METHODS["chat.postMessage"], run=refuse))
        message = await slack.say(ENGLISH, ANN, FENCED)
        await slack.until(lambda: slack.calls("reactions.remove"))
        await slack.until(lambda: slack.ephemerals(ANN))
    await settled(slack, ENGLISH, BEN)
    assert len(slack.calls("reactions.add")) == 1
    assert bot_reactions(message) == []


async def test_a_refused_reaction_does_not_prevent_the_answer(slack: Sandbox) -> None:
    """The answer matters; the hourglass is extra."""
    slack.faults.server_error("reactions.add")
    message = await slack.say(ENGLISH, ANN, FENCED)
    assert "Likely cause" in shown(await the_answer(slack, message, ENGLISH))
    assert len([call for call in slack.calls("chat.postMessage") if call.arguments["thread_ts"] == message["ts"]]) == 1


@pytest.mark.parametrize("method", ["files.info", "files-pri"])
async def test_transient_errors_of_slack_only_delay_the_answer(slack: Sandbox, method: str) -> None:
    """Downloads are retried, like posts."""
    slack.faults.server_error(method)
    slack.faults.rate_limited("chat.postMessage", retry_after_s=0)
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    assert "Likely cause" in shown(await the_answer(slack, message, ENGLISH))


async def test_an_answer_whose_response_was_lost_is_not_repeated(slack: Sandbox) -> None:
    """Slack has posted it; only the response was lost."""
    slack.faults.lost("chat.postMessage")
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    await the_answer(slack, message, ENGLISH)
    posts = [call for call in slack.calls("chat.postMessage") if call.arguments["thread_ts"] == message["ts"]]
    assert len(posts) == 1


async def test_a_request_is_retried_after_a_transient_error(slack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transient error in reading the message is retried, not answered."""
    read = METHODS["conversations.replies"]
    refused: list[Arguments] = []

    def refuse_once(context: MethodContext, args: Arguments) -> dict[str, Any]:
        if not refused:
            refused.append(args)
            raise SlackError("internal_error")
        return read.run(context, args)

    monkeypatch.setitem(METHODS, "conversations.replies", replace(read, run=refuse_once))
    message = await slack.say(ENGLISH, ANN, f"<@{BOT_USER}> triage", files=[file()])
    assert "Likely cause" in shown(await the_answer(slack, message, ENGLISH))
    assert refused


async def test_a_refused_warning_does_not_prevent_the_answer(slack: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The author has left the channel or is another bot."""

    def refuse(context: MethodContext, args: Arguments) -> dict[str, Any]:
        raise SlackError("user_not_in_channel")

    monkeypatch.setitem(METHODS, "chat.postEphemeral", replace(METHODS["chat.postEphemeral"], run=refuse))
    message = await slack.say(ENGLISH, ANN, "", files=[file("zim.log", f"{LOG}login token={TOKEN}\n")])
    assert "Likely cause" in shown(await the_answer(slack, message, ENGLISH))


# Buttons


async def test_the_language_button_reads_the_log_again(slack: Sandbox) -> None:
    """The log is read again, because nothing of it was stored."""
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    answer = await the_answer(slack, message, ENGLISH)
    await choose(slack, answer, "triage_language", LIN)
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "6000106 · Token 已过期" in shown(private)
    assert private["thread_ts"] == message["ts"]
    actions = [element["action_id"] for element in private["blocks"][-1]["elements"]]
    assert actions == ["share_to_channel", "triage_language"]


async def test_the_buttons_report_that_the_log_is_gone(slack: Sandbox) -> None:
    """Only the person who clicked sees it."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = dict(await the_answer(slack, message, ENGLISH))
    del slack.workspace.channel(ENGLISH).messages[message["ts"]]
    await choose(slack, answer, "triage_language", LIN)
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "已不存在" in shown(private)


@pytest.mark.both_transports
async def test_the_full_report_is_attached_once(slack: Sandbox) -> None:
    """Two people may click at the same time."""
    message = await slack.say(ENGLISH, ANN, "", files=[file()])
    answer = await the_answer(slack, message, ENGLISH)
    await slack.click(answer, "triage_report", ANN)
    await slack.click(answer, "triage_report", LIN)
    (report,) = await slack.until(lambda: uploads(slack, message, ENGLISH))
    assert report["name"] == f"zimerr-{answer['ts']}.txt"
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "完整报告已经发过了" in shown(private)
    assert len(uploads(slack, message, ENGLISH)) == 1
    assert len(answers(slack, message, ENGLISH)) == 1


async def test_a_shortened_triage_comes_with_its_report(slack: Sandbox) -> None:
    """The log has more codes than a message can show."""
    lines = [f"03-02 03:14:07.{number:03} E/ZIM: failed, errorCode={code}" for number, code in enumerate(_MANY)]
    message = await slack.say(ENGLISH, ANN, "", files=[file("all.log", "\n".join(lines))])
    answer = await the_answer(slack, message, ENGLISH)
    assert_sendable(answer)
    (report,) = uploads(slack, message, ENGLISH)
    assert report["name"].startswith("zimerr-")


# Not in ascending order, which would make them running numbers.
_MANY = [base + rest for rest in range(60) for base in (6000001, 6000101, 6000201, 6000301, 6000501, 6000601)]


@pytest.mark.both_transports
async def test_who_is_on_it_is_shown_first_and_on_the_log(slack: Sandbox) -> None:
    """Two people should not work on the same problem unknowingly, and nobody opens a thread to find out."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    assert first_line(answer).startswith(f":eyes: <@{LIN}> is on it (since ")
    assert answer["text"].startswith(f":eyes: <@{LIN}> is on it (since ")
    await dismiss(slack, answer, "triage_take", BEN)
    await slack.until(lambda: first_line(answer).startswith(f":eyes: <@{BEN}> is on it"))
    assert f"<@{LIN}>" not in shown(answer)
    await slack.click(answer, "triage_release", BEN)
    await slack.until(lambda: bot_reactions(message) == [])
    assert first_line(answer).startswith(f"Nobody is working on this: <@{BEN}> released it")
    await slack.click(answer, "triage_take", ANN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    assert first_line(answer).startswith(f":eyes: <@{ANN}> is on it")


async def test_a_second_press_releases_nothing(slack: Sandbox) -> None:
    """People press twice if Slack is slow, and do not mean *Release*."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = dict(await the_answer(slack, message, ENGLISH))
    shown_now = slack.workspace.message(ENGLISH, answer["ts"])
    for _ in range(2):
        await press_stale(slack, ENGLISH, answer, "triage_take", LIN)
    await settled(slack, ENGLISH, ANN)
    assert first_line(shown_now).startswith(f":eyes: <@{LIN}> is on it")
    assert bot_reactions(message) == ["eyes"]


@pytest.mark.parametrize("reason", ["missing_scope", "too_many_reactions", "message_not_found", "ratelimited"])
async def test_a_refused_reaction_does_not_hide_who_is_on_it(slack: Sandbox, reason: str) -> None:
    """The reaction is a courtesy; the triage is where people read it."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    for method in ("reactions.add", "reactions.remove"):
        slack.faults.refused(method, reason)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: first_line(answer).startswith(f":eyes: <@{LIN}> is on it"))
    await slack.click(answer, "triage_release", LIN)
    await slack.until(lambda: "released it" in first_line(answer))
    await slack.until(lambda: slack.calls("reactions.remove"))
    assert slack.ephemerals(LIN) == []


async def test_an_edited_log_keeps_who_is_on_it(slack: Sandbox) -> None:
    """The triage is written anew; the person is still on it."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.edit(ENGLISH, message["ts"], FENCED.replace("6000121", "6000354"))
    await slack.until(lambda: "6000354" in shown(answer))
    assert first_line(answer).startswith(f":eyes: <@{LIN}> is on it")
    assert answer["blocks"][-1]["elements"][1]["action_id"] == "triage_release"


async def test_a_log_that_is_none_any_more_loses_the_reaction_with_its_triage(slack: Sandbox) -> None:
    """Nothing is left that a person could be on."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await slack.edit(ENGLISH, message["ts"], "solved")
    await slack.until(lambda: slack.replies(ENGLISH, message["ts"]) == [])
    await slack.until(lambda: bot_reactions(message) == [])


async def test_a_wrong_triage_is_removed_and_why_explains_it(slack: Sandbox) -> None:
    """A dialog asks first, because that deletes an answer that others may be reading."""
    message = await slack.say(ENGLISH, ANN, FENCED)
    answer = await the_answer(slack, message, ENGLISH)
    await slack.click(answer, "triage_take", LIN)
    await slack.until(lambda: bot_reactions(message) == ["eyes"])
    await choose(slack, answer, "triage_wrong", ANN)
    dialog = await dialog_of(slack, ANN)
    assert dialog["title"]["text"] == "Is this triage wrong?"
    assert "Likely cause" in shown(answer)
    await slack.submit(dialog, ANN, {})
    await slack.until(lambda: "<@U0ANN> marked my triage as wrong" in shown(answers(slack, message, ENGLISH)[0]))
    await slack.until(lambda: bot_reactions(message) == [])
    link = f"https://zimerr-demo.slack.com/archives/{ENGLISH}/p{message['ts'].replace('.', '')}"
    await slack.command(ENGLISH, ANN, f"why {link}")
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Someone marked my triage of this message as wrong" in shown(private)


async def test_a_dialog_that_slack_does_not_open_is_explained(slack: Sandbox) -> None:
    """The trigger is valid for three seconds; the person would wait for a dialog that never comes."""
    answer = await the_answer(slack, await slack.say(ENGLISH, ANN, FENCED), ENGLISH)
    slack.faults.refused("views.open", "expired_trigger_id")
    await choose(slack, answer, "triage_wrong", ANN)
    (told,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Slack did not show the dialog" in shown(told)
    assert "Likely cause" in shown(answer)


# Requests


@pytest.mark.parametrize("words", ["@zimerr triage", "@zimerr 分诊", "@zimerr 排查", "@zimerr triage this, please"])
async def test_a_mention_triages_its_whole_thread(slack: Sandbox, words: str) -> None:
    """It reads all messages and files in the thread, except the bot's own."""
    root = await slack.say(ENGLISH, ANN, "login is broken")
    await slack.say(ENGLISH, LIN, "", root["ts"], files=[file("one.log", PLAIN + "errorCode=6000354\n")])
    await slack.say(ENGLISH, BEN, "we see 6000281 too", thread_ts=root["ts"])
    await slack.until(lambda: len(answers(slack, root, ENGLISH)) == 2)
    await slack.say(ENGLISH, ANN, words, thread_ts=root["ts"])
    await slack.until(lambda: len(answers(slack, root, ENGLISH)) == 3)
    answer = answers(slack, root, ENGLISH)[-1]
    assert "6000354" in shown(answer)
    assert "6000281" in shown(answer)
    await choose(slack, answer, "triage_language", LIN)
    (private,) = await slack.until(lambda: slack.ephemerals(LIN))
    assert "6000354" in shown(private)


async def test_a_mention_with_a_log_is_always_triaged(slack: Sandbox) -> None:
    """Someone asked, so the bot also says that it found nothing."""
    message = await slack.say(ENGLISH, ANN, "@zimerr what is this?", files=[file()])
    assert "Likely cause: 6000106" in shown(await the_answer(slack, message, ENGLISH))
    plain = await slack.say(ENGLISH, ANN, "@zimerr and this?", files=[file("b.log", PLAIN)])
    assert "No ZIM error code found" in shown(await the_answer(slack, plain, ENGLISH))


async def test_a_request_without_a_log_explains_how_to_ask(slack: Sandbox) -> None:
    """The explanation is an ephemeral message."""
    await slack.say(ENGLISH, ANN, "@zimerr triage")
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Say `@zimerr triage` in the log's thread" in shown(private)


async def test_the_shortcut_triages_the_thread(slack: Sandbox) -> None:
    """Some people never type a command."""
    root = await slack.say(ENGLISH, ANN, "the log, as asked")
    reply = await slack.say(ENGLISH, LIN, "", root["ts"], files=[file()])
    await settled(slack, ENGLISH, BEN)
    count = len(answers(slack, root, ENGLISH))
    await slack.shortcut("triage_thread", BEN, reply)
    await slack.until(lambda: len(answers(slack, root, ENGLISH)) > count)
    assert "Likely cause: 6000106" in shown(answers(slack, root, ENGLISH)[-1])


async def test_the_shortcut_asks_for_an_invitation(slack: Sandbox) -> None:
    """Slack offers the shortcut in every channel."""
    await slack.shortcut("triage_thread", ANN, await slack.say(FOREIGN, ANN, FENCED))
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Invite me" in shown(private)


async def open_modal(slack: Sandbox, channel: str, text: str) -> dict[str, Any]:
    """Open the triage modal with `/zimerr` *text*, and return its view."""
    await slack.command(channel, ANN, text)
    view = await slack.until(lambda: slack.modal(ANN))
    assert view is not None
    return view


@pytest.mark.both_transports
@pytest.mark.parametrize("channel", [ENGLISH, FOREIGN])
async def test_the_modal_answers_the_chosen_audience(slack: Sandbox, channel: str) -> None:
    """The modal also works in channels without the bot."""
    view = await open_modal(slack, channel, "triage")
    assert "Up to 3,000 characters" in json.dumps(view)
    await slack.submit(view, ANN, {"pasted": LOG[:2900]})
    (private,) = await slack.until(lambda: slack.ephemerals(ANN, channel))
    assert "Likely cause: 6000106" in shown(private)
    assert said_by_bot(slack, channel) == []
    view = await open_modal(slack, channel, "日志")
    await slack.submit(view, ANN, {"pasted": LOG[:2900], "audience": "everybody"})
    (public,) = await slack.until(lambda: said_by_bot(slack, channel))
    assert "Likely cause: 6000106" in shown(public)


async def test_text_after_the_command_is_in_the_modal(slack: Sandbox) -> None:
    """Nobody has to paste twice; a text that is too long is cut."""
    view = await open_modal(slack, ENGLISH, f"triage {LOG}{LOG}")
    assert view["blocks"][0]["element"]["initial_value"] == (LOG + LOG)[:3000]


@pytest.mark.both_transports
@pytest.mark.parametrize("pasted", ["hello", PLAIN, "   ", "order 6000106 shipped"])
async def test_a_paste_without_a_code_is_refused_in_the_modal(slack: Sandbox, pasted: str) -> None:
    """The modal stays open with the text, so that nothing has to be pasted again."""
    view = await open_modal(slack, ENGLISH, "triage")
    errors = await slack.submit(view, ANN, {"pasted": pasted, "audience": "everybody"})
    assert list(errors) == ["pasted"]
    assert errors["pasted"].startswith("There is no ZIM error code in this text.")
    assert slack.modal(ANN) == view
    assert await slack.submit(view, ANN, {"pasted": LOG[:2900]}) == {}
    assert slack.modal(ANN) is None
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Likely cause: 6000106" in shown(private)
    assert said_by_bot(slack, ENGLISH) == []


async def test_the_modal_speaks_the_language_of_its_person(slack: Sandbox) -> None:
    """Its error, too; in Traditional Chinese for some."""
    for person, error in ((LIN, "这段文本中没有 ZIM 错误码"), (MEI, "這段文本中沒有 ZIM 錯誤碼")):
        await slack.command(ENGLISH, person, "triage")
        errors = await slack.submit(await dialog_of(slack, person), person, {"pasted": "hello"})
        assert errors["pasted"].startswith(error)


@pytest.mark.parametrize(("pasted", "said"), [("hello", "I don't see a ZIM error code here"), (LOG[:2900], "Likely")])
async def test_a_paste_behind_other_logs_is_answered_later(
    slack: Sandbox, monkeypatch: pytest.MonkeyPatch, pasted: str, said: str
) -> None:
    """Slack waits three seconds for the modal, and reading two large logs takes longer."""
    monkeypatch.setattr("bot.slack.views._ACK_TIMEOUT_S", 0.0)
    view = await open_modal(slack, ENGLISH, "triage")
    assert await slack.submit(view, ANN, {"pasted": pasted}) == {}
    (private,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert said in shown(private)


async def test_a_secret_in_a_paste_is_not_called_public(slack: Sandbox) -> None:
    """The text went to the bot only, and the triage hides the secret."""
    view = await open_modal(slack, ENGLISH, "triage")
    await slack.submit(view, ANN, {"pasted": f"6000106 token={TOKEN}", "audience": "everybody"})
    (warning,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert "Nobody else sees them here" in shown(warning)
    assert "everyone here can read it" not in shown(warning)


# Secrets


async def test_only_the_author_of_a_live_secret_is_warned(slack: Sandbox) -> None:
    """There is one warning. It names the kind and the line, never the value."""
    log = LOG + f"03-02 03:15:00.000 12483 12519 I/ZIM: login token={TOKEN}\n"
    message = await slack.say(ENGLISH, ANN, "", files=[file("zim.log", log)])
    answer = await the_answer(slack, message, ENGLISH)
    (warning,) = slack.ephemerals(ANN)
    assert "ZEGO Token: zim.log, line 31" in shown(warning)
    assert "Revoke or replace them" in shown(warning)
    assert slack.ephemerals(LIN) == []
    assert all(TOKEN not in json.dumps(each) for each in (answer, warning))


async def test_a_secret_on_many_lines_is_one_line_of_the_warning(slack: Sandbox) -> None:
    """One token is one thing to revoke, however often an app logs it."""
    lines = f"03-02 03:15:00.000 12483 12519 I/ZIM: login token={TOKEN} password=Zim#2026 a@example.com\n" * 60
    await slack.say(ENGLISH, ANN, "", files=[file("zim.log", LOG + lines)])
    await slack.until(lambda: slack.ephemerals(ANN))
    (warning,) = slack.ephemerals(ANN)
    assert "1 ZEGO Token, on 60 lines; first: zim.log, line 31" in shown(warning)
    assert "1 password, on 60 lines; first: zim.log, line 31" in shown(warning)
    assert shown(warning).count("•") == 2


async def test_a_secret_beside_a_single_code_causes_a_warning_too(slack: Sandbox) -> None:
    """One line is enough to leak a token."""
    message = await slack.say(ENGLISH, ANN, f"login fails with 6000106\ntoken={TOKEN}")
    assert "6000106 · " in shown(await the_answer(slack, message, ENGLISH))
    (warning,) = slack.ephemerals(ANN)
    assert "ZEGO Token: pasted text, line 2" in shown(warning)
    plain = await slack.say(ENGLISH, LIN, f"hello, token={TOKEN}")
    assert await is_silent(slack, plain)
    assert slack.ephemerals(LIN) == []


async def test_a_restart_in_the_middle_leaves_one_answer(
    workspace: Sandbox, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot stops while it reads. The next process reads the log again and removes the hourglass."""
    monkeypatch.setattr("bot.app._GRACE_S", 0.1)
    workspace.faults.hold("files-pri")
    async with start():
        message = await workspace.say(ENGLISH, ANN, "", files=[file()])
        await workspace.until(lambda: bot_reactions(message) == ["hourglass_flowing_sand"])
    async with start():
        answer = await the_answer(workspace, message, ENGLISH)
        assert "Likely cause" in shown(answer)
        assert bot_reactions(message) == []
