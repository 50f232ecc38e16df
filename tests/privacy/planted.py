"""A person whose values came in through every door."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from tests.application import Browser, Installation

from vestnik.alerts.tables import alert
from vestnik.calendars.tables import calendar, calendar_event
from vestnik.campaigns.tables import campaign, delivery, history, link
from vestnik.contacts.tables import address
from vestnik.db import new_key, now
from vestnik.lists.tables import sync, sync_reject, sync_run
from vestnik.modules.recordings.documents import encoded, packed
from vestnik.modules.tables import account, account_storage, module, module_test, rehearsal, rehearsal_row
from vestnik.outgoing.service import store
from vestnik.sales.lines import OrderLine
from vestnik.sales.rereading import note_reading
from vestnik.webhooks.tables import attempt, event, inbox, waiting

NAME = "Ёжикова Пульхерия"
EMAIL = "pulheria.y@yozhikova.ru"
PHONE = "+79167654321"
NUMBER = "CRM-778899"
VALUE = "Любит опунции"
FROM = "198.51.100.77"
PERSON = {"name": NAME, "emails": [EMAIL], "phones": [PHONE], "externalId": NUMBER, "fields": {"note": VALUE}}
OTHER = {"name": "Борис Иной", "emails": ["boris@inoy.ru"], "phones": ["+79261112233"]}

#: What must be nowhere; in small letters, ё as е.
NEEDLES = {
    "name": "ежикова",
    "first": "пульхери",
    "email": "pulheria.y",
    "phone": "9167654321",
    "number": "crm-778899",
    "value": "опунци",
    "from": FROM,
}


async def planted(installation: Installation, browser: Browser) -> str:
    """Her card's key; Boris, too, is in all that names several people."""
    title = {"ru": "Заметка", "en": "Note"}
    field = await browser.post("/contact-fields", {"key": "note", "title": title, "kind": "text"})
    assert field.status_code == 201, field.text
    answer = await browser.post("/contacts", PERSON)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    await browser.post("/contacts", OTHER)
    await _by_people(browser, id)
    ordered = await _by_sales(browser, id)
    read_again = [OrderLine(f"Табличка «{NAME}»"), OrderLine(f"Футляр для {EMAIL}")]
    await installation.services.database.write(note_reading, ordered, read_again)
    await _by_leads(browser)
    await _by_files(installation, browser)
    await installation.services.database.write(_by_services, int(id))
    installation.services.modules.recorder.store.write(_recordings())
    return id


async def _by_people(browser: Browser, id: str) -> None:
    news = (await browser.post("/categories", {"title": "Новости"})).json()["id"]
    consent = {"categoryId": news, "state": "given", "how": f"Анкета {NAME}", "fromWhere": FROM}
    rule = {"combinator": "and", "rules": [{"field": "email", "operator": "=", "value": EMAIL}]}
    view = {"name": f"Про {NAME}", "query": {"search": EMAIL}, "shared": True}
    bulk = {"action": "set_blocked", "arguments": {"blocked": False}, "selection": {"search": PHONE}}
    for method, path, body in (
        ("POST", f"/contacts/{id}/consents", consent),
        ("PATCH", f"/contacts/{id}", {"name": NAME.upper()}),
        ("PATCH", f"/contacts/{id}", {"name": NAME}),
        ("POST", "/contacts/views", view),
        ("POST", "/contacts/batch", {"contacts": [PERSON]}),
        ("POST", "/contacts/bulk", bulk),
        ("POST", "/segments", {"name": "Одна", "rule": rule}),
    ):
        answer = await browser.request(method, path, body)
        assert answer.status_code < 300, (path, answer.text)


async def _by_leads(browser: Browser) -> None:
    """Her lead, which became an order and a deal, and one of Boris that speaks of her."""
    line = {"item": f"Баннер «{NAME}»", "quantity": "2", "price": "1", "amount": "3"}
    own = {
        "title": NAME, "person": NAME, "email": EMAIL.upper(), "phone": PHONE, "description": VALUE,
        "ip": FROM, "extra": {"Кто": NAME}, "lines": [line], "inn": "1",
    }  # fmt: skip
    of_boris = {"title": "Борис Иной", "email": "boris@inoy.ru", "description": f"От {NAME}, {PHONE}"}
    became = {"client": {"name": "Ромашка"}, "deal": {"title": f"Вывеска для {NAME}"}}
    for body in (own, of_boris):
        answer = await browser.post("/leads", body)
        assert answer.status_code == 201, answer.text
        note = await browser.post(f"/leads/{answer.json()['id']}/notes", {"text": f"Звонить {NAME}"})
        assert note.status_code == 200, note.text
        if body is own:
            answer = await browser.post(f"/leads/{answer.json()['id']}/convert", became)
            assert answer.status_code == 200, answer.text


async def _by_sales(browser: Browser, id: str) -> int:
    """What she ordered, and a company with her address; the order's key."""
    line = {"item": f"Табличка «{NAME}»", "works": [{"kind": "Гравировка", "description": NAME}]}
    order = {
        "title": f"Заказ: {NAME}",
        "contactId": id,
        "description": f"Позвонить: {PHONE}",
        "layouts": [f"https://files.example/?who={EMAIL}"],
        "lines": [line],
    }
    for path, body in (
        ("/companies", {"name": "Ромашка", "emails": [EMAIL], "phones": [PHONE]}),
        ("/deals", {"title": f"Вывеска: {NAME}", "contactId": id}),
        ("/orders", order),
    ):
        answer = await browser.post(path, body)
        assert answer.status_code == 201, (path, answer.text)
    ordered = answer.json()
    made = await browser.post(
        f"/orders/{ordered['id']}/tickets", {"lineIds": [each["id"] for each in ordered["lines"]]}
    )
    noted = await browser.patch(f"/tickets/{made.json()['new'][0]['id']}", {"note": f"Отдать: {EMAIL}"})
    assert noted.status_code == 200, noted.text
    return int(ordered["id"])


async def upload(browser: Browser, data: bytes, name: str) -> dict[str, Any]:
    """Upload a file of contacts; its card."""
    url = f"/api/v1/imports?fileName={quote(name)}"
    answer = await browser.client.post(url, content=data, headers=browser.headers)
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


async def start(browser: Browser, card: dict[str, Any]) -> None:
    """Begin an import as it was guessed."""
    body = {"reading": card["reading"], "columns": card["columns"], "titles": card["titles"]}
    answer = await browser.post(f"/imports/{card['id']}/start", {**body, "policy": {"duplicates": "update"}})
    assert answer.status_code == 200, answer.text


async def bring_on(installation: Installation, id: str) -> None:
    """Do what the engine would."""
    async with installation.services.database.read() as connection:
        run = await connection.scalar(
            sa.text("SELECT run FROM contact_import WHERE id = :id"), {"id": int(id)}
        )
    while await installation.services.imports.runner.advance(int(id), int(run or 0)):
        continue


CSV = f"Имя;Почта;Телефон\n{NAME} младшая;{EMAIL};8 (916) 765-43-21\nБорис Иной;boris@inoy.ru;\n"
REFUSED = f"Имя;Почта;Телефон\n{NAME};это не адрес;8 916 765 43 21\nБорис;boris@inoy.ru;\n"


async def _by_files(installation: Installation, browser: Browser) -> None:
    for text, name in ((CSV, f"{EMAIL}.csv"), (REFUSED, "refused.csv")):
        card = await upload(browser, text.encode(), name)
        await start(browser, card)
        await bring_on(installation, card["id"])
    await upload(browser, CSV.encode("cp1251"), "waiting-1251.csv")
    await upload(browser, CSV.encode("utf-16"), "waiting-16.csv")
    await upload(browser, _table(), "waiting.xlsx")


def _table() -> bytes:
    """The least XLSX that there is, with one row about her."""
    rows = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
        for row in (("Имя", "Почта"), (NAME, EMAIL))
    )
    space = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{space}/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{space}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{space}/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{space}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{space}/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}/spreadsheetml/2006/main" '
        f'xmlns:r="{space}/officeDocument/2006/relationships"><sheets>'
        '<sheet name="Люди" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{space}/spreadsheetml/2006/main"><sheetData>{rows}'
        "</sheetData></worksheet>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed_file:
        for name, text in parts.items():
            packed_file.writestr(name, text)
    return file.getvalue()


BODIES = (
    json.dumps({"email": EMAIL.upper(), "name": NAME, "phone": 79167654321}).encode(),
    json.dumps([{"e": EMAIL, "n": NAME}, {"e": "boris@inoy.ru", "n": "Борис"}], ensure_ascii=False).encode(),
    f"email={quote(EMAIL)}&name={quote(NAME, encoding='cp1251')}&tel=%2B7%20916%20765-43-21".encode(),
    f"Новое письмо от {NAME.upper()} (8-916-765-43-21)".encode("cp1251"),
)


def _by_services(connection: sa.Connection, contact_id: int) -> None:
    """What services told, and what was kept of it."""
    at = now()
    [address_id] = connection.scalars(sa.select(address.c.id).where(address.c.normalised == EMAIL))
    sent = _insert(
        connection, campaign, name="Осень", name_folded="осень", state="sent", created_at=at, updated_at=at,
        reason={"code": "refused", "ru": f"Сервис: {EMAIL} не принят"}, service_reason=f"see {EMAIL}",
    )  # fmt: skip
    _insert(
        connection,
        history,
        campaign_id=sent,
        at=at,
        to_state="sent",
        who="Сервис",
        reason={"ru": f"<{EMAIL}>"},
    )
    _insert(connection, link, campaign_id=sent, url=f"https://shop.example/?who={EMAIL}", fetched_at=at)
    _insert(
        connection, delivery, campaign_id=sent, address_id=address_id, contact_id=contact_id, flags=7,
        reason=f"550 <{EMAIL}>",
    )  # fmt: skip
    for body in BODIES:
        request = _insert(
            connection, inbox, received_at=at, account_id=1, method="POST", body=body, state="applied",
            query=f"who={quote(PHONE)}", actions=json.dumps([{"email": EMAIL, "reason": NAME}]),
            headers=json.dumps([["x-person", f"{NUMBER}; {EMAIL}"]]), response=json.dumps({"text": PHONE}),
        )  # fmt: skip
    _insert(
        connection, attempt, inbox_id=request, at=at, kind="raised", error=f'{{"m": "{EMAIL}"}}', log=NAME
    )
    _insert(connection, waiting, address=EMAIL, action=json.dumps({"email": EMAIL}), created_at=at)
    _insert(
        connection, event, at=at, campaign_id=sent, address_id=address_id, kind="clicked",
        detail=f"/?{EMAIL}", inbox_id=request,
    )  # fmt: skip
    _insert(connection, alert, kind="x", subject_id=1, failing=True, name="x", since=at, reason={"ru": EMAIL})
    own = _by_modules(connection, at)
    _by_lists(connection, own, at)
    _by_other_systems(connection, at)


def _by_other_systems(connection: sa.Connection, at: datetime) -> None:
    """What stands in calendars, and what other systems are to hear."""
    own = _insert(
        connection, calendar, title=f"Встречи: {NAME}", kind="shared", colour="red", created_at=at,
        updated_at=at,
    )  # fmt: skip
    _insert(
        connection, calendar_event, calendar_id=own, title=f"Заявка: {NAME}", starts_at=at, created_at=at,
        updated_at=at, description=f"{EMAIL}, {PHONE}; с ней Борис Иной",
    )  # fmt: skip
    people = [{"kind": "email", "address": email} for email in (EMAIL, OTHER["emails"][0])]
    store(connection, "contact.unsubscribed", [{"addresses": people, "how": f"Сказала {NAME}"}], [])


def _by_lists(connection: sa.Connection, account_id: int, at: datetime) -> None:
    synced = _insert(
        connection, sync, account_id=account_id, source="contacts", mode="exact", state="on",
        created_at=at, updated_at=at,
    )  # fmt: skip
    run = _insert(
        connection, sync_run, sync_id=synced, state="done", counts={}, started_at=at, finished_at=at,
        reason={"code": "module", "function": "AddSubscribers", "text": f"{EMAIL}?"},
    )  # fmt: skip
    for email in (EMAIL, OTHER["emails"][0]):
        _insert(
            connection, sync_reject, run_id=run, side="add", address=email, code="invalid",
            reason=f"no mailbox {EMAIL}",
        )  # fmt: skip


def _by_modules(connection: sa.Connection, at: datetime) -> int:
    one = _insert(connection, module, name="m", title={}, created_at=at, updated_at=at, enabled=True)
    own = _insert(
        connection, account, module_id=one, state="ready", settings={}, token_sealed=b"", created_at=at,
        updated_at=at, check_message={"ru": f"Владелец {EMAIL}"},
    )  # fmt: skip
    for key, value in (
        (f"subscriber:{EMAIL}", {"id": 17}),
        ("phones", [PHONE, "+79261112233"]),
        ("last", {"person": {"name": NAME, "mail": EMAIL}, "page": 3}),
    ):
        _insert(connection, account_storage, account_id=own, key=key, value=json.dumps(value), bytes=9)
    document = {"arguments": {"contacts": [{"email": EMAIL, "name": NAME}, {"email": "boris@inoy.ru"}]}}
    _insert(
        connection, module_test, module_id=one, name="t", function="f", document=json.dumps(document),
        created_at=at,
    )  # fmt: skip
    tried = _insert(
        connection, rehearsal, module_id=one, state="done", author="x", created_at=at, updated_at=at
    )
    row = json.dumps({"was": {"name": NAME, "email": "p***@yozhikova.ru"}, "now": [f"{NAME}, {PHONE}"]})
    _insert(connection, rehearsal_row, rehearsal_id=tried, number=1, row=row)
    return own


def _recordings() -> list[dict[str, Any]]:
    """Calls as they are recorded: contacts handed over, an answer in another encoding, a test letter."""
    handed = {"contacts": [{"email": EMAIL, "phone": PHONE, "name": NAME, "value": VALUE}, dict(OTHER)]}
    trace = {"request": {"url": f"https://api.example/?email={quote(EMAIL)}", "body": json.dumps(handed)}}
    answer = {"body": f"Принят: {NAME}, {PHONE}".encode("cp1251"), "status": 200}
    documents: tuple[dict[str, Any], ...] = (
        {"arguments": handed, "exchanges": [trace], "result": {"rejected": [EMAIL]}},
        {"arguments": {}, "operations": [{"name": "fetch", "answer": answer}]},
        {"arguments": {"to": [EMAIL]}, "log": [{"message": f"sent to {NAME} <{EMAIL}>"}]},
    )
    rows = []
    for document in documents:
        data = packed(encoded(document, None))
        rows.append(
            {
                "id": new_key(), "started_at": now(), "module_id": 1, "function": "f", "lane": "bulk",
                "wall_ms": 1.0, "cpu_ms": 1.0, "replayable": True, "hosts": "", "bytes": len(data),
                "document": data,
            }
        )  # fmt: skip
    return rows


def _insert(connection: sa.Connection, table: sa.Table, **given: Any) -> int:
    """Store a row; what is not given is empty. Its key, if it has one."""
    values: dict[str, Any] = {
        each.name: ("" if isinstance(each.type, sa.String) else 0)
        for each in table.c
        if not each.nullable and each.server_default is None
    }
    if "id" in table.c:
        values["id"] = new_key()
    connection.execute(sa.insert(table).values({**values, **given}))
    return int({**values, **given}.get("id", 0))
