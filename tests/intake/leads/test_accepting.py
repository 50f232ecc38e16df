"""What becomes of a lead: all of it in one unit of work, once for each input."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa
from tests.intake.leads.desk import RECEIVED, Desk, codes

from vestnik.calendars.tables import calendar
from vestnik.companies.finding import add_addresses
from vestnik.contacts.addresses import normalise
from vestnik.contacts.storing import NewContact, insert_contacts
from vestnik.contacts.tables import contact
from vestnik.db import new_key, now
from vestnik.intake.fields import Marks, Warned
from vestnik.intake.leads.channels import UNCHECKED
from vestnik.intake.leads.directories import change_settings
from vestnik.intake.leads.tables import channel, channel_rule, lead, partner
from vestnik.people.access import SYSTEM
from vestnik.sales.lines import OrderLine
from vestnik.sales.tables import line, order
from vestnik.settings import Settings
from vestnik.vault import Vault

INN = "7709745454"


async def _contact(
    desk: Desk,
    settings: Settings,
    name: str,
    email: str,
    *,
    owner: int | None = None,
    company: int | None = None,
) -> int:
    new = NewContact(name, [normalise("email", email)], company, owner)
    vault = Vault(settings)
    [id] = await desk.database.write(lambda connection: insert_contacts(connection, vault, [new], now()))
    return id


async def test_a_lead_is_stored_as_it_came_with_its_event_its_letter_and_its_history(desk: Desk) -> None:
    admin = await desk.person("anna", "administrator")
    row = await desk.accept(
        title="Баннер 2 на 3", person="Пётр Петров", email="Petr@Example.RU", phone="8 925 642-42-90",
        description="Срочно", city="Пермь", subject="ORDER: 123", extra={"Скидка": "10 %"},
    )  # fmt: skip
    assert (row.number, row.status, row.door, row.title, row.email) == (
        *(1, "open", "http", "Баннер 2 на 3", "Petr@Example.RU"),
    )
    assert (row.email_normalised, row.phone_normalised) == ("petr@example.ru", "+79256424290")
    assert (row.responsible_id, row.assigned_by) == (admin, "coordinator")
    assert (row.warnings, row.matches, row.extra) == ([], [], {"Скидка": "10 %"})
    [event] = await desk.events()
    assert (event.id, event.title) == (row.event_id, "Заявка № 1: Баннер 2 на 3")
    assert (event.source_kind, event.source_id, event.person_id) == ("lead", row.id, admin)
    assert event.starts_at == RECEIVED
    assert "Телефон: 8 925 642-42-90" in event.description
    assert await desk.letters() == [admin]
    [(kind, detail)] = await desk.history(row.id)
    assert (kind, detail["by"], detail["userId"]) == ("created", "coordinator", str(admin))


async def test_an_input_becomes_one_lead_however_often_it_is_accepted(desk: Desk) -> None:
    given = desk.given(title="Раз", lines=[OrderLine(item="Ролап")])
    first = await desk.accepted(given)
    again = await asyncio.gather(*(desk.accepted(given) for _ in range(5)))
    assert again == [first] * 5
    assert len(await desk.rows(sa.select(lead.c.id))) == 1
    assert len(await desk.events()) == 1
    assert len(await desk.rows(sa.select(order.c.id))) == 1
    assert (await desk.accepted(desk.given(title="Два"))).number == 2


async def test_a_date_that_is_still_to_come_is_when_the_event_begins(desk: Desk) -> None:
    await desk.accept(title="Когда-нибудь", dated_at=RECEIVED + timedelta(days=3))
    await desk.accept(title="Раньше", dated_at=RECEIVED - timedelta(days=3))
    assert [each.starts_at for each in await desk.events()] == [RECEIVED + timedelta(days=3), RECEIVED]


async def test_goods_become_an_order_and_sums_that_differ_are_told_and_left(desk: Desk) -> None:
    row = await desk.accept(
        title="Заказ №123",
        lines=[
            OrderLine(item="Ролап", quantity=Decimal(2), price=Decimal(500), amount=Decimal(1000)),
            OrderLine(item="Доставка", quantity=Decimal(2), price=Decimal(500), amount=Decimal(900)),
        ],
    )
    [stored] = await desk.rows(sa.select(order))
    assert (stored.id, stored.title, stored.source_kind) == (row.order_id, "Заказ №123", "lead")
    lines = await desk.rows(sa.select(line).order_by(line.c.position))
    assert [(each.item, each.amount) for each in lines] == [
        ("Ролап", Decimal(1000)),
        ("Доставка", Decimal(900)),
    ]
    [warning] = row.warnings
    assert warning["code"] == "sum_differs"
    assert warning["facts"] == {"line": 2, "item": "Доставка", "given": "900", "computed": "1000"}
    assert (await desk.accept(title="Без товаров")).order_id is None


async def test_a_wrong_inn_creates_nothing_and_is_told_with_what_it_may_have_been(desk: Desk) -> None:
    row = await desk.accept(title="А", inn="7709745455")
    spoilt = await desk.accept(title="Б", inn=f"ИНН {INN[:4]} {INN[4:]}")
    assert (row.client_id, spoilt.client_id) == (None, None)
    assert await desk.clients() == []
    facts = [row.warnings[0], spoilt.warnings[0]]
    assert [(each["code"], each["facts"]["suggestion"]) for each in facts] == [
        ("wrong_inn", None),
        ("wrong_inn", INN),
    ]


async def test_a_right_inn_makes_the_client_once_and_gives_it_to_the_contact_that_was_found(
    desk: Desk, settings: Settings
) -> None:
    owner = await desk.person("oleg")
    contact_id = await _contact(desk, settings, "Пётр", "petr@example.ru", owner=owner)
    row = await desk.accept(title="А", email="petr@example.ru", inn=INN)
    assert await desk.clients() == [(f"ИНН {INN}", INN)]
    [person] = await desk.rows(sa.select(contact.c.company_id).where(contact.c.id == contact_id))
    assert person.company_id == row.client_id
    assert (row.contact_id, row.responsible_id, row.assigned_by) == (contact_id, owner, "contact")
    next_one = await desk.accept(title="Б", inn=INN)
    assert (next_one.client_id, next_one.responsible_id) == (row.client_id, owner)
    assert next_one.assigned_by == "client"
    assert len(await desk.clients()) == 1


async def test_clients_contacts_and_earlier_leads_with_an_address_are_found_and_explained(
    desk: Desk, settings: Settings
) -> None:
    client_id = await desk.client("Ромашка")
    await desk.database.write(add_addresses, client_id, [], ["+79256424290"])
    contact_id = await _contact(desk, settings, "Пётр", "petr@example.ru")
    first = await desk.accept(title="А", email="petr@example.ru")
    second = await desk.accept(
        title="Б", email="PETR@example.ru", phone="+7 (925) 642-42-90",
        received_at=RECEIVED + timedelta(minutes=1),
    )  # fmt: skip
    assert second.matches == [
        {"kind": "client", "id": str(client_id), "signal": "phone", "value": "+79256424290"},
        {"kind": "contact", "id": str(contact_id), "signal": "email", "value": "petr@example.ru"},
        {"kind": "lead", "id": str(first.id), "signal": "email", "value": "petr@example.ru"},
    ]
    assert (second.client_id, second.contact_id, second.duplicate_of) == (client_id, contact_id, first.id)


async def test_a_lead_of_long_ago_or_a_closed_one_makes_no_duplicate(desk: Desk) -> None:
    old = await desk.accept(title="Давно", phone="+79256424290", received_at=RECEIVED - timedelta(days=31))
    closed = await desk.accept(title="Спам", phone="+79256424290", received_at=RECEIVED - timedelta(days=2))
    assert closed.duplicate_of == old.id
    await desk.do(sa.update(lead).where(lead.c.id == closed.id).values(status="closed", result="spam"))
    assert (await desk.accept(title="Новая", phone="+79256424290")).duplicate_of is None


async def test_what_can_t_be_an_address_is_told_and_kept(desk: Desk) -> None:
    row = await desk.accept(title="А", email="не почта", phone="позвоните мне")
    assert codes(row) == ["email_unreadable", "phone_unreadable"]
    assert (row.email, row.phone, row.email_normalised) == ("не почта", "позвоните мне", None)


async def test_an_address_within_the_text_is_proposed_and_not_taken(desk: Desk) -> None:
    first = await desk.accept(title="А", email="a@example.ru", phone="+79256424290")
    row = await desk.accept(title="Б", email="a@example.ru; b@example.ru", phone="тел 89256424290, Анна")
    assert [each["facts"].get("suggestion") for each in row.warnings] == ["a@example.ru", "+79256424290"]
    assert (row.email_normalised, row.phone_normalised, row.duplicate_of) == (None, None, None)
    assert (row.email, first.email_normalised) == ("a@example.ru; b@example.ru", "a@example.ru")


async def test_an_unknown_path_becomes_a_source_that_is_to_be_checked(desk: Desk) -> None:
    first = await desk.accept(title="А", path="Лендинг")
    again = await desk.accept(title="Б", path=" лендинг ")
    by_mark = await desk.accept(title="В", marks=Marks(source="yandex"))
    found = {row.id: row for row in await desk.rows(sa.select(channel))}
    assert {(row.title, row.checked) for row in found.values()} == {("Лендинг", False), ("yandex", False)}
    assert first.channel_id == again.channel_id
    assert found[by_mark.channel_id].title == "yandex"


async def test_rules_of_the_directory_come_before_names_and_the_door_before_marks(desk: Desk) -> None:
    ads, door = await desk.channel("Реклама"), await desk.channel("Форма на сайте")
    for position, (field, how, value) in enumerate(
        [("utm_medium", "equals", "cpc"), ("site", "contains", "promo")], 1
    ):
        values = {"id": new_key(), "channel_id": ads, "field": field, "how": how, "position": position}
        await desk.do(sa.insert(channel_rule).values(**values, value=value, value_folded=value))
    by_rule = await desk.accept(title="А", path="Что-то", marks=Marks(source="x", medium="CPC"))
    by_site = await desk.accept(title="Б", site="https://Promo.example.ru")
    by_door = await desk.accept(title="В", marks=Marks(source="x"), channel_id=door)
    by_path = await desk.accept(title="Г", path="Форма на сайте")
    assert [each.channel_id for each in (by_rule, by_site, by_door, by_path)] == [ads, ads, door, door]
    assert len(await desk.rows(sa.select(channel.c.id))) == 2


async def test_a_merged_source_leads_to_the_one_that_it_was_merged_into(desk: Desk) -> None:
    kept = await desk.channel("Реклама")
    merged = await desk.accept(title="А", path="reklama")
    gone = channel.c.id == merged.channel_id
    await desk.do(sa.update(channel).where(gone).values(merged_into=kept, archived_at=now()))
    assert (await desk.accept(title="Б", path="Reklama")).channel_id == kept


async def test_so_many_unknown_sources_are_kept_and_no_more(desk: Desk) -> None:
    rows = [
        {"id": new_key(), "title": f"s{n}", "title_folded": f"s{n}", "checked": False, "created_at": now()}
        for n in range(UNCHECKED)
    ]
    await desk.do(sa.insert(channel).values(rows))
    row = await desk.accept(title="А", path="ещё один")
    assert (row.channel_id, row.path, codes(row)) == (None, "ещё один", ["channel_not_kept"])


async def test_a_partner_is_known_by_its_site_or_title_and_an_unknown_one_stays_text(desk: Desk) -> None:
    id = new_key()
    values = {"title": "Партнёр", "title_folded": "партнер", "site": "partner.ru", "created_at": now()}
    await desk.do(sa.insert(partner).values(id=id, **values))
    rows = [
        await desk.accept(title="А", partner=text)
        for text in ("https://www.Partner.ru/page?a=1", "партнёр", "other.ru", "http://[")
    ]
    assert [row.partner_id for row in rows] == [id, id, None, None]
    assert rows[2].partner == "other.ru"


async def test_the_event_stands_in_the_door_s_calendar_else_in_the_person_s_own(desk: Desk) -> None:
    person = await desk.person("olga")
    own, shared = new_key(), new_key()
    common = {"colour": "blue", "is_incoming": False, "created_at": now(), "updated_at": now()}
    rows = [
        {"id": own, "title": "Ольга", "kind": "personal", "owner_id": person, **common},
        {"id": shared, "title": "Магазин", "kind": "shared", "owner_id": None, **common},
    ]
    await desk.do(sa.insert(calendar).values(rows))
    await desk.accept(title="А", calendar_id=shared, responsible_id=person)
    await desk.accept(title="Б", responsible_id=person)
    await desk.accept(title="В")
    gone = await desk.accept(title="Г", calendar_id=new_key())
    stand_in = [each.calendar_id for each in await desk.events()]
    [incoming] = await desk.rows(sa.select(calendar.c.id).where(calendar.c.is_incoming))
    assert stand_in == [shared, own, incoming.id, incoming.id]
    assert codes(gone) == ["calendar_gone"]


async def test_warnings_of_reading_stay_with_the_lead(desk: Desk) -> None:
    given = desk.given(title="А")
    row = await desk.row(
        await desk.accepted(replace(given, warnings=[Warned("json_comma", "", {"line": 3})]))
    )
    assert row.warnings == [{"code": "json_comma", "field": "", "facts": {"line": 3}}]


async def test_nobody_is_written_to_where_letters_are_off(desk: Desk) -> None:
    await desk.person("anna", "administrator")
    await desk.database.write(change_settings, SYSTEM, {"notify": False})
    await desk.accept(title="А")
    assert await desk.letters() == []
