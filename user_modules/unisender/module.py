"""Unisender (and Selzy, which has the same API): templates, lists, campaigns, statistics and webhooks.

What is sent where, which limits hold and which facts are assumptions: see README.md.
"""

import asyncio
import csv
import html
import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from vestnik_sdk import (
    CRM_Marketing_Account,
    CRM_Marketing_AccountCheck,
    CRM_Marketing_Action,
    CRM_Marketing_BulkReport,
    CRM_Marketing_BulkResult,
    CRM_Marketing_CampaignLink,
    CRM_Marketing_CampaignState,
    CRM_Marketing_CampaignStats,
    CRM_Marketing_CampaignStatus,
    CRM_Marketing_CampaignType,
    CRM_Marketing_Contact,
    CRM_Marketing_CreateCampaignRequest,
    CRM_Marketing_CreateCampaignResponse,
    CRM_Marketing_Delivery,
    CRM_Marketing_DeliveryPageResult,
    CRM_Marketing_DeliveryStatus,
    CRM_Marketing_ImportTemplate,
    CRM_Marketing_Job,
    CRM_Marketing_JobTicket,
    CRM_Marketing_List,
    CRM_Marketing_ListPageResult,
    CRM_Marketing_RejectCode,
    CRM_Marketing_RejectedRow,
    CRM_Marketing_Sender,
    CRM_Marketing_Subscriber,
    CRM_Marketing_SubscriberData,
    CRM_Marketing_SubscriberPageResult,
    CRM_Marketing_SubscriberProfile,
    CRM_Marketing_SubscriberStatus,
    CRM_Marketing_Subscription,
    CRM_Marketing_SubscriptionChange,
    CRM_Marketing_WebhookResult,
    CRM_Marketing_WebhookSubscription,
    FetchError,
    FetchRequest,
    KeyRefused,
    Response,
    RetryLater,
    ServiceDown,
    contacts,
    fetch,
    log,
    sealed,
    settings,
    spooled,
    storage,
)

# Limits of the service; how many of our calls are under way at once.
IMPORT_ROWS = 500
WIDTH = 4
TEMPLATE_PAGE = 100
CAMPAIGN_PAGE = 1000
PAGE_ROWS = 5000
REACH_DAYS = 100
KEPT_KEYS = 300
# With more lists than this their people are not counted: each costs a call.
COUNTED = 50
# A million people are a file of 50 MB; the platform allows a call two minutes.
FILE_S = 100
SUBSCRIBER_COLUMNS = ["email", "email_status", "email_availability", "email_unsubscribed_list_ids", "phone"]
EVENTS = ("email_status", "unsubscribe", "subscribe", "campaign_status")
# The service says "later" with HTTP 200; these calls were not carried out.
BUSY = ("retry_later", "api_call_limit_exceeded_for_api_key", "api_call_limit_exceeded_for_ip")
WRONG_KEY = "invalid_api_key"
PAUSES_S = (1, 3)
# Its limits count calls of a minute; of trouble it does not say how long it takes.
BUSY_S = 60
TROUBLE_S = 30
# A list that belongs to one campaign: its title holds the campaign's id in Vestnik.
CAMPAIGN_LIST = "Vestnik campaign "

DELIVERY = CRM_Marketing_DeliveryStatus
DELIVERIES = {
    "not_sent": DELIVERY.Pending,
    "ok_sent": DELIVERY.Sent,
    "ok_delivered": DELIVERY.Delivered,
    "ok_spam_folder": DELIVERY.Delivered,
    "ok_read": DELIVERY.Opened,
    "ok_link_visited": DELIVERY.Clicked,
    "ok_unsubscribed": DELIVERY.Unsubscribed,
    "ok_fbl": DELIVERY.Spam,
    "err_user_unknown": DELIVERY.HardBounce,
    "err_user_inactive": DELIVERY.HardBounce,
    "err_domain_inactive": DELIVERY.HardBounce,
    "err_dest_invalid": DELIVERY.HardBounce,
    "err_mailbox_full": DELIVERY.SoftBounce,
    "err_spam_rejected": DELIVERY.SoftBounce,
    "err_spam_folder": DELIVERY.SoftBounce,
    "err_delivery_failed": DELIVERY.SoftBounce,
    "err_will_retry": DELIVERY.Sent,
    "err_resend": DELIVERY.Sent,
    "err_spam_retry": DELIVERY.Sent,
    "err_skip_letter": DELIVERY.Skipped,
    "err_spam_skipped": DELIVERY.Skipped,
    "err_unsubscribed": DELIVERY.Skipped,
    "err_not_allowed": DELIVERY.Skipped,
    "err_not_available": DELIVERY.Skipped,
    "err_src_invalid": DELIVERY.Skipped,
    "err_lost": DELIVERY.Failed,
    "err_internal": DELIVERY.Failed,
}

STATE = CRM_Marketing_CampaignStatus
CAMPAIGNS = {
    "waits_censor": STATE.Moderation,
    "censor_hold": STATE.Moderation,
    "declined": STATE.Declined,
    "waits_schedule": STATE.Scheduled,
    "scheduled": STATE.Scheduled,
    "in_progress": STATE.Sending,
    "analysed": STATE.Sent,
    "completed": STATE.Sent,
    "stopped": STATE.Cancelled,
    "canceled": STATE.Cancelled,
}
OVER = (STATE.Declined, STATE.Cancelled)

SUBSCRIBER = CRM_Marketing_SubscriberStatus
SUBSCRIBERS = {
    "active": SUBSCRIBER.Subscribed,
    "new": SUBSCRIBER.Subscribed,
    "invited": SUBSCRIBER.Pending,
    "activation_requested": SUBSCRIBER.Pending,
    "inactive": SUBSCRIBER.Pending,
    "unsubscribed": SUBSCRIBER.Unsubscribed,
    "blocked": SUBSCRIBER.Bounced,
}
# What keeps us furthest from a person comes first.
STRONGEST = (SUBSCRIBER.Unsubscribed, SUBSCRIBER.Bounced, SUBSCRIBER.Pending, SUBSCRIBER.Subscribed)

REJECT = CRM_Marketing_RejectCode


# --- The service's API -------------------------------------------------------------------------------------


class ServiceError(Exception):
    """The service refused a call; `code` is its word for it, `text` its sentence."""

    code = ""
    text = ""


def refusal_of(method: str, code: str, text: str) -> ServiceError:
    error = ServiceError(f"Unisender, {method}: {text} ({code})")
    error.code = code
    error.text = text
    return error


def words_of(error: ServiceError | RetryLater) -> str:
    """What the service said."""
    return text_of(error.text if isinstance(error, ServiceError) else error.message)


def trouble_of(method: str, answer: Response) -> ServiceError | KeyRefused | RetryLater:
    """What an answer without success means: trouble of the web server passes, other refusals do not."""
    if answer.status == 401:
        return KeyRefused(f"Unisender, {method}: HTTP 401")
    if answer.status != 429 and answer.status < 500:
        return refusal_of(method, "http", f"HTTP {answer.status}")
    told = answer.headers.get("retry-after", "")
    seconds = int(told) if told.isdigit() else TROUBLE_S
    words = f"Unisender, {method}: HTTP {answer.status}"
    return RetryLater(seconds, words) if answer.status == 429 else ServiceDown(seconds, words)


def flat(name: str, value: Any) -> list[tuple[str, Any]]:
    """Pairs of a form as PHP reads it: lists and dicts become brackets."""
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in flat(f"{name}[{key}]", item)]
    if isinstance(value, (list, tuple)):
        return [pair for index, item in enumerate(value) for pair in flat(f"{name}[{index}]", item)]
    return [(name, value)]


async def call(method: str, **arguments: Any) -> Any:
    """The result of an API method. Raises ServiceError (failures come with HTTP 200 too), KeyRefused, RetryLater."""
    url = f"{settings.base_url.rstrip('/')}/{settings.get('language', 'ru')}/api/{method}?format=json"
    form: list[tuple[str, Any]] = [("api_key", sealed.api_key)]
    for name, value in arguments.items():
        form.extend(flat(name, value))
    for pause_s in (*PAUSES_S, None):
        answer = await fetch(url, method="POST", form=form)
        envelope = envelope_of(method, answer)
        if "error" not in envelope:
            for warning in envelope.get("warnings") or []:
                log.warning(method, warning)
            return envelope.get("result")
        code = str(envelope.get("code") or "unspecified")
        text = html.unescape(str(envelope["error"]))
        if code == WRONG_KEY:
            raise KeyRefused(f"Unisender, {method}: {text} ({code})")
        if code not in BUSY:
            raise refusal_of(method, code, text)
        if pause_s is None:
            raise RetryLater(BUSY_S, f"Unisender, {method}: {text} ({code})")
        await asyncio.sleep(pause_s)


async def all_of(work: Any, rows: list[tuple[Any, ...]]) -> list[Any]:
    """The results of the same work on each row, some at a time; after a failure no more is begun."""
    found: list[Any] = []
    for start in range(0, len(rows), WIDTH):
        part = await asyncio.gather(
            *(work(*row) for row in rows[start : start + WIDTH]), return_exceptions=True
        )
        for each in part:
            if isinstance(each, Exception):
                raise each
        found.extend(part)
    return found


def envelope_of(method: str, answer: Response) -> dict[str, Any]:
    """The answer as a dict, whatever the service's web server made of it."""
    if not answer.ok:
        raise trouble_of(method, answer)
    try:
        envelope = answer.json()
    except ValueError:
        raise refusal_of(method, "not_json", answer.text()[:200]) from None
    if not isinstance(envelope, dict):
        raise refusal_of(method, "not_json", answer.text()[:200])
    return envelope


# --- Small conversions -------------------------------------------------------------------------------------


def text_of(value: Any, longest: int = 4000) -> str:
    """A text that the contract takes."""
    if value is None:
        return ""
    text = str(value).replace("\x00", "")
    return (text if text.isascii() else text.encode("utf-8", "replace").decode())[:longest]


def key_of(value: Any, longest: int = 255) -> str:
    """An address or an identifier in an event; whatever is neither text nor number counts as missing."""
    return text_of(value, longest) if type(value) in (str, int) else ""


def instant(text: Any, zone: str = "UTC") -> str | None:
    """`2026-11-21 10:00:00` of the service as an instant, or None."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?", str(text or ""))
    if found is None:
        return None
    plain = f"{found[1]}T{found[2]}{found[3] or ':00'}"
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    if zone == "UTC":
        return plain + "Z"
    return moment.replace(tzinfo=ZoneInfo(zone)).isoformat()


def to_utc(text: str) -> datetime:
    """An instant of the contract in UTC."""
    return datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00")).astimezone(timezone.utc)


def filled(**fields: Any) -> Any:
    """Only the fields that have a value: the contract wants the others left out."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def web_address(text: Any) -> str | None:
    """An absolute address; the service leaves out the scheme at times."""
    address = str(text or "")
    if address.startswith("//"):
        address = "https:" + address
    return address if re.match(r"https?://", address) else None


def amount(value: Any) -> float | None:
    """A number that the service may write as a text, or None."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if abs(found) < 1e15 else None


def number(value: Any) -> int | None:
    """A count, or None."""
    found = amount(value)
    return None if found is None else max(0, int(found))


def report(rejected: list[CRM_Marketing_RejectedRow], total: int) -> CRM_Marketing_BulkReport | None:
    """Nothing when all rows were taken."""
    return {"rejected": rejected, "accepted": total - len(rejected)} if rejected else None


# --- Templates ---------------------------------------------------------------------------------------------


async def CRM_Marketing_ImportTemplates(offset: int, limit: int) -> list[CRM_Marketing_ImportTemplate]:
    found: list[dict[str, Any]] = []
    while len(found) < limit:
        asked = min(TEMPLATE_PAGE, limit - len(found))
        page = await call("listTemplates", type="user", limit=asked, offset=offset + len(found)) or []
        found.extend(page)
        if len(page) < asked:
            break
    return [template(item) for item in found]


def template(item: dict[str, Any]) -> CRM_Marketing_ImportTemplate:
    return filled(
        externalId=text_of(item["id"], 255),
        name=text_of(item.get("title"), 500) or text_of(item.get("subject"), 500) or f"№ {item['id']}",
        subject=text_of(item.get("subject"), 1000),
        description=text_of(item.get("description")),
        language=text_of(item.get("lang_code"), 35),
        thumbnailUrl=web_address(item.get("screenshot_url")),
        editorUrl=web_address(str(settings.get("template_page") or "").replace("{id}", str(item["id"]))),
        createdAt=instant(item.get("created")),
        updatedAt=instant(item.get("updated")),
    )


async def CRM_Marketing_GetTemplateHTML(templateExternalId: str) -> str:
    found = await call("getTemplate", template_id=templateExternalId)
    return text_of(found.get("body"), 5_000_000)


# --- Contacts into lists and out of them -------------------------------------------------------------------


async def import_rows(
    columns: list[str], rows: list[list[str]], keys: list[str] | None = None
) -> list[CRM_Marketing_RejectedRow]:
    """Hands rows over, 500 a call; answers those that the service refused. Safe to repeat.

    A refused row is called by its address, which comes first, or by its key where `keys` are given.
    """
    named = [row[0] for row in rows] if keys is None else keys
    starts = range(0, len(rows), IMPORT_ROWS)
    parts = [(rows[start : start + IMPORT_ROWS], named[start : start + IMPORT_ROWS]) for start in starts]
    refused = await all_of(import_part, [(columns, *part) for part in parts])
    return [row for part in refused for row in part]


async def import_part(
    columns: list[str], rows: list[list[str]], keys: list[str]
) -> list[CRM_Marketing_RejectedRow]:
    answer = await call("importContacts", field_names=columns, data=rows)
    rejected: list[CRM_Marketing_RejectedRow] = []
    for entry in answer.get("log") or []:
        index = number(entry.get("index"))
        if index is None or index >= len(rows):
            log.warning("importContacts: a log entry without a row", entry)
            continue
        reason = text_of(html.unescape(str(entry.get("message") or entry.get("code") or "refused")))
        rejected.append({"key": keys[index], "reason": reason, "code": reject_code(str(entry.get("code")))})
    return rejected


def reject_code(code: str) -> CRM_Marketing_RejectCode:
    if "invalid" in code or "role" in code:
        return REJECT.Invalid
    if "unsubscribed" in code:
        return REJECT.Unsubscribed
    return REJECT.Blocked if "block" in code else REJECT.Other


async def put_into(kind: str, addresses: list[str], list_id: str) -> list[CRM_Marketing_RejectedRow]:
    """People into a list; `kind` is email or phone."""
    return await import_rows([kind, f"{kind}_list_ids"], [[each, list_id] for each in addresses])


async def take_out_of(kind: str, addresses: list[str], list_id: str) -> list[CRM_Marketing_RejectedRow]:
    """People out of a list. This is the sender's will, and may be undone."""
    return await import_rows([kind, f"{kind}_excluded_list_ids"], [[each, list_id] for each in addresses])


async def CRM_Marketing_ExportContacts(contactIds: list[str]) -> CRM_Marketing_BulkResult | None:
    people: list[CRM_Marketing_Contact] = []
    for start in range(0, len(contactIds), IMPORT_ROWS):
        people.extend(await contacts(contactIds[start : start + IMPORT_ROWS]))
    found = {person["id"] for person in people}
    rejected: list[CRM_Marketing_RejectedRow] = [
        {"key": key, "reason": "No such contact", "code": REJECT.NotFound}
        for key in contactIds
        if key not in found
    ]
    rows: dict[str, list[list[str]]] = {"email": [], "phone": []}
    keys: dict[str, list[str]] = {"email": [], "phone": []}
    other_list: str | None = None
    for person in people:
        wanted, unwanted = lists_of(person)
        if not wanted:
            other_list = other_list or await find_or_create_list(settings.get("contacts_list") or "Vestnik")
            wanted = [other_list]
        for kind, addresses in (("email", person["emails"]), ("phone", person["phones"])):
            for address in addresses:
                name = person.get("firstName") or person["name"]
                rows[kind].append([address, name, ",".join(wanted), ",".join(unwanted)])
                keys[kind].append(person["id"])
    refused: list[CRM_Marketing_RejectedRow] = []
    for kind in rows:
        columns = [kind, "Name", f"{kind}_list_ids", f"{kind}_excluded_list_ids"]
        refused.extend(await import_rows(columns, rows[kind], keys[kind]))
    rejected.extend(nobody_reached(Counter([*keys["email"], *keys["phone"]]), refused))
    return report(rejected, len(contactIds))


def lists_of(person: CRM_Marketing_Contact) -> tuple[list[str], list[str]]:
    """Lists of the categories that the contact wants, and of those it does not."""
    linked = [(each.get("listExternalId"), each["subscribed"]) for each in person["categories"]]
    wanted = [key for key, subscribed in linked if key and subscribed]
    unwanted = [key for key, subscribed in linked if key and not subscribed]
    return wanted, [key for key in unwanted if key not in wanted]


def nobody_reached(
    addresses: Counter[str], refused: list[CRM_Marketing_RejectedRow]
) -> list[CRM_Marketing_RejectedRow]:
    """A contact is refused when the service took none of its addresses."""
    taken = addresses - Counter(row["key"] for row in refused)
    last = {row["key"]: row for row in refused}
    return [row for key, row in last.items() if key not in taken]


async def CRM_Marketing_AddSubscribers(
    listExternalId: str, subscribers: list[CRM_Marketing_SubscriberData]
) -> CRM_Marketing_BulkResult | None:
    """Whoever has an e-mail address is added by it, others by their phone number."""
    rows: dict[str, list[list[str]]] = {"email": [], "phone": []}
    for person in subscribers:
        kind = "email" if person.get("email") else "phone"
        address = person.get("email") or person.get("phone") or ""
        rows[kind].append([address, person.get("name", ""), listExternalId])
    rejected: list[CRM_Marketing_RejectedRow] = []
    for kind, group in rows.items():
        rejected.extend(await import_rows([kind, "Name", f"{kind}_list_ids"], group))
    return report(rejected, len(subscribers))


async def CRM_Marketing_RemoveSubscribers(
    listExternalId: str, contacts: list[str]
) -> CRM_Marketing_BulkResult | None:
    """An exclusion, never an unsubscription: that would be the person's own will."""
    emails = [address for address in contacts if "@" in address]
    phones = [address for address in contacts if "@" not in address]
    rejected = await take_out_of("email", emails, listExternalId)
    rejected.extend(await take_out_of("phone", phones, listExternalId))
    return report(rejected, len(contacts))


# --- Lists -------------------------------------------------------------------------------------------------


async def all_lists() -> list[dict[str, Any]]:
    return await call("getLists") or []


async def find_list(title: str) -> str | None:
    """The oldest list of this title."""
    found = sorted(int(item["id"]) for item in await all_lists() if item.get("title") == title)
    return str(found[0]) if found else None


async def find_or_create_list(title: str) -> str:
    """The list of this title; a refusal to create it may mean that another call was faster."""
    found = await find_list(title)
    if found is not None:
        return found
    try:
        return str((await call("createList", title=title))["id"])
    except ServiceError:
        found = await find_list(title)
        if found is None:
            raise
        return found


async def CRM_Marketing_GetLists(cursor: str | None) -> CRM_Marketing_ListPageResult:
    """The lists of campaigns are the module's own affair and are left out."""
    titles = [(str(item["id"]), text_of(item.get("title"), 500)) for item in await all_lists()]
    shown = [(key, title or key) for key, title in titles if not title.startswith(CAMPAIGN_LIST)]
    start = int(cursor or 0)
    page = shown[start : start + PAGE_ROWS]
    counts: list[int | None] = [None] * len(page)
    if len(shown) <= COUNTED:
        counts = await all_of(count_or_none, [(key,) for key, _ in page])
    items = [
        filled(externalId=key, name=title, subscriberCount=count)
        for (key, title), count in zip(page, counts, strict=True)
    ]
    following = start + PAGE_ROWS
    return filled(items=items, nextCursor=str(following) if following < len(shown) else None)


async def people_in(list_id: str, kind: str = "address") -> int | None:
    """How many people of a list have an e-mail address, or a phone."""
    return number((await call("getContactCount", list_id=list_id, params={"type": kind})).get("count"))


async def count_or_none(list_id: str) -> int | None:
    """The same for show: a list is offered without its count, too."""
    try:
        return await people_in(list_id)
    except (ServiceError, RetryLater) as error:
        log.warning("The people of a list were not counted:", words_of(error))
        return None


async def CRM_Marketing_CreateList(name: str) -> CRM_Marketing_List:
    return {"externalId": str((await call("createList", title=name))["id"]), "name": name}


async def CRM_Marketing_GetListSubscribers(
    listExternalId: str, cursor: str | None
) -> CRM_Marketing_SubscriberPageResult:
    """Without a cursor an export begins: ask GetJob, then come back with its cursor.

    So it does when the service has dropped a file of which a part was read: the list is read once more.
    """
    if cursor is not None:
        try:
            rows, following = await read_export(cursor)
        except ServiceError as error:
            if error.code != "gone" or json.loads(cursor)["line"] == 1:
                raise
            log.warning("The service keeps the export no longer; it is asked for another one")
        else:
            people = [subscriber(row, listExternalId) for row in rows]
            return filled(items=[each for each in people if each is not None], nextCursor=following)
    return await begin_export("async/exportContacts", list_id=listExternalId, field_names=SUBSCRIBER_COLUMNS)


def subscriber(row: dict[str, str], list_id: str) -> CRM_Marketing_Subscriber | None:
    """A person of an export; nobody without an address that the contract takes."""
    email, phone = row.get("email", ""), row.get("phone", "")
    left = list_id in row.get("email_unsubscribed_list_ids", "").split(",")
    status = standing(
        row.get("email_status"), "unsubscribed" if left else "active", row.get("email_availability")
    )
    found = filled(email=email if len(email) <= 320 else "", phone=phone if len(phone) <= 40 else "")
    return {**found, "status": status} if found else None


def standing(at_service: Any, in_list: Any, availability: Any) -> CRM_Marketing_SubscriberStatus:
    """A person's state in a list: what they are there, at the service as a whole, and to letters."""
    found = [SUBSCRIBERS.get(str(word or "active"), SUBSCRIBER.Pending) for word in (at_service, in_list)]
    if availability == "unreachable":
        found.append(SUBSCRIBER.Bounced)
    return min(found, key=STRONGEST.index)


async def CRM_Marketing_GetSubscriber(contact: str) -> CRM_Marketing_SubscriberProfile | None:
    """The service looks people up by e-mail only, and does not tell which campaigns they received.

    The lists of campaigns are the module's own affair and are left out.
    """
    if "@" not in contact:
        raise ValueError("Unisender finds people by their e-mail address only")
    try:
        found = await call("getContact", email=contact, include_lists=1, include_fields=1, include_details=1)
    except ServiceError as error:
        if error.code == "invalid_arg":
            return None
        raise
    details = found.get("email") if isinstance(found.get("email"), dict) else {}
    told = await titled(found.get("lists") or details.get("lists") or [])
    lists = [item for item in told if not str(item["title"]).startswith(CAMPAIGN_LIST)]
    fields = found.get("fields") or details.get("fields") or {}
    activity = filled(
        lastOpenedAt=instant(details.get("last_read_datetime"), zone()),
        lastClickedAt=instant(details.get("last_click_datetime"), zone()),
    )
    return filled(
        email=contact,
        name=text_of(fields.get("Name"), 500) if isinstance(fields, dict) else None,
        lists=[subscription(item, details) for item in lists],
        recentCampaigns="unknown",
        activity=activity or None,
    )


async def titled(lists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A person's lists with their titles, which the service does not always tell beside them."""
    if all(item.get("title") for item in lists):
        return lists
    titles = {str(item["id"]): item.get("title") for item in await all_lists()}
    return [{**item, "title": item.get("title") or titles.get(str(item["id"])) or ""} for item in lists]


def subscription(item: dict[str, Any], person: dict[str, Any]) -> CRM_Marketing_Subscription:
    return filled(
        listExternalId=str(item["id"]),
        listName=text_of(item["title"], 500),
        status=standing(person.get("status"), item.get("status"), person.get("availability")),
        changedAt=instant(item.get("added_at"), zone()),
    )


async def CRM_Marketing_UpdateSubscriptions(
    subscriber: CRM_Marketing_SubscriberData, changes: list[CRM_Marketing_SubscriptionChange]
) -> CRM_Marketing_BulkReport | None:
    """Taking out is `exclude`, which can be undone; `unsubscribe` could not."""
    email = subscriber.get("email")
    if email is None:
        raise ValueError("Unisender subscribes people by their e-mail address only")
    rejected: list[CRM_Marketing_RejectedRow] = []
    for change in changes:
        key = change["listExternalId"]
        try:
            if change["subscribed"]:
                person = filled(email=email, Name=subscriber.get("name"))
                await call("subscribe", list_ids=key, fields=person, double_optin=3, overwrite=0)
            else:
                await call("exclude", contact_type="email", contact=email, list_ids=key)
        except ServiceError as error:
            rejected.append({"key": key, "reason": text_of(error.text), "code": REJECT.Other})
    refused = {row["key"] for row in rejected}
    wanted = [each["listExternalId"] for each in changes if each["subscribed"]]
    rejected.extend(await still_unsubscribed(email, [key for key in wanted if key not in refused]))
    return report(rejected, len(changes))


async def still_unsubscribed(email: str, wanted: list[str]) -> list[CRM_Marketing_RejectedRow]:
    """Whoever unsubscribed cannot be subscribed again by the API, which does not say so by itself."""
    if not wanted:
        return []
    profile = await CRM_Marketing_GetSubscriber(email)
    lists = profile["lists"] if profile is not None else []
    out = {item["listExternalId"] for item in lists if item["status"] == SUBSCRIBER.Unsubscribed}
    reason = "The person unsubscribed; only they can subscribe again"
    return [{"key": key, "reason": reason, "code": REJECT.Unsubscribed} for key in wanted if key in out]


# --- Campaigns ---------------------------------------------------------------------------------------------


async def campaign_list(campaign_id: str, create: bool) -> str | None:
    """The campaign's own list. Two calls at once agree on one: the first to store it wins."""
    key = f"campaign/{campaign_id}/list"
    known = await storage.get(key)
    if known is not None:
        return known
    title = CAMPAIGN_LIST + campaign_id
    found = await (find_or_create_list(title) if create else find_list(title))
    if found is None or await storage.compare_and_set(key, None, found):
        return found
    winner = await storage.get(key)
    if winner != found:
        await call("deleteList", list_id=found)
    return winner


async def own_list(campaign_id: str) -> str:
    """The campaign's list, created if need be."""
    list_id = await campaign_list(campaign_id, create=True)
    if list_id is None:
        raise RuntimeError("The service has neither found nor created the campaign's list")
    return list_id


def kind_of(type: str) -> str:
    """What a campaign's people are addressed by."""
    return "phone" if type == CRM_Marketing_CampaignType.Sms else "email"


async def CRM_Marketing_PrepareCampaign(
    campaignId: str, type: CRM_Marketing_CampaignType, contacts: list[str]
) -> CRM_Marketing_BulkResult | None:
    kind, list_id = kind_of(type), await own_list(campaignId)
    rejected = await put_into(kind, contacts, list_id)
    # The service reports people who unsubscribed, but may put them into the list all the same.
    left = [row["key"] for row in rejected if row.get("code") == REJECT.Unsubscribed]
    await take_out_of(kind, left, list_id)
    return report(rejected, len(contacts))


async def CRM_Marketing_WithdrawRecipients(
    campaignId: str, type: CRM_Marketing_CampaignType, contacts: list[str]
) -> None:
    """Out of the campaign's list; people whom the service does not take are not in it."""
    list_id = await campaign_list(campaignId, create=False)
    if list_id is None:
        return
    rejected = await take_out_of(kind_of(type), contacts, list_id)
    # Who unsubscribed there is not written to, wherever they stand.
    kept = [row for row in rejected if row.get("code") == REJECT.Other]
    if kept:
        raise ValueError(f"Unisender did not take out {len(kept)} people, the first: {kept[0]['reason']}")


async def CRM_Marketing_CreateCampaign(
    request: CRM_Marketing_CreateCampaignRequest,
) -> CRM_Marketing_CreateCampaignResponse:
    """One list, one campaign that is not over: a second call answers the first one's campaign."""
    list_id = await campaign_list(request["campaignId"], create=False)
    if list_id is None:
        raise ValueError("The recipients were not prepared: the service has no list for this campaign")
    running = await latest_campaign(list_id, datetime.now(timezone.utc) - timedelta(days=REACH_DAYS))
    if running is not None and running["status"] not in OVER:
        log.warning("The service has a campaign on this list already", running["externalId"])
        return running_response(running)
    await check_list(request, list_id)
    message_id = await create_message(request, list_id)
    when: dict[str, str] = {}
    send_at = request.get("sendAt")
    if send_at:
        when = {"start_time": to_utc(send_at).strftime("%Y-%m-%d %H:%M"), "timezone": "UTC"}
    made = await call(
        "createCampaign",
        message_id=message_id,
        track_read=int(request.get("trackOpens", True)),
        track_links=int(request.get("trackClicks", True)),
        **when,
    )
    external_id = str(made["campaign_id"])
    await remember(request["campaignId"], list_id, external_id)
    return filled(
        externalId=external_id,
        status=CAMPAIGNS.get(str(made.get("status")), STATE.Sending),
        recipientCount=number(made.get("count")),
    )


async def remember(campaign_id: str, list_id: str, external_id: str) -> None:
    """Which campaign a list belongs to, for unsubscriptions that name the list only.

    The storage is small and keeps the latest campaigns; lists are found again by their titles.
    """
    await storage.set(f"list/{list_id}/campaign", external_id)
    await storage.delete(f"campaign/{campaign_id}/list")
    for prefix in ("list/", "campaign/"):
        kept = sorted(await storage.keys(prefix), key=lambda key: (len(key), key))
        for key in kept[: max(0, len(kept) - KEPT_KEYS)]:
            await storage.delete(key)


def running_response(state: CRM_Marketing_CampaignState) -> CRM_Marketing_CreateCampaignResponse:
    return filled(
        externalId=state["externalId"],
        status=state["status"],
        reason=state.get("reason"),
        url=state.get("url"),
    )


async def check_list(request: CRM_Marketing_CreateCampaignRequest, list_id: str) -> None:
    """Nobody else may stand in the campaign's list, for example from an attempt with other recipients."""
    counted = await people_in(list_id, "phone" if kind_of(request["type"]) == "phone" else "address")
    if counted is not None and counted > request["recipientCount"]:
        raise ValueError(
            f"The list {CAMPAIGN_LIST}{request['campaignId']} at the service holds {counted} people, "
            f"but {request['recipientCount']} were prepared. Nothing was sent. Send as a new campaign."
        )


async def create_message(request: CRM_Marketing_CreateCampaignRequest, list_id: str) -> str:
    """The letter or text message for a list."""
    if request["type"] == CRM_Marketing_CampaignType.Sms:
        sender = request.get("senderName") or settings.get("sms_sender")
        if not sender or not request.get("text"):
            raise ValueError("An SMS campaign needs a sender's name and a text")
        made = await call("createSmsMessage", sender=sender, body=request.get("text"), list_id=list_id)
        return str(made["message_id"])
    sender = request.get("senderEmail")
    if not sender:
        raise ValueError("A letter needs the sender's address")
    if not request.get("html") and not request.get("templateExternalId"):
        raise ValueError("A letter needs a template or HTML")
    letter = filled(
        sender_name=request.get("senderName") or sender,
        sender_email=sender,
        subject=request.get("subject"),
        body=request.get("html"),
        template_id=None if request.get("html") else request.get("templateExternalId"),
        text_body=request.get("text"),
        generate_text=None if request.get("text") else 1,
        lang=request.get("language", "")[:2],
        list_id=list_id,
    )
    return str((await call("createEmailMessage", **letter))["message_id"])


async def latest_campaign(list_id: str, since: datetime) -> CRM_Marketing_CampaignState | None:
    """The latest campaign that was sent to a list."""
    start = {"from": since.strftime("%Y-%m-%d %H:%M:%S")}
    found: list[dict[str, Any]] = []
    offset = 0
    while True:
        page = await call("getCampaigns", limit=CAMPAIGN_PAGE, offset=offset, **start) or []
        found.extend(item for item in page if str(item.get("list_id")) == list_id)
        offset += len(page)
        if len(page) < CAMPAIGN_PAGE:
            break
    return campaign_state(max(found, key=lambda item: int(item["id"]))) if found else None


def campaign_state(item: dict[str, Any]) -> CRM_Marketing_CampaignState:
    """A campaign of getCampaigns or getCampaignStatus."""
    word = str(item.get("status"))
    held = "The service's moderators hold the campaign" if word == "censor_hold" else None
    return filled(
        externalId=str(item["id"]),
        status=CAMPAIGNS.get(word, STATE.Sending),
        reason=text_of(item.get("reason")) or held,
        startedAt=instant(item.get("start_time")),
        url=web_address(item.get("stats_url")),
    )


async def CRM_Marketing_FindCampaign(campaignId: str, since: str) -> CRM_Marketing_CampaignState | None:
    list_id = await campaign_list(campaignId, create=False)
    if list_id is None:
        return None
    return await latest_campaign(list_id, to_utc(since) - timedelta(hours=1))


async def CRM_Marketing_GetCampaignStatus(campaignExternalId: str) -> CRM_Marketing_CampaignState:
    found = await call("getCampaignStatus", campaign_id=campaignExternalId)
    return campaign_state({**found, "id": campaignExternalId})


async def CRM_Marketing_CancelCampaign(campaignExternalId: str) -> CRM_Marketing_CampaignState:
    """The service cancels what has not started; otherwise the answer says how far it is."""
    refusal: str | None = None
    try:
        await call("cancelCampaign", campaign_id=campaignExternalId)
    except (ServiceError, RetryLater) as error:
        refusal = words_of(error)
    state = await CRM_Marketing_GetCampaignStatus(campaignExternalId)
    return state if refusal is None else filled(**{**state, "reason": refusal})


async def CRM_Marketing_GetCampaignStats(campaignExternalId: str) -> CRM_Marketing_CampaignStats:
    total = await call("getCampaignCommonStats", campaign_id=campaignExternalId)
    return filled(
        recipients=number(total.get("total")),
        sent=number(total.get("sent")),
        delivered=number(total.get("delivered")),
        opened=number(total.get("read_unique")),
        openedTotal=number(total.get("read_all")),
        clicked=number(total.get("clicked_unique")),
        clickedTotal=number(total.get("clicked_all")),
        unsubscribed=number(total.get("unsubscribed")),
        spam=number(total.get("spam")),
    )


async def CRM_Marketing_GetCampaignLinks(campaignExternalId: str) -> list[CRM_Marketing_CampaignLink]:
    found = await call("getVisitedLinks", campaign_id=campaignExternalId)
    columns = found["fields"]
    clicks: Counter[str] = Counter()
    people: dict[str, set[str]] = {}
    for values in found["data"]:
        row = dict(zip(columns, values, strict=False))
        url = web_address(row.get("url"))
        if url is not None:
            clicks[url] += number(row.get("count")) or 1
            people.setdefault(url, set()).add(str(row.get("email")))
    ranked = sorted(clicks, key=lambda url: (-clicks[url], url))[:PAGE_ROWS]
    return [{"url": url, "clicks": clicks[url], "uniqueClicks": len(people[url])} for url in ranked]


async def CRM_Marketing_SendTest(
    request: CRM_Marketing_CreateCampaignRequest, contacts: list[str]
) -> CRM_Marketing_BulkReport | None:
    """One address a call, so that one refused address stops no other."""
    rejected: list[CRM_Marketing_RejectedRow] = []
    if request["type"] == CRM_Marketing_CampaignType.Sms:
        sender, text = request.get("senderName") or settings.get("sms_sender") or "", request.get("text", "")
        calls = [("sendSms", {"phone": each, "sender": sender, "text": text}) for each in contacts]
    else:
        list_id = request.get("listExternalId")
        if list_id is None:
            list_id = await find_or_create_list(settings.get("contacts_list") or "Vestnik")
        message_id = await create_message(request, list_id)
        calls = [("sendTestEmail", {"email": each, "id": message_id}) for each in contacts]
    for address, (method, arguments) in zip(contacts, calls, strict=True):
        try:
            await call(method, **arguments)
        except (ServiceError, RetryLater) as error:  # never the whole call: who has it would get it again
            rejected.append({"key": address, "reason": words_of(error), "code": REJECT.Other})
    return report(rejected, len(contacts))


# --- Exports: a task at the service, then a file that the host keeps ---------------------------------------


async def begin_export(method: str, **arguments: Any) -> CRM_Marketing_JobTicket:
    task = await call(method, **arguments)
    return {"jobId": str(task["task_uuid"]), "pollAfterSeconds": 2}


async def CRM_Marketing_GetJob(jobId: str) -> CRM_Marketing_Job:
    task = await call("async/getTaskResult", task_uuid=jobId)
    url = task.get("file_to_download")
    if url:
        return {"jobId": jobId, "status": "done", "cursor": json.dumps({"url": str(url), "line": 1})}
    if str(task.get("status")) in ("new", "processing", "in_progress", "waiting"):
        return {"jobId": jobId, "status": "running", "pollAfterSeconds": 3}
    return {"jobId": jobId, "status": "failed", "reason": text_of(task.get("status"))}


async def CRM_Marketing_GetDeliveries(
    campaignExternalId: str, since: str | None, cursor: str | None
) -> CRM_Marketing_DeliveryPageResult:
    """Without a cursor an export begins: ask GetJob, then come back with its cursor."""
    if cursor is None:
        changed = {} if since is None else {"changed_since": to_utc(since).strftime("%Y-%m-%d %H:%M:%S")}
        return await begin_export("async/getCampaignDeliveryStats", campaign_id=campaignExternalId, **changed)
    rows, following = await read_export(cursor)
    return filled(items=[delivery(row) for row in rows], nextCursor=following)


def delivery(row: dict[str, str]) -> CRM_Marketing_Delivery:
    word = str(row.get("send_result") or "not_sent")
    status = delivery_status(word)
    return filled(
        email=row.get("email"),
        phone=row.get("phone"),
        status=status or DELIVERY.Pending,
        occurredAt=instant(row.get("last_update"), zone()),
        reason=word if status in (DELIVERY.HardBounce, DELIVERY.SoftBounce, DELIVERY.Failed) else None,
    )


async def read_export(cursor: str) -> tuple[list[dict[str, str]], str | None]:
    """A page of a file's rows and the cursor of the next one. The host keeps the file for a while."""
    place = json.loads(cursor)
    lines = None
    if "spool" in place:
        try:
            lines = await export_lines(place["spool"], place["line"])
        except FetchError:
            log.info("The export is no longer kept; it is fetched again")
    if lines is None:
        place["spool"] = await fetch_export(place["url"])
        lines = await export_lines(place["spool"], place["line"])
    header, page = lines
    following = json.dumps({**place, "line": place["line"] + len(page)}) if page else None
    return rows_of(header, page), following


async def fetch_export(url: str) -> str:
    """Has the host keep a file; its spool id."""
    answer = await fetch(url, timeout=FILE_S, spool=True)
    if answer.status in (403, 404, 410):
        raise refusal_of("export", "gone", f"HTTP {answer.status}")
    if not answer.ok:
        raise trouble_of("export", answer)
    return str(answer.spool_id)


async def export_lines(spool_id: str, line: int) -> tuple[str, list[str]]:
    kept = spooled(spool_id)
    header = await kept.lines(0, 1)
    return (header[0] if header else ""), await kept.lines(line, PAGE_ROWS)


def rows_of(header: str, page: list[str]) -> list[dict[str, str]]:
    """Rows by the names of their columns. Each line by itself: one that is broken spoils no other."""
    header = header.lstrip("\ufeff")
    mark = ";" if header.count(";") > header.count(",") else ","
    names = next(csv.reader([header], delimiter=mark), [])
    if page and "email" not in names and "phone" not in names:
        raise refusal_of("export", "no_address", text_of(header, 200))
    rows = (next(csv.reader([line], delimiter=mark), []) for line in page)
    return [dict(zip(names, row, strict=False)) for row in rows if row]


# --- The account -------------------------------------------------------------------------------------------


def zone() -> str:
    return settings.get("time_zone") or "UTC"


async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:
    try:
        account = await CRM_Marketing_GetAccount()
    except (KeyRefused, ServiceError) as error:
        if isinstance(error, KeyRefused) or error.code == "access_denied":
            ru = "Сервис не принял ключ API. Проверьте ключ и доступ к API в личном кабинете сервиса."
            en = "The service did not accept the API key. Check it, and that API access is switched on there."
            return {"ok": False, "message": {"ru": ru, "en": en}, "setting": "api_key"}
        ru, en = f"Сервис ответил: {error.text}", f"The service answered: {error.text}"
        return {"ok": False, "message": {"ru": ru, "en": en}}
    return {"ok": True, "account": account}


async def CRM_Marketing_GetAccount() -> CRM_Marketing_Account:
    info = await call("getUserInfo")
    return filled(
        externalId=text_of(info.get("login"), 255),
        name=text_of(info.get("login"), 500),
        email=text_of(info.get("email"), 320),
        subscriberCount=await people_of(info.get("login")),
        sendLimit=number(info.get("period_emails_paid") or info.get("emails_paid")),
        sentCount=number(info.get("period_emails_used") or info.get("emails_used")),
        balance=amount(info.get("balance")),
        currency=text_of(info.get("currency"), 10),
        timezone=text_of(info.get("timezone"), 64),
    )


async def people_of(login: Any) -> int | None:
    """How many contacts the account has, if the service tells."""
    try:
        found = await call("getTotalContactsCount", login=text_of(login, 255))
    except ServiceError as error:
        log.warning("The account's contacts were not counted:", error.text)
        return None
    return number(found.get("total") if isinstance(found, dict) else found)


async def CRM_Marketing_GetSenders() -> list[CRM_Marketing_Sender]:
    info = await call("getUserInfo")
    found = await call("getCheckedEmail", login=info["login"]) or []
    senders: list[CRM_Marketing_Sender] = []
    for item in found:
        name, verified = text_of(item.get("name"), 255), bool(item.get("is_checked"))
        senders.append(filled(email=item["email"], name=name, verified=verified))
    if settings.get("sms_sender"):
        senders.append({"name": settings.sms_sender})
    return senders


async def CRM_Marketing_EnsureWebhook(url: str) -> CRM_Marketing_WebhookSubscription:
    if not any(is_set(hook, url) for hook in await call("listHooks") or []):
        await call(
            "setHook",
            hook_url=url,
            event_format="json_post",
            events={name: "*" for name in EVENTS},
            single_event=0,
            status="active",
        )
    return {"url": url, "active": True, "events": list(EVENTS)}


def is_set(hook: Any, url: str) -> bool:
    """Whether a hook of the account tells us everything."""
    if not isinstance(hook, dict) or url != (hook.get("hook_url") or hook.get("url")):
        return False
    return hook.get("status") == "active" and set(EVENTS) <= set(hook.get("events") or ())


# --- Webhooks ----------------------------------------------------------------------------------------------


async def CRM_Marketing_ParseWebhookRequest(request: FetchRequest) -> CRM_Marketing_WebhookResult:
    if settings.get("check_signature", True) and not await is_signed(request.raw):
        return {"response": {"status": 403, "body": "wrong signature"}}
    try:
        body = request.json()
    except ValueError:
        return {"response": {"status": 400, "body": "not JSON"}}
    actions: list[CRM_Marketing_Action] = []
    for user in listed(body, "events_by_user"):
        for event in listed(user, "events") or listed(user, "Events"):
            actions.extend(await actions_of(event))
    return {"actions": actions}


async def is_signed(raw: bytes) -> bool:
    """`auth` is the md5 of the body in which the API key stands in its place."""
    found = re.search(rb'"auth"\s*:\s*"([0-9a-fA-F]{32})"', raw)
    if found is None:
        return False
    digest = sealed.digest("md5", raw[: found.start(1)], sealed.api_key, raw[found.end(1) :])
    return await sealed.verify(digest, found[1].decode().lower())


def listed(value: Any, name: str) -> list[Any]:
    """A list within a dict, or an empty one."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


async def actions_of(event: Any) -> list[CRM_Marketing_Action]:
    """What an event means. Events of no interest, and of an unknown form, mean nothing."""
    data = event.get("event_data") if isinstance(event, dict) else None
    if not isinstance(data, dict):
        return []
    name, at = event.get("event_name"), instant(event.get("event_time"), zone())
    if name == "email_status":
        return letter_actions(data, at)
    if name == "unsubscribe":
        return await unsubscribe_actions(data, at)
    if name == "campaign_status":
        return campaign_actions(data, at)
    return []


def delivery_status(word: str) -> CRM_Marketing_DeliveryStatus | None:
    """A status of the service; an unknown failure is a failure, an unknown success nothing."""
    found = DELIVERIES.get(word)
    if found is None:
        log.warning("An unknown status of a letter:", word)
        return DELIVERY.Failed if word.startswith("err_") else None
    return found


def letter_actions(data: dict[str, Any], at: str | None) -> list[CRM_Marketing_Action]:
    word = str(data.get("status"))
    status = delivery_status(word)
    email = key_of(data.get("email"), 320)
    if status is None or not email:
        return []
    campaign, message = key_of(data.get("campaign_id")), key_of(data.get("email_id"))
    update = filled(
        type="updateDeliveryStatus",
        email=email,
        externalId=campaign,
        messageExternalId=message,
        status=status,
        occurredAt=at,
        link=text_of(data.get("url"), 4096),
        reason=word if word.startswith("err_") else None,
    )
    if word != "ok_unsubscribed":
        return [update]
    leaving = filled(
        type="unsubscribe", email=email, campaignExternalId=campaign, messageExternalId=message, occurredAt=at
    )
    return [update, leaving]


async def unsubscribe_actions(data: dict[str, Any], at: str | None) -> list[CRM_Marketing_Action]:
    """One action for each list that is named; a campaign's own list counts for its campaign."""
    email = key_of(data.get("email"), 320)
    if not email:
        return []
    campaign = key_of(data.get("campaign_id"))
    actions: list[CRM_Marketing_Action] = []
    named: list[str | None] = [*named_lists(data)]
    for list_id in named or [None]:
        known = campaign
        if not known and list_id is not None:
            known = await storage.get(f"list/{list_id}/campaign")
        actions.append(
            filled(
                type="unsubscribe",
                email=email,
                externalId=None if list_id is None else {"listExternalId": list_id},
                campaignExternalId=known,
                occurredAt=at,
            )
        )
    return actions


def named_lists(data: dict[str, Any]) -> list[str]:
    """Lists of an event, in any of the forms in which the service's documents write them."""
    found = data.get("list_ids") or data.get("list_id") or data.get("lists") or []
    items = found if isinstance(found, list) else key_of(found, 4000).split(",")
    keys = [key_of(item.get("id") if isinstance(item, dict) else item).strip() for item in items]
    return [key for key in keys if key]


def campaign_actions(data: dict[str, Any], at: str | None) -> list[CRM_Marketing_Action]:
    campaign, word = key_of(data.get("campaign_id")), str(data.get("status"))
    if not campaign or word not in CAMPAIGNS:
        return []
    state = campaign_state({"id": campaign, "status": word, "reason": data.get("reason")})
    return [
        filled(
            type="updateCampaign",
            externalId=campaign,
            status=state["status"],
            reason=state.get("reason"),
            occurredAt=at,
        )
    ]
