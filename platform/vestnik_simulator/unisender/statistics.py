"""What became of campaigns."""

from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.storage import Row
from vestnik_simulator.unisender.errors import invalid
from vestnik_simulator.unisender.service import Call, method

COMMON = "total sent delivered read_unique read_all clicked_unique clicked_all unsubscribed spam".split()


@method("getCampaignStatus")
def get_campaign_status(call: Call) -> dict[str, Any]:
    """The status; `reason` after moderation is an assumption (the real service sends it by letter)."""
    row = _campaign(call)
    answer = {
        "status": row["status"],
        "creation_time": moments.written(row["created"]),
        "start_time": moments.written(row["start_at"]),
    }
    return answer | ({"reason": row["reason"]} if row["reason"] else {})


@method("getCampaignCommonStats")
def get_campaign_common_stats(call: Call) -> dict[str, int]:
    """Totals; no count of failures, as at the real service."""
    row = _campaign(call)
    return {name: row[name] for name in COMMON}


@method("getCampaignDeliveryStats")
def get_campaign_delivery_stats(call: Call) -> dict[str, Any]:
    """The result of every recipient, or of those changed since a moment."""
    row = _campaign(call)
    since = 0.0
    if call.arguments.has("changed_since"):
        try:
            since = moments.read(call.arguments.text("changed_since"))
        except ValueError:
            raise invalid("changed_since") from None
    rows = call.storage.each(
        "SELECT address, result, updated FROM recipient WHERE campaign_id=? AND coalesce(updated, 0)>=? "
        "ORDER BY n",
        row["id"],
        since,
    )
    return {
        # For text messages the first field's name is an assumption.
        "fields": ["email" if row["kind"] == "email" else "phone", "send_result", "last_update"],
        "data": [[address, result, moments.written(updated)] for address, result, updated in rows],
    }


@method("getVisitedLinks")
def get_visited_links(call: Call) -> dict[str, Any]:
    """Who followed which link how often."""
    row = _campaign(call)
    rows = call.storage.each(
        "SELECT address, url, at, ip, times FROM visit WHERE campaign_id=? ORDER BY address, url", row["id"]
    )
    return {
        "fields": ["email", "url", "request_time", "ip", "count"],
        "data": [[address, url, moments.written(at), ip, times] for address, url, at, ip, times in rows],
    }


@method("getCampaigns")
def get_campaigns(call: Call) -> list[dict[str, Any]]:
    """Campaigns that started in a span of time, the latest last."""
    since, until = _moment(call, "from", 0.0), _moment(call, "to", 1e12)
    limit, offset = call.arguments.integer("limit", 1000), call.arguments.integer("offset", 0)
    if not 1 <= limit <= 10_000 or offset < 0:
        raise invalid("limit")
    rows = call.storage.rows(
        "SELECT * FROM campaign WHERE account_id=? AND start_at>=? AND start_at<=? "
        "ORDER BY start_at, id LIMIT ? OFFSET ?",
        call.account.id,
        since,
        until,
        limit,
        offset,
    )
    return [_item(call, row) for row in rows]


def _moment(call: Call, name: str, default: float) -> float:
    if not call.arguments.has(name):
        return default
    try:
        return moments.read(call.arguments.text(name))
    except ValueError:
        raise invalid(name) from None


def _campaign(call: Call) -> Row:
    return call.owned("campaign", call.arguments.integer("campaign_id"), "Рассылка", "Campaign")


def _item(call: Call, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "start_time": moments.written(row["start_at"]),
        "status": row["status"],
        "message_id": row["message_id"],
        "list_id": row["list_id"],
        "subject": row["subject"],
        "sender_name": row["sender_name"],
        "sender_email": row["sender"],
        "stats_url": f"{call.base_url}/campaigns/{row['id']}",
    }
