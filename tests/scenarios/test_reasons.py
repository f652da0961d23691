"""Test that a person who asked gets Slack's reason for a refusal, for every reason and way of asking."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.inbox.limits import PostRate
from bot.policy.troubles import Barrier
from bot.sandbox.http_server import Sandbox
from tests.scenarios.conftest import ANN, BEN, ENGLISH, FOREIGN, LIN, Clock, bot_with
from tests.scenarios.logs import LOG, file, the_answer
from tests.scenarios.reading import BOT_USER, bot_reactions, settled, shown

# Permanent errors of chat.postMessage: https://docs.slack.dev/reference/methods/chat.postMessage
REASONS = (
    *("access_denied", "as_user_not_supported", "attachment_payload_limit_exceeded", "cannot_reply_to_message"),
    *("channel_not_found", "deprecated_endpoint", "duplicate_channel_not_found", "duplicate_message_not_found"),
    *("enterprise_is_restricted", "invalid_arg_name", "invalid_arguments", "invalid_attachments", "invalid_charset"),
    *("invalid_metadata_format", "is_archived", "markdown_text_conflict", "messages_tab_disabled"),
    *("metadata_too_large", "method_deprecated", "missing_scope", "msg_too_long", "no_permission", "no_text"),
    *("not_allowed_token_type", "not_in_channel", "restricted_action", "restricted_action_non_threadable_channel"),
    *("restricted_action_read_only_channel", "restricted_action_thread_locked"),
    *("restricted_action_thread_only_channel", "team_not_found", "too_many_attachments"),
    *("two_factor_setup_required", "user_is_restricted"),
)
CODES = (6000103, 6000104, 6000106, 6000121)


def is_explained(reason: str, text: str) -> bool:
    """Return whether *text* has a reason: with advice for a barrier, else Slack's error code with an id."""
    if any(reason == barrier or reason.startswith(f"{barrier}_") for barrier in Barrier):
        return "I can't answer you in <#" in text
    return f"Slack refused my answer: `{reason}`." in text and "give this ID to the bot's operator: `" in text


async def mention(slack: Sandbox, triage: dict[str, Any]) -> None:
    """Mention the bot."""
    await slack.say(ENGLISH, ANN, "@zimerr 6000106")


async def direct_message(slack: Sandbox, triage: dict[str, Any]) -> None:
    """Send the bot a direct message."""
    await slack.say(slack.workspace.im(ANN, BOT_USER).id, ANN, "6000106")


async def use_shortcut(slack: Sandbox, triage: dict[str, Any]) -> None:
    """Use the message shortcut on a log."""
    (log,) = [each for each in slack.messages(ENGLISH) if each["ts"] == triage["thread_ts"]]
    await slack.shortcut("triage_thread", ANN, log)


async def press_escalate(slack: Sandbox, triage: dict[str, Any]) -> None:
    """Press the button that calls somebody."""
    await slack.click(triage, "triage_escalate", ANN)


WAYS = (mention, direct_message, use_shortcut, press_escalate)


@pytest.mark.parametrize("ask", WAYS, ids=lambda way: way.__name__)
async def test_each_reason_reaches_the_person_who_asked(tmp_path: Path, clock: Clock, ask: Any) -> None:
    """34 reasons, four ways to ask: no silence, however often the same person asks."""
    async with bot_with("http", tmp_path, clock=clock, zimerr_escalate="S0ONCALL") as slack:
        triage = await the_answer(slack, await slack.say(ENGLISH, LIN, f"```\n{LOG}```"), ENGLISH)
        unexplained = []
        for number, reason in enumerate(REASONS, 1):
            slack.faults.refused("chat.postMessage", reason)
            await ask(slack, triage)
            await slack.until(lambda: len(slack.ephemerals(ANN)) >= number)  # noqa: B023
            told = slack.ephemerals(ANN)
            if not is_explained(reason, shown(told[-1])) or len(told) != number:
                unexplained.append(reason)
            slack.faults.clear()
            clock.ahead_s += 2.0  # the rate of posts in a channel allows the next one
        assert unexplained == []
    assert len(REASONS) == 34


async def test_authors_who_did_not_ask_are_told_what_people_can_change(slack: Sandbox, clock: Clock) -> None:
    """Once a day for each barrier; the other reasons are in the log only."""
    told = []
    for number, reason in enumerate(REASONS):
        slack.faults.refused("chat.postMessage", reason)
        posts = len(slack.calls("chat.postMessage"))
        notices = len(slack.ephemerals(ANN))
        await slack.say(ENGLISH, ANN, f"login: {CODES[number % len(CODES)]}")
        await slack.until(lambda: len(slack.calls("chat.postMessage")) > posts)  # noqa: B023
        slack.faults.clear()
        await settled(slack, ENGLISH, BEN)
        clock.ahead_s += 4.0  # the rate of posts in a channel allows the next two
        told += [reason] if len(slack.ephemerals(ANN)) > notices else []
    assert told == ["channel_not_found", "is_archived", "not_in_channel", "restricted_action"]
    assert slack.ephemerals(BEN) == []


@pytest.mark.parametrize(
    ("method", "reason", "words"),
    [
        ("files.getUploadURLExternal", "file_uploads_disabled", "File uploads are turned off"),
        ("files.completeUploadExternal", "file_sharing_disabled", "File uploads are turned off"),
        ("files.getUploadURLExternal", "unknown_method", "does not offer that function"),
        ("files.completeUploadExternal", "posting_to_general_channel_denied", "Slack refused my answer"),
    ],
)
async def test_the_reason_for_a_missing_report_reaches_the_person_who_asked(
    slack: Sandbox, method: str, reason: str, words: str
) -> None:
    """Many companies do not allow uploads."""
    triage = await the_answer(slack, await slack.say(ENGLISH, LIN, f"```\n{LOG}```"), ENGLISH)
    slack.faults.refused(method, reason)
    for presses in (1, 2):
        await slack.click(triage, "triage_report", ANN)
        await slack.until(lambda: len(slack.ephemerals(ANN)) == presses)  # noqa: B023
        told = shown(slack.ephemerals(ANN)[-1])
        assert words in told
        assert f"`{reason}`" in told


@pytest.mark.parametrize("way", [mention, direct_message], ids=lambda way: way.__name__)
async def test_the_person_who_asked_gets_the_reason_after_the_last_attempt(tmp_path: Path, way: Any) -> None:
    """Slack was broken for an hour. Once it can be told, the person learns that no answer will come."""
    async with bot_with("http", tmp_path, zimerr_retry_pause_s=1e-5) as slack:
        slack.faults.server_error("conversations.replies", times=None)
        await way(slack, {})
        (told,) = await slack.until(lambda: slack.ephemerals(ANN))
        assert "I tried to answer you 20 times, but Slack did not accept it: `status 503`." in shown(told)
        assert "give this ID to the bot's operator: `" in shown(told)


async def test_a_log_that_got_no_triage_causes_no_notice(tmp_path: Path) -> None:
    """Its author asked for nothing. The bot's log and `zimerr inbox` have the details."""
    async with bot_with("http", tmp_path, zimerr_retry_pause_s=1e-5) as slack:
        slack.faults.server_error("files.info", times=None)
        message = await slack.say(ENGLISH, ANN, "login", files=[file()])
        await slack.until(lambda: len(slack.calls("files.info")) == 20)
        await settled(slack, ENGLISH, BEN)
        assert slack.ephemerals(ANN) == []
        assert slack.replies(ENGLISH, message["ts"]) == []
        assert bot_reactions(message) == []


@pytest.mark.parametrize("way", [mention, direct_message], ids=lambda way: way.__name__)
async def test_a_refused_notice_takes_the_next_way(slack: Sandbox, way: Any) -> None:
    """First an ephemeral message, then a direct one, at last a reaction."""
    slack.faults.refused("chat.postMessage", "no_permission")
    slack.faults.refused("chat.postEphemeral", "user_not_in_channel")
    channel = ENGLISH if way is mention else slack.workspace.im(ANN, BOT_USER).id
    await way(slack, {})
    await slack.until(lambda: [each for each in slack.messages(channel) if bot_reactions(each) == ["warning"]])


@pytest.mark.parametrize("reason", ["cant_update_message", "no_permission", "is_archived"])
async def test_a_button_that_can_not_change_its_message_says_so(slack: Sandbox, reason: str) -> None:
    """The person would press again and again."""
    triage = await the_answer(slack, await slack.say(ENGLISH, LIN, f"```\n{LOG}```"), ENGLISH)
    slack.faults.refused("chat.update", reason)
    await slack.click(triage, "triage_take", ANN)
    (told,) = await slack.until(lambda: slack.ephemerals(ANN))
    assert f"Slack refused my answer: `{reason}`." in shown(told)


@pytest.mark.parametrize("channel", [ENGLISH, FOREIGN])
async def test_a_pasted_log_is_answered_after_its_response_url_has_expired(slack: Sandbox, channel: str) -> None:
    """Somebody left the dialog open for half an hour. Only where the bot is no member, the triage can't be public."""
    await slack.command(channel, ANN, "triage")
    view = await slack.until(lambda: slack.modal(ANN))
    assert view is not None
    slack.faults.refused("response_url", "expired_url")
    await slack.submit(view, ANN, {"pasted": LOG[:2900], "audience": "everybody"})
    shown_in = channel if channel == ENGLISH else slack.workspace.im(ANN, BOT_USER).id
    await slack.until(lambda: any("Likely cause: 6000106" in shown(each) for each in slack.messages(shown_in)))


@pytest.mark.parametrize("ask", WAYS, ids=lambda way: way.__name__)
async def test_a_permanent_internal_error_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Any
) -> None:
    """Even text alone is refused in each attempt. After the last one, the person learns what Slack said."""
    monkeypatch.setattr("bot.slack.services.PostRate", partial(PostRate, per_s=1e6))  # else each form waits a second
    async with bot_with("http", tmp_path, zimerr_escalate="S0ONCALL", zimerr_retry_pause_s=1e-5) as slack:
        triage = await the_answer(slack, await slack.say(ENGLISH, LIN, f"```\n{LOG}```"), ENGLISH)
        slack.faults.refused("chat.postMessage", "internal_error")
        await ask(slack, triage)
        (told,) = await slack.until(lambda: slack.ephemerals(ANN))
        assert "I tried to answer you 20 times, but Slack did not accept it: `internal_error`." in shown(told)
        assert "give this ID to the bot's operator: `" in shown(told)
        slack.faults.clear()
        await settled(slack, ENGLISH, BEN)
        assert len(slack.ephemerals(ANN)) == 1
