"""Alerts for rooms under test, and who hears of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from vestnik.alerts import Alerts
from vestnik.alerts.tables import alert_letter
from vestnik.db import Database, fold, new_key, now
from vestnik.engine import Engine
from vestnik.mail import Mail, Smtp
from vestnik.people.access import Role
from vestnik.people.organisation import Organisation
from vestnik.people.tables import user
from vestnik.settings import Settings
from vestnik.vault import Vault


def alerts_of(database: Database, settings: Settings, engine: Engine, smtp: Smtp | None = None) -> Alerts:
    """Alerts that send their letters through `smtp`; without one they wait."""

    async def server() -> Smtp | None:
        return smtp

    return Alerts(database, engine, Mail(server), Organisation(settings, database, Vault(settings)))


async def add_person(database: Database, role: Role, *, email: str = "", language: str = "ru") -> int:
    """Somebody who may hear of alerts."""
    email = email or f"{role}@vestnik.test"
    row: dict[str, Any] = {
        "id": new_key(), "email": email, "email_folded": fold(email), "name": role, "name_folded": role,
        "password_hash": "", "roles": [role], "language": language, "theme": "auto", "disabled": False,
        "created_at": now(),
    }  # fmt: skip
    await database.write(lambda connection: connection.execute(sa.insert(user).values(row)))
    return int(row["id"])


async def letters(database: Database) -> list[tuple[str, bool]]:
    """To whom letters go, and whether they tell of a failure, in the order in which they were made."""
    query = (
        sa.select(user.c.email, alert_letter.c.failing)
        .join(user, user.c.id == alert_letter.c.user_id)
        .order_by(alert_letter.c.id)
    )
    async with database.read() as connection:
        return [(row.email, row.failing) for row in await connection.execute(query)]
