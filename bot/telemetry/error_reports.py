"""Report the errors of the log to Sentry. Needs the extra ``sentry``; off unless SENTRY_DSN is set.

Sentry's integrations are off: they collect variables, requests and messages. A report is made here, of parts that
contain no text, tokens or names.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

from bot.errors import cause_of, describe

if TYPE_CHECKING:
    from sentry_sdk.types import Event

Report = Callable[[Mapping[str, Any], BaseException | None], None]  # gets a record of the log and its error
_CLOSE_S = 2.0
_OWN_LOGGERS = ("sentry_sdk", "urllib3")  # a report that can't be sent must not cause the next one
_TAGS = ("id", "kind", "event_id", "team", "channel", "ts", "part")  # the fields of a record that are sent
# The parts of a report that are sent: https://develop.sentry.dev/sdk/data-model/event-payloads/
_KEPT = frozenset(
    {"event_id", "timestamp", "platform", "level", "release", "environment", "sdk", "logentry", "tags", "exception"}
)
_KEPT_OF_FRAME = frozenset({"filename", "function", "lineno", "context_line", "in_app"})


@contextlib.contextmanager
def reporting(dsn: str) -> Iterator[Report | None]:
    """Send reports to *dsn* while the context is open; yield the function that reports, or None without a *dsn*."""
    if not dsn:
        yield None
        return
    import sentry_sdk

    client = sentry_sdk.Client(
        dsn=dsn,
        release=f"zimerr@{metadata.version('zimerr')}",
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=stripped,
    )

    def report(record: Mapping[str, Any], error: BaseException | None) -> None:
        # The text of a library's record may quote anything.
        library = record.get("_record") if record.get("_from_structlog") is False else None
        if library and library.name.startswith(_OWN_LOGGERS):
            return
        message = f"an error in {library.name}" if library else str(record["event"])
        event: Event = {
            "level": "error",
            "logentry": {"message": message, "params": []},
            "tags": {name: str(record[name]) for name in _TAGS if name in record},
        }
        if error:
            event["exception"] = {"values": _exceptions(error)}
        client.capture_event(event)

    try:
        yield report
    finally:
        client.close(timeout=_CLOSE_S)


def stripped(event: Event, _: Mapping[str, Any]) -> Event:
    """Return *event* without the parts that Sentry's package adds, which may contain text, tokens or names."""
    kept: dict[str, Any] = {name: value for name, value in event.items() if name in _KEPT}
    for value in kept.get("exception", {}).get("values", ()):
        if stack := value.get("stacktrace"):
            frames = stack.get("frames") or ()
            stack["frames"] = [
                {name: part for name, part in frame.items() if name in _KEPT_OF_FRAME} for frame in frames
            ]
    return kept  # type: ignore[return-value]  # a subset of the event's fields


def _exceptions(error: BaseException) -> list[dict[str, Any]]:
    """Return *error* and its causes, the first cause first, without variables and messages."""
    frames = [
        {
            "filename": each.filename,
            "function": each.name,
            "lineno": each.lineno,
            "context_line": each.line,
            "in_app": "site-packages" not in each.filename,
        }
        for each in traceback.extract_tb(error.__traceback__)
    ]
    described = {"type": type(error).__name__, "value": describe(error), "stacktrace": {"frames": frames}}
    return [*(_exceptions(cause) if (cause := cause_of(error)) else []), described]
