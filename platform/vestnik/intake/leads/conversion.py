"""A lead becomes a client, a contact, a deal and an order, in one step and once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, cast

import sqlalchemy as sa

from vestnik.addresses import Address, AddressKind, normalise
from vestnik.audit import record
from vestnik.companies.addresses import ClientAddress, store_addresses
from vestnik.companies.directory import checked_inn
from vestnik.companies.finding import hold_inns
from vestnik.companies.matching import find_clients
from vestnik.companies.service import NewClient, insert_clients, require_client
from vestnik.contacts.finding import give_company
from vestnik.contacts.storing import NewContact, insert_contacts
from vestnik.contacts.tables import contact
from vestnik.db import now
from vestnik.intake.leads.accepting import language_of
from vestnik.intake.leads.changing import locked, store
from vestnik.intake.leads.errors import NothingToConvert
from vestnik.intake.leads.planning import SOURCE, due_on
from vestnik.intake.leads.wording import called, numbered
from vestnik.people.access import Actor
from vestnik.people.users import is_working
from vestnik.sales.deals import NewDeal, store_deal
from vestnik.sales.errors import UnknownContact
from vestnik.sales.orders import NewOrder, change_order, store_order
from vestnik.vault import Vault


@dataclass(frozen=True, slots=True)
class ClientWish:
    """The client that a lead belongs to: one that is there, or a new one."""

    id: int | None = None
    name: str = ""
    kind: Literal["company", "person"] = "company"
    inn: str | None = None


@dataclass(frozen=True, slots=True)
class ContactWish:
    """The contact of a lead: one that is there, or a new one with the lead's addresses."""

    id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class DealWish:
    """A deal to be made; its sum is in the organisation's currency."""

    title: str = ""
    sum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderWish:
    """An order to be made, where the lead has none of its lines already."""

    title: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lead is to become; None leaves a part out, or as it is."""

    client: ClientWish | None = None
    contact: ContactWish | None = None
    deal: DealWish | None = None
    order: OrderWish | None = None


def convert(connection: sa.Connection, actor: Actor, vault: Vault, lead_id: int, wish: Wish) -> bool:
    """Make of a lead what is wished, and mark it processed; False where it was converted before."""
    row = locked(connection, lead_id)
    if row.converted_at is not None:
        return False
    in_charge = _in_charge(connection, actor, row)
    client_id = _client(connection, actor, row, wish.client, in_charge)
    contact_id = _contact(connection, actor, vault, row, wish.contact, client_id, in_charge)
    if (wish.deal is not None or wish.order is not None) and client_id is None and contact_id is None:
        raise NothingToConvert()
    deal_id, order_id = row.deal_id, row.order_id
    source = (SOURCE, lead_id)
    name = _name(connection, row)
    if wish.deal is not None:
        deal = NewDeal(
            title=wish.deal.title.strip() or name,
            client_id=client_id,
            contact_id=contact_id,
            sum=wish.deal.sum,
            responsible_id=in_charge,
            source=source,
        )
        deal_id = store_deal(connection, actor, deal)
    if wish.order is not None and order_id is None:
        order = NewOrder(
            title=wish.order.title.strip() or name,
            client_id=client_id,
            contact_id=contact_id,
            deal_id=deal_id,
            responsible_id=in_charge,
            description=row.description,
            layouts=list(row.layouts),
            lines=[],
            source=source,
            due_on=due_on(connection, row.dated_at, row.created_at),
        )
        order_id = store_order(connection, actor, order)
    elif order_id is not None:
        belongs = {"client_id": client_id, "contact_id": contact_id, "deal_id": deal_id}
        known = {name: key for name, key in belongs.items() if key is not None}
        change_order(connection, actor, order_id, known)
    at = now()
    became = {"client_id": client_id, "contact_id": contact_id, "deal_id": deal_id, "order_id": order_id}
    values: dict[str, Any] = {**became, "converted_at": at}
    if row.status != "closed":
        values |= {"status": "processed", "finished_at": row.finished_at or at}
    detail = {name: str(key) for name, key in became.items() if key is not None}
    store(connection, actor, row, values, "converted", detail)
    return True


def _client(
    connection: sa.Connection,
    actor: Actor,
    row: sa.Row[Any],
    wish: ClientWish | None,
    in_charge: int | None,
) -> int | None:
    if wish is None:
        return cast("int | None", row.client_id)
    if wish.id is not None:
        require_client(connection, wish.id)
        return wish.id
    inn = checked_inn(wish.inn)
    hold_inns(connection, [inn])
    known = None if inn is None else find_clients(connection, [(inn, "")]).get((inn, ""))
    addresses = [ClientAddress(each.kind, each.normalised, each.normalised) for each in addresses_of(row)]
    if known is not None:
        store_addresses(connection, known, addresses)
        return known
    name = wish.name.strip() or row.company or row.person or row.title or _name(connection, row)
    new = NewClient(name, wish.kind, inn, responsible_id=in_charge, addresses=addresses)
    [client_id] = insert_clients(connection, [new])
    record(connection, actor, "company.created", "company", client_id, ["name", "inn"])
    return client_id


def _contact(
    connection: sa.Connection,
    actor: Actor,
    vault: Vault,
    row: sa.Row[Any],
    wish: ContactWish | None,
    client_id: int | None,
    in_charge: int | None,
) -> int | None:
    contact_id = _living(connection, row.contact_id)
    if wish is not None and wish.id is not None:
        contact_id = _living(connection, wish.id)
        if contact_id is None:
            raise UnknownContact()
    elif wish is not None:
        new = NewContact(
            name=wish.name.strip() or row.person or row.title,
            addresses=addresses_of(row),
            company_id=client_id,
            owner_id=in_charge,
        )
        [contact_id] = insert_contacts(connection, vault, [new], now())
        record(connection, actor, "contact.created", "contact", contact_id, ["name", "emails", "phones"])
        return contact_id
    if contact_id is not None and client_id is not None:
        give_company(connection, contact_id, client_id)
    return contact_id


def _living(connection: sa.Connection, contact_id: int | None) -> int | None:
    live = sa.select(contact.c.id).where(contact.c.id == contact_id, contact.c.merged_into.is_(None))
    found: int | None = connection.scalar(live)
    return found


def _in_charge(connection: sa.Connection, actor: Actor, row: sa.Row[Any]) -> int | None:
    """Who is responsible for what a lead becomes: the lead's person, else who converts it."""
    if row.responsible_id is not None and is_working(connection, row.responsible_id):
        return int(row.responsible_id)
    return actor.user_id


def addresses_of(row: sa.Row[Any]) -> list[Address]:
    """The addresses of a lead's row."""
    given: tuple[tuple[AddressKind, str | None], ...] = (
        ("email", row.email_normalised),
        ("phone", row.phone_normalised),
    )
    return [normalise(kind, text) for kind, text in given if text]


def _name(connection: sa.Connection, row: sa.Row[Any]) -> str:
    """What deal and order are called unless a person says so."""
    name = " ".join(called(row._mapping, row.subject).split())
    return name or numbered(row.number, language_of(connection))
