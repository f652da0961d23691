"""Make Bolt listeners from handlers, and report the errors of listeners."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot.errors import describe
from bot.log import RareWarning
from bot.slack.context import RequestContext
from bot.slack.lookup import Payload, text_at
from bot.slack.services import Services
from bot.storage.database import UNREACHABLE

_log = structlog.stdlib.get_logger(__name__)
_NOT_RECORDED = RareWarning("events were not recorded and not acknowledged; Slack delivers them again")

Listener = Callable[..., Awaitable[Any]]


def after_ack(handle: Callable[[RequestContext, Payload], Awaitable[None]], services: Services) -> Listener:
    """Make a listener that acknowledges at once and runs *handle* in the background, so that Slack shows no warning.

    Bolt's lazy listeners do the same, but copy the request with its client, whose HTTP session can't be copied.
    """

    async def listener(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        request = RequestContext.of_request(services, body, context)
        request.in_background(handle(request, body))

    return listener


def with_context(
    handle: Callable[[RequestContext, Payload, AsyncAck], Awaitable[None]], services: Services
) -> Listener:
    """Make a listener from *handle*, which acknowledges by itself: with its answer, or after something is recorded."""

    async def listener(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await handle(RequestContext.of_request(services, body, context), body, ack)

    return listener


async def acknowledge(ack: AsyncAck) -> None:
    """Acknowledge a request that needs nothing else."""
    await ack()


def report_errors(app: AsyncApp, services: Services) -> None:
    """Report the errors of listeners.

    An event that could not be recorded stays unacknowledged, so that Slack delivers it again. So does a request
    without a listener, such as from a button of another version: Slack shows the person an error.
    """
    unknown_request = RareWarning("an unknown request")

    @app.error
    async def report(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse | None:
        if isinstance(error, BoltUnhandledRequestError):
            # Not the body, which may contain text that a person typed.
            name = text_at(body, "command") or text_at(body, "callback_id") or text_at(body, "view", "callback_id")
            actions = body.get("actions")
            name = name or text_at(actions[0] if isinstance(actions, list) and actions else body, "action_id")
            unknown_request.log(_log, kind=text_at(body, "type"), name=name)
            return BoltResponse(status=404, body="")
        request = RequestContext.of_request(services, body, context)
        if request.respond is None and isinstance(error, UNREACHABLE):
            _NOT_RECORDED.log(_log, error=describe(error))
            return BoltResponse(status=503, body="")
        if request.respond is None:
            _log.error("an event failed", kind=request.kind, exc_info=error)
            return None
        await request.report_error(error)
        return BoltResponse(status=200, body="")
