"""`vestnik up --demo`: people to sign in as, a simulator beside it, and a server that comes back."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.app.conftest import Start
from tests.processes import Command, Running, until
from tests.procfs import descendants, is_alive

from vestnik.campaigns.demo import ISSUES, PAST

pytestmark = pytest.mark.slow

PEOPLE = ["admin", "integrator", "marketer", "editor", "sales"]

StartDemo = Callable[[], Running]


@pytest.fixture
def start_demo(command: Command, start: Start) -> StartDemo:
    """Start the demo and wait until it has told whom to sign in as."""

    def begin() -> Running:
        running = start(command, "up", "--demo")
        running.line("sales@demo.local")
        return running

    return begin


@pytest.fixture
def running(start_demo: StartDemo) -> Running:
    """A demo that has begun."""
    return start_demo()


def sign_in(running: Running, email: str) -> dict[str, str]:
    with running.client() as client:
        form = {"email": email, "password": "vestnik-demo"}
        answer = client.post("/api/v1/session", json=form)
        assert answer.status_code == 200, answer.text
        cookie = f"vestnik_session={client.cookies['vestnik_session']}"
        return {"cookie": cookie, "x-csrf-token": answer.json()["csrf"]}


def test_a_killed_demo_comes_back_while_its_visitor_waits(running: Running) -> None:
    for name in PEOPLE:
        sign_in(running, f"{name}@demo.local")
    session = sign_in(running, "marketer@demo.local")
    with running.client() as client:
        card = client.get("/api/v1/session", headers=session).json()
        assert (card["demo"], card["user"]["role"], "demo.play" in card["user"]["rights"]) == (
            True,
            "marketer",
            True,
        )
        assert client.get(card["simulatorUrl"]).status_code == 200
        assert client.post("/api/v1/demo/kill", headers=session).status_code == 202
    with running.client() as client:
        again = client.get("/api/v1/session", headers=session)
    assert (again.status_code, again.json()["user"]["email"]) == (200, "marketer@demo.local")
    running.line("The server was killed: starting it again")
    below = descendants(running.process.pid)
    assert running.stop() == 0
    until(lambda: not any(map(is_alive, below)), "every process of the demo has ended")


def test_a_ready_draft_is_sent_once_although_its_server_is_killed_meanwhile(running: Running) -> None:
    session = sign_in(running, "marketer@demo.local")
    with running.client() as client:
        client.headers.update(session)
        simulator = client.get("/api/v1/session").json()["simulatorUrl"]
        found = client.get("/api/v1/campaigns").json()["items"]
        states = [each["state"] for each in found]
        expected = {"draft": 3, "scheduled": 1, "sent": 11, "declined": 1}
        assert {state: states.count(state) for state in states} == expected
        draft = next(each for each in found if each["name"] == "Сезонная распродажа")
        path = f"/api/v1/campaigns/{draft['id']}"
        ready = client.post(f"{path}/preflight").json()
        assert (ready["ready"], ready["audience"]) == (True, 200)
        assert client.post(f"{path}/send", json={}).status_code == 200
        until(lambda: client.get(path).json()["progress"]["steps"]["exported"] > 0, "contacts are exported")
        assert client.post("/api/v1/demo/kill").status_code == 202
    with running.client() as client:
        client.headers.update(session)
        until(lambda: client.get(path).json()["state"] == "sent", "the campaign is sent")
        recipients = client.get(path).json()["figures"]["handedOver"]
        until(
            lambda: client.get(path).json()["figures"]["sent"] == recipients, "every letter is accounted for"
        )
        figures = client.get(path).json()["figures"]
        until(lambda: client.get(path).json()["figures"]["clicked"] > 0, "somebody follows a link")
        assert figures["recipients"] == ready["recipients"] == recipients + figures["rejected"]
        number = client.get(f"{simulator}/_simulator/campaigns").json()["items"][0]["id"]
        told = client.get(f"{simulator}/_simulator/sent", params={"campaign": number}).json()
        assert client.get(f"{simulator}/_simulator/state").json()["twice"] == 0
    assert (told["recipients"], told["letters"], told["duplicates"]) == (recipients, recipients, 0)
    assert running.stop() == 0


def test_the_service_of_the_demo_knows_its_past_campaigns_also_after_a_second_start(
    running: Running, start_demo: StartDemo
) -> None:
    session = sign_in(running, "marketer@demo.local")
    with running.client() as client:
        client.headers.update(session)
        found = client.get("/api/v1/campaigns").json()["items"]
        over = [each for each in found if each["state"] in ("sent", "declined")]
        assert len(over) == len(PAST) + ISSUES
        over.sort(key=lambda each: each["launchedAt"], reverse=True)
        paths = [f"/api/v1/campaigns/{each['id']}" for each in over]
        for path in paths:
            before = told(client, path)
            asked = client.post(f"{path}/results/ask")
            assert asked.status_code == 200, asked.text
            after = told(client, path)
            # Of the latest one a few late events come as webhooks, which the service counts, too.
            assert after[0] == before[0] if path != paths[0] else after[0]["opened"] > before[0]["opened"]
            assert after[1] == before[1]
        until(
            lambda: client.get(f"{paths[1]}/results").json()["polling"]["at"] is not None,
            "what became of each letter is known",
        )
        assert client.get(f"{paths[1]}/results").json()["polling"]["failure"] is None
    assert running.stop() == 0
    again = start_demo()
    with again.client() as client:
        client.headers.update(session)
        # Half a minute lies between two questions about a campaign, whichever process is asked.
        until(lambda: client.post(f"{paths[0]}/results/ask").status_code == 200, "it may be asked again")
    assert again.stop() == 0


def test_a_letter_of_the_site_is_followed_also_after_a_second_start(
    running: Running, start_demo: StartDemo
) -> None:
    session = sign_in(running, "marketer@demo.local")
    with running.client() as client:
        client.headers.update(session)
        counts = client.get("/api/v1/leads").json()["counts"]
        assert counts == {"open": 7, "inWork": 5, "processed": 10, "closed": 4}
        for each in client.get("/api/v1/tickets").json()["items"]:
            history = client.get(f"/api/v1/tickets/{each['id']}/history").json()["items"]
            source = client.get(f"/api/v1/orders/{each['order']['id']}").json()["source"]
            came = client.get(f"/api/v1/leads/{source['id']}").json()
            assert (each["createdAt"], each["updatedAt"]) == (came["createdAt"], came["updatedAt"])
            assert {one["at"] for one in history} <= {came["createdAt"], came["updatedAt"]}
        found = follow(client, "order")
        order = client.get(f"/api/v1/orders/{found['orderId']}").json()
        assert [each["item"] for each in order["lines"]] == [
            "Ролап 2 на 2 м",
            "Постер А1 «Новинки осени»",
            "Доставка",
        ]
        assert order["client"]["name"] == "ИНН 7709745454"
        assert (found["told"], found["tickets"]) == ("Сергей Орлов", 0)
        letter = client.get(found["notificationUrl"]).text
        assert f"{running.address}/leads/{found['leadId']}" in letter
    assert running.stop() == 0
    # The simulator's ports and certificate are others now.
    again = start_demo()
    with again.client() as client:
        client.headers.update(session)
        assert follow(client, "broken")["reason"].startswith("JSON обрывается")
        assert follow(client, "order")["leadNumber"] == found["leadNumber"] + 1
    assert again.stop() == 0


def follow(client: httpx.Client, kind: str) -> dict[str, Any]:
    """Have the site send a letter, and wait for all that becomes of it."""
    sent = client.post("/api/v1/demo/letters", json={"kind": kind})
    assert sent.status_code == 200, sent.text
    path = f"/api/v1/demo/letters/{sent.json()['validity']}/{sent.json()['number']}"
    found: dict[str, Any] = {}

    def is_over() -> bool:
        found.update(client.get(path).json())
        return bool(found["state"] == "unreadable" or found["notificationUrl"])

    until(is_over, f"the letter “{kind}” is followed to its end")
    return found


def told(client: httpx.Client, path: str) -> tuple[dict[str, int], list[tuple[str, int, int]]]:
    """A campaign's figures, and what its service says of its links."""
    results, links = client.get(f"{path}/results").json(), client.get(f"{path}/links").json()
    return (
        {each["name"]: each["count"] for each in results["figures"]},
        [(each["url"], each["clicks"], each["people"]) for each in links["items"]],
    )


def test_a_killed_supervisor_takes_its_children_along(running: Running) -> None:
    below = descendants(running.process.pid)
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
    until(lambda: not any(map(is_alive, below)), "every process of the demo has ended")


def test_removing_the_demo_leads_to_a_real_first_start(command: Command, running: Running) -> None:
    marketer, admin = (sign_in(running, f"{name}@demo.local") for name in ("marketer", "admin"))
    with running.client() as client:
        assert client.delete("/api/v1/demo", headers=marketer).status_code == 403
        removed = client.delete("/api/v1/demo", headers=admin)
        assert removed.status_code == 200, removed.text
        assert client.get("/api/v1/session", headers=admin).status_code == 401
        token = removed.json()["setupPath"].removeprefix("/setup?token=")
        assert client.get("/api/v1/setup", params={"token": token}).status_code == 200
        form = {
            "token": token,
            "organisation": "Ромашка",
            "language": "ru",
            "timezone": "Europe/Moscow",
            "baseUrl": running.address,
            "name": "Ольга",
            "email": "admin@demo.local",
            "password": "a long pass phrase",
        }
        card = client.post("/api/v1/setup", json=form).json()
        assert (card["demo"], card["organisation"]["name"]) == (False, "Ромашка")
        rooms = [
            *("contacts", "segments", "modules", "accounts", "templates", "campaigns"),
            *("imports", "companies", "erasures", "keys", "leads", "inputs", "orders", "deals", "tickets"),
            "intake-doors",
        ]
        left = {room: client.get(f"/api/v1/{room}").json()["total"] for room in rooms}
        assert left == dict.fromkeys(rooms, 0)
        assert client.get("/api/v1/webhooks").json()["items"] == []
        assert client.get("/api/v1/contacts/views").json() == []
        assert client.get("/api/v1/mail-collectors").json()["items"] == []
    assert running.stop() == 0
    refused = command.run("up", "--demo")
    assert refused.returncode == 1
    assert "holds the data of “Ромашка”: the demo needs a folder of its own" in refused.stderr
