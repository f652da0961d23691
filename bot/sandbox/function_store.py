"""Run the app's functions as steps of workflows: send `function_executed`, and accept the results that the app reports.

Errors and checks are those of docs.slack.dev/reference/methods/functions.completeSuccess and …completeError.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.arguments import Arguments
from bot.sandbox.event_stream import EventStream
from bot.sandbox.manifest import APP_ID, Installation, Json
from bot.sandbox.model import ActionRefused, ChangeKind, SandboxWorkspace, SlackError

# How long the token in an event is valid; Slack revokes it once the step has ended: https://github.com/slackapi/bolt-python/issues/1075
_TOKEN_S = 900.0
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "slack#/types/user_context": dict,
}


@dataclass(slots=True)
class FunctionExecution:
    """One execution of a function; it is running until the app reports its outputs or an error."""

    id: str
    callback_id: str
    token: str
    outputs: Json | None = None
    error: str | None = None

    @property
    def is_running(self) -> bool:
        """Return whether the app has not completed it."""
        return self.outputs is None and self.error is None


@dataclass(slots=True)
class FunctionStore:
    """The executions of one workspace."""

    workspace: SandboxWorkspace
    app: Installation
    events: EventStream
    executions: dict[str, FunctionExecution] = field(default_factory=dict)  # by id

    def run(self, callback_id: str, inputs: Json) -> FunctionExecution:
        """Execute a function as a step of a workflow; raise ActionRefused if Workflow Builder would not offer it."""
        function = self.app.functions.get(callback_id)
        if function is None or not self.app.receives("function_executed"):
            raise ActionRefused(f"The app has no step {callback_id}.")
        if faults := _faults(inputs, function["input_parameters"]):
            raise ActionRefused(f"The step can't be published: {', '.join(faults)}.")
        execution = FunctionExecution(self.workspace.new_id("Fx"), callback_id, f"xwfp-{secrets.token_hex(12)}")
        self.executions[execution.id] = execution
        self.workspace.tokens[execution.token] = self.workspace.clock() + _TOKEN_S
        self.events.send(
            "function_executed",
            function={
                "id": f"Fn{callback_id.upper()[:9]}",
                "callback_id": callback_id,
                "title": function["title"],
                "description": function["description"],
                "type": "app",
                "input_parameters": _listed(function["input_parameters"]),
                "output_parameters": _listed(function["output_parameters"]),
                "app_id": APP_ID,
                "date_created": 1_700_000_000,
                "date_updated": 1_700_000_000,
                "date_deleted": 0,
            },
            inputs=inputs,
            function_execution_id=execution.id,
            workflow_execution_id=self.workspace.new_id("Wx"),
            bot_access_token=execution.token,
        )
        return execution

    def complete(self, args: Arguments) -> Json:
        """Accept outputs; raise `parameter_validation_failed` if they are not those of the manifest."""
        execution, outputs = self._running(args.required("function_execution_id")), args.required("outputs")
        if faults := _faults(outputs, self.app.functions[execution.callback_id]["output_parameters"]):
            raise SlackError("parameter_validation_failed", messages=[f"[ERROR] {fault}" for fault in faults])
        execution.outputs = outputs
        return self._end(execution)

    def fail(self, args: Arguments) -> Json:
        """Accept an error."""
        execution = self._running(args.required("function_execution_id"))
        execution.error = args.required("error")
        return self._end(execution)

    def _end(self, execution: FunctionExecution) -> Json:
        del self.workspace.tokens[execution.token]
        self.workspace.notify(ChangeKind.PROGRESS)
        return {}

    def _running(self, execution_id: str) -> FunctionExecution:
        execution = self.executions.get(execution_id)
        if execution is None:
            raise SlackError("function_execution_not_found")
        if not execution.is_running:
            raise SlackError("execution_not_in_running_state")
        return execution


def _listed(parameters: Json) -> list[Json]:
    """Return parameters as an event describes them."""
    required = parameters.get("required", ())
    return [
        {
            "name": name,
            "type": each["type"],
            "title": each.get("title", name),
            "description": each.get("description", ""),
        }
        | {"is_required": name in required}
        for name, each in parameters["properties"].items()
    ]


def _faults(values: Json, parameters: Json) -> list[str]:
    """Return a line for each missing or unknown value, and for each of another type."""
    properties = parameters["properties"]
    missing = [f"missing: {name}" for name in parameters.get("required", ()) if values.get(name) is None]
    unknown = [f"unknown: {name}" for name in values if name not in properties]
    wrong = [
        f"not {properties[name]['type']}: {name}"
        for name, value in values.items()
        if name in properties and value is not None and not _is_of(value, properties[name]["type"])
    ]
    return missing + unknown + wrong


def _is_of(value: object, kind: str) -> bool:
    """Return whether *value* is of a type of the manifest; Slack's own types, such as channel_id, are texts."""
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, str))
