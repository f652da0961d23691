"""Test what the metrics of the running bot count."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.sandbox.http_server import Sandbox
from bot.slack.deliveries import delivery_type
from bot.telemetry.metrics import Metrics
from tests.scenarios.conftest import ANN, CHINESE, ENGLISH, LIN, Transport, bot_with
from tests.scenarios.reading import PORTS, answer_in_thread, faults_of, settled

Sample = tuple[str, frozenset[tuple[str, str]]]  # name and labels


async def samples(slack: Sandbox) -> dict[Sample, float]:
    """Return what `/metrics` serves."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{PORTS[slack]}/metrics") as response:
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = await response.text()
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def sample(name: str, **labels: str) -> Sample:
    """Return the key of a sample."""
    return f"zimerr_{name}", frozenset(labels.items())


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_an_answer_is_counted_from_its_delivery_to_the_post(tmp_path: Path, transport: Transport) -> None:
    """Each step has a number, so that an operator sees where answers get lost."""
    async with bot_with(transport, tmp_path) as slack:
        message = await slack.say(ENGLISH, ANN, "login: 6000106")
        await answer_in_thread(slack, ENGLISH, message)
        await slack.say(ENGLISH, ANN, "again: 6000106")  # within the cool-down
        await slack.say(ENGLISH, ANN, "once more: 6000106", thread_ts=message["ts"])
        await slack.command(CHINESE, LIN, "auto off")
        await slack.say(CHINESE, LIN, "off: 6000106")
        await settled(slack, ENGLISH, ANN)
        await settled(slack, CHINESE, LIN)
        found = await samples(slack)
        assert await faults_of(slack) == {}
    assert found[sample("answers_total", outcome="reply", reason="")] == 1
    assert found[sample("answers_total", outcome="react", reason="cool-down")] == 1
    assert found[sample("answers_total", outcome="count", reason="in-thread")] == 1
    assert found[sample("answers_total", outcome="nothing", reason="off")] == 1
    assert found[sample("answers_total", outcome="answer", reason="")] == 2  # of `settled`
    assert found[sample("answers_total", outcome="command", reason="")] == 1
    assert found[sample("answer_latency_seconds_count", kind="message")] == 1
    assert 0 < found[sample("answer_latency_seconds_sum", kind="message")] < 60
    assert found[sample("deliveries_total", type="command", status="200")] == 1
    assert found[sample("deliveries_total", type="app_mention", status="200")] == 2
    assert found[sample("acknowledgement_seconds_count", type="command")] == 1
    assert found[sample("last_delivery_timestamp_seconds")] > float(message["ts"])
    assert found[sample("job_attempts_total", kind="message", outcome="done")] == 4
    assert found[sample("slack_api_calls_total", method="chat.postMessage", result="ok")] >= 3
    assert found[sample("slack_api_call_duration_seconds_count", method="chat.postMessage")] >= 3
    assert found[sample("catalogue_codes")] > 200
    assert [dict(labels)["sdk"] for name, labels in found if name == "zimerr_catalogue_info"]
    assert found["process_resident_memory_bytes", frozenset()] > 1e7


async def test_faults_and_refusals_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts are about these."""
    monkeypatch.setattr("bot.health._INTERVAL_S", 0.02)
    async with bot_with("http", tmp_path) as slack:
        slack.faults.rate_limited("chat.postMessage", retry_after_s=1)
        message = await slack.say(ENGLISH, ANN, "login: 6000106")
        await answer_in_thread(slack, ENGLISH, message)
        slack.faults.refused("chat.postMessage", "is_archived", times=None)
        slack.faults.refused("chat.postEphemeral", "is_archived", times=None)
        await slack.say(ENGLISH, ANN, "send: 6000281")
        dead, pending = (
            sample("job_attempts_total", kind="message", outcome="dead"),
            sample("queue_jobs", state="pending"),
        )
        while (found := await samples(slack)).get(dead) != 1 or found[pending]:  # the queue is measured now and then
            pass
    assert found[sample("slack_api_calls_total", method="chat.postMessage", result="rate-limited")] == 1
    assert found[sample("slack_api_calls_total", method="chat.postMessage", result="refused")] >= 1
    assert found[sample("job_attempts_total", kind="message", outcome="rate-limited")] == 1
    assert found[sample("health_fault", part="database")] == 0
    assert found[sample("queue_oldest_job_age_seconds")] == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"type": "event_callback", "event": {"type": "message"}}, "message"),
        ({"type": "event_callback", "event": {"type": "invented by a stranger"}}, "other"),
        ({"type": "event_callback", "event": None}, "other"),
        ({"type": "block_actions"}, "block_actions"),
        ({"type": "invented"}, "other"),
        ({"type": ["list"]}, "other"),
        ({"command": "/anything"}, "command"),
        ({}, "other"),
    ],
)
def test_the_type_of_a_delivery_comes_from_a_fixed_set(body: dict[str, Any], kind: str) -> None:
    """Prometheus keeps a series for each value of a label, for ever."""
    assert delivery_type(body) == kind


async def test_a_blocked_event_loop_shows_as_lag() -> None:
    """Work that does not belong on it makes all answers late."""
    metrics = Metrics()
    async with metrics.measuring_lag():
        await asyncio.sleep(0)
        time.sleep(0.7)  # noqa: ASYNC251  that is the point
        await asyncio.sleep(0.1)
    text = metrics.exposition().decode()
    assert "zimerr_event_loop_lag_seconds_count 1.0" in text
    assert 'zimerr_event_loop_lag_seconds_bucket{le="0.1"} 0.0' in text


def test_each_bot_has_metrics_of_its_own() -> None:
    """Several run in one process in tests."""
    one, other = Metrics(), Metrics()
    one.failures.labels("bug").inc()
    assert b'zimerr_failures_total{cause="bug"} 1.0' in one.exposition()
    assert b'zimerr_failures_total{cause="bug"} 0.0' in other.exposition()
