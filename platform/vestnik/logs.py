"""Logs: one line for each event, JSON for machines and plain text for a terminal, without secrets.

Everything goes through structlog, the standard library's loggers (uvicorn, DBOS, Alembic) too. An
event carries names and numbers; fields with a telling name never reach the log.
"""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from vestnik import tracing

HIDDEN = frozenset(
    {"password", "secret", "token", "api_key", "key", "authorization", "cookie", "csrf", "body", "query"}
)
_QUIET = {
    "uvicorn.error": logging.WARNING,
    "httpx": logging.WARNING,
    "dbos": logging.WARNING,
    "alembic": logging.WARNING,
}


def configure(level: int = logging.INFO) -> None:
    """Send all logs of this process to the error stream."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        add_trace_id,
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)


def fault(log: Any, event: str, error: BaseException, **facts: Any) -> str:
    """Log a fault of ours under a new reference number, and return the number: readers are told it.

    Every number that a person may read out to an administrator comes from here, so each is in the log.
    """
    reference = secrets.token_hex(5)
    log.error(
        event,
        reference=reference,
        **facts,
        error=type(error).__qualname__,
        message=str(error),
        stack="".join(traceback.format_tb(error.__traceback__)),
    )
    return reference


def add_trace_id(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Name the request, or the durable work, that the line belongs to."""
    if (trace_id := tracing.current()) is not None:
        event.setdefault("trace_id", trace_id)
    return event


def hide_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every field whose name says that it is a secret."""
    for name in event.keys() & HIDDEN:
        event[name] = "hidden"
    return event


def _rendering() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer()]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
