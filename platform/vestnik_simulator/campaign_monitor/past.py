"""Lists and campaigns that were there before: told by a demo or a test, nothing is sent."""

import json
from collections.abc import Sequence

import msgspec

from vestnik_simulator.campaign_monitor.members import STATES, Members
from vestnik_simulator.campaign_monitor.service import email_of, new_key
from vestnik_simulator.storage import Row, Storage


class ToldList(msgspec.Struct):
    """A list with the people on it; one of the same title is filled up."""

    title: str
    members: list[tuple[str, str, str]]
    """Address, name, state."""
    at: float
    """When they came onto it, in seconds since 1970."""


class ToldCampaign(msgspec.Struct):
    """A campaign that is over; one of the same name is replaced."""

    name: str
    subject: str
    list_title: str
    sent: float
    recipients: list[str]
    events: list[tuple[str, str, float, str]] = []
    """Address, kind, when, detail."""


def keep_lists(storage: Storage, members: Members, client: Row, lists: Sequence[ToldList]) -> None:
    """Store lists as if their people had come by themselves; no hook is told."""
    with storage.transaction():
        for told in lists:
            storage.run(
                "INSERT OR IGNORE INTO cm_list "
                "(key, client_id, title, unsubscribe_setting, confirmed, created) "
                "VALUES (?,?,?,'OnlyThisList',0,?)",
                new_key(),
                client["id"],
                told.title,
                told.at,
            )
            list_id = _list_id(storage, client, told.title)
            for state in STATES:
                rows = [
                    (email_of(each[0]) or each[0], each[1], "[]", "Yes")
                    for each in told.members
                    if each[2] == state
                ]
                members.put(list_id, rows, state, told.at)


def keep_campaigns(storage: Storage, client: Row, campaigns: Sequence[ToldCampaign]) -> None:
    """Store campaigns as if they had been sent through a list."""
    with storage.transaction():
        template = storage.value("SELECT min(id) FROM cm_template WHERE client_id=?", client["id"])
        for told in campaigns:
            _forget(storage, client, told.name)
            list_id = _list_id(storage, client, told.list_title)
            key = storage.insert(
                "INSERT INTO cm_campaign (key, client_id, name, subject, from_name, from_email, reply_to, "
                "template_id, lists, status, created, send_at, sent, total) "
                "VALUES (?1,?2,?3,?4,?5,?6,?6,?7,?8,'sent',?9,?9,?9,?10)",
                new_key(),
                client["id"],
                told.name,
                told.subject,
                client["name"],
                client["email"],
                template,
                json.dumps([list_id]),
                told.sent,
                len(told.recipients),
            )
            storage.many(
                "INSERT INTO cm_recipient (campaign_id, email, list_id, at) VALUES (?,?,?,?)",
                [(key, email, list_id, told.sent) for email in told.recipients],
            )
            storage.many(
                "INSERT INTO cm_event (campaign_id, list_id, email, kind, at, ip, detail) "
                "VALUES (?,?,?,?,?,'192.0.2.1',?)",
                [(key, list_id, email, kind, at, detail) for email, kind, at, detail in told.events],
            )


def _list_id(storage: Storage, client: Row, title: str) -> int:
    found = storage.value("SELECT id FROM cm_list WHERE client_id=? AND title=?", client["id"], title)
    if found is None:
        raise KeyError(title)
    return int(found)


def _forget(storage: Storage, client: Row, name: str) -> None:
    key = storage.value("SELECT id FROM cm_campaign WHERE client_id=? AND name=?", client["id"], name)
    for table, column in (
        ("cm_recipient", "campaign_id"),
        ("cm_event", "campaign_id"),
        ("cm_campaign", "id"),
    ):
        storage.run(f"DELETE FROM {table} WHERE {column}=?", key)  # noqa: S608 - names from here
