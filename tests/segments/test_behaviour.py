"""What people did with campaigns, as conditions of rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.segments.test_rules import condition, picked

from vestnik.campaigns.statuses import FACTS, HARD_BOUNCED
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.service import Contacts
from vestnik.contacts.storing import NewContact
from vestnik.db import Database, now
from vestnik.segments.service import Segments

DAYS_AGO = (100, 20, 10, 1)


def _campaign(connection: sa.Connection, number: int, at: datetime) -> None:
    values: dict[str, Any] = {
        column.name: at if column.name.endswith("_at") else "" if isinstance(column.type, sa.Text) else 0
        for column in campaign.columns
        if not column.nullable
    }
    values |= {"id": number, "name": str(number), "type": "email", "state": "sent", "launched_at": at}
    connection.execute(sa.insert(campaign).values(values))


@pytest.fixture
async def people(database: Database, contacts: Contacts) -> dict[int, str]:
    """Four campaigns, and whoever opened all, clicked in the first, opened none, bounced, or is new."""

    def store(connection: sa.Connection) -> dict[int, str]:
        names = ("верный", "любопытный", "спящий", "недоставленный", "новый")
        keys = contacts.insert_many(connection, [NewContact(name) for name in names])
        for number, days in enumerate(DAYS_AGO, 1):
            at = now() - timedelta(days=days)
            _campaign(connection, number, at)
            did = ("opened", "clicked" if number == 1 else "delivered", "delivered", None)
            for key, status in zip(keys, did, strict=False):
                opened = status in ("opened", "clicked")
                connection.execute(
                    sa.insert(delivery).values(
                        campaign_id=number,
                        address_id=key,
                        contact_id=key,
                        flags=HARD_BOUNCED if status is None else FACTS[status],
                        at=at,
                        opened_at=at if opened else None,
                        clicked_at=at if status == "clicked" else None,
                    )
                )
        return dict(zip(keys, names, strict=True))

    return await database.write(store)


async def test_an_sms_is_received_and_neither_opened_nor_left_unopened(
    database: Database, segments: Segments, people: dict[int, str]
) -> None:
    newest = sa.update(campaign).where(campaign.c.id.in_([2, 4])).values(type="sms")
    await database.write(lambda connection: connection.execute(newest))
    expected = {
        ("received", "inLast", 1): "верный любопытный спящий",
        ("opened", "inLast", 1): "верный",  # of letters, the last is the third
        ("opened", "inLast", 2): "верный любопытный",
        ("notOpened", "inLast", 1): "любопытный спящий",
        ("notOpened", "lastDays", 5): "",
        ("notOpened", "ever", None): "спящий",
        ("notOpened", "ofCampaign", "4"): "любопытный спящий",
    }
    for (field, operator, value), names in expected.items():
        rule = {"combinator": "and", "rules": [condition(f"campaigns.{field}", operator, value)]}
        found = [people[key] for key in await picked(database, segments, rule)]
        assert found == names.split(), (field, operator)


@pytest.mark.parametrize(
    ("field", "operator", "value", "names"),
    [
        ("received", "ever", None, "верный любопытный спящий"),
        ("received", "never", None, "недоставленный новый"),
        ("received", "lastDays", 15, "верный любопытный спящий"),
        ("opened", "inLast", 3, "верный"),
        ("opened", "inLast", 4, "верный любопытный"),
        ("opened", "ofCampaign", "1", "верный любопытный"),
        ("opened", "lastDays", 30, "верный"),
        ("opened", "never", None, "спящий недоставленный новый"),
        ("clicked", "ever", None, "любопытный"),
        ("clicked", "inLast", 3, ""),
        ("notOpened", "inLast", 3, "любопытный спящий"),
        ("notOpened", "ever", None, "спящий"),
        ("notOpened", "ofCampaign", "2", "любопытный спящий"),
    ],
)
async def test_behaviour_picks_who_did_it(
    database: Database,
    segments: Segments,
    people: dict[int, str],
    field: str,
    operator: str,
    value: Any,
    names: str,
) -> None:
    rule = {"combinator": "and", "rules": [condition(f"campaigns.{field}", operator, value)]}
    assert [people[key] for key in await picked(database, segments, rule)] == names.split()
