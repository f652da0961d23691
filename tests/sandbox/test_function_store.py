"""Test the sandbox's steps of workflows, with Slack's checks."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.complete.async_complete import AsyncComplete
from slack_bolt.context.fail.async_fail import AsyncFail
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import ActionRefused, Sandbox

from .conftest import MANIFEST, Connect, Transport

FUNCTION = {
    "title": "Add",
    "description": "Add one",
    "input_parameters": {
        "properties": {"number": {"type": "integer"}, "note": {"type": "string"}},
        "required": ["number"],
    },
    "output_parameters": {"properties": {"sum": {"type": "integer"}}, "required": ["sum"]},
}


def plan(**settings: Any) -> dict[str, Any]:
    """Return a manifest with a function."""
    content = copy.deepcopy(MANIFEST) | {"functions": {"add": FUNCTION}}
    content["settings"]["event_subscriptions"]["bot_events"].append("function_executed")
    content["settings"] |= {"org_deploy_enabled": True, "function_runtime": "remote"} | settings
    return content


@pytest.fixture
async def sandbox(transport: Transport) -> AsyncIterator[Sandbox]:
    """A workspace whose app has a function."""
    async with Sandbox(plan(), transport=transport) as opened:
        yield opened


async def test_bolt_completes_a_function(sandbox: Sandbox, app: AsyncApp, connect: Connect) -> None:
    """The double is understood by Slack's own framework."""

    async def add(inputs: dict[str, Any], complete: AsyncComplete, fail: AsyncFail) -> None:
        if inputs["number"] < 0:
            await fail("too small")
        else:
            await complete({"sum": inputs["number"] + 1})

    app.function("add")(add)
    await connect(app)
    done, failed = sandbox.functions.run("add", {"number": 1}), sandbox.functions.run("add", {"number": -1})
    await sandbox.until(lambda: not done.is_running and not failed.is_running)
    assert (done.outputs, done.error) == ({"sum": 2}, None)
    assert (failed.outputs, failed.error) == (None, "too small")


@pytest.mark.parametrize("transport", ["socket"])
async def test_results_are_checked(sandbox: Sandbox, transport: Transport) -> None:
    """Slack takes only the outputs of the manifest, and each execution ends once."""
    client = AsyncWebClient(token=sandbox.app.bot_token, base_url=sandbox.api_url)
    execution = sandbox.functions.run("add", {"number": 1})
    for outputs in ({}, {"sum": "2"}, {"sum": True}, {"sum": 2, "more": 1}):
        with pytest.raises(SlackApiError, match=r"parameter_validation_failed|invalid_arguments"):
            await client.functions_completeSuccess(function_execution_id=execution.id, outputs=outputs)
    with pytest.raises(SlackApiError, match="function_execution_not_found"):
        await client.functions_completeError(function_execution_id="Fx0", error="no")
    await client.functions_completeSuccess(function_execution_id=execution.id, outputs={"sum": 2})
    with pytest.raises(SlackApiError, match="execution_not_in_running_state"):
        await client.functions_completeError(function_execution_id=execution.id, error="no")
    assert execution.outputs == {"sum": 2}


@pytest.mark.parametrize("transport", ["socket"])
async def test_inputs_are_checked(sandbox: Sandbox, transport: Transport) -> None:
    """Workflow Builder publishes no step without its required inputs."""
    for inputs in ({}, {"number": "1"}, {"number": 1, "more": 1}):
        with pytest.raises(ActionRefused):
            sandbox.functions.run("add", inputs)
    with pytest.raises(ActionRefused):
        sandbox.functions.run("subtract", {})


@pytest.mark.parametrize("settings", [{"org_deploy_enabled": False}, {"function_runtime": "slack"}])
async def test_other_apps_have_no_functions(settings: dict[str, Any]) -> None:
    """Slack refuses functions in an app that is not enabled for organizations."""
    async with Sandbox(plan(**settings), transport="socket") as opened:
        with pytest.raises(ActionRefused):
            opened.functions.run("add", {"number": 1})
