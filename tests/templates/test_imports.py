"""Imports page through a service, keep what they got, and never delete."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vestnik.contract.manifest import BatchSizes
from vestnik.db import Database
from vestnik.egress import Broker
from vestnik.http.errors import Forbidden, NotFound, TooManyRequests
from vestnik.modules.calls.failures import of_sandbox
from vestnik.people.access import SYSTEM, Actor
from vestnik.sandbox import RetryLaterByModule
from vestnik.templates.service import Import, Template, Templates
from vestnik.vault import Vault


def told(n: int, **more: Any) -> dict[str, Any]:
    return {"externalId": f"t{n}", "name": f"Письмо {n:03d}", "subject": f"Тема {n}"} | more


async def imported(templates: Templates, account_id: int = 1) -> Import:
    id = await templates.import_from(SYSTEM, account_id)
    await templates.finished(id)
    return await templates.import_state(SYSTEM, id)


async def names(templates: Templates, *, archived: bool = False) -> list[str]:
    items, total = await templates.page(SYSTEM, archived=archived, limit=1000)
    assert total == len(items)
    return [each.external_id for each in items]


async def test_pages_are_asked_until_a_short_one(templates: Templates, service: Any) -> None:
    found = await imported(templates)
    assert (found.state, found.pages, found.imported, found.reason) == ("done", 3, 120, None)
    assert service.asked == [("bulk", {"offset": offset, "limit": 50}) for offset in (0, 50, 100)]
    assert await names(templates) == [f"t{n}" for n in range(120)]


async def test_a_full_last_page_asks_once_more(templates: Templates, service: Any) -> None:
    del service.templates[100:]
    found = await imported(templates)
    assert (found.state, found.pages, found.imported) == ("done", 3, 100)
    assert [arguments["offset"] for _, arguments in service.asked] == [0, 50, 100]


async def test_pages_are_as_long_as_the_manifest_says(templates: Templates, service: Any) -> None:
    service.sender.batch_sizes = BatchSizes(import_templates=100)
    found = await imported(templates)
    assert (found.state, found.pages, found.imported) == ("done", 2, 120)
    assert [arguments for _, arguments in service.asked] == [
        {"offset": 0, "limit": 100},
        {"offset": 100, "limit": 100},
    ]


async def test_a_page_is_stored_before_the_next_is_asked(templates: Templates, service: Any) -> None:
    pages: list[int] = []

    def answer(offset: int, limit: int) -> list[dict[str, Any]]:
        if offset == 50:
            raise TooManyRequests(retry_after_s=60)
        page: list[dict[str, Any]] = service.templates[offset : offset + limit]
        pages.append(offset)
        return page

    service.answer = answer
    found = await imported(templates)
    assert (found.state, pages) == ("stopped", [0])
    assert await names(templates) == [f"t{n}" for n in range(50)]


async def test_a_template_added_during_an_import_moves_the_others_on_and_stops_nothing(
    templates: Templates, service: Any
) -> None:
    del service.templates[50:]

    def answer(offset: int, limit: int) -> list[dict[str, Any]]:
        page: list[dict[str, Any]] = service.templates[offset : offset + limit]
        if offset == 0:
            service.templates.insert(0, told(200))
        return page

    service.answer = answer
    found = await imported(templates)
    assert (found.state, found.imported, found.archived) == ("done", 50, 0)
    service.answer = None
    assert (await imported(templates)).imported == 51


async def test_templates_are_found_by_name_subject_and_language(templates: Templates, service: Any) -> None:
    service.templates = [
        told(1, name="Ёлка", subject="Зимний каталог", language="ru"),
        told(2, name="Winter", subject="New catalogue", language="en"),
        told(3, name="Без языка", subject="100 % хлопка"),
    ]
    await imported(templates)

    async def found(**filters: Any) -> list[str]:
        return [each.external_id for each in (await templates.page(SYSTEM, **filters))[0]]

    assert await found(search="елка") == ["t1"]
    assert await found(search="КАТАЛОГ") == ["t1"]
    assert await found(search="0 %") == ["t3"]
    assert await found(search="%") == ["t3"]
    assert await found(language="en") == ["t2"]
    assert await found(language="en", search="каталог") == []
    assert await templates.languages(SYSTEM) == ["en", "ru"]


async def test_templates_come_by_name_or_the_last_changed_first(templates: Templates, service: Any) -> None:
    service.templates = [
        told(1, name="А", updatedAt="2025-01-01T00:00:00Z"),
        told(2, name="Б", updatedAt="2025-03-01T00:00:00Z"),
        told(3, name="В"),
    ]
    await imported(templates)
    assert [each.name for each in (await templates.page(SYSTEM))[0]] == ["А", "Б", "В"]
    newest, _ = await templates.page(SYSTEM, sort="-changed")
    assert [each.name for each in newest] == ["В", "Б", "А"]


async def test_the_last_import_of_each_account_is_known(templates: Templates, service: Any) -> None:
    assert await templates.last_imports(SYSTEM) == []
    await imported(templates, 1)
    second = await imported(templates, 2)
    service.failure = TooManyRequests(retry_after_s=60)
    stopped = await imported(templates, 1)
    assert await templates.last_imports(SYSTEM) == [stopped, second]


async def test_two_processes_with_one_import_leave_each_page_to_the_faster(
    database: Database, templates: Templates, service: Any, broker: Broker, vault: Vault
) -> None:
    service.gate.clear()
    id = await templates.import_from(SYSTEM, 1)
    other = Templates(database, service, broker, vault)
    await other.start()
    service.gate.set()
    await asyncio.gather(templates.finished(id), other.finished(id))
    found = await templates.import_state(SYSTEM, id)
    assert (found.state, found.pages, found.imported, found.reason) == ("done", 3, 120, None)


async def test_a_template_keeps_everything_the_service_told(templates: Templates, service: Any) -> None:
    service.templates = [
        told(
            1,
            type="sms",
            description="Весна",
            language="ru",
            thumbnailUrl="https://cdn.example.com/1.png",
            editorUrl="https://app.example.com/templates/1",
            createdAt="2026-01-01T10:00:00+03:00",
            updatedAt="2026-02-01T07:00:00Z",
        )
    ]
    await imported(templates)
    [[found], _] = await templates.page(SYSTEM, account_id=1, search="ПИСЬМО")
    assert found == Template(
        id=found.id,
        account_id=1,
        external_id="t1",
        type="sms",
        name="Письмо 001",
        subject="Тема 1",
        description="Весна",
        language="ru",
        screenshot_url="https://cdn.example.com/1.png",
        editor_url="https://app.example.com/templates/1",
        service_updated_at=found.service_updated_at,
        updated_at=found.updated_at,
        archived_at=None,
    )
    assert found.service_updated_at is not None
    assert found.service_updated_at.isoformat() == "2026-02-01T07:00:00+00:00"
    assert await templates.page(SYSTEM, account_id=2) == ([], 0)


async def test_a_template_gone_at_the_service_is_archived_and_comes_back(
    templates: Templates, service: Any
) -> None:
    service.templates = [told(1), told(2)]
    await imported(templates)
    service.templates = [told(2, name="Новое имя")]
    assert (await imported(templates)).archived == 1
    assert (await names(templates), await names(templates, archived=True)) == (["t2"], ["t1"])
    service.templates = [told(1), told(2)]
    assert (await imported(templates)).archived == 0
    assert (await names(templates), await names(templates, archived=True)) == (["t1", "t2"], [])


async def test_accounts_do_not_touch_each_other(templates: Templates, service: Any) -> None:
    await imported(templates, 1)
    service.templates = [told(1)]
    await imported(templates, 2)
    assert len(await names(templates)) == 121
    assert await names(templates, archived=True) == []


async def test_a_page_longer_than_asked_stops_the_import(templates: Templates, service: Any) -> None:
    service.answer = lambda offset, limit: [told(n) for n in range(offset, offset + limit + (offset > 0))]
    found = await imported(templates)
    assert (found.state, found.pages, found.imported) == ("stopped", 1, 50)
    assert found.reason == {
        "code": "template_page_too_long",
        "ru": "Модуль вернул 51 шаблонов вместо 50, начиная с 50. Уже полученные шаблоны сохранены. "
        "Ошибку исправляет автор модуля.",
        "en": "The module returned 51 templates where 50 were asked for, from 50 on. "
        "The templates received before are kept. The module's author has to correct it.",
    }


async def test_a_repeated_page_stops_the_import_and_archives_nothing(
    templates: Templates, service: Any
) -> None:
    await imported(templates)
    service.answer = lambda _offset, limit: [told(n) for n in range(limit)]
    found = await imported(templates)
    assert (found.state, found.pages, found.imported) == ("stopped", 1, 50)
    assert found.reason is not None and found.reason["code"] == "template_page_repeated"
    assert len(await names(templates)) == 120


async def test_a_failing_module_stops_the_import_with_its_own_words(
    templates: Templates, service: Any
) -> None:
    service.failure = TooManyRequests(retry_after_s=60)
    found = await imported(templates)
    assert (found.state, found.pages, found.reason) == (
        "stopped",
        0,
        {"code": "too_many_requests", "ru": "Повторите через 60 с.", "en": "Try again in 60 s."},
    )
    service.failure = None
    assert (await imported(templates)).state == "done", "the next import begins anew"


async def test_a_service_that_asks_to_wait_stops_the_import_with_that_sentence(
    templates: Templates, service: Any
) -> None:
    asked = RetryLaterByModule("limit of calls")
    asked.retry_after_s = 60.0
    title = {"ru": "Курьер", "en": "Courier"}
    service.failure = of_sandbox(asked, title, "CRM_Marketing_ImportTemplates")
    found = await imported(templates)
    assert (found.state, found.reason) == (
        "stopped",
        {
            "code": "module_asked_to_wait",
            "ru": "Сервис модуля «Курьер» сейчас не принимает запросы (Импорт шаблонов). "
            "Повторите через 60 с.",
            "en": "The service of the module “Courier” takes no requests now (Import templates). "
            "Try again in 60 s.",
        },
    )


async def test_a_fault_of_ours_stops_the_import_and_says_so(templates: Templates, service: Any) -> None:
    service.failure = LookupError("a bug")
    found = await imported(templates)
    assert found.reason is not None and found.reason["code"] == "internal_error"


async def test_an_import_that_is_under_way_is_joined(templates: Templates, service: Any) -> None:
    service.gate.clear()
    first = await templates.import_from(SYSTEM, 1)
    assert await templates.import_from(SYSTEM, 1) == first
    service.gate.set()
    await templates.finished(first)
    assert len(service.asked) == 3
    assert await templates.import_from(SYSTEM, 1) != first


async def test_an_import_that_was_cut_off_goes_on_where_it_was(
    database: Database, templates: Templates, service: Any, broker: Broker, vault: Vault
) -> None:
    def answer(offset: int, limit: int) -> list[dict[str, Any]]:
        if offset == 0:
            service.gate.clear()
            service.waiting.clear()
        page: list[dict[str, Any]] = service.templates[offset : offset + limit]
        return page

    service.answer = answer
    id = await templates.import_from(SYSTEM, 1)
    while service.gate.is_set() or not service.waiting.is_set():
        await service.waiting.wait()  # until it asks for the second page
    await templates.stop()
    assert (await templates.import_state(SYSTEM, id)).state == "running"
    service.gate.set()
    service.asked.clear()
    later = Templates(database, service, broker, vault)
    await later.start()
    await later.finished(id)
    found = await later.import_state(SYSTEM, id)
    assert (found.state, found.pages, found.imported) == ("done", 3, 120)
    assert [arguments["offset"] for _, arguments in service.asked] == [50, 100]


async def test_rights_are_asked_and_unknown_things_not_found(templates: Templates) -> None:
    nobody = Actor(user_id=1, name="Никто", rights=frozenset({"templates.read"}))
    with pytest.raises(Forbidden):
        await templates.import_from(nobody, 1)
    with pytest.raises(NotFound):
        await templates.import_state(nobody, 404)
    with pytest.raises(NotFound):
        await templates.get(nobody, 404)
    with pytest.raises(NotFound):
        await templates.import_from(SYSTEM, 404)
