"""The demo's organisation and its people, one of each role. Made by `vestnik up --demo` only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.people.factor_tables import factor_letter, recovery_code, second_factor, sign_in_step
from vestnik.people.link_tables import invitation, password_reset
from vestnik.people.organisation import Profile
from vestnik.people.passwords import Passwords
from vestnik.people.tables import api_key, session, user
from vestnik.people.users import NewUser, add_user

if TYPE_CHECKING:
    from vestnik.app import Services

PASSWORD = "vestnik-demo"  # noqa: S105  (printed at every start of the demo, and of the demo alone)

PEOPLE = (
    NewUser("admin@demo.local", "Ольга Белова", PASSWORD, ["administrator"]),
    NewUser("integrator@demo.local", "Илья Громов", PASSWORD, ["integrator"]),
    NewUser("marketer@demo.local", "Марина Лебедева", PASSWORD, ["marketer"]),
    NewUser("editor@demo.local", "Ева Смирнова", PASSWORD, ["editor"]),
    NewUser("sales@demo.local", "Сергей Орлов", PASSWORD, ["sales_manager"]),
)


async def create_demo(services: Services) -> None:
    """Store the organisation and its people, in one unit of work."""
    profile = Profile(
        name="Издательский дом «Маяк»",
        language="ru",
        timezone=services.settings.timezone,
        base_url=services.settings.base_url,
        demo=True,
    )
    password_hash = await Passwords().hash(PASSWORD)

    def create(connection: sa.Connection) -> None:
        services.people.organisation.create(connection, profile)
        for person in PEOPLE:
            add_user(connection, SYSTEM, person, password_hash)

    await services.database.write(create)


async def remove_demo(services: Services) -> None:
    """End sessions, second factors, keys, links, disable everyone (the audit names them), forget the demo."""

    def remove(connection: sa.Connection) -> None:
        for ended in (
            *(session, invitation, password_reset),
            *(second_factor, recovery_code, sign_in_step, factor_letter),
        ):
            connection.execute(ended.delete())
        connection.execute(api_key.update().where(api_key.c.revoked_at.is_(None)).values(revoked_at=now()))
        folded = user.c.email_folded + sa.literal("#") + sa.cast(user.c.id, sa.Text)
        present = user.update().where(user.c.disabled.is_(False))
        connection.execute(present.values(disabled=True, email_folded=folded))
        services.people.organisation.remove(connection)

    await services.database.write(remove)
