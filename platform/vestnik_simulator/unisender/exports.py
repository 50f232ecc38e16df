"""Asynchronous exports: a task, its status, and a file to download."""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import csv
import io
import json
import uuid
from collections.abc import Iterator
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.storage import Row, Storage
from vestnik_simulator.unisender.errors import invalid, not_found
from vestnik_simulator.unisender.service import Call, method

PAGE = 1000
FIELDS = (
    "email email_status email_availability email_list_ids email_unsubscribed_list_ids tags Name phone "
    "email_add_time"
).split()


@method("async/exportContacts")
def export_contacts(call: Call) -> dict[str, str]:
    """Start an export of the contacts of a list (or of the account)."""
    parameters: dict[str, Any] = {"fields": call.arguments.texts("field_names") or FIELDS}
    if any(name not in FIELDS for name in parameters["fields"]):
        raise invalid("field_names")
    if call.arguments.has("list_id"):
        row = call.owned("list", call.arguments.integer("list_id"), "Список", "List")
        parameters["list_id"] = row["id"]
    status = call.arguments.text("email_status", "")
    if status not in ("", "active", "inactive", "unsubscribed", "new", "blocked"):
        raise invalid("email_status")
    parameters["status"] = status
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
    return {"task_type": "file_export", "task_uuid": key, "status": "new"}


@method("async/getTaskResult")
def get_task_result(call: Call) -> dict[str, str]:
    """How far a task is; `file_to_download` once it is completed."""
    key = call.arguments.text("task_uuid")
    row = call.storage.row("SELECT * FROM task WHERE uuid=? AND account_id=?", key, call.account.id)
    if row is None:
        raise not_found("Задача", "Task", key)
    answer = {"task_type": "file_export", "task_uuid": key}
    if moments.now() - row["created"] < call.options.export_s:
        return answer | {"status": "processing"}
    return answer | {"status": "completed", "file_to_download": f"{call.base_url}/files/{key}.csv"}


def export_file(storage: Storage, key: str) -> Iterator[str] | None:
    """The lines of a task's file in pieces, or None if there is no such task."""
    row = storage.row("SELECT * FROM task WHERE uuid=?", key)
    if row is None:
        return None
    return _contacts(storage, row) if row["kind"] == "contacts" else _deliveries(storage, row)


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


def _contacts(storage: Storage, task: Row) -> Iterator[str]:
    parameters = json.loads(task["parameters"])
    fields: list[str] = parameters["fields"]
    yield _lines([fields])
    last = 0
    while True:
        rows = _page(storage, task["account_id"], parameters, last)
        if not rows:
            return
        yield _lines([[_cell(storage, row, name) for name in fields] for row in rows])
        last = rows[-1]["id"]


def _page(storage: Storage, account_id: int, parameters: dict[str, Any], last: int) -> list[Row]:
    """A list's contacts carry their status in that list, unless the account's one is stronger."""
    list_id, status = parameters.get("list_id"), parameters["status"]
    if list_id is None:
        source, shown = "contact c", "c.status"
    else:
        source = "contact c JOIN membership m ON m.contact_id=c.id AND m.list_id=?"
        shown = "CASE WHEN m.status='unsubscribed' THEN m.status ELSE c.status END"
    return storage.rows(
        f"SELECT c.*, {shown} AS shown FROM {source} WHERE c.account_id=? AND c.id>? "
        f"AND (?='' OR {shown}=?) ORDER BY c.id LIMIT ?",
        *([] if list_id is None else [list_id]),
        account_id,
        last,
        status,
        status,
        PAGE,
    )


def _cell(storage: Storage, row: Row, name: str) -> str:
    if name in ("email", "phone"):
        return row[name] or ""
    if name == "email_status":
        return str(row["shown"])
    if name == "email_availability":
        return str(row["availability"])
    if name == "Name":
        return str(row["name"])
    if name == "email_add_time":
        return moments.written(row["added"]) or ""
    if name == "tags":
        return str(row["tags"])
    wanted = "unsubscribed" if name == "email_unsubscribed_list_ids" else "active"
    rows = storage.rows(
        "SELECT list_id FROM membership WHERE contact_id=? AND status=? ORDER BY list_id", row["id"], wanted
    )
    return ",".join(str(item["list_id"]) for item in rows)


def _lines(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
