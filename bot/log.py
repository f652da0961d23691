"""Configure logging: one event per line. Log ids, but never the text of a message, a name or a token.

The records of a request or a job contain the ids of its event, workspace and channel (`structlog.contextvars`).
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
import sys
import time
import traceback
from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any, Literal

import structlog

from bot.errors import cause_of, describe
from bot.telemetry.error_reports import Report

_RARELY_S = 5.0
# A token of Slack in the text of a library.
_TOKEN = re.compile(r"\b(?:xox[a-z]?|xapp)[-.][\w.-]+|\bBearer\s+[\w.~+/-]+=*")
_log = structlog.stdlib.get_logger(__name__)
_Record = MutableMapping[str, Any]


def configure(level: str, layout: Literal["text", "json"] | None = None, report: Report | None = None) -> None:
    """Log to standard error: the bot from *level* on, its libraries from warnings on.

    Without a *layout*, records are text on a terminal, and JSON elsewhere. *report* gets each error, too.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        partial(_format_exception, report),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    renderers: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _renderer(layout, is_terminal=sys.stderr.isatty()),
        _mask_tokens,
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=renderers, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    logging.getLogger("bot").setLevel(threshold)
    # Bolt warns that it does not use SLACK_BOT_TOKEN, as intended: our clients and our authorize function have it.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(lambda record: "`token`" not in record.getMessage())


def _renderer(layout: str | None, *, is_terminal: bool) -> structlog.typing.Processor:
    if layout == "json" or (layout is None and not is_terminal):
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer() if is_terminal else structlog.processors.KeyValueRenderer()


def _format_exception(report: Report | None, _: object, __: str, record: _Record) -> _Record:
    """Replace the exception of *record* by its traceback, and report the record if it is an error."""
    given = record.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    error = error if isinstance(error, BaseException) else None
    if error:
        record["exception"] = traceback_of(error)
        # Libraries write the message of the error into their own.
        if (message := str(error)) and isinstance(record.get("event"), str):
            record["event"] = record["event"].replace(message, type(error).__name__)
    if report and record["level"] in ("error", "critical"):
        report(record, error)
    return record


def traceback_of(error: BaseException) -> str:
    """Return the traceback of *error* and of its causes, without variables and messages: those may quote people."""
    before = [traceback_of(cause)] if (cause := cause_of(error)) else []
    return "\n".join([*before, *(line.rstrip() for line in traceback.format_tb(error.__traceback__)), describe(error)])


def _mask_tokens(_: object, __: str, line: Any) -> Any:
    return _TOKEN.sub("‹token›", line)


def log_loop_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Log the errors that no task handles. asyncio would log them with the error's message."""

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        _log.error("unhandled error in the event loop", what=context["message"], exc_info=context.get("exception"))

    loop.set_exception_handler(handle)


class RareWarning:
    """A warning that may be due hundreds of times a second, and is logged every few seconds."""

    def __init__(self, event: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._event = event
        self._clock = clock
        self._logged_at = -math.inf
        self._times = 0

    def log(self, logger: structlog.stdlib.BoundLogger, **facts: Any) -> None:
        """Log the event, with the number of times that it was due since the last time; or only count it."""
        self._times += 1
        if self._clock() - self._logged_at >= _RARELY_S:
            logger.warning(self._event, times=self._times, **facts)
            self._logged_at, self._times = self._clock(), 0
