"""Test that a delivery is one trace, and that no text leaves with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot.policy.annotations import Annotations
from bot.telemetry.tracing import span, traceparent
from tests.scenarios.conftest import ANN, ENGLISH, Transport, bot_with
from tests.scenarios.reading import answer_in_thread, settled
from tests.telemetry.receiver import Receiver, receiving

WORD = "quetzalcoatl"


def spans_of(receiver: Receiver) -> list[Span]:
    """Return the spans that have arrived."""
    assert {path for path, _ in receiver.requests} == {"/v1/traces"}
    exports = [ExportTraceServiceRequest.FromString(body) for _, body in receiver.requests]
    return [
        each for export in exports for resource in export.resource_spans for scope in resource.scope_spans
        for each in scope.spans
    ]  # fmt: skip


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_delivery_is_one_trace_to_the_post(tmp_path: Path, transport: Transport) -> None:
    """The job may run in another process: its trace goes on there."""
    async with receiving() as receiver:
        endpoint = f"http://127.0.0.1:{receiver.port}"
        async with bot_with(transport, tmp_path, otel_exporter_otlp_endpoint=endpoint) as slack:
            message = await slack.say(ENGLISH, ANN, f"{WORD}: 6000106")
            await answer_in_thread(slack, ENGLISH, message)
            await settled(slack, ENGLISH, ANN)
            token = slack.app.bot_token
        spans = spans_of(receiver)
        sent = b"".join(body for _, body in receiver.requests)
    (received,) = [each for each in spans if each.name == "receive message" and not each.parent_span_id][:1]
    trace = {each.name: each for each in spans if each.trace_id == received.trace_id}
    assert {"receive message", "detect", "work message", "chat.postMessage"} <= set(trace)
    parents = {name: each.parent_span_id for name, each in trace.items()}
    assert parents["detect"] == parents["work message"] == received.span_id
    assert parents["chat.postMessage"] == trace["work message"].span_id
    attributes = {each.key: each.value.string_value for each in trace["work message"].attributes}
    assert (attributes["team"], attributes["channel"]) == ("T0DEMO", ENGLISH)
    assert attributes["event_id"].startswith("Ev")
    assert b"zimerr" in sent
    for secret in (WORD, token, "oncall"):
        assert secret.encode() not in sent


async def test_an_error_leaves_with_its_type_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its message may quote what a person wrote."""

    async def annotate(*_: object) -> None:
        raise ValueError(WORD)

    monkeypatch.setattr(Annotations, "annotate", annotate)
    async with receiving() as receiver:
        endpoint = f"http://127.0.0.1:{receiver.port}/v1/traces"
        async with bot_with("http", tmp_path, otel_exporter_otlp_traces_endpoint=endpoint) as slack:
            await slack.say(ENGLISH, ANN, f"{WORD}: 6000106")
            slack.faults.refused("chat.postEphemeral", "channel_not_found")
            await settled_without_answer(slack)
        spans = spans_of(receiver)
        sent = b"".join(body for _, body in receiver.requests)
    assert WORD.encode() not in sent
    assert "work message" in {each.name for each in spans}


async def settled_without_answer(slack: object) -> None:
    """Wait until the message was worked on."""
    from bot.sandbox.http_server import Sandbox

    assert isinstance(slack, Sandbox)
    last = await slack.say("D0ANN", ANN, "6000002")
    await slack.until(lambda: slack.messages("D0ANN")[-1]["ts"] != last["ts"])


def test_without_an_endpoint_nothing_is_traced() -> None:
    """The default: no cost, and nothing to send."""
    with span("receive message", team="T1"):
        assert traceparent() == ""
