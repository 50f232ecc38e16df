"""Every operation that changes something leaves a row in the audit, of whoever did it.

The operations are walked as a person would use them; a new one is walked here, or is named with its reason.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from tests.application import PASSWORD, Browser, Installation, demo_installation, install, settings
from tests.intake.leads.walk import leads
from tests.intake.walk import web_sites
from tests.modules.conftest import MANIFEST, packed
from tests.people.test_rights import operations
from tests.people.unaudited import ASKS, ELSEWHERE, OWN, WITH_A_SERVICE

from vestnik.audit.service import Wanted
from vestnik.audit.tables import audit_row
from vestnik.campaigns.tables import campaign
from vestnik.contacts.bulk import Bulk
from vestnik.contacts.imports.tables import contact_import, contact_import_schedule
from vestnik.db import new_key, now
from vestnik.lists.tables import sync_reject, sync_run
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings
from vestnik.webhooks.tables import inbox

__all__ = ["demo_installation", "settings"]


SOURCE = """
async def CRM_Marketing_GetCampaignStats(campaignExternalId):
    return {"sent": 1}


async def CRM_Marketing_GetLists(cursor):
    return {"items": [{"externalId": "1", "name": "Новости"}]}


async def CRM_Marketing_ImportTemplates(offset, limit):
    return []


async def CRM_Marketing_CreateList(name):
    return {"externalId": "2", "name": name}


async def CRM_Marketing_GetListSubscribers(listExternalId, cursor):
    return {"items": []}


async def CRM_Marketing_AddSubscribers(listExternalId, subscribers):
    return {"accepted": 0}


async def CRM_Marketing_RemoveSubscribers(listExternalId, contacts):
    return {"accepted": 0}
"""


class Walker:
    """An administrator who notes what was done, and whether it left a row of theirs."""

    def __init__(self, installation: Installation, browser: Browser, user_id: int) -> None:
        self.installation, self.browser, self.user_id = installation, browser, user_id
        self.walked: set[str] = set()
        self.silent: set[str] = set()

    async def rows(self) -> int:
        """How many rows of the audit are this user's."""
        own = sa.select(sa.func.count()).select_from(audit_row).where(audit_row.c.user_id == self.user_id)
        async with self.installation.services.database.read() as connection:
            return await connection.scalar(own) or 0

    async def does(
        self, operation: str, body: Any = None, *, raw: bytes = b"", file: bytes = b"", **names: str
    ) -> Any:
        """Do one operation, well; what it answers."""
        method, path = operation.split(maxsplit=1)
        path, _, query = path.partition("?")
        known = f"{method:<6} {path}"
        assert known in operations(), known
        url = re.sub(r"\{(\w+)\}", lambda name: names[name[1]], path) + (f"?{query}" if query else "")
        before = await self.rows()
        headers, client = self.browser.headers, self.browser.client
        if raw:
            answer = await client.post(f"/api/v1{url}", content=raw, headers=headers)
        elif file:
            files = {"file": ("module.zip", file)}
            answer = await client.post(f"/api/v1{url}", files=files, headers=headers)
        else:
            answer = await self.browser.request(method, url, body)
        assert answer.status_code < 300, (operation, answer.text)
        self.walked.add(known)
        if await self.rows() == before:
            self.silent.add(known)
        return (
            answer.json() if answer.headers.get("content-type", "").startswith("application/json") else None
        )


@pytest.fixture
async def walker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Walker]:
    """An administrator of an installation at work; what the engine would run is left undone."""

    async def later(*_: Any) -> None:
        return None

    monkeypatch.setattr(Bulk, "work", later)
    async with install(settings, at_work=True) as installation:
        await installation.found()
        monkeypatch.setattr(installation.services.engine, "run", later)
        user_id = await installation.add_user("administrator")
        browser = await installation.browser()
        await browser.sign_in("administrator@vestnik.test")
        yield Walker(installation, browser, user_id)


async def contacts(walker: Walker) -> None:
    """Contacts and all that belongs to them."""
    does = walker.does
    title = {"ru": "Город", "en": "City"}
    field = await does("POST /contact-fields", {"key": "city", "title": title, "kind": "text"})
    await does("PATCH /contact-fields/{id}", {"title": {"ru": "Место", "en": "Place"}}, id=field["id"])
    await does("PUT /contact-fields/order", {"ids": [field["id"]]})
    news = (await does("POST /categories", {"title": "Новости"}))["id"]
    await does("POST /audit/verify")
    company = (await does("POST /companies", {"name": "Сбер"}))["id"]
    await does("PUT /companies/{id}", {"name": "Сбербанк"}, id=company)
    people = [
        (
            await does(
                "POST /contacts", {"name": f"Анна {n}", "emails": [f"anna{n}@example.ru", "we@example.ru"]}
            )
        )["id"]
        for n in range(4)
    ]
    await does("PATCH /contacts/{id}", {"name": "Аня"}, id=people[0])
    given = {"categoryId": news, "state": "given", "how": "Форма"}
    await does("POST /contacts/{id}/consents", given, id=people[0])
    view = await does("POST /contacts/views", {"name": "Мои", "query": {"search": "ан"}})
    await does("PATCH /contacts/views/{id}", {"name": "Наши"}, id=view["id"])
    await does("DELETE /contacts/views/{id}", id=view["id"])
    block = {"action": "set_blocked", "arguments": {"blocked": True}, "selection": {"ids": people[3:]}}
    run = await does("POST /contacts/bulk", block)
    await does("POST /contacts/bulk/{id}/cancel", id=run["id"])
    await does("POST /contacts/batch", {"contacts": [{"name": "Пётр", "emails": ["petr@example.ru"]}]})
    await does("POST /contacts/export", {"format": "csv", "selection": {}})
    groups = (await walker.browser.get("/contacts/duplicates", params={"ground": "address"})).json()["items"]
    said = {"ground": "address", "sharedId": groups[0]["sharedId"], "contactIds": people[:2]}
    distinct = await does("POST /contacts/duplicates/distinct", said)
    await does("DELETE /contacts/duplicates/distinct/{id}", id=distinct["id"])
    await does("POST /contacts/{id}/merge", {"otherIds": [people[1]]}, id=people[0])
    await does("POST /contacts/{id}/erase", id=people[2])
    await does("POST /stop-list", {"address": "no@example.ru"})
    await does("POST /stop-list/batch", {"stops": [{"address": "never@example.ru"}]})
    await does("POST /stop-list/remove", {"address": "no@example.ru", "how": "Позвонил сам"})
    rule = {"combinator": "and", "rules": [{"field": "name", "operator": "beginsWith", "value": "ан"}]}
    segment = (await does("POST /segments", {"name": "Все", "members": [people[0]]}))["id"]
    await does("POST /segments/{id}/members", {"add": [people[3]]}, id=segment)
    await does("PATCH /segments/{id}", {"name": "Некоторые"}, id=segment)
    await does("DELETE /segments/{id}", id=segment)
    await does("POST /segments", {"name": "По правилу", "rule": rule})
    asked = {
        "from": "2026-01-01T00:00:00Z",
        "to": "2027-01-01T00:00:00Z",
        "group": "unreached",
        "name": "Кому не писали",
    }
    await does("POST /reports/engagement/segment", asked)


async def imports(walker: Walker) -> None:
    """Files of contacts, and files by their address."""
    does, database = walker.does, walker.installation.services.database
    text = "Имя;Почта\nВера;vera@example.ru\n".encode()

    async def put(id: str, state: str) -> None:
        changed = sa.update(contact_import).where(contact_import.c.id == int(id)).values(state=state)
        await database.write(lambda connection: connection.execute(changed))

    upload = f"POST /imports?fileName={quote('люди.csv')}"
    await does("DELETE /imports/{id}", id=(await does(upload, raw=text))["id"])
    card = await does(upload, raw=text)
    id = card["id"]
    start = {name: card[name] for name in ("reading", "columns", "titles")} | {
        "policy": {"duplicates": "fill"}
    }
    await does("POST /imports/{id}/start", start, id=id)
    await does("POST /imports/{id}/cancel", id=id)
    await does("POST /imports/{id}/resume", id=id)
    await put(id, "done")
    await does("POST /imports/{id}/undo", id=id)
    schedule = {"name": "Сайт", "url": "https://example.ru/people.csv", "everyHours": 6}
    made = (await does("POST /imports/schedules", schedule))["id"]
    await does("PUT /imports/schedules/{id}", schedule | {"name": "Сайт 2"}, id=made)
    mapping = {"columns": ["name", "email"], "titles": ["Имя", "Почта"]}
    set_up = sa.update(contact_import_schedule).values(mapping=mapping, enabled=True)
    await database.write(lambda connection: connection.execute(set_up))
    await does("POST /imports/schedules/{id}/pause", id=made)
    await does("POST /imports/schedules/{id}/set-up", id=made)
    await does("POST /imports/schedules/{id}/pause", id=made)
    await does("POST /imports/schedules/{id}/resume", id=made)
    await does("POST /imports/schedules/{id}/run", {}, id=made)
    await does("DELETE /imports/schedules/{id}", id=made)


async def people(walker: Walker) -> None:
    """Users, keys, settings, one's own card."""
    does = walker.does
    new = {
        "email": "anna@vestnik.test",
        "name": "Анна",
        "password": PASSWORD,
        "roles": ["marketer"],
    }
    user = (await does("POST /users", new))["id"]
    await does("PATCH /users/{id}", {"name": "Аня"}, id=user)
    await does("DELETE /users/{id}", id=user)
    invited = await does("POST /invitations", {"email": "vera@vestnik.test", "roles": ["editor"]})
    await does("POST /invitations/{id}/send-again", id=invited["invitation"]["id"])
    await does("DELETE /invitations/{id}", id=invited["invitation"]["id"])
    key = (await does("POST /keys", {"name": "касса", "rights": ["contacts.read"]}))["id"]
    key = (await does("POST /keys/{id}/replace", id=key))["id"]
    await does("DELETE /keys/{id}", id=key)
    embedding = {"name": "Помощь", "origins": ["https://desk.example.com"]}
    embedded = (await does("POST /embed-keys", embedding))["id"]
    await does("DELETE /embed-keys/{id}", id=embedded)
    await does("PATCH /settings", {"name": "Василёк"})
    await does("PATCH /retention", {"days": {"letters": 30}})
    await does("PATCH /session/user", {"name": "Новое имя"})
    changed = {"current": PASSWORD, "new": "another long phrase"}
    await does("POST /session/password", changed)


async def campaigns(walker: Walker) -> None:
    """Campaigns, as far as nobody but us is asked."""
    does, database = walker.does, walker.installation.services.database

    async def put(id: str, **values: Any) -> None:
        changed = sa.update(campaign).where(campaign.c.id == int(id)).values(**values)
        await database.write(lambda connection: connection.execute(changed))

    id = (await does("POST /campaigns", {"name": "Осень", "type": "email"}))["id"]
    await does("PATCH /campaigns/{id}", {"name": "Зима"}, id=id)
    await does(
        "DELETE /campaigns/{id}", id=(await does("POST /campaigns/{id}/copy", {"name": "Копия"}, id=id))["id"]
    )
    await put(id, state="scheduled", scheduled_at=now(), held=True)
    await does("POST /campaigns/{id}/undo", id=id)
    await put(id, state="preparing", held=False, account_id=1)
    await does("POST /campaigns/{id}/pause", id=id)
    await does("POST /campaigns/{id}/resume", id=id)
    await put(id, state="failed")
    await does("POST /campaigns/{id}/retry", id=id)
    await put(id, state="paused")
    await does("POST /campaigns/{id}/cancel", id=id)


async def modules(walker: Walker) -> None:
    """Modules and their accounts, as far as no call is made."""
    does = walker.does
    card = await does("POST /modules", {"name": "courier", "title": "Курьер"})
    id = card["id"]
    version = await does("POST /modules/{id}/versions", {"source": SOURCE, "note": "две"}, id=id)
    await does(
        "POST /modules/{id}/versions/{version_id}/publish",
        {"confirmed": True},
        id=id,
        version_id=version["id"],
    )
    called = {"function": "CRM_Marketing_GetCampaignStats", "arguments": {"campaignExternalId": "17"}}
    await does("POST /modules/{id}/run", called, id=id)
    await walker.installation.services.modules.recorder.flush()
    [call, *_] = (await walker.browser.get(f"/modules/{id}/calls")).json()["items"]
    await does("POST /modules/{id}/calls/{call_id}/replay", {}, id=id, call_id=call["id"])
    await does(
        "POST /modules/{id}/calls/{call_id}/save-as-test", {"name": "stats"}, id=id, call_id=call["id"]
    )
    await does("DELETE /modules/{id}/tests/{name}", id=id, name="stats")
    await does("POST /modules/{id}/disable", id=id)
    await does("POST /modules/{id}/enable", id=id)
    await does("PUT /modules/{id}/recording", {"enabled": True}, id=id)
    draft = await does("POST /modules/{id}/versions", {"source": SOURCE + "\n", "note": "три"}, id=id)
    await does("POST /modules/{id}/rehearsals", {"versionId": draft["id"]}, id=id)
    await does("POST /modules/upload", file=packed(SOURCE, {**MANIFEST, "name": "uploaded"}))
    bundled = await does("POST /modules/catalogue/{name}/install", {"approveHosts": False}, name="unisender")
    await does("POST /modules/{id}/fork", {"name": "own"}, id=bundled["id"])
    account = (await does("POST /accounts", {"moduleId": id, "title": "Основной", "settings": {}}))["id"]
    await does("PATCH /accounts/{id}", {"title": "Другой"}, id=account)
    await does("POST /accounts/{id}/rotate-token", id=account)
    await does("PUT /accounts/{id}/hosts", {"items": []}, id=account)
    await does("POST /accounts/{id}/lists/import", id=account)
    lists = (await does("POST /accounts/{id}/lists", {"title": "Акции"}, id=account))["items"]
    await does("PUT /accounts/{id}/lists/{list_id}", {"categoryId": None}, id=account, list_id=lists[0]["id"])
    await does("POST /templates/import", {"accountId": account})
    row = {
        "id": new_key(), "received_at": now(), "account_id": int(account), "method": "POST", "path": "/",
        "query": "", "headers": "[]", "body": b"{}", "state": "applied", "attempts": 1,
    }  # fmt: skip
    await walker.installation.services.database.write(
        lambda connection: connection.execute(sa.insert(inbox).values(row))
    )
    await _syncs(walker, account)
    await does("POST /webhooks/{id}/replay", id=str(row["id"]))
    await does("POST /webhooks/replay", {"accountId": account})
    await does("DELETE /webhooks/replay")
    await does("DELETE /accounts/{id}", id=account)
    await does("DELETE /modules/{id}", id=id)


async def _syncs(walker: Walker, account: str) -> None:
    """A sync with its runs; nothing of them is carried out."""
    does, write = walker.does, walker.installation.services.database.write

    async def put(where: sa.ColumnElement[bool], **values: Any) -> None:
        await write(lambda connection: connection.execute(sa.update(sync_run).where(where).values(**values)))

    person = {"name": "Вера", "emails": ["vera@example.com"]}
    one = (await walker.browser.post("/contacts", person)).json()["id"]
    chosen = {"name": "Избранные", "members": [one]}
    segment = (await walker.browser.post("/segments", chosen)).json()["id"]
    made = {"accountId": account, "source": "segment", "segmentId": segment, "listExternalId": "1"}
    id = (await does("POST /syncs", {**made, "listTitle": "Новости", "mode": "exact"}))["id"]
    live = sync_run.c.finished_at.is_(None)
    await put(live, state="waiting", planned_at=now())
    await does("POST /syncs/{id}/confirm", {"removals": 0}, id=id)
    await does("POST /syncs/{id}/stop", id=id)
    await does("PATCH /syncs/{id}", {"guardPercent": 30}, id=id)
    await does("POST /syncs/{id}/recompute", id=id)
    await does("POST /syncs/{id}/stop", id=id)
    await does("POST /segments/{id}/recompute", id=segment)
    await does("POST /syncs/{id}/stop", id=id)
    await does("POST /syncs/{id}/run", id=id)
    await put(live, state="done", finished_at=now(), counts={"rejected": 1})
    run = (await walker.browser.get(f"/syncs/{id}/runs")).json()["items"][0]["id"]
    refused = {
        "id": new_key(),
        "run_id": int(run),
        "side": "add",
        "address": "no@example.ru",
        "code": "invalid",
    }
    refusal = sa.insert(sync_reject).values({**refused, "reason": "no mailbox"})
    await walker.installation.services.database.write(lambda connection: connection.execute(refusal))
    await does("POST /sync-runs/{id}/retry", id=run)
    await does("POST /syncs/{id}/stop", id=id)
    await does("DELETE /syncs/{id}", id=id)


async def calendars(walker: Walker) -> None:
    """Calendars and events."""
    does = walker.does
    id = (await does("POST /calendars", {"title": "Выставки"}))["id"]
    await does("POST /calendars/own")
    await does("PATCH /calendars/{id}", {"colour": "red"}, id=id)
    await does("POST /calendars/{id}/link", id=id)
    await does("DELETE /calendars/{id}/link", id=id)
    event = {"calendarId": id, "title": "Монтаж", "startsAt": "2026-11-24T10:00:00+03:00"}
    stored = (await does("POST /calendar-events", event))["id"]
    await does("PATCH /calendar-events/{id}", {"title": "Демонтаж"}, id=stored)
    await does("DELETE /calendar-events/{id}", id=stored)
    await does("DELETE /calendars/{id}", id=id)


async def collectors(walker: Walker) -> None:
    """Mail collectors; no mail server listens at the address."""
    does = walker.does
    mailbox = {"title": "Заявки", "host": "127.0.0.1", "port": 9, "username": "a", "password": "b"}
    await does("POST /mail-collectors/check", mailbox)
    id = (await does("POST /mail-collectors", mailbox))["id"]
    await does("PUT /mail-collectors/{id}", {**mailbox, "title": "Заказы"}, id=id)
    await does("POST /mail-collectors/{id}/collect", id=id)
    await does("POST /mail-collectors/{id}/removal-mark", id=id)
    await does("DELETE /mail-collectors/{id}/removal-mark", id=id)
    await does("PUT /mail-collectors/job", {"on": False, "everyMinutes": 10})


async def outgoing(walker: Walker) -> None:
    """Outgoing webhooks; nobody listens at the address."""
    does = walker.does
    body = {"title": "CRM", "url": "http://127.0.0.1:9/", "kinds": ["lead.created"], "private": True}
    id = (await does("POST /outgoing-webhooks", body))["webhook"]["id"]
    await does("PATCH /outgoing-webhooks/{id}", {"title": "Учёт"}, id=id)
    await does("POST /outgoing-webhooks/{id}/secret", id=id)
    await does("POST /outgoing-webhooks/{id}/secret/show", id=id)
    delivery = (await does("POST /outgoing-webhooks/{id}/test", {}, id=id))["id"]
    await does("POST /outgoing-deliveries/{id}/redeliver", id=delivery)
    await does("POST /outgoing-webhooks/{id}/redeliver", {"since": "2026-11-01T00:00:00Z"}, id=id)
    await does("DELETE /outgoing-webhooks/{id}", id=id)


async def sales(walker: Walker) -> None:
    """Deals with their stages, orders, job tickets."""
    does = walker.does
    stage = (await does("POST /deals/stages", {"name": "Замер"}))[-1]
    await does("PATCH /deals/stages/{id}", {"name": "Замеры"}, id=stage["id"])
    ids = [each["id"] for each in (await walker.browser.get("/deals/stages")).json()]
    await does("PUT /deals/stages/order", {"ids": ids[::-1]})
    deal = (await does("POST /deals", {"title": "Вывеска"}))["id"]
    await does("PATCH /deals/{id}", {"title": "Табличка"}, id=deal)
    order = (await does("POST /orders", {"title": "Стенд", "dealId": deal}))["id"]
    await does("PATCH /orders/{id}", {"state": "in_work"}, id=order)
    lines = (await does("PUT /orders/{id}/lines", {"lines": [{"item": "Ролап"}]}, id=order))["lines"]
    made = await does("POST /orders/{id}/tickets", {"lineIds": [lines[0]["id"]]}, id=order)
    await does("PATCH /tickets/{id}", {"state": "done"}, id=made["new"][0]["id"])


@pytest.mark.slow
async def test_every_change_leaves_a_row_of_whoever_made_it(walker: Walker) -> None:
    for walk in (
        modules,
        contacts,
        campaigns,
        imports,
        people,
        calendars,
        outgoing,
        sales,
        collectors,
        web_sites,
        leads,
    ):
        await walk(walker)
    assert walker.silent - ASKS.keys() == set()
    changing = {each for each in operations() if not each.startswith("GET")}
    left = changing - walker.walked - ASKS.keys() - OWN.keys() - WITH_A_SERVICE - ELSEWHERE.keys()
    assert left == set()


async def test_the_end_of_the_demo_is_noted(demo_installation: Installation) -> None:
    user_id = await demo_installation.add_user("administrator")
    browser = await demo_installation.browser()
    await browser.sign_in("administrator@vestnik.test")
    walker = Walker(demo_installation, browser, user_id)
    await walker.does("DELETE /demo")
    assert walker.silent == set()


@pytest.mark.slow
async def test_who_did_it_is_a_person_or_a_key_and_nothing_of_people_is_in_the_row(walker: Walker) -> None:
    await contacts(walker)
    rows, _ = await walker.installation.services.audit.page(SYSTEM, Wanted(), limit=200)
    texts = " ".join(str(row.fields) + row.action + row.kind for row in rows)
    assert [word for word in ("анна", "аня", "example.ru", "сбер") if word in texts.lower()] == []
