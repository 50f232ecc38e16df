"""Instants as the service writes them: UTC, without a zone, to the second or to the minute."""

import time
from datetime import UTC, datetime


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def written(at: float | None) -> str | None:
    """`2026-11-21 09:30:00`, or None for never."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def read(text: str) -> float:
    """The instant of a text with minutes or seconds, or of a day. Raises ValueError."""
    text = text.strip().replace("T", " ").removesuffix("Z")
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    raise ValueError(text)
