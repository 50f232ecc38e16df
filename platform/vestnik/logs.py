"""Logs: one line for each event, JSON for machines and plain text for a terminal, without secrets.

Everything goes through structlog, the standard library's loggers (uvicorn, DBOS, Alembic) too. An
event carries names and numbers; fields with a telling name never reach the log. What somebody else's words
may hold (an exception's message, a library's line) is masked: addresses, phones, API keys and tokens, and the
rows that PostgreSQL quotes.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from vestnik import tracing
from vestnik.masking import masked, without_people

HIDDEN = frozenset(
    {"password", "secret", "token", "api_key", "key", "authorization", "cookie", "csrf", "body", "query"}
)
#: Our API keys, and what stands behind the words that announce a credential.
_KEYS = re.compile(r"\bvst_[\w-]{4,}")
_CREDENTIALS = re.compile(
    r"(?i)\b((?:bearer|basic)\s+|(?:token|password|secret|api_?key|cookie)['\"]?\s*[=:]\s*)[^\s,;&]{4,}"
)
#: What PostgreSQL adds to an error: the row itself.
_QUOTED_ROWS = re.compile(r"(?m)^((?:DETAIL|CONTEXT):[ ]*).*$")
#: Made by us of nothing that anybody entered.
_OWN_WORDS = frozenset({"timestamp", "level", "logger", "trace_id", "reference", "method", "route"})
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


def hide_people(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Mask what looks like somebody's address or phone, or like a credential, in every text of a line."""
    for name, value in event.items():
        if name not in _OWN_WORDS and not isinstance(value, bool | int | float | None):
            event[name] = _clean(value)
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {_clean(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(each) for each in value]
    return value if isinstance(value, bool | int | float | None) else clean(repr(value))


def clean(text: str) -> str:
    """A text without people, credentials and quoted rows."""
    if text.replace(".", "").isalpha():  # most names of events, quickly: there is nothing in them to find
        return text
    text = _QUOTED_ROWS.sub(r"\1hidden", text)
    text = _CREDENTIALS.sub(r"\1hidden", _KEYS.sub("vst_hidden", text))
    return without_people(text, masked)


def _rendering() -> list[Processor]:
    if sys.stderr.isatty():
        shown = structlog.dev.ConsoleRenderer()

        def clean_line(logger: Any, method: str, event: EventDict) -> str:
            return clean(shown(logger, method, event))

        return [clean_line]
    return [
        structlog.processors.format_exc_info,
        hide_people,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
