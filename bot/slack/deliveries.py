"""Count, time and trace Slack's requests, and name them in the log, over HTTP and sockets alike."""

from __future__ import annotations

import time
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.lookup import Payload, id_at, text_at
from bot.telemetry.metrics import Metrics
from bot.telemetry.tracing import span

# The events of the manifests: https://docs.slack.dev/reference/events
_EVENTS = frozenset((
    "app_home_opened", "app_mention", "app_uninstalled", "function_executed", "member_joined_channel", "message",
    "reaction_added", "team_access_revoked", "tokens_revoked",
))  # fmt: skip
# https://docs.slack.dev/reference/interaction-payloads
_INTERACTIONS = frozenset((
    "block_actions", "block_suggestion", "message_action", "shortcut", "view_closed", "view_submission",
    "app_rate_limited", "url_verification",
))  # fmt: skip


class ObservedApp(AsyncApp):
    """A Bolt app that counts, times and traces each request. The records that are logged meanwhile contain its ids."""

    def __init__(self, metrics: Metrics, **options: Any) -> None:
        super().__init__(**options)
        self._metrics = metrics

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Handle a request."""
        kind, status = delivery_type(req.body), 500
        self._metrics.last_delivery_at = time.time()
        started = time.perf_counter()
        try:
            ids = _ids(req)
            with structlog.contextvars.bound_contextvars(**ids), span(f"receive {kind}", **ids):
                response = await super().async_dispatch(req)
            status = response.status
            return response
        finally:
            self._metrics.deliveries.labels(kind, str(status)).inc()
            self._metrics.acknowledgement.labels(kind).observe(time.perf_counter() - started)


def delivery_type(body: Payload) -> str:
    """Return the type of a request: that of the event or the interaction, ``command`` or ``other``."""
    kind = text_at(body, "type")
    if kind == "event_callback":
        kind = text_at(body, "event", "type")
        return kind if kind in _EVENTS else "other"
    if kind in _INTERACTIONS:
        return kind
    return "command" if text_at(body, "command") else "other"


def _ids(request: AsyncBoltRequest) -> dict[str, str]:
    """Return the ids of a request that are known, for the log."""
    ids: dict[str, object] = {
        "event_id": id_at(request.body, "event_id"),
        "team": request.context.team_id,
        "channel": request.context.channel_id,
    }
    return {name: id_ for name, id_ in ids.items() if isinstance(id_, str) and id_}
