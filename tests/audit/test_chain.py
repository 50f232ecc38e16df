"""The audit's chain: what is recorded is sealed, and whatever is changed afterwards is found."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.application import Installation

from vestnik import audit
from vestnik.audit import Audit
from vestnik.audit.chain import HEAD_FILE
from vestnik.audit.tables import audit_head, audit_link
from vestnik.db import now
from vestnik.people.access import SYSTEM
from vestnik.vault import Vault

TAMPERED = {"sqlite": ("unchanged", "kept"), "postgresql": ("kept", "whole")}


async def happen(installation: Installation, number: int) -> None:
    """So many actions, sealed."""

    def act(connection: sa.Connection) -> None:
        for id in range(number):
            audit.record(connection, SYSTEM, "contact.changed", "contact", id, ["name"])

    await installation.services.database.write(act)
    assert await installation.services.audit.chain.seal() >= number


async def tamper(installation: Installation, *statements: str) -> None:
    """Run statements as one who owns the database, and takes the triggers away first."""
    database = installation.services.database
    kind = "sqlite" if database.on_sqlite else "postgresql"

    def run(connection: sa.Connection) -> None:
        for table in ("audit_row", "audit_link", "audit_anchor"):
            for suffix in TAMPERED[kind]:
                on = "" if kind == "sqlite" else f" ON {table}"
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_{suffix}{on}")
        for statement in statements:
            connection.exec_driver_sql(statement)

    await database.write(run)


def execute(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement)


async def breaks(installation: Installation) -> tuple[str | None, int | None]:
    found = await installation.services.audit.chain.verify()
    return found.kind, found.number


async def keys(installation: Installation) -> Sequence[int]:
    """The sealed rows in the order of the chain; the link with the number n is that of keys[n - 1]."""
    query = sa.select(audit_link.c.audit_id).order_by(audit_link.c.number)
    async with installation.services.database.read() as connection:
        return (await connection.scalars(query)).all()


async def test_what_happens_is_sealed_and_holds(installation: Installation) -> None:
    await happen(installation, 5)
    await happen(installation, 3)
    found = await installation.services.audit.chain.verify()
    assert (found.holds, found.sealed, found.waiting) == (True, found.head, 0)
    assert found.sealed >= 8


async def test_a_long_chain_is_sealed_and_verified_in_portions(installation: Installation) -> None:
    await happen(installation, 2_300)
    found = await installation.services.audit.chain.verify()
    assert found.holds
    assert found.sealed >= 2_300


@pytest.mark.parametrize("change", ["fields = '[]'", "at = at + 1", "user_id = 7", "action = 'x'"])
async def test_a_changed_row_is_found(installation: Installation, change: str) -> None:
    await happen(installation, 5)
    third = (await keys(installation))[2]
    await tamper(installation, f"UPDATE audit_row SET {change} WHERE id = {third}")
    found = await installation.services.audit.chain.verify()
    assert (found.kind, found.number, found.row_id) == ("changed", 3, third)


async def test_a_flipped_seal_is_found(installation: Installation) -> None:
    await happen(installation, 5)
    await tamper(installation, "UPDATE audit_link SET seal = 'f' || substr(seal, 2) || 'x' WHERE number = 4")
    assert await breaks(installation) == ("changed", 4)


async def test_a_deleted_row_is_found(installation: Installation) -> None:
    await happen(installation, 5)
    await tamper(installation, f"DELETE FROM audit_row WHERE id = {(await keys(installation))[1]}")
    assert await breaks(installation) == ("missing", 2)


async def test_a_row_deleted_with_its_link_is_found(installation: Installation) -> None:
    await happen(installation, 5)
    second = (await keys(installation))[1]
    await tamper(
        installation,
        f"DELETE FROM audit_row WHERE id = {second}",
        "DELETE FROM audit_link WHERE number = 2",
    )
    assert await breaks(installation) == ("order", 2)


async def test_two_swapped_rows_are_found(installation: Installation) -> None:
    await happen(installation, 5)
    second, third = (await keys(installation))[1:3]
    await tamper(
        installation,
        "UPDATE audit_link SET audit_id = -1 WHERE number = 2",
        f"UPDATE audit_link SET audit_id = {second} WHERE number = 3",
        f"UPDATE audit_link SET audit_id = {third} WHERE number = 2",
    )
    assert await breaks(installation) == ("changed", 2)


async def test_the_oldest_rows_are_missed_when_nobody_of_us_cut_them(installation: Installation) -> None:
    await happen(installation, 5)
    first = (await keys(installation))[0]
    cut = [f"DELETE FROM audit_row WHERE id = {first}", "DELETE FROM audit_link WHERE number = 1"]
    await tamper(installation, *cut)
    assert await breaks(installation) == ("cut", 1)


async def test_an_anchor_of_somebody_else_is_found(installation: Installation) -> None:
    await happen(installation, 5)
    await tamper(
        installation,
        "INSERT INTO audit_anchor (number, seal, at, proof) SELECT 2, seal, 1, seal FROM audit_link"
        " WHERE number = 2",
        "DELETE FROM audit_row WHERE id IN (SELECT audit_id FROM audit_link WHERE number < 3)",
        "DELETE FROM audit_link WHERE number < 3",
    )
    assert await breaks(installation) == ("cut", 2)


async def test_a_cut_tail_is_missed_by_the_remembered_head(installation: Installation) -> None:
    await happen(installation, 5)
    end = len(await keys(installation))
    cut = [
        f"DELETE FROM audit_row WHERE id IN (SELECT audit_id FROM audit_link WHERE number > {end - 2})",
        f"DELETE FROM audit_link WHERE number > {end - 2}",
    ]
    await tamper(installation, *cut)
    assert await breaks(installation) == ("tail", end - 1)


async def test_a_tail_cut_with_its_head_is_missed_by_the_data_folder(installation: Installation) -> None:
    await happen(installation, 5)
    end = len(await keys(installation))
    await tamper(
        installation,
        f"DELETE FROM audit_row WHERE id IN (SELECT audit_id FROM audit_link WHERE number > {end - 2})",
        f"DELETE FROM audit_link WHERE number > {end - 2}",
        f"UPDATE audit_head SET number = {end - 2},"
        f" seal = (SELECT seal FROM audit_link WHERE number = {end - 2})",
    )
    assert await breaks(installation) == ("tail", end - 1)
    await happen(installation, 1)  # what goes on is shorter still, and is not remembered in its place
    assert await breaks(installation) == ("tail", end)
    await happen(installation, 5)
    assert await breaks(installation) == ("remembered", end)


async def test_with_another_key_nothing_holds(installation: Installation) -> None:
    await happen(installation, 2)
    services = installation.services
    other = Vault(replace(services.settings, data_dir=services.settings.data_dir / "other"))
    found = await Audit(services.database, other, services.settings.data_dir).chain.verify()
    assert (found.kind, found.number) == ("changed", 1)


async def test_the_database_refuses_to_change_and_to_delete(installation: Installation) -> None:
    await happen(installation, 3)
    statements = [
        "UPDATE audit_row SET action = action",
        "UPDATE audit_link SET seal = seal",
        "DELETE FROM audit_row",
        "DELETE FROM audit_link",
        *([] if installation.services.database.on_sqlite else ["TRUNCATE audit_row"]),
    ]
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError, match="the audit is append-only"):
            await installation.services.database.write(execute, statement)
    assert await breaks(installation) == (None, None)


async def test_what_was_kept_long_enough_is_cut_and_the_rest_holds(installation: Installation) -> None:
    await happen(installation, 10)
    chain, database = installation.services.audit.chain, installation.services.database
    total = len(await keys(installation))
    assert await database.write(chain.cut, now() - timedelta(hours=1)) == 0
    assert await database.write(chain.cut, now() + timedelta(hours=1), 4) == 4
    assert await database.write(chain.cut, now() + timedelta(hours=1)) == total - 5
    assert await database.write(chain.cut, now() + timedelta(hours=1)) == 0
    await happen(installation, 2)
    found = await chain.verify()
    assert (found.holds, found.sealed, found.head) == (True, 3, total + 2)
    with pytest.raises(sa.exc.DBAPIError, match="the audit is append-only"):
        await database.write(execute, "DELETE FROM audit_anchor")


async def test_several_who_seal_at_the_same_time_make_one_chain(installation: Installation) -> None:
    services = installation.services
    folder = services.settings.data_dir
    others = [Audit(services.database, services.vault, folder) for _ in range(3)]

    def act(connection: sa.Connection) -> None:
        for id in range(1_500):
            audit.record(connection, SYSTEM, "contact.changed", "contact", id)

    await services.database.write(act)
    sealed = await asyncio.gather(*(each.chain.seal() for each in others))
    found = await services.audit.chain.verify()
    assert (found.holds, found.sealed) == (True, sum(sealed))


async def test_the_head_stands_beside_the_database_for_its_owner_alone(installation: Installation) -> None:
    await happen(installation, 2)
    file = installation.services.settings.data_dir / HEAD_FILE
    async with installation.services.database.read() as connection:
        head = (await connection.execute(sa.select(audit_head))).one()
    assert file.read_text() == f"{head.number} {head.seal}\n"
    assert file.stat().st_mode & 0o077 == 0
