"""The audience: every verdict against a model that looks at one contact at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from vestnik.contacts.addresses import normalise
from vestnik.contacts.audience import ConsentVerdict, Verdict, audience
from vestnik.contacts.service import Contacts, Draft
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import (
    address,
    category,
    consent,
    contact,
    contact_address,
    subscription,
    suppression,
)
from vestnik.db import Database, fold, now
from vestnik.people.access import SYSTEM

EMAILS = [f"person{n}@example.ru" for n in range(4)]
CATEGORIES = (1, 2)


@dataclass
class Someone:
    """A contact of the model; its first e-mail is its primary one."""

    emails: list[str]
    phone: bool = False
    blocked: bool = False
    merged: bool = False
    unsubscribed: bool = False
    withdrew: set[int] = field(default_factory=set)
    gave: set[int] = field(default_factory=set)
    member: bool = True


@dataclass(frozen=True)
class Stopped:
    email: str
    category: int | None
    reason: str


PEOPLE = st.lists(
    st.builds(
        Someone,
        emails=st.lists(st.sampled_from(EMAILS), unique=True, max_size=2),
        phone=st.booleans(),
        blocked=st.integers(0, 5).map(lambda n: n == 0),
        merged=st.integers(0, 9).map(lambda n: n == 0),
        unsubscribed=st.integers(0, 9).map(lambda n: n == 0),
        withdrew=st.sets(st.sampled_from(CATEGORIES), max_size=1),
        gave=st.sets(st.sampled_from(CATEGORIES), max_size=2),
        member=st.integers(0, 4).map(lambda n: n > 0),
    ),
    min_size=1,
    max_size=8,
)
STOPS = st.lists(
    st.builds(
        Stopped,
        email=st.sampled_from(EMAILS[:3]),
        category=st.sampled_from([None, *CATEGORIES]),
        reason=st.sampled_from(["manual", "spam", "hard_bounce"]),
    ),
    max_size=2,
)
UNSUBSCRIBES = st.lists(
    st.builds(
        Stopped,
        email=st.sampled_from(EMAILS[:3]),
        category=st.sampled_from([None, *CATEGORIES]),
        reason=st.just("unsubscribe"),
    ),
    max_size=2,
)


def expected(
    people: list[Someone], stops: list[Stopped], wanted: int | None, needs_consent: bool
) -> list[ConsentVerdict | None]:
    """What each person's verdict has to be, by the rules as a person would apply them; None is no row."""
    withdrew = [set(each.withdrew) for each in people]
    unsubscribed = [each.unsubscribed for each in people]
    for stop in stops:
        for n, each in enumerate(people):
            if stop.reason == "unsubscribe" and each.emails[:1] == [stop.email]:
                if stop.category is None:
                    unsubscribed[n] = True
                else:
                    withdrew[n].add(stop.category)
    verdicts: list[ConsentVerdict | None] = []
    written_to: set[str] = set()
    for n, each in enumerate(people):
        if not each.member or each.merged:
            verdicts.append(None)
            continue
        reasons = {
            (stop.reason, stop.category is None)
            for stop in stops
            if each.emails[:1] == [stop.email] and stop.category in (None, wanted)
        }
        verdict: ConsentVerdict = "ok"
        if each.blocked:
            verdict = "blocked"
        elif not each.emails:
            verdict = "no_address"
        elif any(reason == "manual" for reason, _ in reasons):
            verdict = "blocked"
        elif any(reason == "spam" for reason, _ in reasons):
            verdict = "spam"
        elif any(reason == "hard_bounce" for reason, _ in reasons):
            verdict = "hard_bounce"
        elif ("unsubscribe", True) in reasons or (unsubscribed[n] and not reasons):
            verdict = "unsubscribed_all"
        elif ("unsubscribe", False) in reasons or wanted in withdrew[n]:
            verdict = "unsubscribed_category"
        elif needs_consent and wanted not in each.gave:
            verdict = "no_consent"
        elif each.emails[0] in written_to:
            verdict = "duplicate"
        else:
            written_to.add(each.emails[0])
        verdicts.append(verdict)
    return verdicts


def store(
    connection: sa.Connection, contacts: Contacts, people: list[Someone], stops: list[Stopped]
) -> list[int]:
    for table in (subscription, consent, suppression, contact_address, address, contact, category):
        connection.execute(sa.delete(table))
    connection.execute(
        sa.insert(category),
        [
            {"id": id, "title": f"c{id}", "title_folded": fold(f"c{id}"), "created_at": now()}
            for id in CATEGORIES
        ],
    )
    keys = contacts.insert_many(
        connection,
        [
            NewContact(
                name="Имя",
                addresses=[normalise("email", text) for text in each.emails]
                + ([normalise("phone", "+79161234567")] if each.phone else []),
            )
            for each in people
        ],
    )
    for key, each in zip(keys, people, strict=True):
        connection.execute(
            sa.update(contact)
            .where(contact.c.id == key)
            .values(
                blocked=each.blocked,
                unsubscribed=each.unsubscribed,
                merged_into=keys[0] if each.merged else None,
            )
        )
        for chosen in each.withdrew | each.gave:
            values = {"contact_id": key, "category_id": chosen, "subscribed": chosen not in each.withdrew}
            connection.execute(sa.insert(subscription).values(**values, at=now()))
    for stop in stops:
        contacts.suppress(
            connection,
            [normalise("email", stop.email)],
            reason=stop.reason,  # type: ignore[arg-type]  # drawn from the closed set
            category_id=stop.category,
            source="test",
        )
    return keys


async def verdicts(
    database: Database, members: sa.Select[Any], wanted: int | None, *, needs_consent: bool = False
) -> dict[int, str]:
    async with database.read() as connection:
        judged = audience(members, wanted, "email", needs_consent=needs_consent)
        rows = (await connection.execute(judged)).all()
    found = {row.contact_id: row.verdict for row in rows}
    assert len(found) == len(rows), "a contact has one row"
    return found


@settings(
    max_examples=150,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    people=PEOPLE,
    stops=STOPS,
    unsubscribes=UNSUBSCRIBES,
    wanted=st.sampled_from([None, *CATEGORIES]),
    needs_consent=st.booleans(),
)
@example(
    people=[Someone(EMAILS[:1]), Someone(EMAILS[1:2], merged=True), Someone(EMAILS[1:2])],
    stops=[],
    unsubscribes=[],
    wanted=None,
    needs_consent=False,
)
@example(
    people=[Someone(EMAILS[:1]), Someone(EMAILS[:1], gave={1}), Someone(EMAILS[:1], gave={1})],
    stops=[],
    unsubscribes=[],
    wanted=1,
    needs_consent=True,
)
async def test_every_verdict_is_the_one_a_person_would_give(
    database: Database,
    contacts: Contacts,
    people: list[Someone],
    stops: list[Stopped],
    unsubscribes: list[Stopped],
    wanted: int | None,
    needs_consent: bool,
) -> None:
    stops = [*stops, *unsubscribes]
    needs_consent = needs_consent and wanted is not None
    keys = await database.write(store, contacts, people, stops)
    chosen = [key for key, each in zip(keys, people, strict=True) if each.member]
    members = sa.select(contact.c.id.label("contact_id")).where(contact.c.id.in_(chosen))
    found = await verdicts(database, members, wanted, needs_consent=needs_consent)
    assert [found.get(key) for key in keys] == expected(people, stops, wanted, needs_consent)
    assert set(found.values()) <= set(get_args(ConsentVerdict if needs_consent else Verdict))


def test_consent_is_asked_for_by_category() -> None:
    with pytest.raises(ValueError, match="consent is given to a category"):
        audience(Contacts.everybody(), None, "email", needs_consent=True)


@pytest.fixture
async def everyone(database: Database, contacts: Contacts) -> sa.Select[Any]:
    people = [Someone([f"reader{n}@example.ru"], phone=n == 0) for n in range(2500)]
    people[7].emails = ["reader3@example.ru"]
    await database.write(store, contacts, people, [])
    return sa.select(contact.c.id.label("contact_id"))


async def test_pages_by_key_are_the_whole_audience(database: Database, everyone: sa.Select[Any]) -> None:
    rows = Contacts.audience(everyone, None, "email").subquery()
    paged: list[Any] = []
    async with database.read() as connection:
        whole = (await connection.execute(sa.select(rows).order_by(rows.c.contact_id))).all()
        last = 0
        while True:
            page = sa.select(rows).where(rows.c.contact_id > last).order_by(rows.c.contact_id).limit(700)
            if not (found := (await connection.execute(page)).all()):
                break
            paged.extend(found)
            last = found[-1].contact_id
    assert paged == whole
    assert len(whole) == 2500


async def test_counts_add_up_for_each_kind_of_address(contacts: Contacts, everyone: sa.Select[Any]) -> None:
    assert await contacts.audience_counts(everyone, None, "email") == {"ok": 2499, "duplicate": 1}
    assert await contacts.audience_counts(everyone, None, "phone") == {"ok": 1, "no_address": 2499}


async def test_whoever_unsubscribed_is_not_written_to_at_a_new_address(
    database: Database, contacts: Contacts
) -> None:
    [key] = await database.write(
        store, contacts, [Someone(["old@example.ru"])], [Stopped("old@example.ru", 1, "unsubscribe")]
    )
    await contacts.update(SYSTEM, key, Draft(emails=["new@example.ru"]))
    members = sa.select(contact.c.id.label("contact_id"))
    assert await verdicts(database, members, 1) == {key: "unsubscribed_category"}
    assert await verdicts(database, members, 2) == {key: "ok"}
