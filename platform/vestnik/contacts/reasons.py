"""Why an address is on the stop-list."""

from __future__ import annotations

from typing import Literal

Reason = Literal["unsubscribe", "hard_bounce", "spam", "manual"]
