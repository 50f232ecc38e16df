"""Rules pick the same people as a person who reads them would, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.addresses import normalise
from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact, contact_field
from vestnik.db import Database, fold, now
from vestnik.people.access import SYSTEM
from vestnik.segments.errors import InvalidRule
from vestnik.segments.looking import Lookout
from vestnik.segments.service import Segments

FIELDS = [
    Field("city", {"ru": "Город", "en": "City"}, "text"),
    Field("orders", {"ru": "Заказов", "en": "Orders"}, "number"),
    Field("vip", {"ru": "VIP", "en": "VIP"}, "boolean"),
    Field("born", {"ru": "Рождение", "en": "Born"}, "date"),
]
CITIES = [None, "", "Москва", "Орёл", "орел", "Тверь, центр", "100%"]
PEOPLE: list[dict[str, Any]] = [
    {
        key: value
        for key, value in {
            "name": f"Человек {n}",
            "city": CITIES[n % len(CITIES)],
            "orders": [None, 0, 1, 2.5, -3][n % 5],
            "vip": [None, True, False][n % 3],
            "born": [None, "1980-01-31", "2001-12-01"][n % 3],
        }.items()
        if value is not None
    }
    for n in range(42)
]


def condition(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


TEXT_VALUES = st.sampled_from(["москва", "ОРЁЛ", "о", "тверь, центр", "100%", "%", "_", ""])
CONDITIONS = st.one_of(
    st.builds(
        condition,
        st.just("custom.city"),
        st.sampled_from(["=", "!=", "contains", "doesNotContain", "beginsWith", "null", "notNull"]),
        TEXT_VALUES,
    ),
    st.builds(
        condition,
        st.just("custom.city"),
        st.sampled_from(["in", "notIn"]),
        st.lists(TEXT_VALUES, min_size=1, max_size=3),
    ),
    st.builds(
        condition,
        st.just("custom.orders"),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "null", "notNull"]),
        st.sampled_from([0, 1, "2.5", -3]),
    ),
    st.builds(condition, st.just("custom.vip"), st.just("="), st.booleans()),
    st.builds(
        condition,
        st.just("custom.born"),
        st.sampled_from(["=", "!=", "<", ">=", "null", "notNull"]),
        st.sampled_from(["1980-01-31", "1999-01-01"]),
    ),
)
RULES = st.recursive(
    st.builds(lambda rules: {"combinator": "and", "rules": rules}, st.lists(CONDITIONS, max_size=2)),
    lambda groups: st.builds(
        lambda combinator, rules, inverted: {"combinator": combinator, "rules": rules, "not": inverted},
        st.sampled_from(["and", "or"]),
        st.lists(st.one_of(CONDITIONS, groups), max_size=3),
        st.booleans(),
    ),
    max_leaves=4,
)


def holds(rule: dict[str, Any], person: dict[str, Any]) -> bool:
    """The rule, read by a person."""
    if "rules" in rule:
        parts = [holds(each, person) for each in rule["rules"]]
        joined = (all(parts) if rule["combinator"] == "and" else any(parts)) if parts else True
        return joined is not rule.get("not", False)
    key = rule["field"].removeprefix("custom.")
    have, value, operator = person.get(key), rule["value"], rule["operator"]
    if key == "vip":
        return bool(have) is value
    if key == "city":
        have = None if have is None else fold(have)
        value = [fold(each.strip()) for each in value] if isinstance(value, list) else fold(value.strip())
        if operator in ("null", "notNull"):
            return (not have) is (operator == "null")
    elif key == "orders":
        value = float(value)
    if operator in ("null", "notNull"):
        return (have is None) is (operator == "null")
    if have is None:
        return operator in ("!=", "doesNotContain", "notIn")
    answers: dict[str, Callable[[], bool]] = {
        "=": lambda: have == value,
        "!=": lambda: have != value,
        "contains": lambda: value in have,
        "doesNotContain": lambda: value not in have,
        "beginsWith": lambda: have.startswith(value),
        "in": lambda: have in value,
        "notIn": lambda: have not in value,
        "<": lambda: have < value,
        "<=": lambda: have <= value,
        ">": lambda: have > value,
        ">=": lambda: have >= value,
    }
    return answers[operator]()


def store(connection: sa.Connection, contacts: Contacts) -> list[int]:
    insert_fields(connection, FIELDS)
    custom = [{key: value for key, value in each.items() if key != "name"} for each in PEOPLE]
    rows = [NewContact(each["name"], custom=values) for each, values in zip(PEOPLE, custom, strict=True)]
    return contacts.insert_many(connection, rows)


@pytest.fixture
async def keys(database: Database, contacts: Contacts) -> list[int]:
    return await database.write(store, contacts)


async def picked(database: Database, segments: Segments, rule: dict[str, Any]) -> list[int]:
    async with database.read() as connection:
        for_pages = await connection.run_sync(segments.compile, rule)
        whole = await connection.run_sync(segments.compile, rule, whole=True)
        found = list(await connection.scalars(for_pages.order_by(contact.c.id)))
        assert list(await connection.scalars(whole.order_by(contact.c.id))) == found
        return found


@settings(
    max_examples=250,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rule=RULES)
@example(rule={"combinator": "and", "rules": [condition("custom.city", "contains", "_")]})
@example(rule={"combinator": "and", "rules": [condition("custom.city", "contains", "%")]})
@example(rule={"combinator": "and", "rules": [condition("custom.city", "beginsWith", "100%")]})
async def test_a_rule_picks_whom_a_person_would_pick(
    database: Database, segments: Segments, keys: list[int], rule: dict[str, Any]
) -> None:
    expected = [key for key, person in zip(keys, PEOPLE, strict=True) if holds(rule, person)]
    assert await picked(database, segments, rule) == expected
    told = (await Lookout(database, segments).why(SYSTEM, keys[0], rule)).holds
    assert told is (keys[0] in expected), "the explanation says the same"


@pytest.fixture
async def readers(database: Database, contacts: Contacts) -> dict[str, int]:
    """Three people with addresses, companies and choices, by name; and the category they chose."""

    def store(connection: sa.Connection) -> dict[str, int]:
        [acme] = insert_clients(connection, [NewClient("ООО «Ёлка»", inn="7700000001")])
        rows = [
            NewContact(
                "Анна",
                [normalise("email", "anna@mail.example.ru"), normalise("email", "a@work.example.com")],
                company_id=acme,
            ),
            NewContact("Борис", [normalise("phone", "+79161234567")], created_at=now() - timedelta(days=40)),
            NewContact("Вера", [normalise("email", "vera@work.example.com")]),
        ]
        return dict(zip(("Анна", "Борис", "Вера"), contacts.insert_many(connection, rows), strict=True))

    people = await database.write(store)
    news = await contacts.create_category(SYSTEM, "Новости")
    for name in people:
        await contacts.record_consent(SYSTEM, people[name], news, "given", "форма", "")
    await contacts.record_consent(SYSTEM, people["Борис"], news, "withdrawn", "звонок", "")
    await database.write(
        lambda connection: contacts.suppress(
            connection,
            [normalise("email", "vera@work.example.com")],
            reason="unsubscribe",
            category_id=None,
            source="hook",
        )
    )
    return people | {"news": news}


@pytest.mark.parametrize(
    ("field", "operator", "value", "names"),
    [
        ("name", "beginsWith", "в", ["Вера"]),
        ("email", "contains", "a@", ["Анна", "Вера"]),
        ("email", "null", None, ["Борис"]),
        ("domain", "=", "work.example.com", ["Анна", "Вера"]),
        ("domain", "!=", "mail.example.ru", ["Борис", "Вера"]),
        ("phone", "notNull", None, ["Борис"]),
        ("company", "contains", "елка", ["Анна"]),
        ("company", "null", None, ["Борис", "Вера"]),
        ("inn", "in", "7700000001, 5", ["Анна"]),
        ("category", "subscribed", "news", ["Анна"]),
        ("category", "unsubscribed", "news", ["Борис", "Вера"]),
        ("created", "lastDays", 30, ["Анна", "Вера"]),
        ("created", "<", "2100-01-01", ["Анна", "Борис", "Вера"]),
        ("created", ">", "2100-01-01", []),
        ("created", "beforeDays", 30, ["Борис"]),
        ("updated", "lastDays", 1, ["Анна", "Борис", "Вера"]),
        ("email", "doesNotContain", "anna@", ["Борис", "Вера"]),
        ("phone", "contains", "6123", ["Борис"]),
        ("name", "doesNotContain", "бор", ["Анна", "Вера"]),
        ("stopped", "=", True, ["Вера"]),
        ("stopped", "=", False, ["Анна", "Борис"]),
    ],
)
async def test_conditions_look_at_addresses_companies_choices_and_dates(
    database: Database,
    segments: Segments,
    readers: dict[str, int],
    field: str,
    operator: str,
    value: Any,
    names: list[str],
) -> None:
    value = str(readers["news"]) if value == "news" else value
    rule = {"combinator": "and", "rules": [condition(field, operator, value)]}
    assert await picked(database, segments, rule) == [readers[name] for name in names]


@pytest.mark.parametrize(
    ("rule", "path", "where", "reason"),
    [
        ({}, "$", "The rule", "a group or a condition is needed here"),
        ({"combinator": "xor", "rules": []}, "$.combinator", "The rule", "a group is joined by and or by or"),
        (
            {"combinator": "and", "rules": [{"combinator": "or", "rules": ["x"]}]},
            "$.rules[0].rules[0]",
            "A group of conditions",
            "a group or a condition is needed here",
        ),
        (
            {"combinator": "and", "rules": [condition("custom.shoe", "=", 1)]},
            "$.rules[0].field",
            "The condition “custom.shoe”",
            "contacts have no such field",
        ),
        (
            {"combinator": "and", "rules": [condition("created", "contains", "1")]},
            "$.rules[0].operator",
            "The condition “Created”",
            "this field is not compared in this way",
        ),
        (
            {"combinator": "and", "rules": [condition("created", "=", "вчера")]},
            "$.rules[0].value",
            "The condition “Created”",
            "the value does not fit the condition",
        ),
        (
            {"combinator": "and", "rules": [condition("category", "subscribed", "1 or 1=1")]},
            "$.rules[0].value",
            "The condition “Category”",
            "the value does not fit the condition",
        ),
        (
            {"combinator": "and", "rules": [condition("created", "lastDays", 10**12)]},
            "$.rules[0].value",
            "The condition “Created”",
            "the value does not fit the condition",
        ),
        (
            {"combinator": "and", "rules": [condition("name", "=", "я")] * 101},
            "$",
            "The rule",
            "too many conditions",
        ),
    ],
)
async def test_a_rule_that_can_not_be_understood_is_refused_with_its_path(
    segments: Segments, rule: dict[str, Any], path: str, where: str, reason: str
) -> None:
    with pytest.raises(InvalidRule) as refusal:
        await segments.create(SYSTEM, "Новый", rule=rule)
    assert refusal.value.as_json("en") | {"type": ""} == {
        "type": "",
        "code": "invalid_rule",
        "status": 422,
        "title": "Check the rule of the segment",
        "detail": f"{where}: {reason}.",
        "path": path,
        "where": where,
        "reason": reason,
    }


async def test_a_rule_whose_field_was_archived_names_it_by_its_title(
    database: Database, segments: Segments
) -> None:
    city = Field("city", {"ru": "Город", "en": "City"}, "text")
    await database.write(insert_fields, [city])
    rule = {"combinator": "and", "rules": [condition("custom.city", "=", "Пермь")]}
    segment_id = await segments.create(SYSTEM, "Пермяки", rule=rule)
    await database.write(
        lambda connection: connection.execute(sa.update(contact_field).values(archived_at=now()))
    )
    with pytest.raises(InvalidRule) as refusal:
        await segments.members(segment_id)
    assert refusal.value.detail("ru") == "Условие «Город»: такого поля у контактов нет."
    assert refusal.value.detail("en") == "The condition “City”: contacts have no such field."


@pytest.mark.parametrize(
    ("operator", "days", "names"),
    [
        ("lastDays", 10, ["сегодня", "вчера"]),
        ("beforeDays", 10, ["год назад"]),
        ("nextDays", 10, ["сегодня", "завтра"]),
        ("yearlyNextDays", 10, ["сегодня", "завтра", "год назад, завтра"]),
    ],
)
async def test_dates_are_compared_with_today_in_the_organisations_zone(
    database: Database,
    contacts: Contacts,
    segments: Segments,
    operator: str,
    days: int,
    names: list[str],
) -> None:
    today = now().astimezone(ZoneInfo("Europe/Moscow")).date()
    tomorrow = today + timedelta(days=1)
    last_year = date(tomorrow.year - 4, tomorrow.month, min(tomorrow.day, 28))
    dates = {
        "сегодня": today,
        "вчера": today - timedelta(days=1),
        "завтра": tomorrow,
        "год назад": today - timedelta(days=340),
        "год назад, завтра": last_year,
    }

    def store(connection: sa.Connection) -> dict[int, str]:
        insert_fields(connection, FIELDS)
        rows = [NewContact(name, custom={"born": day.isoformat()}) for name, day in dates.items()]
        return dict(zip(contacts.insert_many(connection, rows), dates, strict=True))

    people = await database.write(store)
    rule = {"combinator": "and", "rules": [condition("custom.born", operator, days)]}
    found = [people[key] for key in await picked(database, segments, rule)]
    if operator == "beforeDays":
        names = [*names, "год назад, завтра"]
    assert found == names


async def test_static_segments_are_conditions_too(
    database: Database, segments: Segments, readers: dict[str, int]
) -> None:
    chosen = await segments.create(SYSTEM, "Избранные", members=[readers["Вера"]])
    for operator, names in (("in", ["Вера"]), ("notIn", ["Анна", "Борис"])):
        rule = {"combinator": "and", "rules": [condition("segment", operator, str(chosen))]}
        assert await picked(database, segments, rule) == [readers[name] for name in names]
