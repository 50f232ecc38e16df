"""What is counted of webhooks, and the backlog as it is read from the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from prometheus_client.metrics import MetricWrapperBase
from tests.webhooks.conftest import Room

from vestnik.db import now
from vestnik.webhooks.inbox import Failure
from vestnik.webhooks.pipeline import CallFailed
from vestnik.webhooks.tables import inbox


def value(metric: MetricWrapperBase, name: str, **labels: str) -> float:
    """The value of one sample."""
    samples = [sample for family in metric.collect() for sample in family.samples]
    return next(sample.value for sample in samples if (sample.name, sample.labels) == (name, labels))


async def test_stored_requests_answers_and_parsing_are_counted(room: Room) -> None:
    room.result = lambda _: {"actions": [], "response": {"status": 201}}
    await room.post()
    await room.client.post("/hooks/unisender/guess")
    metrics = room.webhooks.metrics
    assert value(metrics.received, "vestnik_webhooks_received_total") == 1
    assert value(metrics.answers, "vestnik_webhooks_answered_total", status="2xx") == 1
    assert value(metrics.answers, "vestnik_webhooks_answered_total", status="4xx") == 1
    assert value(metrics.answers, "vestnik_webhooks_answered_total", status="5xx") == 0
    assert value(metrics.parse_seconds, "vestnik_webhook_parse_seconds_count") == 1


async def test_the_backlog_is_what_is_due(room: Room) -> None:
    def fails(_: dict[str, Any]) -> Any:
        raise CallFailed(Failure("raised", b'{"message": "no", "line": 1}', b"[]", 1, 0.5))

    room.result = fails
    assert (await room.post()).status_code == 500
    assert await room.webhooks.backlog() == {"received": 0, "retrying": 0}
    await room.webhooks.pipeline.stop()
    late = now() - timedelta(minutes=1)
    await room.database.write(
        lambda connection: (
            connection.execute(sa.update(inbox).values(state="retrying", next_attempt_at=late)).rowcount
        )
    )
    assert await room.webhooks.backlog() == {"received": 0, "retrying": 1}
