"""importContacts: up to 500 contacts in a call, a log line for every one that was refused.

Set-based: one statement for the contacts and one for each combination of lists, whatever the rows are.
"""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import functools
import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.unisender.contacts import email_of, is_role, phone_of
from vestnik_simulator.unisender.errors import ApiError, invalid, not_found
from vestnik_simulator.unisender.service import Call, method

MAX_CONTACTS = 500
MAX_FIELDS = 50
KNOWN = frozenset(
    "email email_status email_list_ids email_subscribe_times email_unsubscribed_list_ids "
    "email_excluded_list_ids email_add_time email_confirm_time email_availability email_unsubscribe_times "
    "tags delete Name phone phone_status phone_list_ids phone_excluded_list_ids phone_unsubscribed_list_ids "
    "phone_add_time phone_subscribe_times phone_availability phone_unsubscribe_times".split()
)


PHONE_COLUMNS = {
    name: name.replace("email_", "phone_")
    for name in ("email_list_ids", "email_excluded_list_ids", "email_unsubscribed_list_ids")
}


@functools.lru_cache(maxsize=1024)
def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",") if part.strip()}))


@dataclass
class Line:
    """One contact of the import, readable."""

    index: int
    key: str
    """Lower-case e-mail address, or digits of the phone."""
    cells: dict[str, str]

    def lists(self, name: str) -> tuple[int, ...]:
        """Numbers of lists in a cell."""
        return _numbers(self.cells.get(name) or self.cells.get(PHONE_COLUMNS[name]) or "")


@dataclass
class Outcome:
    """The answer as it grows."""

    total: int
    log: list[dict[str, Any]] = field(default_factory=list)
    deleted: int = 0

    def refuse(self, index: int, code: str, message: str) -> None:
        """One contact is not taken."""
        self.log.append({"index": index, "code": code, "message": message})


@method("importContacts")
def import_contacts(call: Call) -> dict[str, Any]:
    """Insert or update contacts, put them into lists, take them out of lists."""
    names = call.arguments.texts("field_names")
    data = call.arguments.table("data")
    _check_shape(names, data)
    outcome = Outcome(total=len(data))
    column = "email" if "email" in names else "phone"
    lines = _readable(names, data, column, outcome)
    _check_lists(call, lines)
    deleted = [line for line in lines if line.cells.get("delete") == "1"]
    kept = [line for line in lines if line.cells.get("delete") != "1"]
    inserted = _store(call, kept, column)
    outcome.deleted = _delete(call, deleted, column)
    _add_to_lists(call, kept, column, outcome)
    _remove_from_lists(call, kept, column)
    if call.arguments.flag("overwrite_lists"):
        _drop_other_lists(call, kept, column)
    return {
        "total": outcome.total,
        "inserted": inserted,
        "updated": len(kept) - inserted,
        "deleted": outcome.deleted,
        "new_emails": inserted,
        "invalid": outcome.total - len(lines),
        "log": sorted(outcome.log, key=lambda entry: entry["index"]),
    }


def _check_shape(names: list[str], data: list[list[str]]) -> None:
    if len(data) > MAX_CONTACTS:
        raise ApiError(
            "invalid_arg",
            f"За один вызов можно передать не более {MAX_CONTACTS} контактов",
            f"No more than {MAX_CONTACTS} contacts in one call",
        )
    if "email" not in names and "phone" not in names:
        raise invalid("field_names")
    if len([name for name in names if name not in KNOWN]) > MAX_FIELDS:
        raise invalid("field_names")
    if any(len(row) > len(names) for row in data):
        raise invalid("data")


def _readable(names: list[str], data: list[list[str]], column: str, outcome: Outcome) -> list[Line]:
    """Rows with a usable address, the last of equal ones winning; the others go into the log."""
    lines: dict[str, Line] = {}
    for index, row in enumerate(data):
        cells = dict(zip(names, row, strict=False))
        key = email_of(cells.get("email", "")) if column == "email" else phone_of(cells.get("phone", ""))
        if key is None:
            outcome.refuse(index, f"invalid_{column}", f"Invalid {column}: {cells.get(column, '')[:254]}")
        elif column == "email" and is_role(key):
            outcome.refuse(index, "role_email", f"Role address is refused: {key}")
        else:
            lines[key] = Line(index, key, cells)
    return list(lines.values())


def _check_lists(call: Call, lines: list[Line]) -> None:
    """Every list named must be the account's, before anything is written."""
    try:
        wanted = {key for line in lines for name in PHONE_COLUMNS for key in line.lists(name)}
    except ValueError:
        raise invalid("email_list_ids") from None
    rows = call.storage.rows(
        "SELECT id FROM list WHERE account_id=? AND id IN (SELECT value FROM json_each(?))",
        call.account.id,
        json.dumps(sorted(wanted)),
    )
    missing = wanted - {row["id"] for row in rows}
    if missing:
        raise not_found("Список", "List", min(missing))


def _store(call: Call, lines: list[Line], column: str) -> int:
    """Insert or update; answers how many are new. A status moves between active and inactive only."""
    known = call.storage.value(
        f"SELECT count(*) FROM ({_ids(column)})",
        call.account.id,
        _keys(lines),
    )
    rows = json.dumps([_record(line) for line in lines], ensure_ascii=False)
    call.storage.run(
        f"""INSERT INTO contact (account_id, {column}, name, status, tags, fields, added)
            SELECT ?, j.value->>0, j.value->>1, coalesce(j.value->>2, 'active'), j.value->>3, j.value->>4, ?
            FROM json_each(?) j WHERE true
            ON CONFLICT (account_id, {column}) WHERE {column} IS NOT NULL DO UPDATE SET
              name=CASE WHEN excluded.name='' THEN name ELSE excluded.name END,
              tags=CASE WHEN excluded.tags='' THEN tags ELSE excluded.tags END,
              fields=json_patch(fields, excluded.fields)""",
        call.account.id,
        moments.now(),
        rows,
    )
    for status in ("active", "inactive"):
        told = [line for line in lines if line.cells.get("email_status") == status]
        if told:
            call.storage.run(
                "UPDATE contact SET status=? WHERE status IN ('active','inactive') "
                f"AND id IN ({_ids(column)})",
                status,
                call.account.id,
                _keys(told),
            )
    return len(lines) - int(known)


def _record(line: Line) -> list[str | None]:
    cells = line.cells
    status = cells.get("email_status", "")
    other = {name: cells[name] for name in cells.keys() - KNOWN if cells[name]}
    return [
        line.key,
        cells.get("Name", ""),
        status if status in ("new", "active", "inactive", "unsubscribed") else None,
        cells.get("tags", ""),
        json.dumps(other, ensure_ascii=False) if other else "{}",
    ]


def _delete(call: Call, lines: list[Line], column: str) -> int:
    keys = _keys(lines)
    call.storage.run(f"DELETE FROM membership WHERE contact_id IN ({_ids(column)})", call.account.id, keys)
    return call.storage.run(f"DELETE FROM contact WHERE id IN ({_ids(column)})", call.account.id, keys)


def _add_to_lists(call: Call, lines: list[Line], column: str, outcome: Outcome) -> None:
    for lists, group in _groups(lines, "email_list_ids").items():
        for list_id in lists:
            _report_unsubscribed(call, list_id, group, column, outcome)
            call.storage.run(
                "INSERT OR IGNORE INTO membership (list_id, contact_id, added) "
                f"SELECT ?, id, ? FROM contact WHERE id IN ({_ids(column)})",
                list_id,
                moments.now(),
                call.account.id,
                _keys(group),
            )


def _report_unsubscribed(call: Call, list_id: int, group: list[Line], column: str, outcome: Outcome) -> None:
    """A contact that unsubscribed itself stays so; the log's code for it is an assumption."""
    rows = call.storage.rows(
        f"SELECT c.{column} AS key FROM contact c LEFT JOIN membership m "
        "ON m.contact_id=c.id AND m.list_id=? "
        f"WHERE c.id IN ({_ids(column)}) AND (c.status='unsubscribed' OR m.status='unsubscribed')",
        list_id,
        call.account.id,
        _keys(group),
    )
    places = {line.key: line.index for line in group}
    for row in rows:
        outcome.refuse(
            places[row["key"]], "unsubscribed", f"The contact has unsubscribed itself: {row['key']}"
        )


def _remove_from_lists(call: Call, lines: list[Line], column: str) -> None:
    for lists, group in _groups(lines, "email_excluded_list_ids").items():
        for list_id in lists:
            call.storage.run(
                f"DELETE FROM membership WHERE list_id=? AND contact_id IN ({_ids(column)})",
                list_id,
                call.account.id,
                _keys(group),
            )
    for lists, group in _groups(lines, "email_unsubscribed_list_ids").items():
        for list_id in lists:
            call.storage.run(
                "INSERT INTO membership (list_id, contact_id, status, added) "
                f"SELECT ?, id, 'unsubscribed', ? FROM contact WHERE id IN ({_ids(column)}) "
                "ON CONFLICT (list_id, contact_id) DO UPDATE SET status='unsubscribed'",
                list_id,
                moments.now(),
                call.account.id,
                _keys(group),
            )


def _drop_other_lists(call: Call, lines: list[Line], column: str) -> None:
    for lists, group in _groups(lines, "email_list_ids").items():
        call.storage.run(
            "DELETE FROM membership WHERE status='active' "
            f"AND contact_id IN ({_ids(column)}) "
            "AND list_id NOT IN (SELECT value FROM json_each(?))",
            call.account.id,
            _keys(group),
            json.dumps(lists),
        )


def _groups(lines: list[Line], name: str) -> dict[tuple[int, ...], list[Line]]:
    groups: dict[tuple[int, ...], list[Line]] = defaultdict(list)
    for line in lines:
        lists = line.lists(name)
        if lists:
            groups[lists].append(line)
    return groups


def _keys(lines: list[Line]) -> str:
    return json.dumps([line.key for line in lines])


def _ids(column: str) -> str:
    """A subquery with two parameters: the account, and the addresses as a JSON array."""
    return (
        f"SELECT c2.id FROM contact c2 WHERE c2.account_id=? "
        f"AND c2.{column} IN (SELECT value FROM json_each(?))"
    )
