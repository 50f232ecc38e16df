"""Every operation of the API with whatever its description allows, and with what it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.faults.product import Desk

from vestnik.campaigns.errors import ServiceDidNotAnswer
from vestnik.http.errors import HeadTooLarge, NotHttp
from vestnik.modules.calls.failures import ModuleCallFailed

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_kind", ["postgresql"])]

EXAMPLES = 15
READERS = [f"reader{number}@example.com" for number in range(4)]
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: These never end, end the session or the server, or write to servers of strangers.
LEFT_OUT = {
    "watch_campaign",
    "watch_leads",
    "watch_sync_run",
    "sign_out",
    "kill",
    "remove_demo",
    "revoke_key",
    "send_test_letter",
}
#: What a service or a module did wrong is told with a status above 500 too.
OF_OTHERS = {kind.code for kind in (*ModuleCallFailed.tree(), *ServiceDidNotAnswer.tree())}
#: What is answered before the API sees a request, to a URL of 70,000 characters for example.
NOT_HTTP = {NotHttp.code, HeadTooLarge.code}

by_hypothesis = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Things:
    """What is there: an id in a path, or in a body, is one of these most of the time."""

    def __init__(self, desk: Desk) -> None:
        product = desk.product
        sent, draft = desk.send("Отправлена"), desk.draft("Черновик")
        desk.settle([sent])
        contact_ids, segment_id = desk.gather(["another@example.com"])
        form = {
            "name": "Б",
            "email": "b@example.org",
            "password": "a long pass phrase",
            "roles": ["marketer"],
        }
        invited = {"email": "i@example.org", "roles": ["marketer"]}
        schedule = {"name": "Покупатели", "url": "https://shop.example/customers.csv", "everyHours": 24}
        webhooks = product.get("/webhooks", limit=3)["items"]
        versions = product.get(f"/modules/{desk.module_id}/versions")["items"]
        lists = product.post(f"/accounts/{desk.account_id}/lists/import")["items"]
        sync = product.post(
            "/syncs",
            {
                "accountId": desk.account_id,
                "source": "segment",
                "segmentId": desk.segment_id,
                "listTitle": "Читатели",
                "mode": "merge",
            },
        )
        calendar = product.post("/calendars", {"title": "Выставки"})["id"]
        event = {"calendarId": calendar, "title": "Монтаж", "startsAt": "2026-11-24T10:00:00+03:00"}
        hook = {"title": "CRM", "url": "http://127.0.0.1:9/", "kinds": ["lead.created"], "private": True}
        hook_id = product.post("/outgoing-webhooks", hook)["webhook"]["id"]
        tested = product.post(f"/outgoing-webhooks/{hook_id}/test", {})
        mailbox = {"title": "Заявки", "host": "127.0.0.1", "port": 9, "username": "a", "password": "b"}
        door = product.post("/intake-doors", {"title": "Сайт"})["id"]
        sent_in = {"body": '{"Тема": "Заказ", "Зовут": ', "send": True}
        inputs = [product.post(f"/intake-doors/{door}/try", sent_in)["inputId"] for _ in range(3)]
        user_id = product.post("/users", form)["id"]
        turns = {"title": "Все", "kind": "round_robin", "people": [user_id]}
        partner = {"title": "Партнёр", "site": "partner.example"}
        client_id = product.post("/companies", {"name": "Ромашка"})["id"]
        channels = [product.post("/lead-channels", {"title": title})["items"] for title in ("Сайт", "Форма")]
        deal_id = product.post("/deals", {"title": "Вывеска"})["id"]
        lines = [{"item": "Ролап", "price": "500", "quantity": "2"}, {"item": "Доставка", "isService": True}]
        order = product.post("/orders", {"title": "Стенд", "lines": lines})
        line_ids = [each["id"] for each in order["lines"]]
        made = product.post(f"/orders/{order['id']}/tickets", {"lineIds": line_ids[:1]})["new"]
        self.by_room: Mapping[str, list[str]] = {
            "deals": [deal_id],
            "orders": [order["id"]],
            "tickets": [each["id"] for each in made],
            "leads": [product.post("/leads", {"title": title})["id"] for title in ("Анна", "Борис")],
            "lead-channels": [each["id"] for each in channels[-1]],
            "lead-partners": [product.post("/lead-partners", partner)["items"][0]["id"]],
            "lead-assignments": [product.post("/lead-assignments", turns)["items"][0]["id"]],
            "intake-doors": [door],
            "inputs": inputs,
            "mail-collectors": [product.post("/mail-collectors", mailbox)["id"]],
            "calendars": [calendar],
            "calendar-events": [product.post("/calendar-events", event)["id"]],
            "outgoing-webhooks": [hook_id],
            "outgoing-deliveries": [tested["id"]],
            "campaigns": [sent, draft],
            "contacts": contact_ids,
            "segments": [segment_id, desk.segment_id],
            "categories": [desk.category_id],
            "templates": [desk.template_id],
            "accounts": [desk.account_id],
            "modules": [desk.module_id],
            "webhooks": [line["id"] for line in webhooks],
            "users": [user_id],
            "invitations": [product.post("/invitations", invited)["invitation"]["id"]],
            "companies": [client_id],
            "imports": [product.post("/imports/schedules", schedule)["id"]],
            "versions": [version["id"] for version in versions],
            "syncs": [sync["id"]],
            "sync-runs": [sync["run"]["id"]],
        }
        self.by_field: Mapping[str, list[Any]] = {
            "campaignId": self.by_room["campaigns"],
            "dealId": [None, deal_id],
            "stageId": [each["id"] for each in product.get("/deals/stages")],
            "sum": [None, "1250.5"],
            "lineIds": [line_ids, line_ids[1:]],
            "calendarId": self.by_room["calendars"],
            "clientId": [None, client_id],
            "contactId": [None, *contact_ids],
            "partnerId": [None, *self.by_room["lead-partners"]],
            "userId": [user_id],
            "intoId": self.by_room["lead-channels"],
            "people": [[user_id]],
            "channels": [self.by_room["lead-channels"]],
            "partners": [[]],
            "site": ["shop.example"],
            "inn": [None, "", "7709745454"],
            "client": [None, {"name": "Ромашка"}],
            "contact": [None, {"name": "Анна"}],
            "ids": [self.by_room["leads"]],
            "startsAt": ["2026-11-24T10:00:00+03:00"],
            "endsAt": [None, "2026-11-24T12:00:00+03:00"],
            "personId": [None, self.by_room["users"][0]],
            "calendar": ["", calendar],
            "from": ["2026-11-01T00:00:00Z"],
            "to": ["2026-12-01T00:00:00Z"],
            "sourceId": [door],
            "responsibleId": self.by_room["users"],
            "channelId": [None],
            "sites": [["https://shop.example"]],
            "url": ["https://hooks.example/vestnik"],
            "host": ["127.0.0.1"],
            "certificate": [None],
            "mark": ["\\Flagged"],
            "moveTo": ["Taken"],
            "deleteAfterDays": [1],
            "segmentId": self.by_room["segments"],
            "categoryId": self.by_room["categories"],
            "templateId": self.by_room["templates"],
            "accountId": self.by_room["accounts"],
            "moduleId": self.by_room["modules"],
            "versionId": self.by_room["versions"],
            "version_id": self.by_room["versions"],
            "list_id": [each["id"] for each in lists],
            "name": ["unisender", "rubbish", "Имя"],
            "email": ["c@example.org", READERS[0]],
            "emails": [["d@example.org"], [READERS[1], READERS[1]]],
            "address": ["d@example.org", READERS[1]],
            "rights": [["contacts.read"], ["campaigns.read", "webhooks.read"]],
            "rule": [{"combinator": "and", "rules": []}],
            "settings": [{"base_url": desk.simulator.url, "api_key": desk.simulator.api_key}],
            "timezone": ["Europe/Moscow"],
            "password": ["a long pass phrase"],
        }

    def aim(self, draw: Callable[..., Any], case: Case[Any]) -> None:
        """Put ids of what is there into a request."""
        room = case.path.removeprefix("/api/v1/").partition("/")[0]
        if "id" in case.path_parameters and room in self.by_room and draw(st.integers(0, 3)):
            case.path_parameters["id"] = draw(st.sampled_from(self.by_room[room]))
        for given_ in (case.path_parameters, case.query, case.body):
            if not isinstance(given_, dict):
                continue
            for name in given_.keys() & self.by_field.keys():
                if draw(st.integers(0, 3)):
                    given_[name] = draw(st.sampled_from(self.by_field[name]))


@pytest.fixture
def things(desk: Desk) -> Things:
    """An installation with one of everything."""
    desk.prepare(READERS)
    return Things(desk)


def test_no_request_breaks_the_server_and_every_answer_is_as_described(desk: Desk, things: Things) -> None:
    product = desk.product
    schema = schemathesis.openapi.from_url(f"{product.address}/api/openapi.json")
    seen: dict[str, set[int]] = {}
    wrong: dict[str, str] = {}
    for operation in _in_order(schema):
        name = str(operation.definition.raw["operationId"])
        seen[name] = set()
        try:
            _try(operation, things, dict(product.api.headers), seen[name])
        except (Exception, BaseExceptionGroup) as error:
            wrong[name] = _told(error)
    succeeded = [name for name, statuses in seen.items() if any(status < 300 for status in statuses)]
    print(
        f"{len(seen)} operations, {len(succeeded)} of them succeeded; others {seen.keys() - set(succeeded)}"
    )
    assert not wrong, "\n\n".join(f"=== {name}\n{told}" for name, told in wrong.items())
    assert len(succeeded) >= len(seen) * 2 // 3


def _in_order(schema: Any) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """Operations that take things away come last."""
    found = [each.ok() for each in schema.get_all_operations()]
    kept = [each for each in found if each.definition.raw["operationId"] not in LEFT_OUT]
    return iter(sorted(kept, key=lambda each: (each.method == "delete", "/modules" in each.path)))


def _try(operation: Any, things: Things, headers: dict[str, str], seen: set[int]) -> None:
    for mode in GenerationMode:
        if mode is GenerationMode.NEGATIVE and not _takes_something(operation):
            continue

        @by_hypothesis
        @given(operation.as_strategy(generation_mode=mode), st.data())
        def check(case: Case[Any], data: st.DataObject) -> None:
            things.aim(data.draw, case)
            response = case.call(headers=headers)
            if response.status_code in (400, 431) and response.json()["code"] in NOT_HTTP:
                return
            seen.add(response.status_code)
            checks = CHECKS if _is_of_others(response) else [not_a_server_error, *CHECKS]
            case.validate_response(response, checks=checks)

        check()


def _takes_something(operation: Any) -> bool:
    return bool(operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"))


def _is_of_others(response: Response) -> bool:
    if response.status_code < 500 or response.headers["content-type"] != ["application/problem+json"]:
        return False
    return response.json()["code"] in OF_OTHERS


def _told(error: BaseException) -> str:
    return "\n".join(each[:600] for each in str(error).splitlines())[:3000]
