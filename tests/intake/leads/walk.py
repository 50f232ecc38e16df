"""Everything that people do to leads, for the test that walks every operation that changes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.people.test_audited import Walker


async def leads(walker: Walker) -> None:
    """Leads, and the directories of the lead handler."""
    does, me = walker.does, str(walker.user_id)
    lead = (await does("POST /leads", {"title": "Анна", "inn": "1", "path": "Лендинг"}))["id"]
    for act, body in (
        ("take", None),
        ("inn", {"inn": "7709745454"}),
        ("notes", {"text": "Перезвонить"}),
        ("process", None),
        ("close", {"result": "other"}),
        ("reopen", None),
        ("convert", {"deal": {}}),
    ):
        await does(f"POST /leads/{{id}}/{act}", body, id=lead)
    other = (await does("POST /leads", {"title": "Борис"}))["id"]
    await does("PATCH /leads/{id}", {"title": "Борис Ким"}, id=other)
    await does("POST /leads/{id}/assign", {"userId": me}, id=other)
    await does("POST /leads/bulk", {"ids": [other], "action": "process"})
    await does("POST /leads/export", {})
    found = (await walker.browser.get("/lead-channels")).json()["items"][0]["id"]
    made = (await does("POST /lead-channels", {"title": "Реклама"}))["items"][-1]["id"]
    await does("PATCH /lead-channels/{id}", {"title": "Реклама на сайте"}, id=made)
    await does("POST /lead-channels/{id}/merge", {"intoId": made}, id=found)
    partner = (await does("POST /lead-partners", {"title": "П", "site": "p.ru"}))["items"][0]["id"]
    await does("PATCH /lead-partners/{id}", {"title": "Партнёр"}, id=partner)
    rule = {"title": "Все", "kind": "round_robin", "people": [me]}
    one = (await does("POST /lead-assignments", rule))["items"][0]["id"]
    await does("PUT /lead-assignments/{id}", {**rule, "title": "Каждый"}, id=one)
    await does("PUT /lead-assignments/order", {"ids": [one]})
    await does("DELETE /lead-assignments/{id}", id=one)
    await does("PATCH /lead-settings", {"notify": False})
