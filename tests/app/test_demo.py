"""`vestnik up --demo`: people to sign in as, a simulator beside it, and a server that comes back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.app.conftest import Start
from tests.processes import Command, Running, until

PEOPLE = ["admin", "integrator", "marketer", "sales"]


def sign_in(running: Running, email: str) -> dict[str, str]:
    with running.client() as client:
        form = {"email": email, "password": "vestnik-demo"}
        answer = client.post("/api/v1/session", json=form)
        assert answer.status_code == 200, answer.text
        cookie = f"vestnik_session={client.cookies['vestnik_session']}"
        return {"cookie": cookie, "x-csrf-token": answer.json()["csrf"]}


def children(process_id: int) -> list[int]:
    tasks = Path(f"/proc/{process_id}/task")
    found = [int(word) for task in tasks.iterdir() for word in (task / "children").read_text().split()]
    return found + [grandchild for child in found for grandchild in children(child)]


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_a_killed_demo_comes_back_while_its_visitor_waits(command: Command, start: Start) -> None:
    running = start(command, "up", "--demo")
    running.line("sales@demo.local")
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
    below = children(running.process.pid)
    assert running.stop() == 0
    until(lambda: not any(map(is_alive, below)), "every process of the demo has ended")


@pytest.mark.slow
def test_a_killed_supervisor_takes_its_children_along(command: Command, start: Start) -> None:
    running = start(command, "up", "--demo")
    running.line("sales@demo.local")
    below = children(running.process.pid)
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
    until(lambda: not any(map(is_alive, below)), "every process of the demo has ended")


@pytest.mark.slow
def test_removing_the_demo_leads_to_a_real_first_start(command: Command, start: Start) -> None:
    running = start(command, "up", "--demo")
    running.line("sales@demo.local")
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
        assert client.get("/api/v1/contacts").json()["total"] == 0
    assert running.stop() == 0
    refused = command.run("up", "--demo")
    assert refused.returncode == 1
    assert "holds the data of “Ромашка”: the demo needs a folder of its own" in refused.stderr
