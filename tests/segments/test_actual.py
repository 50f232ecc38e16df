"""Why somebody is in a segment or not: what the contact has stands beside each condition's verdict."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation
from tests.segments.test_behaviour import people
from tests.segments.test_rules import condition

from vestnik.campaigns.tables import campaign
from vestnik.companies.service import NewClient, insert_clients
from vestnik.contacts.addresses import normalise
from vestnik.contacts.fields import Field, insert_fields
from vestnik.contacts.last_activity import keep
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import contact
from vestnik.db import Database, to_microseconds
from vestnik.people.access import SYSTEM
from vestnik.segments.looking import Lookout

__all__ = ["people"]

ACTIVE = datetime(2026, 5, 12, 9, tzinfo=UTC)
AT = {"kind": "instant", "at": "2026-05-12T09:00:00Z"}
NOTHING = {"kind": "nothing"}


def words(*texts: str) -> dict[str, Any]:
    return {"kind": "texts", "texts": list(texts)}


@pytest.fixture
async def keys(installation: Installation) -> list[int]:
    """Somebody with everything, and somebody with nothing but a name."""
    services = installation.services
    owner = await installation.add_user("marketer", "olga@vestnik.test")

    def store(connection: sa.Connection) -> list[int]:
        [company] = insert_clients(connection, [NewClient("ООО Ромашка", inn="7707083893")])
        insert_fields(
            connection,
            [
                Field("city", {"ru": "Город", "en": "City"}, "text"),
                Field("orders", {"ru": "Заказов", "en": "Orders"}, "number"),
                Field("vip", {"ru": "VIP", "en": "VIP"}, "boolean"),
                Field("born", {"ru": "Рождение", "en": "Born"}, "date"),
            ],
        )
        whole = NewContact(
            "Анна Ёлкина",
            [normalise("email", "anna@example.ru"), normalise("email", "anna@example.com")],
            company_id=company,
            owner_id=owner,
            custom={"city": "Орёл", "orders": 2.5, "vip": False, "born": "1980-01-31"},
        )
        found = services.contacts.insert_many(connection, [whole, NewContact("Никто")])
        keep([(found[0], to_microseconds(ACTIVE))], connection)
        return found

    return await services.database.write(store)


@pytest.mark.parametrize(
    ("asked", "actual", "nobodys"),
    [
        (condition("name", "=", "анна"), words("Анна Ёлкина"), words("Никто")),
        (condition("email", "contains", "mail"), words("anna@example.ru", "anna@example.com"), NOTHING),
        (condition("domain", "=", "example.ru"), words("example.ru", "example.com"), NOTHING),
        (condition("phone", "notNull"), NOTHING, NOTHING),
        (
            condition("lastActivity", "lastDays", 30),
            {"kind": "instant", "at": "2026-05-12T09:00:00Z"},
            NOTHING,
        ),
        (condition("owner", "notNull"), words("Имя marketer"), NOTHING),
        (condition("company", "=", "ромашка"), words("ООО Ромашка"), NOTHING),
        (condition("inn", "beginsWith", "77"), words("7707083893"), NOTHING),
        (condition("stopped", "=", True), NOTHING, NOTHING),
        (condition("custom.city", "=", "орел"), words("Орёл"), NOTHING),
        (condition("custom.orders", ">", 1), {"kind": "number", "number": 2.5}, NOTHING),
        (condition("custom.vip", "=", True), {"kind": "flag", "flag": False}, NOTHING),
        (condition("custom.born", "lastDays", 5), {"kind": "day", "day": "1980-01-31"}, NOTHING),
        (condition("segment", "in", "1"), None, None),
    ],
    ids=lambda each: each["field"] if isinstance(each, dict) and "field" in each else "",
)
async def test_each_condition_tells_what_the_contact_has_there(
    installation: Installation,
    keys: list[int],
    asked: dict[str, Any],
    actual: dict[str, Any] | None,
    nobodys: dict[str, Any] | None,
) -> None:
    browser = await installation.signed_in("marketer")
    rule = {"combinator": "and", "rules": [{"combinator": "or", "rules": [asked]}]}
    told = []
    for key in keys:
        answer = await browser.post("/segments/why", {"rule": rule, "contactId": str(key)})
        assert answer.status_code == 200, answer.text
        told.append(answer.json()["rule"]["rules"][0]["rules"][0]["actual"])
    assert told == [actual, nobodys]


async def test_a_choice_is_the_contact_s_last_word_or_the_stop_list_s(
    installation: Installation, keys: list[int]
) -> None:
    contacts = installation.services.contacts
    news = await contacts.create_category(SYSTEM, "Новости")
    why = installation.services.lookout.why
    rule = {"combinator": "and", "rules": [condition("category", "subscribed", str(news))]}

    async def told(key: int) -> tuple[Any, Any]:
        verdict = await why(SYSTEM, key, rule)
        assert verdict.rule is not None
        return verdict.holds, verdict.rule["rules"][0]["actual"].get("state")

    assert await told(keys[0]) == (False, None)
    await contacts.record_consent(SYSTEM, keys[0], news, "given", "форма", "сайт")
    assert await told(keys[0]) == (True, "given")
    await installation.services.database.write(
        contacts.suppress,
        [normalise("email", "anna@example.ru")],
        reason="unsubscribe",
        category_id=news,
        source="test",
    )
    assert await told(keys[0]) == (False, "withdrawn")
    await contacts.record_consent(SYSTEM, keys[1], None, "withdrawn", "сам", "письмо")
    assert await told(keys[1]) == (False, "withdrawn_all")


async def test_reasons_why_nobody_writes_are_named(installation: Installation, keys: list[int]) -> None:
    services = installation.services
    await services.contacts.record_consent(SYSTEM, keys[0], None, "withdrawn", "сам", "письмо")
    stop = [normalise("email", "anna@example.ru")]
    await services.database.write(
        services.contacts.suppress, stop, reason="spam", category_id=None, source="x"
    )
    rule = {"combinator": "and", "rules": [condition("stopped", "=", True)]}
    verdict = await services.lookout.why(SYSTEM, keys[0], rule)
    assert verdict.rule is not None
    reasons = verdict.rule["rules"][0]["actual"]["reasons"]
    assert (verdict.holds, reasons[0], "spam" in reasons) == (True, "unsubscribed", True)


async def test_behaviour_tells_the_last_letter_that_counts(
    database: Database, lookout: Lookout, people: dict[int, str]
) -> None:
    by_name = {name: key for key, name in people.items()}
    async with database.read() as connection:
        launched = dict((await connection.execute(sa.select(campaign.c.id, campaign.c.launched_at))).all())

    async def told(name: str, field: str, operator: str, value: Any = None) -> Any:
        rule = {"combinator": "and", "rules": [condition(f"campaigns.{field}", operator, value)]}
        verdict = await lookout.why(SYSTEM, by_name[name], rule)
        assert verdict.rule is not None
        return verdict.rule["rules"][0]["actual"]

    def letter(number: int, did: str, opened: bool) -> dict[str, Any]:
        return {
            "kind": "letter",
            "did": did,
            "at": launched[number],
            "opened": opened,
            "campaignId": str(number),
            "campaign": str(number),
        }

    assert await told("верный", "opened", "inLast", 3) == letter(4, "opened", True)
    assert await told("любопытный", "opened", "inLast", 3) == letter(1, "opened", True)
    assert await told("любопытный", "opened", "ofCampaign", "1") == letter(1, "opened", True)
    assert await told("верный", "opened", "ofCampaign", "2") == letter(2, "opened", True)
    assert await told("любопытный", "clicked", "ever") == letter(1, "clicked", True)
    assert await told("спящий", "opened", "never") == NOTHING
    assert await told("спящий", "notOpened", "inLast", 3) == letter(4, "received", False)
    assert await told("новый", "received", "ever") == NOTHING


async def test_an_owner_is_a_condition(installation: Installation, keys: list[int]) -> None:
    services = installation.services
    async with services.database.read() as connection:
        owner = await connection.scalar(sa.select(contact.c.owner_id).where(contact.c.id == keys[0]))
    for operator, value, expected in (
        ("=", str(owner), keys[:1]),
        ("!=", str(owner), keys[1:]),
        ("null", None, keys[1:]),
        ("notNull", None, keys[:1]),
    ):
        rule = {"combinator": "and", "rules": [condition("owner", operator, value)]}
        assert await services.lookout.count_rule(SYSTEM, rule) == 1
        sample = await services.lookout.sample(SYSTEM, rule)
        assert [person.id for person in sample] == expected, operator
