"""Every operation of the API with whatever its description allows, and with what it does not.

The examples are the same in each run. `FUZZ_SEED=random`, or a number that a run has printed, makes others.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import CHECKS as ALL_CHECKS
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.faults.product import Desk, Product

from vestnik.campaigns.errors import ServiceDidNotAnswer
from vestnik.http.api import PUBLIC
from vestnik.http.errors import HeadTooLarge, NotHttp
from vestnik.modules.calls.failures import ModuleCallFailed
from vestnik.people.access import RIGHTS, rights_of

pytestmark = pytest.mark.slow

#: Of each operation: by whoever may do everything, and by a marketer.
EXAMPLES, EXAMPLES_OF_A_ROLE = 11, 3
SEED = os.environ.get("FUZZ_SEED", "")
READERS = [f"reader{number}@example.com" for number in range(4)]
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Asked of an example as it was made, without ids of what is there put into it.
UNAIMED = [negative_data_rejection]
CHECKS_LEFT_OUT = {
    "positive_data_acceptance": "a valid body may name what there is not, or what its state forbids",
    "missing_required_header": "no operation has a header of its own; for keys see `_knows_who_asks`",
    "unsupported_method": "tests/http/test_doors.py asks every address by every method",
    "allow_header_conformance": "tests/http/test_doors.py compares it with what each address takes",
    "ignored_auth": "takes a made-up cookie beside a good key for a fault; `_knows_who_asks` asks instead",
    "use_after_free": "needs links, which are not described; `_is_gone` asks instead",
    "ensure_resource_availability": "needs links, which are not described; `_is_there` asks instead",
    "object_level_authorization": "rights are of roles, not of makers: tests/people/test_rights.py",
}
LEFT_OUT = {
    "watch_campaign": "never ends",
    "watch_leads": "never ends",
    "watch_sync_run": "never ends",
    "sign_out": "ends the session that asks",
    "kill": "ends the server",
    "remove_demo": "takes everything away",
    "revoke_key": "takes the key away that asks",
    "send_test_letter": "writes to servers of strangers",
}
#: What is still found after a DELETE.
KEPT = {
    "disable_user": "a person is disabled: their name stands on what they did",
    "archive_segment": "a segment is archived: campaigns and reports name it",
}
#: What a service or a module did wrong is told with a status above 500 too.
OF_OTHERS = {kind.code for kind in (*ModuleCallFailed.tree(), *ServiceDidNotAnswer.tree())}
#: What is answered before the API sees a request, to a URL of 70,000 characters for example.
NOT_HTTP = {NotHttp.code, HeadTooLarge.code}


def by_hypothesis(examples: int) -> settings:
    """So many examples, made anew in each run only where `FUZZ_SEED` asks for it."""
    return settings(
        max_examples=examples,
        derandomize=not SEED,
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


def test_every_check_is_made_or_left_out_for_a_reason() -> None:
    made = {check.__name__ for check in [not_a_server_error, *CHECKS, *UNAIMED]}
    assert made | set(CHECKS_LEFT_OUT) == set(ALL_CHECKS.get_all_names())
    assert made.isdisjoint(CHECKS_LEFT_OUT)


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_no_request_breaks_the_server_and_every_answer_is_as_described(desk: Desk, things: Things) -> None:
    number = secrets.randbits(32) if SEED == "random" else int(SEED or 0)
    print(f"FUZZ_SEED={number}" if SEED else "the same examples as ever")
    product = desk.product
    schema = schemathesis.openapi.from_url(f"{product.address}/api/openapi.json")
    trial = Trial(things, product, number)
    seen: dict[str, set[int]] = {}
    wrong: dict[str, str] = {}
    for operation in _in_order(schema):
        name = str(operation.definition.raw["operationId"])
        seen[name] = set()
        try:
            trial.of(operation, seen[name])
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


class Trial:
    """Asks an operation whatever it may be asked, as whoever may do everything and as a marketer."""

    def __init__(self, things: Things, product: Product, number: int) -> None:
        self._things, self._product, self._number = things, product, number
        self._everything = dict(product.api.headers)
        self._marketer = self._key_of_a_marketer()

    def of(self, operation: Any, seen: set[int]) -> None:
        """Raise for the first answer of the operation that is not as described."""
        self._try(operation, GenerationMode.POSITIVE, self._everything, EXAMPLES, seen)
        if _takes_something(operation):
            self._try(operation, GenerationMode.NEGATIVE, self._everything, EXAMPLES, seen)
        if operation.method != "delete":
            self._try(operation, GenerationMode.POSITIVE, self._marketer, EXAMPLES_OF_A_ROLE, set())

    def _try(
        self, operation: Any, mode: GenerationMode, headers: dict[str, str], examples: int, seen: set[int]
    ) -> None:
        right = operation.definition.raw["x-right"]
        last: list[Response] = []
        unaimed = [] if self._takes_sums(operation) else UNAIMED
        forbidden = headers is self._marketer and right in RIGHTS - rights_of(["marketer"])

        @by_hypothesis(examples)
        @given(operation.as_strategy(generation_mode=mode), st.data())
        def check(case: Case[Any], data: st.DataObject) -> None:
            is_aimed = mode is GenerationMode.POSITIVE or data.draw(st.booleans())
            if is_aimed:
                self._things.aim(data.draw, case)
            response = case.call(headers=headers)
            if response.status_code in (400, 431) and response.json()["code"] in NOT_HTTP:
                return
            seen.add(response.status_code)
            checks = [*CHECKS] if _is_of_others(response) else [not_a_server_error, *CHECKS]
            if response.status_code < 300:
                last[:] = [response]
                checks += [] if is_aimed else unaimed
            case.validate_response(response, checks=checks)
            assert not forbidden or response.status_code in (403, 404, 405), "a marketer may not"

        (seed(self._number)(check) if SEED else check)()
        for response in last:
            if right != PUBLIC:
                self._knows_who_asks(response)
            if operation.method == "delete":
                self._is_gone(operation, response)
            if response.status_code == 201:
                self._is_there(operation, response)

    def _takes_sums(self, operation: Any) -> bool:
        """True where a body holds decimals: described as texts, they are taken as numbers too."""
        shapes = operation.schema.raw_schema["components"]["schemas"]
        asked = json.dumps(operation.definition.raw.get("requestBody", {}))
        known: set[str] = set()
        while more := set(re.findall(r"#/components/schemas/([^\"]+)", asked)) - known:
            known |= more
            asked += "".join(json.dumps(shapes[name]) for name in more)
        return '"decimal"' in asked

    def _knows_who_asks(self, response: Response) -> None:
        """The same request is refused without a key, and with a made-up one."""
        asked = response.request
        kind = {"content-type": str(asked.headers.get("content-type", "application/json"))}
        body = asked.body if isinstance(asked.body, str | bytes) else None
        for shown in ({}, {"authorization": "Bearer vst_nonsense"}):
            method, address = str(asked.method), str(asked.url)
            answer = httpx.request(method, address, content=body, headers=kind | shown, trust_env=False)
            assert answer.status_code == 401, f"{asked.method} {asked.url}: {answer.status_code}"

    def _is_gone(self, operation: Any, response: Response) -> None:
        """What was deleted is not found any more."""
        paths = operation.schema.raw_schema["paths"]
        is_kept = operation.definition.raw["operationId"] in KEPT
        if operation.path.endswith("}") and "get" in paths[operation.path] and not is_kept:
            answer = self._product.api.get(str(response.request.url))
            assert answer.status_code == 404, f"{response.request.url} is still there: {answer.text}"

    def _is_there(self, operation: Any, response: Response) -> None:
        """What was made is found by its id."""
        made = response.json()
        path = f"{operation.path}/{{id}}"
        is_described = "get" in operation.schema.raw_schema["paths"].get(path, {})
        if isinstance(made, dict) and "id" in made and is_described:
            answer = self._product.api.get(f"{response.request.url}/{made['id']}".partition("?")[0])
            assert answer.status_code == 200, f"{path} of {made['id']} is not there: {answer.text}"

    def _key_of_a_marketer(self) -> dict[str, str]:
        rights = sorted(rights_of(["marketer"]) - {"demo.play"})
        made = self._product.post("/keys", {"name": "A marketer's", "rights": rights})
        return self._everything | {"authorization": f"Bearer {made['key']}"}


def _takes_something(operation: Any) -> bool:
    return bool(operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"))


def _is_of_others(response: Response) -> bool:
    if response.status_code < 500 or response.headers["content-type"] != ["application/problem+json"]:
        return False
    return response.json()["code"] in OF_OTHERS


def _told(error: BaseException) -> str:
    return "\n".join(each[:600] for each in str(error).splitlines())[:3000]
