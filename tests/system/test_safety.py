"""A changed audit and a key that ends soon are told of, once, to whoever can do something about it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from tests.alerts.post import letters
from tests.application import Installation
from tests.audit.test_chain import tamper
from tests.system.test_watching import open_alerts

from vestnik.audit.tables import audit_row
from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.people.tables import api_key


async def test_an_audit_that_was_changed_is_told_until_it_holds_again(installation: Installation) -> None:
    services = installation.services
    await services.people.keys.add(SYSTEM, "Website", ["contacts.read"])
    await services.audit.chain.seal()
    await services.system.safety.look_at_audit()  # nobody has verified it yet
    assert await open_alerts(installation) == []

    async def after_changing(action: str) -> list[str]:
        await tamper(installation, f"UPDATE audit_row SET action = '{action}'")
        await services.audit.chain.verify()
        for _ in range(2):
            await services.system.safety.look_at_audit()
        return [kind for kind, _ in await open_alerts(installation)]

    async with services.database.read() as connection:
        original = (await connection.execute(sa.select(audit_row.c.action))).scalars().one()
    assert await after_changing("nothing.happened") == ["audit_broken"]
    assert await after_changing(original) == []


async def test_a_key_that_ends_soon_is_told_to_who_made_it_and_forgotten_with_it(
    installation: Installation,
) -> None:
    services, at = installation.services, now()
    await installation.add_user("administrator")
    for name, days in (("Till", 6), ("Website", 8)):
        await services.people.keys.add(SYSTEM, name, ["contacts.read"], at + timedelta(days=days))
    await services.people.keys.add(SYSTEM, "Always", ["contacts.read"])
    for _ in range(2):
        await services.system.safety.look_at_keys()
    assert await open_alerts(installation) == [("key_ending", "The API key “Till” ends soon")]
    (alert,) = await services.alerts.open(5)
    assert alert.reason is not None and alert.reason["en"].startswith(f"It is valid until {at:%Y-}")
    assert await letters(services.database) == [("administrator@vestnik.test", True)]

    ended = sa.update(api_key).where(api_key.c.name == "Till").values(expires_at=at)
    await services.database.write(lambda connection: connection.execute(ended))
    await services.system.safety.look_at_keys()
    assert await open_alerts(installation) == []
