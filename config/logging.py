"""Structured logs: one JSON object per line (coloured text on a terminal), never a query string, address or secret."""

import logging
import sys
from typing import Literal

import structlog

from config import request_warnings
from config.tracebacks import without_words


def configure_logging(level: str, log_format: Literal["json", "console", ""], process: str) -> None:
    """Set up structlog and the standard library's loggers alike; each line names the process that wrote it."""
    as_json = log_format == "json" or (not log_format and not sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_words,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # the lines of the first three hold URLs with query strings, those of the next two what is sent to a page and what a
    # form brings; alembic's are four at each start that say nothing
    for noisy in ("httpx", "httpcore", "uvicorn.access", "sse_starlette", "python_multipart", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # a traceback for each try to fill its pool while PostgreSQL is away: forwarder.outages says that once a minute
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger(request_warnings.LOGGER).filters = [request_warnings.OnceAMinute()]
