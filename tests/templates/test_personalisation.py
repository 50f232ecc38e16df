"""The fields of a letter: found in every known way to write them, counted where people lack them."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.addresses import normalise
from vestnik.contacts.lacking import lacking
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact
from vestnik.contract.manifest import Personalisation, PlaceholderSyntax
from vestnik.db import Database
from vestnik.people.access import SYSTEM
from vestnik.templates.personalisation import LONGEST, Field, fields_of
from vestnik.templates.service import Templates
from vestnik.vault import Vault

UNISENDER = Personalisation("braces", {"Name": "name", "City": "fields.city"}, ("UnsubscribeUrl",))


def test_a_field_is_listed_with_who_fills_it_in_and_where_it_stands() -> None:
    found = fields_of(
        "{{Name}}, добрый день",
        '<p>{{ name }}, {{City|ваш город}}, {{Bonus}}</p><a href="{{UnsubscribeUrl}}">x</a>',
        UNISENDER,
    )
    assert found == [
        Field("Name", "contact", "name", in_subject=True, in_body=True, has_fallback=False),
        Field("City", "contact", "fields.city", in_subject=False, in_body=True, has_fallback=True),
        Field("Bonus", "unknown", None, in_subject=False, in_body=True, has_fallback=False),
        Field("UnsubscribeUrl", "service", None, in_subject=False, in_body=True, has_fallback=False),
    ]


def test_a_field_has_a_fallback_only_where_all_its_places_have() -> None:
    [name] = fields_of("{{Name|друг}}", "<p>{{Name}}</p>", UNISENDER)
    assert not name.has_fallback
    [name] = fields_of("{{Name|друг}}", "<p>{{Name?С приветом}}</p>", UNISENDER)
    assert name.has_fallback


@pytest.mark.parametrize(
    ("syntax", "text", "names"),
    [
        ("braces", "{{Name}} {{ contact.FIRSTNAME }} {{ .Subscriber.Name }} {{Имя клиента}}",
         ["Name", "contact.FIRSTNAME", "Subscriber.Name", "Имя клиента"]),
        ("braces", '{{#if x}} {{/if}} {{else}} {{ template "content" . }} {{}} {Name} {{<b>x</b>}}', []),
        ("braces", "{{{Name}}} @media print {a{color:red}}", ["Name"]),
        ("braces", "{{Name&#124;друг}}", ["Name"]),
        ("brackets", "[firstname,fallback=there] [email] <!--[if mso]> <![endif]--> a[0]",
         ["firstname", "email"]),
        ("stars", "*|FNAME|* *|IF:FNAME|* *|END:IF|* **bold**", ["FNAME"]),
        ("percents", "%FIRSTNAME% 100%; width:50%;x%20y /%D0%9F%D1%8F/", ["FIRSTNAME"]),
        ("none", "{{Name}} [name] *|NAME|* %NAME%", []),
    ],
)  # fmt: skip
def test_each_known_way_to_write_a_field_is_read(
    syntax: PlaceholderSyntax, text: str, names: list[str]
) -> None:
    assert [each.name for each in fields_of("", text, Personalisation(syntax))] == names


def test_without_a_word_of_the_manifest_fields_go_by_the_names_of_values() -> None:
    found = fields_of("", "{{name}} {{contact.EMAIL}} {{city}} {{age}}", Personalisation(), ["city"])
    assert [(each.name, each.value) for each in found] == [
        ("name", "name"),
        ("contact.EMAIL", "email"),
        ("city", "fields.city"),
        ("age", None),
    ]


@pytest.mark.parametrize("syntax", ["braces", "brackets", "stars", "percents"])
@pytest.mark.parametrize("piece", ["{{", "{{a", "[a", "[", "*|", "*|a", "%a", "{{ ", "[a ", "a "])
def test_a_letter_made_to_take_for_ever_is_read_in_one_go(syntax: PlaceholderSyntax, piece: str) -> None:
    letter = piece * (2_000_000 // len(piece))
    started = time.process_time()
    fields_of("", letter, Personalisation(syntax))
    assert time.process_time() - started < 3


@given(st.text(alphabet="{}[]*|%aZ_.,? &;\n", max_size=300), st.sampled_from(["braces", "brackets", "stars"]))
def test_any_text_has_fields_of_bounded_names(text: str, syntax: PlaceholderSyntax) -> None:
    for each in fields_of(text, text, Personalisation(syntax)):
        assert 1 <= len(each.name) <= LONGEST
        assert each.in_subject and each.in_body


@pytest.fixture
async def letter(templates: Templates, service: Any) -> int:
    service.sender.personalisation = Personalisation(
        "braces", {"Name": "name", "City": "fields.city", "Phone": "phone", "Firm": "company"}, ("Web",)
    )
    service.templates = [{"externalId": "t1", "name": "Весна", "subject": "{{Name}}, весна"}]
    service.letters = {"t1": "<p>{{City}} {{Phone}} {{Firm}} {{Bonus}} {{Name|друг}} {{Web}}</p>"}
    await templates.finished(await templates.import_from(SYSTEM, 1))
    [[found], _] = await templates.page(SYSTEM)
    return found.id


@pytest.fixture
async def everybody(database: Database, vault: Vault) -> sa.Select[Any]:
    """Four people: with all values, with few, with an empty city, with no name."""
    contacts = Contacts(database, vault)

    def store(connection: sa.Connection) -> None:
        [firm] = insert_clients(connection, [NewClient("Маяк")])
        phone, email = normalise("phone", "+79161234567"), normalise("email", "a@example.com")
        rows = [
            NewContact("Анна", [email, phone], company_id=firm, custom={"city": "Тверь", "age": 30}),
            NewContact("Борис", [normalise("email", "b@example.com")]),
            NewContact("Вера", [], custom={"city": "  ", "age": 0}),
            NewContact("", [], custom={"city": None}),
        ]
        contacts.insert_many(connection, rows)

    await database.write(store)
    return sa.select(contact.c.id.label("contact_id"))


async def test_recipients_without_a_value_are_counted_for_each_field(
    templates: Templates, letter: int, everybody: sa.Select[Any]
) -> None:
    assert await templates.missing_values(letter, everybody) == {"Name": 1, "City": 3, "Phone": 3, "Firm": 3}
    assert await templates.missing_values(letter, everybody.where(sa.false())) == {
        "Name": 0, "City": 0, "Phone": 0, "Firm": 0,
    }  # fmt: skip


async def test_the_campaign_s_own_subject_is_what_counts(
    templates: Templates, letter: int, everybody: sa.Select[Any]
) -> None:
    missing = await templates.missing_values(letter, everybody, subject="Весна")
    assert missing == {"City": 3, "Phone": 3, "Firm": 3}


async def test_a_letter_without_fields_asks_the_database_nothing(
    templates: Templates, service: Any, letter: int, everybody: sa.Select[Any]
) -> None:
    service.letters = {"t1": "<p>Всем одно</p>"}
    await templates.letter(SYSTEM, letter, refresh=True)
    assert await templates.missing_values(letter, everybody, subject="Весна") == {}


async def test_a_number_is_a_value_and_an_unknown_one_is_a_fault_of_ours(
    database: Database, everybody: sa.Select[Any]
) -> None:
    async with database.read() as connection:
        row = (await connection.execute(lacking(everybody, ["fields.age", "email"]))).one()
    assert tuple(row) == (2, 2)
    with pytest.raises(LookupError):
        lacking(everybody, ["password"])
