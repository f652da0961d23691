"""Configure logging: one event per line. Log names and ids, but never the text of a message or a token."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Callable
from typing import Any

import structlog

_RARELY_S = 5.0


def configure(level: str) -> None:
    """Log to standard error: the bot from *level* on, its libraries from warnings on."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        # Tracebacks without local variables: those contain tokens and messages.
        structlog.processors.format_exc_info,
    ]
    colours = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer(colors=colours) if colours else structlog.processors.KeyValueRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    logging.getLogger("bot").setLevel(threshold)
    # Bolt warns that it does not use SLACK_BOT_TOKEN, as intended: our clients and our authorize function have it.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(lambda record: "`token`" not in record.getMessage())


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
