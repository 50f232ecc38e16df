"""Outgoing mail of an installation that a test has just founded."""

from __future__ import annotations

from typing import Any

from tests.application import Installation

from vestnik.mail import Smtp
from vestnik.people.access import SYSTEM


async def with_mail(installation: Installation, smtp: dict[str, Any]) -> None:
    """Have letters sent through the server of the fixture `smtp`."""
    server = Smtp(
        *(smtp["host"], smtp["port"], "none", smtp["sender"]),
        username=smtp["username"],
        password=smtp["password"],
    )
    await installation.services.people.organisation.change(SYSTEM, {"smtp": server})
