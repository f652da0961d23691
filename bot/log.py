"""Configure logging: one event per line, with names and ids, but never the text of a message or a token."""

from __future__ import annotations

import logging
import sys

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str) -> None:
    """Write the logs of the bot and its libraries to standard error, from *level* on."""
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
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(LEVELS[level], logging.WARNING), force=True)
    logging.getLogger("bot").setLevel(LEVELS[level])
    # Bolt warns that it ignores SLACK_BOT_TOKEN because of our authorize function, as intended.
    logging.getLogger("slack_bolt.AsyncApp").addFilter(lambda record: "will be ignored" not in record.getMessage())


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
