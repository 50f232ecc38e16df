"""How leads are handled: who coordinates, whether letters go out, when mail is collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vestnik.intake.leads.tables import intake_settings
from vestnik.people.tables import user

#: Mail is collected so often unless somebody says otherwise.
MAIL_EVERY_MINUTES = 5

_SETTINGS = sa.select(intake_settings)
#: Who may sign in, by age.
WORKING = (
    sa.select(user.c.id, user.c.email_folded, user.c.name_folded, user.c.roles)
    .where(user.c.disabled.is_(False))
    .order_by(user.c.id)
)


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """The settings as they are; what nobody has set yet has its first value."""

    coordinator_id: int | None = None
    notify: bool = True
    mail_on: bool = True
    mail_every_minutes: int = MAIL_EVERY_MINUTES
    has_key: bool = False


def settings_of(connection: sa.Connection) -> IntakeSettings:
    """The settings within a unit of work, or of a reading connection's `run_sync`."""
    row = connection.execute(_SETTINGS).one_or_none()
    if row is None:
        return IntakeSettings()
    return IntakeSettings(
        row.coordinator_id, row.notify, row.mail_on, row.mail_every_minutes, row.key_digest is not None
    )


def coordinator_of(people: Sequence[Any], settings: IntakeSettings) -> int | None:
    """Who of `WORKING` gets what nobody else does: the chosen person, else the first administrator."""
    if any(person.id == settings.coordinator_id for person in people):
        return settings.coordinator_id
    return next((person.id for person in people if "administrator" in person.roles), None)
