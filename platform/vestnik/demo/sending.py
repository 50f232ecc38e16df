"""The demo's sending service and what went through it: what several rooms make together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import sqlalchemy as sa

from vestnik.campaigns import demo as campaigns_demo
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.tables import address
from vestnik.demo import past
from vestnik.lists import demo as lists_demo
from vestnik.modules import demo as modules_demo
from vestnik.people.access import SYSTEM
from vestnik.plugs import Surroundings
from vestnik.templates import demo as templates_demo
from vestnik.webhooks import demo as webhooks_demo

if TYPE_CHECKING:
    from vestnik.app import Services

#: How many late events the simulator is asked to tell of, so that the inspector has something to show.
_LATE = 12


async def connect(services: Services) -> None:
    """The bundled module, switched on, with its accounts at the simulator."""
    url, keys = services.settings.simulator_url, services.settings.simulator_keys
    if url is None:
        raise LookupError("a demo needs the simulator: start it with “vestnik up --demo”")
    categories = {each.id: each.title for each in await services.contacts.categories(SYSTEM)}
    await modules_demo.create_demo(services.database, services.modules, url, keys, categories)


async def disconnect(services: Services) -> None:
    """Take the module and its accounts away, and what their service told until then."""
    accounts = await services.database.write(modules_demo.account_ids)
    await modules_demo.remove_demo(services.database, services.modules)
    # The simulator goes on telling events while the demo is removed: from now on nobody takes them.
    await services.database.write(lambda connection: webhooks_demo.remove_demo(connection, accounts))


async def import_templates(services: Services) -> None:
    """The letters of the main account."""
    account_id = await modules_demo.main_account(services.database)
    done = await templates_demo.create_demo(services.database, services.templates, account_id)
    if done.state != "done":
        raise modules_demo.NotConnected(str(done.reason))


async def remove_templates(services: Services) -> None:
    """The letters of every account of the demo."""
    await services.database.write(
        lambda connection: templates_demo.remove_demo(connection, modules_demo.account_ids(connection))
    )


async def sync_lists(services: Services) -> None:
    """A sync that begins by itself once the server works."""
    account_id = await modules_demo.main_account(services.database)
    first = (await services.contacts.categories(SYSTEM))[0]
    await lists_demo.create_demo(services.database, account_id, first.id)


async def forget_lists(services: Services) -> None:
    """Every sync; what is in the service's lists stays there."""
    await services.database.write(lists_demo.remove_demo)


async def send_campaigns(services: Services) -> None:
    """Campaigns of the past weeks and drafts for today, from a sender whom the service knows."""
    account_id = await modules_demo.main_account(services.database)
    sender = await _sender(services, account_id)
    templates, _ = await services.templates.page(SYSTEM, account_id=account_id)
    segments, _ = await services.segments.page(SYSTEM)
    setting = campaigns_demo.Setting(
        account_id=account_id,
        sender_name=sender.get("name") or sender["email"],
        sender_email=sender["email"],
        template_ids=[each.id for each in templates],
        category_ids=[each.id for each in await services.contacts.categories(SYSTEM)],
        segments={each.name: each.id for each in segments},
    )
    surroundings = Surroundings(services.modules, services.contacts, services.segments, services.templates)
    await campaigns_demo.create_demo(services.database, services.campaigns, surroundings, setting)


async def remove_campaigns(services: Services) -> None:
    """Every campaign."""
    await services.database.write(campaigns_demo.remove_demo)


async def tell_events(services: Services) -> None:
    """What became of the letters; a few more events come as real webhooks once the server listens."""
    account_id = await modules_demo.main_account(services.database)
    login = next(iter(services.settings.simulator_keys))
    url = str(services.settings.simulator_url)
    await asyncio.gather(
        webhooks_demo.create_demo(services.database, account_id),
        past.tell_service(services.database, account_id, url, login),
    )
    events = {"account": login, "events": await _late_events(services, account_id)}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{url}/_simulator/events", json=events)
        answer.raise_for_status()


async def remove_events(services: Services) -> None:
    """Every webhook of the demo's accounts and what it told."""
    await services.database.write(
        lambda connection: webhooks_demo.remove_demo(connection, modules_demo.account_ids(connection))
    )


async def _sender(services: Services, account_id: int) -> dict[str, Any]:
    senders: list[dict[str, Any]] = await services.modules.call(
        account_id, "CRM_Marketing_GetSenders", {}, lane="interactive"
    )
    return next(each for each in senders if each.get("verified"))


async def _late_events(services: Services, account_id: int) -> list[dict[str, Any]]:
    """Readers of the latest campaign who opened its letter today; one of them unsubscribed."""
    latest = (
        sa.select(campaign.c.id, campaign.c.external_id)
        .where(campaign.c.account_id == account_id, campaign.c.state == "sent")
        .order_by(campaign.c.launched_at.desc())
        .limit(1)
        .subquery()
    )
    readers = (
        sa.select(latest.c.external_id, address.c.normalised)
        .join(delivery, delivery.c.campaign_id == latest.c.id)
        .join(address, address.c.id == delivery.c.address_id)
        .where(delivery.c.opened_at.is_(None), delivery.c.reason.is_(None))
        .order_by(delivery.c.address_id)
        .limit(_LATE)
    )
    async with services.database.read() as connection:
        rows = (await connection.execute(readers)).all()
    words = ["ok_read", "ok_read", "ok_link_visited"] * _LATE
    found = [
        {"email": row.normalised, "campaign_id": row.external_id, "status": word}
        for row, word in zip(rows[:-1], words, strict=False)
    ]
    found += [{**found[0], "status": "ok_unsubscribed"}] if found else []
    # The last one is of a campaign that nobody here knows: kept and shown, and no error.
    found += [{"email": row.normalised, "campaign_id": "unknown-1", "status": "ok_read"} for row in rows[-1:]]
    return [{"name": "email_status", "data": data} for data in found]
