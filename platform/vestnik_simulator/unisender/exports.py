"""Asynchronous exports: a task, its status, and what will stand in its file (files.py writes it)."""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import csv
import io
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.errors import invalid, not_found
from vestnik_simulator.unisender.service import Call, method

PAGE = 1000
STATUSES = "new invited active inactive unsubscribed blocked activation_requested".split()


@method("async/exportContacts")
def export_contacts(call: Call) -> dict[str, str]:
    """Start an export of the contacts of a list (or of the account)."""
    arguments = call.arguments
    parameters: dict[str, Any] = {"fields": arguments.texts("field_names") or list(COLUMNS)}
    if any(name not in COLUMNS for name in parameters["fields"]):
        raise invalid("field_names")
    if arguments.has("list_id"):
        row = call.owned("list", arguments.integer("list_id"), "Список", "List")
        parameters["list_id"] = row["id"]
    for name in ("email", "email_status", "tag"):
        parameters[name] = arguments.text(name, "")
    if parameters["email_status"] not in ("", *STATUSES):
        raise invalid("email_status")
    return _begin(call, "contacts", parameters)


@method("async/getCampaignDeliveryStats")
def export_delivery_stats(call: Call) -> dict[str, str]:
    """Start an export of what became of a campaign's letters; its columns are those of the plain method."""
    row = call.owned("campaign", call.arguments.integer("campaign_id"), "Рассылка", "Campaign")
    parameters = {"campaign_id": row["id"], "kind": row["kind"], "since": 0.0}
    if call.arguments.has("changed_since"):
        try:
            parameters["since"] = moments.read(call.arguments.text("changed_since"))
        except ValueError:
            raise invalid("changed_since") from None
    return _begin(call, "deliveries", parameters)


def _begin(call: Call, kind: str, parameters: dict[str, Any]) -> dict[str, str]:
    key = uuid.uuid4().hex
    call.storage.run(
        "INSERT INTO task (uuid, account_id, kind, parameters, created) VALUES (?,?,?,?,?)",
        key,
        call.account.id,
        kind,
        json.dumps(parameters),
        moments.now(),
    )
    call.signals.export_begun(key)
    return {"task_type": "file_export", "task_uuid": key, "status": "new"}


@method("async/getTaskResult")
def get_task_result(call: Call) -> dict[str, str]:
    """How far a task is; `file_to_download` once it is completed."""
    key = call.arguments.text("task_uuid")
    row = call.storage.row("SELECT * FROM task WHERE uuid=? AND account_id=?", key, call.account.id)
    if row is None:
        raise not_found("Задача", "Task", key)
    answer = {"task_type": "file_export", "task_uuid": key}
    status = call.signals.export_status(key)
    if status == "completed" and moments.now() - row["created"] < call.options.export_s:
        status = "processing"
    if status != "completed":
        return answer | {"status": status}
    return answer | {"status": status, "file_to_download": f"{call.base_url}/files/{key}.csv"}


def pieces(storage: Storage, task: Row) -> Iterator[str]:
    """The lines of a task's file, a page at a time."""
    return _contacts(storage, task) if task["kind"] == "contacts" else _deliveries(storage, task)


def _deliveries(storage: Storage, task: Row) -> Iterator[str]:
    parameters = json.loads(task["parameters"])
    address = "email" if parameters["kind"] == "email" else "phone"
    yield _lines([[address, "send_result", "last_update"]])
    last = -1
    while True:
        rows = storage.rows(
            "SELECT n, address, result, updated FROM recipient WHERE campaign_id=? AND n>? "
            "AND coalesce(updated, 0)>=? ORDER BY n LIMIT ?",
            parameters["campaign_id"],
            last,
            parameters["since"],
            PAGE,
        )
        if not rows:
            return
        yield _lines([[row["address"], row["result"], moments.written(row["updated"]) or ""] for row in rows])
        last = rows[-1]["n"]


class _Lists:
    """The lists of the contacts of one page, in their order."""

    def __init__(self, storage: Storage, contacts: list[Row]) -> None:
        self._of: defaultdict[tuple[int, bool], list[Row]] = defaultdict(list)
        rows = storage.rows(
            "SELECT m.contact_id, m.list_id, m.status, m.added FROM json_each(?) j "
            "CROSS JOIN membership m ON m.contact_id=j.value ORDER BY m.contact_id, m.list_id",
            json.dumps([row["id"] for row in contacts]),
        )
        for row in rows:
            self._of[row["contact_id"], row["status"] == "unsubscribed"].append(row)

    def ids(self, contact: Row, left: bool = False) -> str:
        """The lists that a contact is on, or those that it left."""
        return ",".join(str(row["list_id"]) for row in self._of[contact["id"], left])

    def times(self, contact: Row) -> str:
        """Since when it is on each of them."""
        return ",".join(moments.written(row["added"]) or "" for row in self._of[contact["id"], False])


#: What may be exported. Who was taken off which list is not kept.
COLUMNS: dict[str, Callable[[Row, _Lists], str]] = {
    "email": lambda row, _: row["email"] or "",
    "email_status": lambda row, _: row["status"] if row["email"] else "",
    "email_availability": lambda row, _: row["availability"] if row["email"] else "",
    "email_list_ids": lambda row, lists: lists.ids(row) if row["email"] else "",
    "email_subscribe_times": lambda row, lists: lists.times(row) if row["email"] else "",
    "email_unsubscribed_list_ids": lambda row, lists: lists.ids(row, left=True) if row["email"] else "",
    "email_excluded_list_ids": lambda _, __: "",
    "email_add_time": lambda row, _: (moments.written(row["added"]) or "") if row["email"] else "",
    "phone": lambda row, _: row["phone"] or "",
    "phone_status": lambda row, _: row["status"] if row["phone"] else "",
    "phone_list_ids": lambda row, lists: lists.ids(row) if row["phone"] else "",
    "phone_unsubscribed_list_ids": lambda row, lists: lists.ids(row, left=True) if row["phone"] else "",
    "tags": lambda row, _: row["tags"],
    "Name": lambda row, _: row["name"],
}


def _contacts(storage: Storage, task: Row) -> Iterator[str]:
    parameters = json.loads(task["parameters"])
    fields: list[str] = parameters["fields"]
    yield _lines([fields])
    last = 0
    while rows := _page(storage, task["account_id"], parameters, last):
        last = rows[-1]["id"]
        lists = _Lists(storage, rows if any("list_ids" in name or "times" in name for name in fields) else [])
        yield _lines([[COLUMNS[name](row, lists) for name in fields] for row in rows])


def _page(storage: Storage, account_id: int, parameters: dict[str, Any], last: int) -> list[Row]:
    """A list's contacts have the status that they have in the account; the lists that they left are told."""
    list_id = parameters.get("list_id")
    source, of_list, key = "contact c", "", "c.id"
    if list_id is not None:
        source, of_list = "membership m CROSS JOIN contact c ON c.id=m.contact_id", "m.list_id=?3 AND "
        key = "m.contact_id"
    return storage.rows(
        f"SELECT c.* FROM {source} WHERE {of_list}{key}>?2 AND c.account_id=?1 "
        "AND (?4='' OR c.email=?4) AND (?5='' OR c.status=?5) "
        f"AND (?6='' OR instr(','||c.tags||',', ','||?6||',')) ORDER BY {key} LIMIT {PAGE}",
        account_id,
        last,
        list_id,
        *(parameters[name] for name in ("email", "email_status", "tag")),
    )


def _lines(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
