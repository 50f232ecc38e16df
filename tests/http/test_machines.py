"""Health, readiness, metrics and the API's description, for machines that watch."""

from __future__ import annotations

from tests.application import Installation

from vestnik.campaigns.service import Draft
from vestnik.http.metrics import Values
from vestnik.people.access import SYSTEM

HERE = "http://127.0.0.1:8000"


async def test_health_and_readiness(installation: Installation) -> None:
    browser = await installation.browser()
    health = await browser.client.get("/healthz")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    ready = await browser.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    # Here the rooms answer, and do no work: no engine and no sandbox runs.
    assert {name: (each["code"], each["stops"]) for name, each in ready.json()["checks"].items()} == {
        "database": ("ok", False),
        "writer": ("ok", False),
        "migration": ("ok", False),
        "engine": ("engine_stopped", False),
        "walls": ("walls_missing", False),
        "disk": ("ok", False),
    }


async def test_a_stopped_database_is_not_ready(installation: Installation) -> None:
    browser = await installation.browser()
    await installation.services.database.stop()
    answer = await browser.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert answer.json()["checks"]["writer"] == {
        "ok": False,
        "stops": True,
        "code": "unwritable",
        "reason": "The database takes no writes. Mostly the disk is full, or the database is read-only.",
    }
    in_russian = await browser.client.get("/readyz", headers={"accept-language": "ru"})
    assert in_russian.json()["checks"]["writer"]["reason"].startswith("База данных не принимает записи.")
    assert (await browser.client.get("/healthz")).status_code == 200


async def test_metrics_are_for_this_machine_and_for_keys_with_the_right(installation: Installation) -> None:
    near = await installation.browser("127.0.0.1", origin=HERE)
    metrics = (await near.client.get("/metrics")).text
    assert "vestnik_http_requests_total" in metrics
    far = await installation.browser()
    assert (await far.client.get("/metrics")).status_code == 401
    through_proxy = await near.client.get("/metrics", headers={"x-forwarded-for": "203.0.113.7"})
    assert through_proxy.status_code == 401
    named = await installation.browser("127.0.0.1")
    assert (await named.client.get("/metrics")).status_code == 401
    for right, status in (("metrics.read", 200), ("contacts.read", 403)):
        _, key = await installation.services.people.keys.add(SYSTEM, "prometheus", [right])
        answer = await far.client.get("/metrics", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == status


async def test_requests_are_counted_by_template(installation: Installation) -> None:
    administrator = await installation.signed_in("administrator")
    await administrator.get("/users/4711")
    await administrator.get("/users/4712")
    near = await installation.browser("127.0.0.1", origin=HERE)
    lines = (await near.client.get("/metrics")).text.splitlines()
    counted = 'vestnik_http_requests_total{method="GET",route="/api/v1/users/{id}",status="404"} 2.0'
    assert counted in lines


async def test_rows_queues_and_workers_are_read_when_somebody_asks(installation: Installation) -> None:
    near = await installation.browser("127.0.0.1", origin=HERE)
    await installation.services.campaigns.create(SYSTEM, Draft(name="Осень"))
    lines = (await near.client.get("/metrics")).text.splitlines()
    for line in (
        'vestnik_campaigns{state="draft"} 1.0',
        'vestnik_campaigns{state="unclear"} 0.0',
        'vestnik_webhooks_backlog{state="received"} 0.0',
        'vestnik_writer_queue{priority="bulk"} 0.0',
        'vestnik_sandbox_workers{state="busy"} 0.0',
        "vestnik_sandbox_queue 0.0",
        "vestnik_module_recordings_left_out_total 0.0",
    ):
        assert line in lines
    groups = next(line for line in lines if line.startswith("vestnik_writer_group_units_count"))
    assert float(groups.split()[1]) >= 1


async def test_metrics_are_told_without_what_can_not_be_read(installation: Installation) -> None:
    near = await installation.browser("127.0.0.1", origin=HERE)
    services = installation.services
    unread = AssertionError("not now")

    def broken() -> Values:
        raise unread

    services.metrics.watch("vestnik_broken", "What can't be read.", broken)
    answer = await near.client.get("/metrics")
    values = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert answer.status_code == 200
    assert not any(line.startswith("vestnik_broken") for line in values)
    assert "vestnik_sandbox_queue 0.0" in values


async def test_the_description_names_every_operation_with_its_right(installation: Installation) -> None:
    document = (await (await installation.browser()).client.get("/api/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    operations = {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert operations["post", "/api/v1/users"]["x-right"] == "users.manage"
    assert "security" not in operations["post", "/api/v1/session"]
    names = [operation["operationId"] for operation in operations.values()]
    assert len(names) == len(set(names))
