"""The demo's sending services: bundled modules, switched on, with accounts at the provider simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from vestnik.db import Database
from vestnik.modules.accounts.values import HostChoice
from vestnik.modules.service import Modules
from vestnik.modules.tables import (
    account,
    account_list,
    account_secret,
    account_storage,
    host_approval,
    module,
    module_approval,
    module_test,
    module_version,
    rehearsal,
    rehearsal_row,
)
from vestnik.people.access import SYSTEM

MODULE = "unisender"
#: The accounts' titles, in the order of the simulator's log-ins; the second one has a small plan.
TITLES = ("Основной аккаунт", "Пробный аккаунт")
SECOND_MODULE = "campaign_monitor"
SECOND_TITLE = "Читательский клуб"
_MODULES = (MODULE, SECOND_MODULE)


class NotConnected(Exception):
    """The simulator did not accept an account of the demo."""


async def create_demo(
    database: Database, modules: Modules, url: str, keys: Mapping[str, str], categories: Mapping[int, str]
) -> None:
    """Install and enable the module, connect an account for each key, give each category a list."""
    module_id = await modules.installer.install(SYSTEM, MODULE)
    await modules.library.enable(SYSTEM, module_id, True)
    for title, key in zip(TITLES, keys.values(), strict=False):
        settings = {"base_url": url, "api_key": key, "template_page": f"{url}/templates/{{id}}"}
        await _connect(modules, module_id, title, settings)
    await _map_lists(database, modules, await main_account(database), categories)


async def connect_second(modules: Modules, url: str, client_id: str, key: str) -> None:
    """Another service's module with one account, so that the demo's people are known at two services."""
    module_id = await modules.installer.install(SYSTEM, SECOND_MODULE)
    await modules.library.enable(SYSTEM, module_id, True)
    settings = {"base_url": f"{url}/api/v3.3", "client_id": client_id, "api_key": key}
    await _connect(modules, module_id, SECOND_TITLE, settings)


async def main_account(database: Database) -> int:
    """The account that the demo sends with."""
    async with database.read() as connection:
        titled = sa.select(account.c.id).where(account.c.title == TITLES[0])
        found: int = (await connection.scalars(titled.order_by(account.c.id))).one()
    return found


def account_ids(connection: sa.Connection) -> Sequence[int]:
    """Every account of the bundled modules, for the rooms that hold something of them."""
    of_module = sa.select(module.c.id).where(module.c.name.in_(_MODULES), module.c.bundled)
    return connection.scalars(sa.select(account.c.id).where(account.c.module_id.in_(of_module))).all()


async def remove_demo(database: Database, modules: Modules) -> None:
    """Take away the bundled modules with their accounts; rooms that refer to them remove theirs before."""

    def remove(connection: sa.Connection) -> Sequence[int]:
        accounts = account_ids(connection)
        for table in (account_list, account_secret, account_storage, host_approval):
            connection.execute(sa.delete(table).where(table.c.account_id.in_(accounts)))
        connection.execute(sa.delete(account).where(account.c.id.in_(accounts)))
        bundled = connection.scalars(
            sa.select(module.c.id).where(module.c.name.in_(_MODULES), module.c.bundled)
        ).all()
        rehearsals = sa.select(rehearsal.c.id).where(rehearsal.c.module_id.in_(bundled))
        connection.execute(sa.delete(rehearsal_row).where(rehearsal_row.c.rehearsal_id.in_(rehearsals)))
        for table in (module_test, module_approval, rehearsal, module_version):
            connection.execute(sa.delete(table).where(table.c.module_id.in_(bundled)))
        connection.execute(sa.delete(module).where(module.c.id.in_(bundled)))
        modules.registry.changed(connection)
        return bundled

    for module_id in await database.write(remove):
        await modules.recorder.forget(module_id)
    await modules.registry.refresh()


async def _connect(modules: Modules, module_id: int, title: str, settings: dict[str, str]) -> None:
    account_id = await modules.accounts.create(SYSTEM, module_id, title, settings)
    await _approve(modules, account_id)
    outcome = await modules.check_account(SYSTEM, account_id)
    if not outcome.ok:
        raise NotConnected(outcome.message["en"])


async def _approve(modules: Modules, account_id: int) -> None:
    """Open the simulator's address alone: plain http on this machine, nothing in the internet."""
    lines = await modules.accounts.hosts(SYSTEM, account_id)
    choices = [
        HostChoice(line.scheme, line.pattern, line.port, line.private, approved=True)
        for line in lines
        if line.scheme == "http"
    ]
    await modules.accounts.approve(SYSTEM, account_id, choices)


async def _map_lists(
    database: Database, modules: Modules, account_id: int, categories: Mapping[int, str]
) -> None:
    """Have a list of the same name at the service for each category; one that is there is taken."""

    page = await modules.call(account_id, "CRM_Marketing_GetLists", {"cursor": None}, lane="interactive")
    known = {each["name"]: each["externalId"] for each in page["items"]}
    for category_id, title in categories.items():
        if title not in known:
            made = await modules.call(
                account_id, "CRM_Marketing_CreateList", {"name": title}, lane="interactive"
            )
            known[title] = made["externalId"]
        await database.write(modules.map_list, account_id, known[title], title, category_id)
