"""Webhooks and returns of every wrong kind: each is kept and explained, none is applied by halves."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from tests.faults.product import Desk, Product, Simulator
from tests.faults.requests import EVENTS, Request, broken, requests, send, signed
from tests.faults.rubbish import READERS, SOURCE, is_accepted, order, results
from tests.processes import WITHIN_S

from vestnik.campaigns.tables import campaign
from vestnik.webhooks.door import ANSWER_WITHIN_S

pytestmark = pytest.mark.slow

EXAMPLES = 500
by_hypothesis = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

#: Every table in which a webhook leaves an effect.
TABLES = (
    "webhook_applied",
    "webhook_waiting",
    "event",
    "suppression",
    "consent",
    "campaign_stats",
    "campaign_history",
)


#: What moves by itself: the service is asked again and again how the campaign goes.
MOVES = ("check_at", "updated_at")
#: What asking leaves: this module tells nothing of campaigns.
ASKED = {
    f"{what}_failure": {"code": "unable", "function": f"CRM_Marketing_GetCampaign{what.title()}"}
    for what in ("stats", "links")
}


class Door:
    """The webhook address of the module that obeys its webhooks, and what its installation shows of them."""

    def __init__(self, product: Product, account_id: str, database_url: str) -> None:
        self.product, self.account_id = product, account_id
        self.url: str = product.get(f"/accounts/{account_id}")["webhookUrl"]
        self.client = httpx.Client(timeout=WITHIN_S, trust_env=False)
        self.engine = sa.create_engine(
            sa.make_url(database_url).set(
                drivername="postgresql+psycopg" if database_url.startswith("postgresql") else "sqlite"
            )
        )
        self.newest = ""

    def post(self, body: bytes) -> httpx.Response:
        """A provider's request."""
        return self.client.post(self.url, content=body)

    def card(self, status: int) -> Any:
        """What the inspector shows of the newest request once it is worked on and `status` was answered."""
        line = self.product.get("/webhooks", accountId=self.account_id, limit=1)["items"][0]
        assert line["id"] != self.newest, "the request was not kept"
        self.newest = line["id"]
        deadline = time.monotonic() + WITHIN_S
        while True:
            card = self.product.get(f"/webhooks/{self.newest}")
            if card["state"] != "received" and card["answered"] == status:
                return card
            assert time.monotonic() < deadline, card
            time.sleep(0.02)

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()
        self.engine.dispose()

    def effects(self) -> dict[str, Any]:
        """All that webhooks can change."""
        with self.engine.connect() as connection:
            counted = {table: connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in TABLES}
            counted["campaign"] = [
                {name: value for name, value in row.items() if name not in MOVES}
                for row in connection.execute(sa.text("SELECT * FROM campaign")).mappings()
            ]
            counted["delivery"] = connection.execute(
                sa.text("SELECT * FROM delivery ORDER BY campaign_id, address_id")
            ).all()
        return counted

    def until_asked(self) -> None:
        """Wait until the service was asked of the campaign, and the next question leaves the same."""
        query, deadline = (
            sa.select(campaign.c.stats_failure, campaign.c.links_failure),
            time.monotonic() + WITHIN_S,
        )
        while True:
            with self.engine.connect() as connection:
                found = dict(connection.execute(query).mappings().one())
            if found == ASKED:
                return
            assert time.monotonic() < deadline, found
            time.sleep(0.02)

    def rows_of(self, inbox_id: str, table: str) -> int:
        """How many rows of a table a request left."""
        query = sa.text(f"SELECT count(*) FROM {table} WHERE inbox_id = :inbox_id")
        with self.engine.connect() as connection:
            return int(connection.scalar(query, {"inbox_id": int(inbox_id)}) or 0)


@pytest.fixture
def door(desk: Desk, empty_database_url: str) -> Iterator[Door]:
    """The obedient module, with a campaign that waits for its events."""
    product = desk.product
    desk.install("rubbish.py", SOURCE)
    assert desk.import_templates() == 1
    _, desk.segment_id = desk.gather(READERS)
    desk.category_id = product.post("/categories", {"title": "Новости"})["id"]
    campaign_id = desk.send("Ждёт событий")
    desk.follow(campaign_id, "sending")
    door = Door(product, desk.account_id, empty_database_url)
    door.until_asked()
    yield door
    door.close()


def test_returns_of_every_kind_are_applied_whole_or_kept_and_explained(door: Door) -> None:
    seen: dict[str, int] = {}

    @by_hypothesis
    @given(results())
    def check(value: Any) -> None:
        before = door.effects()
        answer = door.post(order("give", value))
        card = door.card(answer.status_code)
        kind = (
            _applied(door, card, answer, before)
            if card["state"] == "applied"
            else card["failures"][0]["kind"]
        )
        seen[kind] = seen.get(kind, 0) + 1
        if card["state"] != "applied":
            _kept_and_explained(card, answer)
            assert door.effects() == before
        assert is_accepted(value) in (None, card["state"] == "applied")

    check()
    print(seen)
    assert sum(seen.values()) >= EXAMPLES
    assert seen["applied"] >= EXAMPLES // 20
    assert seen["contract"] >= EXAMPLES // 3
    assert seen["contract"] + seen["raised"] >= EXAMPLES // 2


def _applied(door: Door, card: Any, answer: httpx.Response, before: dict[str, Any]) -> str:
    """Every action of the result has its effect, in the inspector and in the tables."""
    actions, effects = card["actions"], card["effects"]
    outcomes = [effect["outcome"] for effect in effects]
    assert len(outcomes) == len(actions)
    assert set(outcomes) <= {"applied", "duplicate", "waiting", "unsupported", "unreadable"}
    _answered(answer, card, (card["response"] or {}).get("status") or 200)
    after = door.effects()
    fresh = outcomes.count("applied") + outcomes.count("waiting")
    assert after["webhook_applied"] - before["webhook_applied"] == fresh
    assert door.rows_of(card["id"], "webhook_waiting") == outcomes.count("waiting")
    told = [
        effect
        for action, effect in zip(actions, effects, strict=True)
        if effect["outcome"] == "applied"
        and "addressId" in effect
        and action["type"] in ("updateDeliveryStatus", "unsubscribe")
    ]
    assert door.rows_of(card["id"], "event") == len(told)
    return "applied"


def _kept_and_explained(card: Any, answer: httpx.Response) -> None:
    """The inspector says what was wrong; the provider heard that it did not work."""
    assert card["state"] == "retrying"
    _answered(answer, card, 500)
    assert (card["actions"], card["effects"], card["response"]) == ([], [], None)
    failure = card["failures"][0]
    assert failure["error"]["message"], failure
    assert set(failure["error"]["sentence"]) == {"ru", "en"}
    if failure["kind"] == "contract":
        where = (failure["error"]["path"], failure["error"]["expected"], failure["error"]["got"])
        assert all(isinstance(part, str) and part for part in where), where
        assert where[0].startswith("$")


def _answered(answer: httpx.Response, card: Any, status: int) -> None:
    """The provider heard that status; or, where the machine took too long, 200 at the deadline."""
    late = answer.status_code == 200 and answer.elapsed.total_seconds() >= ANSWER_WITHIN_S
    assert (answer.status_code, card["answered"]) == ((200, 200) if late else (status, status))


#: What a module does, and the kind of failure that the inspector shows.
ABUSE = {
    "raise": "raised",
    "recur": "raised",
    "ask": "forbidden_host",
    "gather": "raised",
    "grow": "memory",
    "loop": "timeout",
    "wait": "timeout",
}


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_modules_that_raise_loop_and_grow_are_stopped_and_explained(door: Door) -> None:
    before = door.effects()
    for do, kind in ABUSE.items():
        answer = door.post(order(do, "почему\ud800\0" + "x" * 5000))
        card = door.card(answer.status_code)
        assert [failure["kind"] for failure in card["failures"]] == [kind], do
        _kept_and_explained(card, answer)
    assert door.effects() == before
    answer = door.post(order("chatter"))
    card = door.card(answer.status_code)
    assert (answer.status_code, card["state"], card["failures"]) == (200, "applied", [])
    answer = door.post(order("give", {"actions": []}))
    assert (answer.status_code, door.card(answer.status_code)["state"]) == (200, "applied")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_requests_of_every_form_are_answered_and_what_is_http_is_kept(
    desk: Desk, simulator: Simulator, empty_database_url: str
) -> None:
    desk.connect()
    door = Door(desk.product, desk.account_id, empty_database_url)
    path = urlsplit(door.url).path
    answers: Counter[tuple[str, int]] = Counter()

    @by_hypothesis
    @given(requests(simulator.api_key))
    def check(request: Request) -> None:
        status, read = send(door.url, request.raw(path))
        assert status is not None, read
        answers[request.method, status] += 1
        if request.method in ("GET", "HEAD") or (request.method == "POST" and not request.body):
            assert status == 200
        elif request.method != "POST":
            assert status == 405
        else:
            card = door.card(status)
            assert (card["state"], card["answered"], card["failures"]) == ("applied", status, [])
            assert _body_of(card) == request.body
            assert len(card["effects"]) == len(card["actions"])

    check()
    print(answers)
    assert {status for method, status in answers if method == "POST"} == {200, 400, 403}
    assert answers["POST", 200] >= EXAMPLES // 10
    door.close()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_bytes_that_are_no_http_are_refused_and_the_server_goes_on(desk: Desk, simulator: Simulator) -> None:
    desk.connect()
    url = desk.product.get(f"/accounts/{desk.account_id}")["webhookUrl"]
    answers: Counter[int | None] = Counter()
    page = httpx.get(desk.product.address, timeout=WITHIN_S).status_code  # 503 where the web app is not built

    @settings(by_hypothesis, max_examples=EXAMPLES // 2)
    @given(broken(urlsplit(url).path, simulator.api_key))
    def check(raw: bytes) -> None:
        status, read = send(url, raw, patience_s=0.05)
        answers[status] += 1
        assert status in (None, page) or status < 500, read

    check()
    print(answers)
    assert answers[400] >= EXAMPLES // 10
    assert (
        send(url, Request("POST", body=signed(EVENTS, simulator.api_key)).raw(urlsplit(url).path))[0] == 200
    )


def _body_of(card: Any) -> bytes:
    if card["body"] is None:
        return base64.b64decode(card["bodyBase64"])
    body: str = card["body"]
    return body.encode()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_one_modules_endless_loops_leave_every_other_webhook_answered(
    desk: Desk, simulator: Simulator, door: Door
) -> None:
    product = desk.product
    desk.connect()
    url: str = product.get(f"/accounts/{desk.account_id}")["webhookUrl"]
    with ThreadPoolExecutor(28) as pool:
        looping = [pool.submit(door.post, order("loop")) for _ in range(20)]
        times: list[float] = []
        while (len(times) < 100 or not all(each.done() for each in looping[:16])) and len(times) < 2000:
            if all(each.done() for each in looping):  # a slow machine: go on beside new loops
                looping.append(pool.submit(door.post, order("loop")))
            answers = list(pool.map(_timed(url, simulator.api_key), range(len(times), len(times) + 8)))
            assert {status for status, _ in answers} == {200}
            times += [seconds for _, seconds in answers]
        assert {each.result().status_code for each in looping} <= {200, 500}
    assert len(times) >= 100
    assert max(times) < 2.5
    states = [
        line["state"] for line in product.get("/webhooks", accountId=door.account_id, limit=20)["items"]
    ]
    assert set(states) <= {"received", "retrying"}
    began = time.monotonic()
    assert product.end() == 0
    assert time.monotonic() - began < 15


def _timed(url: str, api_key: str) -> Callable[[int], tuple[int, float]]:
    def post(number: int) -> tuple[int, float]:
        events = [
            {"Events": [{"event_name": "email_status", "event_data": {"email": f"r{number}@example.com"}}]}
        ]
        started = time.monotonic()
        answer = httpx.post(url, content=signed(events, api_key), timeout=WITHIN_S, trust_env=False)
        return answer.status_code, time.monotonic() - started

    return post
