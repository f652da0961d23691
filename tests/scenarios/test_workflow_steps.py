"""Test the steps of Workflow Builder: *Explain codes* and *Triage a log* run in the whole bot."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bot import resources
from bot.render.step_outputs import MAX_OUTPUT
from bot.sandbox.function_store import FunctionExecution
from bot.sandbox.http_server import Sandbox
from bot.sandbox.model import ActionRefused
from bot.sandbox.team import Team
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, FOREIGN, Start, Transport, bot_with, manifest
from tests.scenarios.logs import LOG, TOKEN, file
from tests.scenarios.reading import BOT_USER, DATABASES, until_done

EXPLAIN, TRIAGE = "explain_codes", "triage_log"


def with_steps(transport: Transport) -> dict[str, Any]:
    """Return the manifest with the optional steps merged into it, as its comment says."""
    plan, more = manifest(transport), steps()
    plan["settings"]["event_subscriptions"]["bot_events"] += more["settings"].pop("event_subscriptions")["bot_events"]
    plan["settings"] |= more["settings"]
    return plan | {"functions": more["functions"]}


def steps() -> dict[str, Any]:
    """Return the optional part of the manifest."""
    content: dict[str, Any] = yaml.safe_load((resources.DEPLOY / "workflow-steps.yaml").read_text(encoding="utf-8"))
    return content


@contextlib.asynccontextmanager
async def bot_with_steps(transport: Transport, folder: Path, **settings: Any) -> AsyncIterator[Sandbox]:
    """Run the bot of an app with the steps."""
    async with bot_with(transport, folder, plan=with_steps(transport), **settings) as slack:
        yield slack


@pytest.fixture
async def workspace(transport: Transport) -> AsyncIterator[Sandbox]:
    """The workspace with the steps, without a running bot."""
    async with Sandbox(with_steps(transport), transport=transport, retry_delays_s=(0.0, 0.05, 0.05)) as sandbox:
        yield sandbox


async def finished(slack: Team, step: str, **inputs: Any) -> FunctionExecution:
    """Run a step with these inputs, and wait until the bot has completed it."""
    execution = slack.functions.run(step, inputs)
    await slack.until(lambda: not execution.is_running)
    return execution


async def outputs(slack: Team, step: str, **inputs: Any) -> dict[str, Any]:
    """Return the outputs of a step."""
    execution = await finished(slack, step, **inputs)
    assert execution.error is None
    assert execution.outputs is not None
    return execution.outputs


def completions(slack: Sandbox) -> list[str]:
    """Return the calls that completed a step, without those that Slack refused."""
    methods = ("functions.completeSuccess", "functions.completeError")
    return [call.method for method in methods for call in slack.calls(method) if not call.error]


@pytest.mark.both_transports
async def test_codes_are_explained_for_the_next_steps(slack: Sandbox) -> None:
    """A team pages by the severity, and writes the texts into a ticket."""
    found = await outputs(slack, EXPLAIN, codes="login failed: 6000106, then 6000121", platform="iOS", channel=ENGLISH)
    assert found | {"meaning": "", "remedy": "", "summary": ""} == {
        "codes": "6000106, 6000121",
        "title": "Token expired",
        "meaning": "",
        "actor": "developer",
        "remedy": "",
        "severity": "medium",
        "retry": "with-new-token",
        "docs": "https://www.zegocloud.com/docs/zim-ios/sdk-error-codes/zim",
        "summary": "",
    }
    assert found["remedy"].startswith("1. Have your server issue a new Token and pass it to renewToken;")
    assert "6000106 · Token expired\nWho fixes it: App developer\n1. " in found["summary"]
    assert "6000121 · " in found["summary"]
    assert completions(slack) == ["functions.completeSuccess"]


@pytest.mark.both_transports
async def test_a_pasted_log_is_triaged(slack: Sandbox) -> None:
    """Its text is not stored, and no secret is in the outputs."""
    found = await outputs(slack, TRIAGE, log=f"{LOG}token={TOKEN}\n", language="en")
    assert found | {"summary": ""} == {
        "cause": "6000106 · Token expired",
        "cause_code": "6000106",
        "codes": "6000106, 6000121",
        "severity": "medium",
        "actor": "developer",
        "count": 24,
        "users": 0,
        "summary": "",
    }
    first, second, third, *_ = found["summary"].splitlines()
    assert first == "Likely cause: 6000106 · Token expired"
    assert second == "Who fixes it: App developer"
    assert third.startswith("1. Have your server issue a new Token")
    with contextlib.closing(sqlite3.connect(DATABASES[slack])) as connection:
        stored = json.dumps(connection.execute("SELECT * FROM inbox").fetchall())
    for text in (json.dumps(found), stored):
        assert TOKEN[:20] not in text
        assert "API.login" not in text


@pytest.mark.both_transports
async def test_a_linked_message_is_read_with_its_files(slack: Sandbox) -> None:
    """A workflow that starts at a reaction passes the link of the message."""
    message = await slack.say(ENGLISH, ANN, "it fails", files=[file()])
    found = await outputs(slack, TRIAGE, message=link_to(slack, message, ENGLISH))
    assert (found["cause_code"], found["count"]) == ("6000106", 24)
    assert "zim.log" not in found["cause"]


def link_to(slack: Team, message: dict[str, Any], channel: str) -> str:
    """Return the link of a message."""
    return f"https://{slack.workspace.domain}.slack.com/archives/{channel}/p{message['ts'].replace('.', '')}"


async def test_the_language_is_that_of_the_channel_or_the_one_that_is_named(slack: Sandbox) -> None:
    """The fixed words are the same in both."""
    for inputs, title in (
        ({"channel": CHINESE}, "Token 已过期"),
        ({"channel": ENGLISH}, "Token expired"),
        ({"channel": CHINESE, "language": "EN"}, "Token expired"),
        ({"channel": ENGLISH, "language": "zh"}, "Token 已过期"),
        ({"channel": CHINESE, "language": "channel"}, "Token 已过期"),
        ({"language": "klingon"}, "Token expired"),
        ({}, "Token expired"),
    ):
        found = await outputs(slack, EXPLAIN, codes="6000106", **inputs)
        assert (found["title"], found["severity"]) == (title, "medium"), inputs
    assert (await outputs(slack, EXPLAIN, codes="登录失败 6000106"))["title"] == "Token 已过期"
    assert (await outputs(slack, TRIAGE, log=LOG, channel=CHINESE))["summary"].startswith("可能原因：")


@pytest.mark.parametrize(("step", "inputs"), [(EXPLAIN, {"codes": "6000106"}), (TRIAGE, {"log": LOG})])
async def test_readers_of_traditional_chinese_get_it(
    workspace: Sandbox, start: Start, tmp_path: Path, step: str, inputs: dict[str, str]
) -> None:
    """The locale of a channel in Taipei or Hong Kong says so."""
    with contextlib.closing(sqlite3.connect(tmp_path / "bot.db")) as connection, connection:
        connection.execute("UPDATE locales SET locale = 'zh-TW' WHERE id = ?", (CHINESE,))
    async with start():
        found = await outputs(workspace, step, channel=CHINESE, **inputs)
    assert "應用開發者" in found["summary"]


@pytest.mark.parametrize(
    ("step", "inputs", "said"),
    [
        (EXPLAIN, {"codes": "hello"}, "There is no ZIM error code in “codes”. Pass a code such as 6000106"),
        (EXPLAIN, {"codes": "6009999"}, "I don't recognize the ZIM error code 6009999."),
        (EXPLAIN, {"codes": "1002001"}, "1002001 is not a code of the ZIM SDK. It belongs to ZEGO Express"),
        (TRIAGE, {}, "There is no log: pass its text in “log”, or a link to a message in “message”."),
        (TRIAGE, {"log": " \n"}, "There is no log"),
        (TRIAGE, {"message": "here"}, "“message” contains no link to a Slack message."),
        (TRIAGE, {"message": f"https://x.slack.com/archives/{ENGLISH}/p1700000000000100"}, "does not exist or was"),
        (TRIAGE, {"message": "https://x.slack.com/archives/C0NOWHERE/p1700000000000100"}, "its channel is private"),
    ],
)
async def test_a_failure_tells_the_workflow_why(slack: Sandbox, step: str, inputs: dict[str, str], said: str) -> None:
    """Slack shows the sentence to the owner of the workflow."""
    execution = await finished(slack, step, **inputs)
    assert execution.outputs is None
    assert said in (execution.error or "")


async def test_names_and_server_codes_are_explained_too(slack: Sandbox) -> None:
    """The step accepts the same names and numbers as the command."""
    assert (await outputs(slack, EXPLAIN, codes="NetworkModuleTokenExpired"))["codes"] == "6000106"
    found = await outputs(slack, EXPLAIN, codes="103040")
    assert found["codes"] == "6000353"
    assert found["summary"].startswith("103040 is an error code of ZIM's servers.")


async def test_a_log_without_a_cause_is_no_failure(slack: Sandbox) -> None:
    """The workflow can branch on an empty cause."""
    found = await outputs(slack, TRIAGE, log="GET /index.html 200")
    assert found["summary"].startswith("No ZIM error code found")
    assert [found[each] for each in ("cause", "cause_code", "codes", "severity", "actor")] == [""] * 5
    assert (found["count"], found["users"]) == (0, 0)


async def test_a_file_that_cannot_be_read_is_a_failure(slack: Sandbox) -> None:
    """The sentence names the file and the reason."""
    message = await slack.say(ENGLISH, ANN, "", files=[file("zim.log", b"\0" * 100)])
    execution = await finished(slack, TRIAGE, message=link_to(slack, message, ENGLISH))
    assert "zim.log" in (execution.error or "")


async def test_a_channel_without_the_bot_is_named_as_the_reason(slack: Sandbox) -> None:
    """The owner of the workflow can invite it."""
    message = await slack.say(ENGLISH, ANN, LOG)
    slack.workspace.channels[ENGLISH].members.discard(BOT_USER)
    execution = await finished(slack, TRIAGE, message=link_to(slack, message, ENGLISH))
    assert "Slack says: not_in_channel. Invite me to its channel" in (execution.error or "")


async def test_a_private_channel_is_read_for_its_members_only(slack: Sandbox) -> None:
    """A workflow must not reveal messages that its starter may not read."""
    channel = slack.workspace.channels[ENGLISH]
    message = await slack.say(ENGLISH, ANN, LOG)
    link = link_to(slack, message, ENGLISH)
    channel.is_private = True
    outsider = next(user for user in slack.workspace.users if user not in channel.members)
    for inputs in ({}, {"person": {"id": outsider, "secret": "s"}}):
        assert "its channel is private" in ((await finished(slack, TRIAGE, message=link, **inputs)).error or "")
    found = await outputs(slack, TRIAGE, message=link, person={"id": ANN, "secret": "s"})
    assert found["cause_code"] == "6000106"


@pytest.mark.both_transports
async def test_a_step_is_completed_once_over_retries_and_restarts(
    workspace: Sandbox, start: Start, transport: Transport
) -> None:
    """Slack repeats deliveries, and the bot may stop after the acknowledgement or after the completion."""
    async with start():
        workspace.faults.refused("functions.completeSuccess", "fatal_error", times=2)
        execution = await finished(workspace, EXPLAIN, codes="6000106")
        (envelope,) = [each for each in workspace.delivery.sent if each.body["event"]["type"] == "function_executed"]
        assert envelope.attempts == 1
        await workspace.delivery.redeliver(envelope.body["event_id"])
        await workspace.idle()
        assert completions(workspace) == ["functions.completeSuccess"]
        # Slack answers nothing; was it completed or not?
        workspace.faults.lost("functions.completeSuccess", times=1)
        lost = await finished(workspace, TRIAGE, log=LOG)
        await until_done(DATABASES[workspace])
        assert lost.error is None
        # The bot stops before Slack takes the result.
        workspace.faults.server_error("functions.completeSuccess", times=None)
        called = len(workspace.calls("functions.completeSuccess"))
        stuck = workspace.functions.run(EXPLAIN, {"codes": "6000121"})
        await workspace.until(lambda: len(workspace.calls("functions.completeSuccess")) > called)
        await workspace.idle()
    assert execution.outputs
    assert stuck.is_running
    workspace.faults.clear()
    async with start():
        await workspace.until(lambda: not stuck.is_running)
    assert stuck.outputs
    assert stuck.outputs["codes"] == "6000121"


async def test_an_execution_that_slack_has_stopped_is_given_up_silently(slack: Sandbox) -> None:
    """A person may cancel a workflow."""
    slack.faults.refused("functions.completeSuccess", "execution_not_in_running_state", times=1)
    slack.functions.run(EXPLAIN, {"codes": "6000106"})
    await slack.until(lambda: slack.calls("functions.completeSuccess"))
    await until_done(DATABASES[slack])
    assert slack.calls("functions.completeError") == []


async def test_what_slack_refuses_fails_the_step_with_an_id(slack: Sandbox) -> None:
    """The operator finds the reason in the log."""
    slack.faults.refused("functions.completeSuccess", "parameter_validation_failed", times=1)
    execution = await finished(slack, EXPLAIN, codes="6000106")
    assert "give this ID to the bot's operator: " in (execution.error or "")


async def test_no_output_is_longer_than_a_message(slack: Sandbox) -> None:
    """Slack would refuse the message of the next step."""
    codes = ", ".join(str(code) for code in range(6000201, 6000290))
    for found in (
        await outputs(slack, EXPLAIN, codes=codes, language="en"),
        await outputs(slack, TRIAGE, log="\n".join(f"zim error code: {code}" for code in codes.split(", "))),
    ):
        assert max(len(each) for each in found.values() if isinstance(each, str)) <= MAX_OUTPUT
        assert not {"<", ">", "`"} & {*json.dumps(found)}


async def test_an_app_without_the_steps_loses_nothing(tmp_path: Path) -> None:
    """Free plans have no custom steps: the manifests that admins install contain none."""
    async with bot_with("socket", tmp_path) as slack:
        assert slack.app.functions == {}
        with pytest.raises(ActionRefused):
            slack.functions.run(EXPLAIN, {"codes": "6000106"})
        message = await slack.say(FOREIGN, ANN, "x")
        assert message


def test_the_steps_are_as_slack_describes_them() -> None:
    """The shape is that of docs.slack.dev/reference/app-manifest; unknown keys would be refused."""
    parameters = {
        "type": "object",
        "properties": {
            "properties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/parameter"}},
            "required": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["properties"],
        "additionalProperties": False,
    }
    function = {"title": {"type": "string"}, "description": {"type": "string"}}
    schema = {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "properties": function | {"input_parameters": parameters, "output_parameters": parameters},
            "required": ["title", "description", "input_parameters", "output_parameters"],
            "additionalProperties": False,
        },
        "$defs": {
            "parameter": {
                "type": "object",
                "properties": {
                    "type": {"enum": ["string", "integer", "slack#/types/channel_id", "slack#/types/user_context"]},
                    **function,
                    "is_required": {"type": "boolean"},
                },
                "required": ["type", "title", "description"],
                "additionalProperties": False,
            }
        },
    }
    content = steps()
    jsonschema.validate(content["functions"], schema)
    assert content["settings"]["org_deploy_enabled"] is True
    for each in content["functions"].values():
        assert len(each["title"]) <= 35
        names = each["output_parameters"]["properties"]
        assert each["output_parameters"]["required"] == [*names]
        assert {*each["input_parameters"]["required"]} <= {*each["input_parameters"]["properties"]}
