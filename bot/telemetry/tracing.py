"""Trace deliveries with OpenTelemetry: receive, detect, work on the job, call Slack. Needs the extra ``otel``.

It is off, and costs nothing, unless an OTLP endpoint is set. Spans have ids and types, but no text, tokens or names.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_tracer: Tracer | None = None  # None: off
_OFF = contextlib.nullcontext()


@contextlib.asynccontextmanager
async def exporting(endpoint: str) -> AsyncIterator[None]:
    """Send spans to *endpoint*, the full URL of an OTLP receiver over HTTP, while the context is open; "" is off.

    The variables OTEL_* set the rest: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
    """
    global _tracer
    if not endpoint:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name, version = os.environ.get("OTEL_SERVICE_NAME") or "zimerr", metadata.version("zimerr")
    resource = Resource.create({"service.name": name, "service.version": version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    _tracer = provider.get_tracer("zimerr", version)
    try:
        yield
    finally:
        _tracer = None
        await asyncio.to_thread(provider.shutdown)  # sends the last spans


def span(name: str, *, parent: str = "", **attributes: str | int) -> AbstractContextManager[None]:
    """Trace what happens in the context as a span, below *parent* (see `traceparent`) or the current span.

    Of an error, it has the type only: the message may quote people.
    """
    return _recorded(_tracer, name, parent, attributes) if _tracer else _OFF


@contextlib.contextmanager
def _recorded(tracer: Tracer, name: str, parent: str, attributes: Mapping[str, str | int]) -> Iterator[None]:
    from opentelemetry.trace import Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    above = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    with tracer.start_as_current_span(
        name, above, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def traceparent() -> str:
    """Return the current span as a `parent` (https://www.w3.org/TR/trace-context/), empty if there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")
