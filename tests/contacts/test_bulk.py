"""Bulk runs: each action, what it keeps, and going on after a stop; saved views beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from tests.application import Installation

from vestnik.app import Services
from vestnik.audit.tables import audit_row
from vestnik.contacts import bulk as bulk_room
from vestnik.contacts.addresses import normalise
from vestnik.contacts.errors import UnknownCategory, UnknownOwner
from vestnik.contacts.list_errors import BulkFinished, NotOwnView, UnknownAction, ViewExists
from vestnik.contacts.listing import Filters, Selection
from vestnik.contacts.storing import NewContact
from vestnik.contacts.tables import bulk_run, consent, contact
from vestnik.contacts.views import ViewQuery
from vestnik.http.errors import Forbidden, InvalidRequest, NotFound
from vestnik.people.access import SYSTEM, Actor, rights_of
from vestnik.segments.errors import NotStatic
from vestnik.segments.tables import segment_member

EVERYBODY = Selection()


@pytest.fixture
def services(installation: Installation) -> Services:
    return installation.services


@pytest.fixture
async def keys(services: Services) -> list[int]:
    """Eleven contacts with an e-mail address each."""
    rows = [NewContact(f"Имя {n}", [normalise("email", f"reader{n}@example.ru")]) for n in range(11)]
    return await services.database.write(services.contacts.insert_many, rows)


async def done(
    services: Services, action: str, arguments: Mapping[str, Any], selection: Selection = EVERYBODY
) -> tuple[int | None, int, int, int]:
    """Run an action to its end: (total, done, changed, kept)."""
    bulk = services.contact_lists.bulk
    id = await bulk.begin(SYSTEM, action, arguments, selection)
    await bulk.work()
    run = await bulk.get(SYSTEM, id)
    assert (run.state, run.reason) == ("done", None)
    return run.total, run.done, run.changed, run.kept


async def values(services: Services, column: sa.Column[Any]) -> list[Any]:
    async with services.database.read() as connection:
        return list(await connection.scalars(sa.select(column).order_by(contact.c.id)))


async def test_an_owner_and_a_block_change_whoever_differs(
    installation: Installation, services: Services, keys: list[int]
) -> None:
    owner = await installation.add_user("marketer")
    assert await done(services, "set_owner", {"ownerId": str(owner)}, _named(keys[:4])) == (4, 4, 4, 0)
    assert await done(services, "set_owner", {"ownerId": str(owner)}) == (11, 11, 7, 0)
    assert await values(services, contact.c.owner_id) == [owner] * 11
    assert await done(services, "set_owner", {"ownerId": None}, _named(keys[:1])) == (1, 1, 1, 0)
    assert await done(services, "set_blocked", {"blocked": True}, _named(keys[:2])) == (2, 2, 2, 0)
    assert await done(services, "set_blocked", {"blocked": True}, Selection(search="имя 1")) == (2, 2, 1, 0)
    assert await values(services, contact.c.blocked) == [True] * 2 + [False] * 8 + [True]
    blocked = Selection(filters=Filters(state="blocked"))
    assert await done(services, "set_blocked", {"blocked": False}, blocked) == (3, 3, 3, 0)


async def test_consent_in_bulk_never_subscribes_whoever_unsubscribed(
    services: Services, keys: list[int]
) -> None:
    contacts = services.contacts
    news = await contacts.create_category(SYSTEM, "Новости")
    await contacts.record_consent(SYSTEM, keys[0], news, "withdrawn", "сам", "письмо")
    await contacts.record_consent(SYSTEM, keys[1], None, "withdrawn", "сам", "письмо")
    await contacts.record_consent(SYSTEM, keys[2], news, "given", "форма", "сайт")
    await services.database.write(
        contacts.suppress,
        [normalise("email", "reader3@example.ru")],
        reason="unsubscribe",
        category_id=news,
        source="test",
    )
    given = {"categoryId": str(news), "state": "given", "how": "выставка"}
    assert await done(services, "set_consent", given) == (11, 11, 7, 3)
    rows = contacts.audience(contacts.everybody(), news, "email").subquery()
    async with services.database.read() as connection:
        verdicts = dict((await connection.execute(sa.select(rows.c.contact_id, rows.c.verdict))).all())
        evidence = (
            await connection.execute(
                sa.select(consent.c.how, consent.c.from_where).where(consent.c.contact_id == keys[5])
            )
        ).all()
    refused = ["unsubscribed_category", "unsubscribed_all", "ok", "unsubscribed_category"]
    assert [verdicts[key] for key in keys] == refused + ["ok"] * 7
    assert list(map(tuple, evidence)) == [("выставка", "api")]
    taken = {"categoryId": str(news), "state": "withdrawn", "how": "закрыли рубрику"}
    assert await done(services, "set_consent", taken) == (11, 11, 9, 0)
    every = {"categoryId": None, "state": "withdrawn", "how": "по просьбе"}
    assert await done(services, "set_consent", every) == (11, 11, 10, 0)
    assert await values(services, contact.c.unsubscribed) == [True] * 11


async def test_a_consent_in_bulk_leaves_whoever_is_stop_listed_without_one(
    services: Services, keys: list[int]
) -> None:
    contacts = services.contacts
    news = await contacts.create_category(SYSTEM, "Новости")
    await contacts.stop(SYSTEM, "email", "reader0@example.ru", news, "manual")
    given = {"categoryId": str(news), "state": "given", "how": "выставка"}
    assert await done(services, "set_consent", given, _named(keys[:2])) == (2, 2, 1, 1)
    [choice] = (await contacts.card(SYSTEM, keys[0])).choices
    assert (choice.subscribed, choice.state, choice.how) == (False, "withdrawn", "manual")
    [choice] = (await contacts.card(SYSTEM, keys[1])).choices
    assert (choice.subscribed, choice.state, choice.how) == (True, "given", "выставка")
    async with services.database.read() as connection:
        assert list(await connection.scalars(sa.select(consent.c.contact_id))) == [keys[1]]


@pytest.mark.parametrize(
    ("action", "arguments", "path", "russian", "english"),
    [
        (
            "set_consent",
            {"categoryId": "1", "state": "given"},
            "$.arguments.how",
            "без этого поля нельзя",
            "this field is needed",
        ),
        (
            "set_consent",
            {"categoryId": "1", "state": "maybe", "how": "x"},
            "$.arguments.state",
            "такого значения нет: 'maybe'",
            "there is no such value: 'maybe'",
        ),
        (
            "set_owner",
            {"ownerId": 7},
            "$.arguments.ownerId",
            "ожидается текст или null, а здесь целое число",
            "it must be a text or null, and here is a whole number",
        ),
        (
            "add_to_segment",
            {"segmentId": "seven"},
            "$.arguments.segmentId",
            "нужен номер записи",
            "it must be the number of a record",
        ),
    ],
)
async def test_an_action_says_what_it_lacks_and_where(
    services: Services,
    action: str,
    arguments: Mapping[str, Any],
    path: str,
    russian: str,
    english: str,
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        await services.contact_lists.bulk.begin(SYSTEM, action, arguments, EVERYBODY)
    assert raised.value.values == {"path": path, "reason": {"ru": russian, "en": english}}


async def test_members_of_a_static_segment_come_and_go(services: Services, keys: list[int]) -> None:
    segments = services.segments
    chosen = await segments.create(SYSTEM, "Руками", members=keys[:2])
    arguments = {"segmentId": str(chosen)}
    assert await services.lookout.count(SYSTEM, chosen) == 2
    assert await done(services, "add_to_segment", arguments) == (11, 11, 9, 0)
    assert (await services.segments.get(SYSTEM, chosen)).members is None, "the figure of before is gone"
    inside = Selection(filters=Filters(segment_id=str(chosen)))
    assert await done(services, "remove_from_segment", arguments, inside) == (11, 11, 11, 0)
    async with services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(segment_member)) == 0
    rule = {"combinator": "and", "rules": []}
    dynamic = await segments.create(SYSTEM, "Все", rule=rule)
    with pytest.raises(NotStatic):
        await services.contact_lists.bulk.begin(
            SYSTEM, "add_to_segment", {"segmentId": str(dynamic)}, EVERYBODY
        )


async def test_a_segment_that_is_archived_meanwhile_ends_the_run_and_says_so(
    services: Services, keys: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk = services.contact_lists.bulk
    monkeypatch.setattr(bulk_room, "CHANGED_AT_ONCE", 3)
    monkeypatch.setattr(bulk_room, "READ_AT_ONCE", 6)
    chosen = await services.segments.create(SYSTEM, "Руками")
    id = await bulk.begin(SYSTEM, "add_to_segment", {"segmentId": str(chosen)}, EVERYBODY)
    [row] = await bulk.running()
    await bulk.portion(row)
    await services.segments.archive(SYSTEM, chosen)
    await bulk.work()
    run = await bulk.get(SYSTEM, id)
    assert run.reason is not None
    assert (run.state, run.reason["code"], run.done, run.changed) == ("failed", "segment_archived", 6, 6)
    assert run.reason["ru"] == (
        "Сегмент «Руками» отправили в архив: с этого места его состав больше не меняется."
    )


async def test_all_that_match_but_some_are_taken_without_them(services: Services, keys: list[int]) -> None:
    blocked = {"blocked": True}
    but = Selection(search="имя 1", but=(str(keys[10]),))
    assert await done(services, "set_blocked", blocked, but) == (1, 1, 1, 0)
    everybody_but = Selection(but=tuple(str(key) for key in keys[3:]))
    assert await done(services, "set_blocked", blocked, everybody_but) == (3, 3, 2, 0)
    assert await values(services, contact.c.blocked) == [True] * 3 + [False] * 8
    nobody = Selection(ids=(str(keys[0]),), but=(str(keys[0]),))
    assert await done(services, "set_blocked", blocked, nobody) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("action", "arguments", "problem"),
    [
        ("explode", {}, UnknownAction),
        ("set_owner", {}, InvalidRequest),
        ("set_owner", {"ownerId": "404"}, UnknownOwner),
        ("set_blocked", {"blocked": "yes"}, InvalidRequest),
        ("set_consent", {"categoryId": None, "state": "given", "how": "x"}, UnknownCategory),
        ("set_consent", {"categoryId": "404", "state": "given", "how": "x"}, UnknownCategory),
        ("set_consent", {"categoryId": None, "state": "withdrawn", "how": " "}, InvalidRequest),
        ("add_to_segment", {"segmentId": "404"}, NotFound),
    ],
)
async def test_what_can_not_be_done_is_refused_before_anything_is(
    services: Services, action: str, arguments: Mapping[str, Any], problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        await services.contact_lists.bulk.begin(SYSTEM, action, arguments, EVERYBODY)
    async with services.database.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(bulk_run)) == 0


async def test_a_run_that_was_cut_off_goes_on_where_it_stood(
    services: Services, keys: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk = services.contact_lists.bulk
    monkeypatch.setattr(bulk_room, "CHANGED_AT_ONCE", 3)
    monkeypatch.setattr(bulk_room, "READ_AT_ONCE", 6)
    id = await bulk.begin(SYSTEM, "set_blocked", {"blocked": True}, EVERYBODY)
    [row] = await bulk.running()
    await bulk.portion(row)
    half = await bulk.get(SYSTEM, id)
    assert (half.state, half.total, half.done, half.changed) == ("running", 11, 6, 6)
    await bulk.portion(row)  # as a process that read the row before: another has done these
    assert (await bulk.get(SYSTEM, id)).done == 6
    await bulk.work()
    whole = await bulk.get(SYSTEM, id)
    assert (whole.state, whole.done, whole.changed) == ("done", 11, 11)


async def test_a_cancelled_run_stops_and_a_finished_one_can_not_be_cancelled(
    services: Services, keys: list[int]
) -> None:
    bulk = services.contact_lists.bulk
    id = await bulk.begin(SYSTEM, "set_blocked", {"blocked": True}, EVERYBODY)
    await bulk.cancel(SYSTEM, id)
    await bulk.work()
    run = await bulk.get(SYSTEM, id)
    assert (run.state, run.done) == ("cancelled", 0)
    assert await values(services, contact.c.blocked) == [False] * 11
    with pytest.raises(BulkFinished):
        await bulk.cancel(SYSTEM, id)


async def test_a_run_whose_segment_is_gone_fails_with_the_reason_and_holds_up_no_other(
    services: Services, keys: list[int]
) -> None:
    bulk = services.contact_lists.bulk
    chosen = await services.segments.create(SYSTEM, "Руками", members=keys[:2])
    inside = Selection(filters=Filters(segment_id=str(chosen)))
    failing = await bulk.begin(SYSTEM, "set_blocked", {"blocked": True}, inside)
    following = await bulk.begin(SYSTEM, "set_blocked", {"blocked": True}, _named(keys[:1]))

    def lose(connection: sa.Connection) -> None:
        lost = {"filters": {"segmentId": "404"}}
        connection.execute(sa.update(bulk_run).where(bulk_run.c.id == failing).values(selection=lost))

    await services.database.write(lose)
    await bulk.work()
    failed, fine = await bulk.get(SYSTEM, failing), await bulk.get(SYSTEM, following)
    assert failed.reason is not None
    assert (failed.state, failed.reason["code"], fine.state) == ("failed", "not_found", "done")


async def test_a_sales_manager_changes_contacts_but_no_segments(services: Services, keys: list[int]) -> None:
    seller = Actor(user_id=5, name="Продавец", rights=rights_of(["sales_manager"]))
    bulk = services.contact_lists.bulk
    await bulk.begin(seller, "set_blocked", {"blocked": True}, EVERYBODY)
    with pytest.raises(Forbidden):
        await bulk.begin(seller, "add_to_segment", {"segmentId": "1"}, EVERYBODY)
    reader = Actor(user_id=6, name="Интегратор", rights=rights_of(["integrator"]))
    with pytest.raises(Forbidden):
        await bulk.begin(reader, "set_blocked", {"blocked": True}, EVERYBODY)


async def test_a_run_is_audited_by_names_alone(services: Services, keys: list[int]) -> None:
    await done(services, "set_blocked", {"blocked": True}, Selection(search="имя 1"))
    async with services.database.read() as connection:
        rows = (
            await connection.execute(
                sa.select(audit_row.c.action, audit_row.c.fields).where(
                    audit_row.c.kind == "contact_bulk_run"
                )
            )
        ).all()
    assert list(map(tuple, rows)) == [("contacts.set_blocked", ["blocked"])]


async def test_views_are_ones_own_unless_shared(services: Services) -> None:
    views = services.contact_lists.views
    anna = Actor(user_id=1, name="Анна", rights=rights_of(["marketer"]))
    boris = Actor(user_id=2, name="Борис", rights=rights_of(["marketer"]))
    query = ViewQuery(
        search="иван", filters=Filters(has_email=True), sort="-created", columns=("name", "email")
    )
    own = await views.save(anna, " Иваны ", query, shared=False)
    shared = await views.save(anna, "Все", ViewQuery(), shared=True)
    assert [(each.name, each.own, each.query) for each in await views.all(anna)] == [
        ("Все", True, ViewQuery()),
        ("Иваны", True, query),
    ]
    assert [(each.id, each.own) for each in await views.all(boris)] == [(shared, False)]
    with pytest.raises(ViewExists):
        await views.save(anna, "иваны", query, shared=False)
    with pytest.raises(NotOwnView):
        await views.change(boris, shared, name="Моё")
    with pytest.raises(NotFound):
        await views.remove(boris, own)
    await views.change(anna, own, name="Иваны и Ивановы", shared=True)
    assert [each.name for each in await views.all(boris)] == ["Все", "Иваны и Ивановы"]
    await views.remove(anna, own)
    assert [each.id for each in await views.all(anna)] == [shared]


async def test_the_list_and_its_views_over_http(installation: Installation, keys: list[int]) -> None:
    browser = await installation.signed_in("marketer")
    first = (await browser.get("/contacts?sort=-name&limit=4&filters=%7B%22hasEmail%22%3Atrue%7D")).json()
    assert (first["total"], first["more"], len(first["items"]), first["previous"]) == (11, False, 4, None)
    path = f"/contacts?sort=-name&limit=4&filters=%7B%22hasEmail%22%3Atrue%7D&cursor={first['next']}"
    second = (await browser.get(path)).json()
    assert [row["name"] for row in second["items"]] == ["Имя 5", "Имя 4", "Имя 3", "Имя 2"]
    assert (await browser.get("/contacts/count?search=имя")).json() == {"count": 11}
    for wrong in (
        "filters={",
        "filters=%7B%22shoeSize%22%3A4%7D",
        "sort=shoe",
        "filters=%7B%22state%22%3A4%7D",
        "filters=%7B%22createdFrom%22%3A%222026-11-01T00%3A00%3A00%22%7D",
    ):
        refused = await browser.get(f"/contacts?{wrong}")
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), wrong
    view = {"name": "Мои", "query": {"search": "имя", "filters": {"hasEmail": True}}}
    id = (await browser.post("/contacts/views", view)).json()["id"]
    [saved] = (await browser.get("/contacts/views")).json()
    assert saved == {**view, "id": id, "shared": False, "own": True}
    body = {"action": "set_blocked", "arguments": {"blocked": True}, "selection": {"search": "имя 1"}}
    begun = await browser.post("/contacts/bulk", body)
    assert begun.status_code == 201, begun.text
    await installation.services.contact_lists.bulk.work()
    run = (await browser.get(f"/contacts/bulk/{begun.json()['id']}")).json()
    assert (run["state"], run["total"], run["changed"], run["kept"]) == ("done", 2, 2, 0)


def _named(keys: list[int]) -> Selection:
    return Selection(ids=tuple(str(key) for key in keys))


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"columns": ["email", "shoe"]}, "$.query.columns[1]"),
        ({"columns": ["field.shoe"]}, "$.query.columns[0]"),
        ({"filters": {"segmentId": "404"}}, "$.query.filters.segmentId"),
    ],
)
async def test_a_view_of_what_is_not_there_is_refused(
    installation: Installation, query: dict[str, Any], path: str
) -> None:
    browser = await installation.signed_in("marketer")
    refused = await browser.post("/contacts/views", {"name": "Вид", "query": query})
    assert (refused.status_code, refused.json()["path"]) == (422, path)
    assert (await browser.get("/contacts/views")).json() == []
