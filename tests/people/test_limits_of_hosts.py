"""Attempts to sign in are counted by all hosts on one PostgreSQL together."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.application import PASSWORD, Installation, install

from vestnik import assembly
from vestnik.engine import SharedLimits
from vestnik.engine.tables import pace
from vestnik.people.sessions import ACCOUNT_ATTEMPTS
from vestnik.settings import Settings

ATTEMPTS, EACH_S = int(ACCOUNT_ATTEMPTS[0]), ACCOUNT_ATTEMPTS[1]
EMAIL = "marketer@vestnik.test"


class Host:
    """One of the hosts; `limits.tell` is what it does twice a second."""

    def __init__(self, installation: Installation) -> None:
        self.installation, services = installation, installation.services
        self.limits: SharedLimits = assembly.limits(services.database, services.vault, services.limited())

    async def attempt(self, password: str = PASSWORD[::-1], ip: str = "203.0.113.7") -> int:
        """The status of an attempt to sign in."""
        browser = await self.installation.browser(ip)
        return (await browser.post("/session", {"email": EMAIL, "password": password})).status_code


@pytest.fixture
def database_kind() -> str:
    """On SQLite there is one host."""
    return "postgresql"


@pytest.fixture
async def hosts(settings: Settings, tmp_path: Path) -> AsyncIterator[list[Host]]:
    """Two hosts of one organisation, with one key."""
    settings = replace(settings, secret_key=b64encode(bytes(32)).decode())
    async with AsyncExitStack() as stack:
        made = []
        for number in range(2):
            own = replace(settings, data_dir=tmp_path / str(number))
            made.append(Host(await stack.enter_async_context(install(own))))
        await made[0].installation.found()
        await made[0].installation.add_user("marketer")
        for host in made:
            await host.limits.tell()  # from here on they count for each other
        yield made


async def test_who_spent_the_attempts_at_one_host_has_hardly_any_at_another(hosts: list[Host]) -> None:
    first, second = hosts
    assert [await first.attempt() for _ in range(ATTEMPTS + 1)] == [401] * ATTEMPTS + [429]
    await first.limits.tell()
    assert await second.attempt() == 401  # it has not heard of the account yet
    await second.limits.tell()
    assert await second.attempt() == 429
    assert await second.attempt(ip="203.0.113.8") == 429


async def test_what_two_hosts_let_through_at_once_is_made_up_for(hosts: list[Host]) -> None:
    for host in hosts:
        assert [await host.attempt() for _ in range(ATTEMPTS)] == [401] * ATTEMPTS
    for host in (*hosts, hosts[0]):
        await host.attempt()
        await host.limits.tell()
    async with hosts[0].installation.services.database.read() as connection:
        behind = await connection.scalars(sa.select(pace.c.tat_us).order_by(pace.c.tat_us.desc()))
        until_us = int(behind.all()[0])
        now_us = await connection.scalar(sa.text("SELECT extract(epoch FROM now()) * 1000000"))
    assert until_us - int(now_us or 0) > 1.9 * ATTEMPTS * EACH_S * 1e6
    assert await hosts[0].attempt() == 429


async def test_the_right_password_is_not_counted_at_any_host(hosts: list[Host]) -> None:
    for _ in range(2):
        for host in hosts:
            for _ in range(ATTEMPTS - 2):
                assert await host.attempt(PASSWORD) == 200
            await host.limits.tell()


async def test_no_address_is_told_only_its_keyed_hash(hosts: list[Host]) -> None:
    await hosts[0].attempt()
    await hosts[0].limits.tell()
    async with hosts[0].installation.services.database.read() as connection:
        keys = (await connection.scalars(sa.select(pace.c.key))).all()
    assert len(keys) == 2
    assert all(re.fullmatch("limit:[0-9a-f]{40}", key) for key in keys)


async def test_what_could_not_be_told_is_told_later(hosts: list[Host]) -> None:
    first, second = hosts
    database = first.installation.services.database
    assert [await first.attempt() for _ in range(ATTEMPTS)] == [401] * ATTEMPTS
    await database.alone("ALTER TABLE pace RENAME TO pace_away", {})
    with pytest.raises(sa.exc.DBAPIError):
        await first.limits.tell()
    await database.alone("ALTER TABLE pace_away RENAME TO pace", {})
    await first.limits.tell()
    await second.attempt()
    await second.limits.tell()
    assert await second.attempt() == 429
