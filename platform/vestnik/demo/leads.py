"""What came in during the past two weeks, and what became of it: leads, clients, deals, orders, job tickets.

Everything is made as it comes in: an input, read and accepted. Then the times are set to when it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from vestnik import audit
from vestnik.calendars.tables import calendar_event
from vestnik.companies.finding import find_or_create_by_inn
from vestnik.companies.service import NewClient, clients_of, insert_clients, remove_clients
from vestnik.companies.tables import client
from vestnik.contacts.tables import address, contact, contact_address
from vestnik.db import Database, now
from vestnik.demo import lead_inputs, lead_ways
from vestnik.demo.daily import person
from vestnik.demo.lead_texts import KNOWN, PENDING_INN, WROTE, Wrote
from vestnik.demo.lead_ways import Ways
from vestnik.intake.fields import Accepted, Given
from vestnik.intake.inputs.reading import columns_of
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads import changing, conversion
from vestnik.intake.leads.tables import lead, lead_event
from vestnik.people.access import Actor
from vestnik.sales.deals import NewDeal, store_deal
from vestnik.sales.demo import DEMO
from vestnik.sales.service import Sales
from vestnik.sales.stages import ensure_stages
from vestnik.sales.tables import deal, deal_stage, line, order, ticket

if TYPE_CHECKING:
    from vestnik.app import Services

#: What the demo's removal knows its clients and contacts by.
PREFIX = "demo-lead-"
#: Contacts who write again are not those whom other parts tell of.
_KNOWN_FROM = 700
#: Deals that came of no lead: title, sum, days ago, number of the stage.
_DEALS = (
    ("Корпоративные календари", "148000", 13, 3),
    ("Каталог весенней коллекции", "236500", 11, 1),
    ("Ежегодный отчёт фонда", "182000", 9, 2),
    ("Переиздание путеводителя", "420000", 6, 1),
    ("Подарочные наборы к празднику", "95400", 5, 4),
    ("Сувенирная продукция форума", "67800", 2, 0),
)
#: Where deals that came of leads have got to; none of them is closed.
_STAGES_OF_LEADS = (2, 2, 1, 0)


async def create(services: Services) -> None:
    """The ways in, then everything that came by them, in one unit of work."""
    sales = await person(services, "sales")
    ways = await lead_ways.open_ways(services)
    zone = await services.people.organisation.zone()
    known = await _known(services)
    made = await services.database.write(_make, services, sales, ways, zone, known)
    await _make_tickets(services, sales, made)
    await lead_ways.finish(services, ways)


async def _known(services: Services) -> list[tuple[str, str]]:
    """Addresses of contacts who write again: e-mail and phone."""

    def primary(kind: str) -> sa.ScalarSelect[Any]:
        return (
            sa.select(address.c.normalised)
            .join(contact_address, contact_address.c.address_id == address.c.id)
            .where(contact_address.c.contact_id == contact.c.id, contact_address.c.kind == kind)
            .where(contact_address.c.is_primary)
            .scalar_subquery()
        )

    both = sa.select(primary("email").label("email"), primary("phone").label("phone"))
    mine = contact.c.external_id.startswith("demo-")
    async with services.database.read() as connection:
        rows = await connection.execute(both.where(mine).order_by(contact.c.id).offset(_KNOWN_FROM).limit(60))
        found = [
            (row.email, row.phone) for row in rows if row.email and row.phone and "info@" not in row.email
        ]
    return found


def _make(
    connection: sa.Connection,
    services: Services,
    sales: Actor,
    ways: Ways,
    zone: ZoneInfo,
    known: Sequence[tuple[str, str]],
) -> list[int]:
    """Make the clients, then each lead with all that became of it; keys of the orders."""
    _make_clients(connection, sales)
    ensure_stages(connection)
    again, orders = iter(known), list[int]()
    for number, wrote in enumerate(WROTE, 1):
        if wrote.email == KNOWN:
            email, phone = next(again)
            wrote = replace(wrote, email=email, phone=phone)
        at = _at(wrote, zone)
        with audit.dated(connection, _dated(at, _times(wrote, at)[-1])):
            accepted = _accept(connection, services, ways, zone, wrote, at, number + lead_ways.FIRST_ORDER)
            _happen(connection, services, sales, accepted.lead_id, wrote)
        _backdate(connection, accepted.lead_id, wrote, at)
        order_id = connection.scalar(sa.select(lead.c.order_id).where(lead.c.id == accepted.lead_id))
        if order_id is not None and wrote.goods:
            orders.append(order_id)
    _name_what_was_made(connection)
    _make_deals(connection, sales)
    return orders


def _at(wrote: Wrote, zone: ZoneInfo) -> datetime:
    """When a lead came; today's so many minutes ago."""
    if wrote.days == 0:
        return (now() - timedelta(minutes=int(wrote.time))).astimezone(zone)
    day = (now().astimezone(zone) - timedelta(days=wrote.days)).date()
    return datetime.combine(day, time.fromisoformat(wrote.time), tzinfo=zone)


def _make_clients(connection: sa.Connection, sales: Actor) -> None:
    """Companies and people that leads are of, and one that nobody has named yet."""
    names = [
        ("ООО «Галерея света»", "company", "7713456783", sales.user_id),
        ("АНО «Дом театра»", "company", "7801234564", sales.user_id),
        ("Форум «Север»", "company", "7806789016", None),
        ("Рыбакова Нина Петровна", "person", None, None),
        ("Ширяев Константин", "person", "500100732259", sales.user_id),
    ]
    new = [
        NewClient(name, kind, inn, responsible_id=owner, external_id=f"{PREFIX}client-{number}")
        for number, (name, kind, inn, owner) in enumerate(names, 1)
    ]
    insert_clients(connection, new)
    pending, _ = find_or_create_by_inn(connection, PENDING_INN, sales.user_id)
    own = client.c.id == pending
    connection.execute(sa.update(client).where(own).values(external_id=f"{PREFIX}pending"))


def _accept(
    connection: sa.Connection,
    services: Services,
    ways: Ways,
    zone: ZoneInfo,
    wrote: Wrote,
    at: datetime,
    number: int,
) -> Accepted:
    """Store the input of a lead as its way in would, and accept what it reads as."""
    inputs = services.intake.inputs
    new = lead_inputs.came(wrote, at, number, ways.sources.get(wrote.way))
    given = (
        Given(lead_inputs.fields_of(wrote), wrote.way, 0, at) if wrote.way in ("classic", "hand") else None
    )
    if given is not None:
        return inputs.take_in(connection, new, given)
    reading = lead_inputs.reading_of(new, zone.key)
    if reading.fields is None:
        raise ValueError(f"a lead of the demo can't be read: {reading.reason}")
    is_letter = wrote.way == "letter"
    given = Given(
        reading.fields,
        wrote.way,
        0,
        at,
        reading.warnings,
        calendar_id=ways.calendar_id,
        channel_id=ways.site_id,
        subject=new.about["subject"] if is_letter else "",
    )
    accepted = inputs.take_in(connection, new, given)
    own = input_table.c.lead_id == accepted.lead_id
    connection.execute(sa.update(input_table).where(own).values(columns_of(reading)))
    if is_letter:
        lead_ways.note_letter(connection, ways, accepted.lead_id, new, number)
    return accepted


def _happen(connection: sa.Connection, services: Services, sales: Actor, lead_id: int, wrote: Wrote) -> None:
    """What the sales manager did with a lead."""

    def row() -> sa.Row[Any]:
        return changing.locked(connection, lead_id)

    if wrote.fate in ("open", "waits"):
        return
    changing.take(connection, sales, row())
    if wrote.note:
        changing.add_note(connection, sales, row(), wrote.note)
    if wrote.fate == "processed":
        changing.process(connection, sales, row())
    elif wrote.fate == "converted":
        present = row()
        wish = conversion.Wish(
            client=conversion.ClientWish(id=present.client_id, name=wrote.more.get("company", "")),
            contact=conversion.ContactWish(id=present.contact_id, name=wrote.person),
            deal=conversion.DealWish(sum=Decimal(wrote.deal) if wrote.deal else None),
        )
        conversion.convert(connection, sales, services.vault, lead_id, wish)
    elif wrote.fate in ("spam", "duplicate", "other", "not_target"):
        changing.close(connection, sales, row(), wrote.fate)


def _backdate(connection: sa.Connection, lead_id: int, wrote: Wrote, at: datetime) -> None:
    """Have everything have happened when it did: after so many minutes somebody answered, then it ended."""
    answered_at, over_at, last = _times(wrote, at)
    times = {"seen_at": answered_at, "taken_at": answered_at, "finished_at": over_at, "updated_at": last}
    if wrote.fate == "converted":
        times["converted_at"] = over_at
    connection.execute(sa.update(lead).where(lead.c.id == lead_id).values(times))
    when: Mapping[str, datetime | None] = {"created": at, "taken": answered_at, "note": answered_at}
    happened = sa.case(
        *(
            (lead_event.c.kind == kind, sa.literal(moment, lead_event.c.at.type))
            for kind, moment in when.items()
        ),
        else_=sa.literal(last, lead_event.c.at.type),
    )
    connection.execute(sa.update(lead_event).where(lead_event.c.lead_id == lead_id).values(at=happened))
    for table in (order, deal, calendar_event):
        of_lead = sa.and_(table.c.source_kind == "lead", table.c.source_id == lead_id)
        connection.execute(sa.update(table).where(of_lead).values(created_at=at, updated_at=last))


def _times(wrote: Wrote, at: datetime) -> tuple[datetime | None, datetime | None, datetime]:
    """When somebody answered a lead that came `at`, when it was over, and what was the last of all."""
    is_over = wrote.fate not in ("open", "waits", "taken")
    answered_at = at + timedelta(minutes=wrote.answered) if wrote.answered else None
    over_at = answered_at + timedelta(hours=wrote.done_h, minutes=2) if is_over and answered_at else None
    return answered_at, over_at, over_at or answered_at or at


def _dated(at: datetime, last: datetime) -> Callable[[str], datetime]:
    """Have the audit say that records were made at the one time, and changed at the other."""
    return lambda action: at if action.endswith(".created") else last


class _Past:
    """A database whose units of work happened at other times."""

    def __init__(self, database: Database, when: Callable[[str], datetime]) -> None:
        self._database, self._when = database, when

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write(self, unit: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run a unit of work, and have its actions be told as done then."""

        def then(connection: sa.Connection) -> Any:
            with audit.dated(connection, self._when):
                return unit(connection, *arguments, **options)

        return await self._database.write(then)


def _name_what_was_made(connection: sa.Connection) -> None:
    """Let the demo's removal know the clients and contacts that leads made."""
    for table, column in ((client, lead.c.client_id), (contact, lead.c.contact_id)):
        of_leads = table.c.id.in_(sa.select(column).where(column.is_not(None)))
        name = sa.literal(PREFIX) + sa.cast(table.c.id, sa.Text)
        unnamed = table.c.external_id.is_(None) & of_leads
        connection.execute(sa.update(table).where(unnamed).values(external_id=name))


def remove_parties(connection: sa.Connection) -> None:
    """Take away the clients and contacts of this part, once nothing else refers to them."""
    ours = clients_of(PREFIX)
    connection.execute(sa.update(contact).where(contact.c.company_id.in_(ours)).values(company_id=None))
    people = sa.select(contact.c.id).where(contact.c.external_id.startswith(PREFIX))
    connection.execute(sa.delete(contact_address).where(contact_address.c.contact_id.in_(people)))
    connection.execute(sa.delete(contact).where(contact.c.external_id.startswith(PREFIX)))
    remove_clients(connection, PREFIX)


def _make_deals(connection: sa.Connection, sales: Actor) -> None:
    stages = list(connection.scalars(sa.select(deal_stage.c.id).order_by(deal_stage.c.position)))
    oldest = clients_of("demo-").order_by(client.c.id).limit(len(_DEALS))
    clients = [row.id for row in connection.execute(oldest)]
    for number, (title, amount, days, stage) in enumerate(_DEALS, 1):
        new = NewDeal(
            title,
            client_id=clients[number - 1],
            sum=Decimal(amount),
            responsible_id=sales.user_id,
            source=(DEMO, number),
            stage_id=stages[stage],
        )
        at = now() - timedelta(days=days)
        moved_at = at + timedelta(hours=20)
        with audit.dated(connection, _dated(at, moved_at)):
            deal_id = store_deal(connection, sales, new)
        closed_at = sa.case(
            (deal.c.closed_at.is_(None), None), else_=sa.literal(moved_at, deal.c.closed_at.type)
        )
        values = {"created_at": at, "updated_at": moved_at, "closed_at": closed_at}
        connection.execute(sa.update(deal).where(deal.c.id == deal_id).values(values))
    of_leads = sa.select(deal.c.id).where(deal.c.source_kind == "lead").order_by(deal.c.number)
    for deal_id, stage in zip(connection.scalars(of_leads).all(), _STAGES_OF_LEADS, strict=False):
        moved = sa.update(deal).where(deal.c.id == deal_id)
        connection.execute(moved.values(stage_id=stages[stage]))


async def _make_tickets(services: Services, sales: Actor, orders: Sequence[int]) -> None:
    """Job tickets of the first two orders: those of the first one are done, the second's under way."""
    for place, order_id in enumerate(orders[:2]):
        goods = sa.select(line.c.id).where(line.c.order_id == order_id, line.c.is_service.is_(False))
        async with services.database.read() as connection:
            lines = list(await connection.scalars(goods.order_by(line.c.position)))
        came = sa.select(lead.c.created_at, lead.c.updated_at).where(lead.c.order_id == order_id)
        async with services.database.read() as connection:
            at, last = (await connection.execute(came)).one()
        database = cast(Database, _Past(services.database, _dated(at, last)))
        past = Sales(database, services.people.organisation.zone_known)
        made = await past.tickets.make(sales, order_id, lines)
        for number, ticket_id in enumerate(made.new):
            state = "done" if place == 0 else ("in_work" if number == 0 else "new")
            await past.tickets.change(sales, ticket_id, {"state": state})
        state = "done" if place == 0 else "in_work"
        await past.orders.change(sales, order_id, {"state": state})
        await services.database.write(_backdate_order, order_id)


def _backdate_order(connection: sa.Connection, order_id: int) -> None:
    """Give an order and its job tickets the times of the lead that they came of."""
    times = sa.select(lead.c.created_at, lead.c.updated_at).where(lead.c.order_id == order_id)
    at, last = connection.execute(times).one()._tuple()
    for table, own in ((order, order.c.id == order_id), (ticket, ticket.c.order_id == order_id)):
        over = sa.case((table.c.closed_at.is_(None), None), else_=sa.literal(last, table.c.closed_at.type))
        values = {"created_at": at, "updated_at": last, "closed_at": over}
        connection.execute(sa.update(table).where(own).values(values))
