"""Templates of letters."""

from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.storage import Row
from vestnik_simulator.unisender.errors import invalid, not_found
from vestnik_simulator.unisender.service import Call, method


@method("listTemplates")
def list_templates(call: Call) -> list[dict[str, Any]]:
    """A page of templates without their bodies."""
    return [_item(call, row) for row in _page(call)]


@method("getTemplates")
def get_templates(call: Call) -> list[dict[str, Any]]:
    """A page of templates with their bodies."""
    return [_item(call, row) | {"body": row["body"], "raw_body": ""} for row in _page(call)]


@method("getTemplate")
def get_template(call: Call) -> dict[str, Any]:
    """One template with its body, by `template_id` or `system_template_id`."""
    system = call.arguments.has("system_template_id")
    key = call.arguments.integer("system_template_id" if system else "template_id")
    row = call.storage.row(
        "SELECT * FROM template WHERE id=? AND account_id=?", key, 0 if system else call.account.id
    )
    if row is None:
        raise not_found("Шаблон", "Template", key)
    return _item(call, row) | {"body": row["body"], "raw_body": ""}


def _page(call: Call) -> list[Row]:
    arguments = call.arguments
    kind = arguments.text("type", "user")
    limit, offset = arguments.integer("limit", 50), arguments.integer("offset", 0)
    if kind not in ("user", "system"):
        raise invalid("type")
    if not 1 <= limit <= 100:
        raise invalid("limit")
    if offset < 0:
        raise invalid("offset")
    since, until = _moment(call, "date_from", 0.0), _moment(call, "date_to", 1e12)
    if kind == "system":  # the documentation: dates are ignored for system templates
        since, until = 0.0, 1e12
    return call.storage.rows(
        "SELECT * FROM template WHERE account_id=? AND created>=? AND created<=? "
        "ORDER BY created DESC, id LIMIT ? OFFSET ?",
        call.account.id if kind == "user" else 0,
        since,
        until,
        limit,
        offset,
    )


def _moment(call: Call, name: str, default: float) -> float:
    if not call.arguments.has(name):
        return default
    try:
        return moments.read(call.arguments.text(name))
    except ValueError:
        raise invalid(name) from None


def _item(call: Call, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "sub_user_login": call.account.login,
        "title": row["title"],
        "description": row["description"],
        "lang_code": "ru",
        "subject": row["subject"],
        "attachments": "",
        "screenshot_url": f"{call.base_url}/screenshots/{row['id']}.png",
        "fullsize_screenshot_url": f"{call.base_url}/screenshots/{row['id']}.png?full=1",
        "created": moments.written(row["created"]),
        "updated": moments.written(row["updated"]),
        "message_format": "raw_html",
        "type": row["kind"],
    }
