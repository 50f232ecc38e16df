"""Messages and the campaigns that send them."""

# ruff: noqa: S608 - what is put into statements here are names of columns and tables from this code

import hashlib
import json
import re
from typing import Any

from vestnik_simulator import moments
from vestnik_simulator.storage import Row
from vestnik_simulator.unisender.contacts import email_of, phone_of
from vestnik_simulator.unisender.errors import ApiError, invalid
from vestnik_simulator.unisender.service import Call, method

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
MAX_DAYS_AHEAD = 100
SAME_MESSAGE_S = 3600.0
SMS_SENDER = re.compile(r"[A-Za-z0-9]{3,11}")

# A word in the subject decides what moderation does, so that a visitor can play it without settings.
MARKERS = {
    "[модерация]": "manual",
    "[moderation]": "manual",
    "[задержать]": "hold",
    "[hold]": "hold",
    "[отклонить]": "decline",
    "[decline]": "decline",
}
DECLINED = "Письмо похоже на рассылку без согласия получателей. Опишите, как собрана база."


@method("createEmailMessage")
def create_email_message(call: Call) -> dict[str, int]:
    """A letter for one list, from a verified address."""
    arguments = call.arguments
    sender = arguments.text("sender_email").lower()
    checked = call.storage.value(
        "SELECT is_checked FROM sender WHERE account_id=? AND email=?", call.account.id, sender
    )
    if not checked:
        raise ApiError(
            "invalid_arg",
            f"Адрес отправителя {sender} не подтверждён",
            f"The sender address {sender} is not verified",
        )
    subject, body = _letter(call)
    if len(body.encode()) > MAX_MESSAGE_BYTES:
        raise ApiError("invalid_arg", "Письмо больше 8 МБ", "The letter is over 8 MB")
    row = call.owned("list", arguments.integer("list_id"), "Список", "List")
    return {"message_id": _store(call, "email", arguments.text("sender_name"), sender, subject, body, row)}


@method("createSmsMessage")
def create_sms_message(call: Call) -> dict[str, int]:
    """A text message for one list; the sender is 3 to 11 Latin letters and digits."""
    arguments = call.arguments
    sender, body = arguments.text("sender"), arguments.text("body")
    if not SMS_SENDER.fullmatch(sender):
        raise ApiError("invalid_arg", "invalid sender", "invalid sender")
    row = call.owned("list", arguments.integer("list_id"), "Список", "List")
    return {"message_id": _store(call, "sms", sender, sender, body[:80], body, row)}


@method("createCampaign")
def create_campaign(call: Call) -> dict[str, Any]:
    """Send a message to its list, now or at a time, after moderation where there is any."""
    arguments = call.arguments
    message = call.owned("message", arguments.integer("message_id"), "Сообщение", "Message")
    now = moments.now()
    if message["used"] is not None and now - message["used"] < SAME_MESSAGE_S:
        raise ApiError(
            "invalid_arg",
            "То же сообщение можно отправить не раньше чем через час",
            "The same message can be sent again after an hour at the earliest",
        )
    start_at = _start(call, now)
    only = _only(call)
    count = _audience(call, message, only)
    if not count:
        raise ApiError("invalid_arg", "В списке нет получателей", "There is nobody to send to in the list")
    verdict, status = _moderation(call, message["subject"])
    title = call.storage.value("SELECT title FROM list WHERE id=?", message["list_id"])
    key = call.storage.insert(
        "INSERT INTO campaign (account_id, message_id, letter_id, list_id, list_title, kind, subject, "
        "sender_name, sender, only_contacts, status, verdict, decide_at, created, start_at, track_read, "
        "track_links) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        call.account.id,
        message["id"],
        _letter_id(call, message, title),
        message["list_id"],
        title,
        message["kind"],
        message["subject"],
        message["sender_name"],
        message["sender"],
        only,
        status,
        verdict,
        now + call.options.moderation_s if verdict in ("approve", "decline", "hold") else None,
        now,
        start_at,
        arguments.flag("track_read"),
        arguments.flag("track_links"),
    )
    call.storage.run("UPDATE message SET used=? WHERE id=?", now, message["id"])
    call.signals.campaign_changed(key)
    return {"campaign_id": key, "status": status, "count": count}


@method("cancelCampaign")
def cancel_campaign(call: Call) -> dict[str, Any]:
    """Cancel what has not started; a campaign that is being sent cannot be taken back."""
    row = call.owned("campaign", call.arguments.integer("campaign_id"), "Рассылка", "Campaign")
    if row["status"] not in ("waits_censor", "censor_hold", "waits_schedule", "scheduled"):
        raise ApiError(
            "invalid_arg",
            f"Рассылку в статусе {row['status']} нельзя отменить",
            f"A campaign in the status {row['status']} cannot be cancelled",
        )
    call.storage.run("UPDATE campaign SET status='canceled', finished=? WHERE id=?", moments.now(), row["id"])
    call.signals.campaign_changed(row["id"])
    return {}


@method("sendTestEmail")
def send_test_email(call: Call) -> dict[str, Any]:
    """Send a message to up to a few addresses at once, marked as a test."""
    message = call.owned("message", call.arguments.integer("id"), "Сообщение", "Message")
    addresses = [email_of(part) for part in call.arguments.text("email").split(",")]
    if not addresses or None in addresses or len(addresses) > 10:
        raise invalid("email")
    for address in addresses:
        _single(call, "test", str(address), message["subject"])
    return {}


@method("sendSms")
def send_sms(call: Call) -> dict[str, str]:
    """One text message to one number."""
    phone = phone_of(call.arguments.text("phone"))
    if phone is None:
        raise ApiError("dest_invalid", "Неверный номер", "The number is wrong")
    if not SMS_SENDER.fullmatch(call.arguments.text("sender")):
        raise ApiError("src_invalid", "Неверный отправитель", "The sender is wrong")
    key = _single(call, "sms", phone, call.arguments.text("text")[:1000])
    return {"currency": "RUB", "price": "4.20", "sms_id": f"{key:064d}"}


@method("deleteMessage")
def delete_message(call: Call) -> dict[str, Any]:
    """Remove a message that was never sent, or whose campaign is over."""
    row = call.owned("message", call.arguments.integer("message_id"), "Сообщение", "Message")
    call.storage.run("DELETE FROM message WHERE id=?", row["id"])
    return {}


def _letter(call: Call) -> tuple[str, str]:
    """Subject and body, given or taken from a template."""
    arguments = call.arguments
    for name, owner in (("template_id", call.account.id), ("system_template_id", 0)):
        if arguments.has(name):
            row = call.storage.row(
                "SELECT subject, body FROM template WHERE id=? AND account_id=?",
                arguments.integer(name),
                owner,
            )
            if row is None:
                raise invalid(name)
            return arguments.text("subject", row["subject"]), arguments.text("body", row["body"])
    return arguments.text("subject"), arguments.text("body")


def _store(call: Call, kind: str, name: str, sender: str, subject: str, body: str, row: Row) -> int:
    return call.storage.insert(
        "INSERT INTO message (account_id, kind, sender_name, sender, subject, body, list_id, tag, created) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        call.account.id,
        kind,
        name,
        sender,
        subject,
        body,
        row["id"],
        call.arguments.text("tag", ""),
        moments.now(),
    )


def _single(call: Call, kind: str, address: str, subject: str) -> int:
    return call.storage.insert(
        "INSERT INTO single (account_id, kind, address, subject, at) VALUES (?,?,?,?,?)",
        call.account.id,
        kind,
        address,
        subject,
        moments.now(),
    )


def _start(call: Call, now: float) -> float:
    if not call.arguments.has("start_time"):
        return now
    try:
        start_at = moments.read(call.arguments.text("start_time"))
    except ValueError:
        raise invalid("start_time") from None
    if start_at > now + MAX_DAYS_AHEAD * 86_400:
        raise invalid("start_time")
    return max(start_at, now)


def _only(call: Call) -> str | None:
    """`contacts` narrows the list to these addresses."""
    if not call.arguments.has("contacts"):
        return None
    parts = call.arguments.text("contacts").split(",")
    return json.dumps([email_of(part) or phone_of(part) or part.strip() for part in parts])


def _audience(call: Call, message: Row, only: str | None) -> int:
    column = "email" if message["kind"] == "email" else "phone"
    return int(
        call.storage.value(
            "SELECT count(*) FROM membership m JOIN contact c ON c.id=m.contact_id "
            f"WHERE m.list_id=? AND m.status='active' AND c.status='active' AND c.{column} IS NOT NULL "
            f"AND (? IS NULL OR c.{column} IN (SELECT value FROM json_each(?)))",
            message["list_id"],
            only,
            only or "[]",
        )
    )


def _letter_id(call: Call, message: Row, title: str) -> int:
    """The same subject and text to the same list is the same letter, however many campaigns carry it."""
    digest = hashlib.sha256(message["body"].encode()).hexdigest()[:24]
    call.storage.run(
        "INSERT OR IGNORE INTO letter (account_id, list_title, subject, digest) VALUES (?,?,?,?)",
        call.account.id,
        title,
        message["subject"],
        digest,
    )
    return int(
        call.storage.value(
            "SELECT id FROM letter WHERE account_id=? AND list_title=? AND subject=? AND digest=?",
            call.account.id,
            title,
            message["subject"],
            digest,
        )
    )


def _moderation(call: Call, subject: str) -> tuple[str, str]:
    """What moderation will decide by itself, and the status until then."""
    folded = subject.casefold()
    for marker, verdict in MARKERS.items():
        if marker in folded:
            return verdict, "waits_censor"
    if call.options.moderation == "manual":
        return "manual", "waits_censor"
    if call.options.moderation == "automatic":
        return "approve", "waits_censor"
    return "", "scheduled"
