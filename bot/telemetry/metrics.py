"""Define the bot's metrics, which `/metrics` serves to Prometheus.

Names and units follow https://prometheus.io/docs/practices/naming/. The values of a label come from a small, fixed set:
never ids, names or text.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager
from functools import partial

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from bot.periodic import repeating

# Of the oldest text format, which all versions of Prometheus read: https://prometheus.io/docs/instrumenting/exposition_formats/
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LAG_INTERVAL_S = 0.5
# Slack waits 3 s for an acknowledgement: https://docs.slack.dev/apis/events-api
_ACKNOWLEDGEMENT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_LATENCY_S = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_CALL_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAG_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0)

# Otherwise each counter has a second series, with the time of its first use.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The metrics of one running bot, in a registry of their own. Count with ``metrics.answers.labels(…).inc()``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        counter = partial(Counter, namespace="zimerr", registry=self.registry)
        gauge = partial(Gauge, namespace="zimerr", registry=self.registry)
        histogram = partial(Histogram, namespace="zimerr", registry=self.registry)

        self.deliveries = counter(
            "deliveries_total", "Slack's requests, by type and by the HTTP status of the answer.", ("type", "status")
        )
        self.acknowledgement = histogram(
            "acknowledgement_seconds",
            "Time until a request of Slack's is answered.",
            ("type",),
            buckets=_ACKNOWLEDGEMENT_S,
        )
        self.last_delivery_at = 0.0  # seconds since the epoch; 0: none yet
        self.last_delivery = gauge("last_delivery_timestamp_seconds", "When Slack's last request arrived; 0: none yet.")
        self.last_delivery.set_function(lambda: self.last_delivery_at)
        self.refused_requests = counter(
            "refused_requests_total", "HTTP requests and connections that were refused, by reason.", ("reason",)
        )
        self.answers = counter(
            "answers_total",
            "What the bot did with messages and commands, and the rule that kept it from a reply.",
            ("outcome", "reason"),
        )
        self.answer_latency = histogram(
            "answer_latency_seconds",
            "Time from Slack's timestamp of a message to the posted reply.",
            ("kind",),
            buckets=_LATENCY_S,
        )
        self.job_attempts = counter("job_attempts_total", "Attempts at jobs, by kind and outcome.", ("kind", "outcome"))
        self.failures = counter(
            "failures_total", "Failures that people were told of, each with an id that the log has, too.", ("cause",)
        )
        for cause in ("slack", "database", "bug"):  # an alert sees no increase if the first one creates the series
            self.failures.labels(cause)
        self.queue_jobs = gauge(
            "queue_jobs", "Jobs that are not done, of all replicas on the database, by state.", ("state",)
        )
        self.oldest_job_age = gauge(
            "queue_oldest_job_age_seconds", "For how long the oldest job has been due, of all replicas on the database."
        )
        self.api_calls = counter(
            "slack_api_calls_total", "Calls of Slack's Web API, by method and result.", ("method", "result")
        )
        self.api_call_duration = histogram(
            "slack_api_call_duration_seconds", "Duration of calls of Slack's Web API.", ("method",), buckets=_CALL_S
        )
        self.health_fault = gauge("health_fault", "1 while a part has a fault or a warning, otherwise 0.", ("part",))
        self.loop_lag = histogram("event_loop_lag_seconds", "How late the event loop runs a timer.", buckets=_LAG_S)
        self.build = gauge("build_info", "The version of zimerr.", ("version",))
        self.catalogue = gauge(
            "catalogue_info", "The SDK that the catalogue was compared with, and a hash of it.", ("sdk", "sha256")
        )
        self.catalogue_codes = gauge("catalogue_codes", "Codes in the catalogue, with the overlay's.")

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format, of type `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def measuring_lag(self) -> AbstractAsyncContextManager[None]:
        """Measure the lag of the event loop while the context is open."""

        async def measure() -> None:
            due_at = time.perf_counter() + _LAG_INTERVAL_S
            await asyncio.sleep(_LAG_INTERVAL_S)
            self.loop_lag.observe(max(0.0, time.perf_counter() - due_at))

        return repeating(measure, pause_s=0.0)
