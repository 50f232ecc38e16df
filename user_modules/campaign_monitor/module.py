"""Campaign Monitor: lists, subscribers, templates, campaigns and webhooks of lists.

What is sent where, which limits hold and which facts are assumptions: see README.md.
"""

import asyncio
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
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
    CRM_Marketing_List,
    CRM_Marketing_ListPageResult,
    CRM_Marketing_RecentCampaign,
    CRM_Marketing_RejectCode,
    CRM_Marketing_RejectedRow,
    CRM_Marketing_Subscriber,
    CRM_Marketing_SubscriberData,
    CRM_Marketing_SubscriberPageResult,
    CRM_Marketing_SubscriberProfile,
    CRM_Marketing_SubscriberStatus,
    CRM_Marketing_Subscription,
    CRM_Marketing_SubscriptionChange,
    CRM_Marketing_WebhookResult,
    CRM_Marketing_WebhookSubscription,
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
    storage,
)

# Limits of the service.
IMPORT_ROWS = 1000
PAGE_ROWS = 1000
PREVIEWS = 15
# How many calls of ours are under way at once, and how many pages of a list make one page of the contract.
WIDTH = 16
PAGES_AT_ONCE = 5
# Lists on a page; with more of them than COUNTED their people are not counted.
LISTS = 500
COUNTED = 50
# A person's card: lists whose history is read, campaigns that are told.
HISTORIES = 5
RECENT = 20
# So many people of a webhook are asked about one by one; of more, whoever left lately is read in pages.
ASKED_ONE_BY_ONE = 5
LATELY_PAGES = 3
LATELY_DAYS = 7
CLICK_PAGES = 50
KEPT_KEYS = 300
EVENTS = ("Deactivate",)
TROUBLE_S = 30
# A list that belongs to one campaign, and the end of a campaign's name, hold the campaign's id in Vestnik.
CAMPAIGN_LIST = "Vestnik campaign "
CAMPAIGN_MARK = "Vestnik "

# Codes of refusals.
PARTLY = 210
NOT_IN_LIST = 203
NO_SUCH = (101, 102)
# 401 where an answer without a number has that status; things that are not this key's have numbers of their own.
WRONG_KEY = (50, 100, 401)
EXPIRED = 121
NAME_TAKEN = 303
ALREADY_SENT = 331

DELIVERY = CRM_Marketing_DeliveryStatus
STATE = CRM_Marketing_CampaignStatus
REJECT = CRM_Marketing_RejectCode
REJECTS = {
    1: REJECT.Invalid,
    204: REJECT.Blocked,
    206: REJECT.Unsubscribed,
    207: REJECT.Blocked,
}
SUBSCRIBER = CRM_Marketing_SubscriberStatus
SUBSCRIBERS = {
    "active": SUBSCRIBER.Subscribed,
    "unconfirmed": SUBSCRIBER.Pending,
    "unsubscribed": SUBSCRIBER.Unsubscribed,
    "bounced": SUBSCRIBER.Bounced,
    "deleted": SUBSCRIBER.Deleted,
}
# Who was taken off a list is not on it, and may be added again; the others are on it, or have left it.
LISTED = ("active", "unconfirmed", "unsubscribed", "bounced")


# --- The service's API -------------------------------------------------------------------------------------


class ServiceError(Exception):
    """The service refused a call; `code` is its number for it, `text` its sentence."""

    code = 0
    text = ""
    data: Any = None


def refusal_of(path: str, code: int, text: str, data: Any = None) -> ServiceError:
    error = ServiceError(f"Campaign Monitor, {path}: {text} ({code})")
    error.code = code
    error.text = text
    error.data = data
    return error


def trouble_of(path: str, answer: Response) -> RetryLater:
    """Too many calls, or trouble of the service: both pass."""
    told = answer.headers.get("retry-after") or answer.headers.get("x-ratelimit-reset") or ""
    seconds = int(told) if told.isdigit() and int(told) <= 3600 else TROUBLE_S
    words = f"Campaign Monitor, {path}: HTTP {answer.status}"
    return RetryLater(seconds, words) if answer.status == 429 else ServiceDown(seconds, words)


# The Authorization header, computed once for a function's run: each one is one more secret to mask.
CREDENTIALS: list[str] = []


async def credentials() -> str:
    if not CREDENTIALS:
        CREDENTIALS.append(await sealed.basic(sealed.api_key, "x"))
    return CREDENTIALS[0]


async def call(method: str, path: str, body: Any = None, **query: Any) -> Any:
    """The answer of an API call, None for an empty one. Raises ServiceError, KeyRefused or RetryLater."""
    answer = await fetch(
        f"{settings.base_url.rstrip('/')}/{path}.json",
        method=method,
        headers={"Authorization": await credentials(), "Accept": "application/json"},
        json=body,
        query={name: str(value) for name, value in query.items()},
    )
    if answer.status == 429 or answer.status >= 500:
        raise trouble_of(path, answer)
    text = answer.text().strip()
    try:
        told = json.loads(text) if text else None
    except ValueError:
        raise refusal_of(path, answer.status, text[:200]) from None
    if answer.ok:
        return told
    facts = told if isinstance(told, dict) else {}
    code = number(facts.get("Code")) or answer.status
    message = text_of(facts.get("Message")) or f"HTTP {answer.status}"
    if code in (*WRONG_KEY, EXPIRED):
        raise KeyRefused(f"Campaign Monitor, {path}: {message} ({code})")
    raise refusal_of(path, code, message, facts.get("ResultData"))


async def get(path: str, **query: Any) -> Any:
    return await call("GET", path, **query)


async def page_of(path: str, page: int, more: dict[str, Any]) -> Any:
    return await get(path, page=page, pagesize=PAGE_ROWS, **more)


async def all_of(work: Any, rows: list[tuple[Any, ...]]) -> list[Any]:
    """The results of the same work on each row, some at a time; after a failure no more is begun."""
    await credentials()
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


def client(path: str) -> str:
    return f"clients/{settings.client_id}/{path}"


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


def zone() -> str:
    return settings.get("time_zone") or "Europe/Moscow"


def moment_of(text: Any) -> datetime | None:
    """`2026-11-21 10:00:00` of the client's clock."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?", str(text or ""))
    if found is None:
        return None
    try:
        plain = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or ':00'}")
    except ValueError:
        return None
    return plain.replace(tzinfo=ZoneInfo(zone()))


def instant(text: Any) -> str | None:
    moment = moment_of(text)
    return None if moment is None else moment.isoformat()


def from_instant(text: str) -> datetime:
    """An instant of the contract by the client's clock."""
    return datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00")).astimezone(
        ZoneInfo(zone())
    )


def filled(**fields: Any) -> Any:
    """Only the fields that have a value: the contract wants the others left out."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def web_address(text: Any) -> str | None:
    """An absolute address; a scheme may be left out."""
    address = str(text or "")
    if address.startswith("//"):
        address = "https:" + address
    return address if re.match(r"https?://", address) else None


def number(value: Any) -> int | None:
    """A count, or None."""
    try:
        return max(0, int(float(str(value))))
    except ValueError:
        return None


def rows_of(page: Any) -> list[dict[str, Any]]:
    """The rows of a page; some lists come without one."""
    found = page.get("Results") if isinstance(page, dict) else page
    return [each for each in found or [] if isinstance(each, dict)]


def report(rejected: list[CRM_Marketing_RejectedRow], total: int) -> CRM_Marketing_BulkReport | None:
    """Nothing when all rows were taken."""
    return {"rejected": rejected, "accepted": total - len(rejected)} if rejected else None


# --- Templates ---------------------------------------------------------------------------------------------


async def CRM_Marketing_ImportTemplates(offset: int, limit: int) -> list[CRM_Marketing_ImportTemplate]:
    """The service answers all of them at once."""
    found = rows_of(await get(client("templates")))
    return [
        filled(
            externalId=text_of(item["TemplateID"], 255),
            name=text_of(item.get("Name"), 500) or text_of(item["TemplateID"], 255),
            thumbnailUrl=web_address(item.get("ScreenshotURL")),
        )
        for item in found[offset : offset + limit]
    ]


async def CRM_Marketing_GetTemplateHTML(templateExternalId: str) -> str:
    """The service gives no HTML, but a page that shows it. It writes the page's address with http at times."""
    url = web_address((await get(f"templates/{templateExternalId}")).get("PreviewURL"))
    if url is not None and url.startswith("http://preview.createsend.com/"):
        url = url.replace("http:", "https:", 1)
    if url is None:
        raise ValueError("Campaign Monitor names no preview of this template")
    answer = await fetch(url)
    if not answer.ok:
        raise trouble_of("preview", answer)
    return text_of(answer.text(), 5_000_000)


# --- People onto lists and off them ------------------------------------------------------------------------


async def put(list_id: str, people: list[tuple[str, str]]) -> list[CRM_Marketing_RejectedRow]:
    """Addresses with names onto a list, 1,000 a call; answers who was refused. Nobody who left comes back."""
    rejected: list[CRM_Marketing_RejectedRow] = []
    for start in range(0, len(people), IMPORT_ROWS):
        part = people[start : start + IMPORT_ROWS]
        rows = [
            filled(
                EmailAddress=email, Name=name, ConsentToTrack=settings.get("consent_to_track") or "Unchanged"
            )
            for email, name in part
        ]
        body = {
            "Subscribers": rows,
            "Resubscribe": False,
            "QueueSubscriptionBasedAutoresponders": False,
            "RestartSubscriptionBasedAutoresponders": False,
        }
        try:
            result = await call("POST", f"subscribers/{list_id}/import", body)
        except ServiceError as error:
            if error.code != PARTLY or not isinstance(error.data, dict):
                raise
            result = error.data
        passed = {email.strip().lower(): email for email, _ in part}
        for failure in (result or {}).get("FailureDetails") or []:
            key = passed.get(str(failure.get("EmailAddress") or "").strip().lower())
            if key is None:
                log.warning("import: a failure without a row", failure)
                continue
            rejected.append(reject(key, number(failure.get("Code")) or 0, failure.get("Message")))
    return rejected


def reject(key: str, code: int, message: Any) -> CRM_Marketing_RejectedRow:
    reason = text_of(message) or f"Campaign Monitor refused it ({code})"
    return {"key": key, "reason": reason, "code": REJECTS.get(code, REJECT.Other)}


async def take_off(list_id: str, email: str) -> CRM_Marketing_RejectedRow | None:
    """One person off a list, which is no unsubscription; who is not on it any more is no refusal."""
    try:
        await call("DELETE", f"subscribers/{list_id}", email=email)
    except ServiceError as error:
        if error.code in (*NO_SUCH, *WRONG_KEY, EXPIRED):
            raise
        return None if error.code == NOT_IN_LIST else reject(email, error.code, error.text)
    return None


async def state_of(list_id: str, email: str) -> str:
    """The person's state on a list in the service's word, small; empty for nobody."""
    try:
        found = await get(f"subscribers/{list_id}", email=email)
    except ServiceError as error:
        if error.code == NOT_IN_LIST:
            return ""
        raise
    return str(found.get("State") or "").lower()


async def left_lately(list_id: str, state: str, since: datetime) -> set[str]:
    """Who came into a state since a day, small letters."""
    found: set[str] = set()
    for page in range(1, LATELY_PAGES + 1):
        answer = await get(
            f"lists/{list_id}/{state}",
            date=since.strftime("%Y-%m-%d"),
            page=page,
            pagesize=PAGE_ROWS,
            orderfield="date",
            orderdirection="desc",
        )
        rows = rows_of(answer)
        found.update(str(row.get("EmailAddress") or "").lower() for row in rows)
        if len(rows) < PAGE_ROWS:
            break
    return found


async def CRM_Marketing_AddSubscribers(
    listExternalId: str, subscribers: list[CRM_Marketing_SubscriberData]
) -> CRM_Marketing_BulkResult | None:
    rejected: list[CRM_Marketing_RejectedRow] = []
    people: list[tuple[str, str]] = []
    for person in subscribers:
        email = person.get("email")
        if email is None:
            reason = "Campaign Monitor knows people by their e-mail address only"
            rejected.append({"key": person.get("phone", ""), "reason": reason, "code": REJECT.Invalid})
        else:
            people.append((email, person.get("name", "")))
    rejected.extend(await put(listExternalId, people))
    return report(rejected, len(subscribers))


async def CRM_Marketing_RemoveSubscribers(
    listExternalId: str, contacts: list[str]
) -> CRM_Marketing_BulkResult | None:
    """One by one: the service has no other way. Who unsubscribed lately is left alone, and stays so."""
    since = datetime.now(ZoneInfo(zone())) - timedelta(days=LATELY_DAYS)
    left = await left_lately(listExternalId, "unsubscribed", since)
    wanted = [address for address in contacts if "@" in address and address.lower() not in left]
    found = await all_of(take_off, [(listExternalId, address) for address in wanted])
    return report([row for row in found if row is not None], len(contacts))


async def CRM_Marketing_ExportContacts(contactIds: list[str]) -> CRM_Marketing_BulkResult | None:
    people: list[CRM_Marketing_Contact] = []
    for start in range(0, len(contactIds), IMPORT_ROWS):
        people.extend(await contacts(contactIds[start : start + IMPORT_ROWS]))
    known = {person["id"] for person in people}
    rejected: list[CRM_Marketing_RejectedRow] = [
        {"key": key, "reason": "No such contact", "code": REJECT.NotFound}
        for key in contactIds
        if key not in known
    ]
    onto: dict[str, list[tuple[str, str]]] = {}
    owners: dict[str, str] = {}
    off: list[tuple[str, str]] = []
    other_list: str | None = None
    for person in people:
        wanted, unwanted = lists_of(person)
        if not wanted:
            other_list = other_list or await find_or_create_list(settings.get("contacts_list") or "Vestnik")
            wanted = [other_list]
        for email in person["emails"]:
            owners[email] = person["id"]
            for list_id in wanted:
                onto.setdefault(list_id, []).append((email, person["name"]))
            off.extend((list_id, email) for list_id in unwanted)
    taken: Counter[str] = Counter()
    refused: dict[str, CRM_Marketing_RejectedRow] = {}
    for list_id, rows in onto.items():
        taken.update(owners[email] for email, _ in rows)
        for row in await put(list_id, rows):
            taken[owners[row["key"]]] -= 1
            refused[owners[row["key"]]] = row
    await all_of(leave, [*off])
    # A contact is refused when the service took none of its addresses onto any list.
    rejected.extend({**row, "key": key} for key, row in refused.items() if taken[key] <= 0)
    return report(rejected, len(contactIds))


def lists_of(person: CRM_Marketing_Contact) -> tuple[list[str], list[str]]:
    """Lists of the categories that the contact wants, and of those it does not."""
    linked = [(each.get("listExternalId"), each["subscribed"]) for each in person["categories"]]
    wanted = [key for key, subscribed in linked if key and subscribed]
    unwanted = [key for key, subscribed in linked if key and not subscribed]
    return wanted, [key for key in unwanted if key not in wanted]


async def leave(list_id: str, email: str) -> None:
    """Off a list, if the person is on it: one who unsubscribed must stay known as such."""
    if await state_of(list_id, email) in ("active", "unconfirmed"):
        await take_off(list_id, email)


# --- Lists -------------------------------------------------------------------------------------------------


async def all_lists() -> list[tuple[str, str]]:
    """Keys and titles."""
    found = rows_of(await get(client("lists")))
    return [(text_of(item["ListID"], 255), text_of(item.get("Name"), 500)) for item in found]


async def find_list(title: str) -> str | None:
    found = sorted(key for key, name in await all_lists() if name == title)
    return found[0] if found else None


async def create_list(title: str) -> str:
    """A new list, whose people unsubscribe from it alone: a category is one list."""
    body = {
        "Title": title,
        "UnsubscribePage": "",
        "UnsubscribeSetting": "OnlyThisList",
        "ConfirmedOptIn": False,
        "ConfirmationSuccessPage": "",
    }
    list_id = text_of(await call("POST", f"lists/{settings.client_id}", body), 255)
    await hook_like_the_others(list_id)
    return list_id


async def find_or_create_list(title: str) -> str:
    """The list of this title; a refusal to create it may mean that another call was faster."""
    found = await find_list(title)
    if found is not None:
        return found
    try:
        return await create_list(title)
    except ServiceError:
        found = await find_list(title)
        if found is None:
            raise
        return found


async def CRM_Marketing_GetLists(cursor: str | None) -> CRM_Marketing_ListPageResult:
    """The lists of campaigns are the module's own affair and are left out."""
    shown = [(key, title or key) for key, title in await all_lists() if not title.startswith(CAMPAIGN_LIST)]
    start = int(cursor or 0)
    page = shown[start : start + LISTS]
    counts: list[int | None] = [None] * len(page)
    if len(shown) <= COUNTED:
        stats = await all_of(get, [(f"lists/{key}/stats",) for key, _ in page])
        counts = [number(each.get("TotalActiveSubscribers")) for each in stats]
    items = [
        filled(externalId=key, name=title, subscriberCount=count)
        for (key, title), count in zip(page, counts, strict=True)
    ]
    return filled(items=items, nextCursor=str(start + LISTS) if start + LISTS < len(shown) else None)


async def CRM_Marketing_CreateList(name: str) -> CRM_Marketing_List:
    return {"externalId": await create_list(name), "name": name}


async def CRM_Marketing_GetListSubscribers(
    listExternalId: str, cursor: str | None
) -> CRM_Marketing_SubscriberPageResult:
    """State after state, some pages of the service at once; how many there are is known from the first.

    Deleted ones are left out: so the service calls those whom RemoveSubscribers took off.
    """
    place = json.loads(cursor) if cursor else {"state": 0, "page": 1, "pages": 1}
    state = LISTED[place["state"]]
    last = min(place["pages"], place["page"] + PAGES_AT_ONCE - 1)
    path, order = f"lists/{listExternalId}/{state}", {"orderfield": "email", "orderdirection": "asc"}
    pages = await all_of(page_of, [(path, page, order) for page in range(place["page"], last + 1)])
    items = [subscriber(row, state) for page in pages for row in rows_of(page)]
    total = number(pages[-1].get("NumberOfPages")) or 0
    following: dict[str, int] | None = None
    if last < total:
        following = {"state": place["state"], "page": last + 1, "pages": total}
    elif place["state"] + 1 < len(LISTED):
        following = {"state": place["state"] + 1, "page": 1, "pages": 1}
    return filled(items=items, nextCursor=None if following is None else json.dumps(following))


def subscriber(row: dict[str, Any], state: str) -> CRM_Marketing_Subscriber:
    return filled(
        email=text_of(row.get("EmailAddress"), 320),
        name=text_of(row.get("Name"), 500),
        status=SUBSCRIBERS[state],
        addedAt=instant(row.get("ListJoinedDate")),
    )


# --- One person --------------------------------------------------------------------------------------------


async def CRM_Marketing_GetSubscriber(contact: str) -> CRM_Marketing_SubscriberProfile | None:
    """Lists of an address, then what it was sent through some of them: active ones first."""
    if "@" not in contact:
        raise ValueError("Campaign Monitor finds people by their e-mail address only")
    lists = rows_of(await get(client("listsforemail"), email=contact))
    if not lists:
        return None
    own = [item for item in lists if not str(item.get("ListName") or "").startswith(CAMPAIGN_LIST)]
    asked = sorted(lists, key=lambda item: str(item.get("SubscriberState")) != "Active")[:HISTORIES]
    keys = [str(item["ListID"]) for item in asked]
    told, histories, latest = await asyncio.gather(
        all_of(on_list, [(f"subscribers/{key}", contact) for key in keys]),
        all_of(on_list, [(f"subscribers/{key}/history", contact) for key in keys]),
        get(client("campaigns"), page=1, pagesize=100, orderdirection="desc"),
    )
    details = dict(zip(keys, told, strict=True))
    history = [item for each in histories for item in rows_of(each)]
    received = campaigns_of(history, {str(item.get("CampaignID")): item for item in rows_of(latest)})
    names = [text_of((each or {}).get("Name"), 500) for each in details.values()]
    return filled(
        email=contact,
        name=next((name for name in names if name), None),
        lists=[subscription(item, details.get(str(item["ListID"])) or {}) for item in own],
        recentCampaigns=received[:RECENT],
        activity=activity_of(received, history),
    )


async def on_list(path: str, email: str) -> Any:
    """What a list tells of an address; nothing when the person has just gone from it."""
    try:
        return await get(path, email=email)
    except ServiceError as error:
        if error.code == NOT_IN_LIST:
            return None
        raise


def subscription(item: dict[str, Any], details: dict[str, Any]) -> CRM_Marketing_Subscription:
    return filled(
        listExternalId=text_of(item["ListID"], 255),
        listName=text_of(item.get("ListName"), 500),
        status=SUBSCRIBERS.get(str(item.get("SubscriberState")).lower(), SUBSCRIBER.Pending),
        changedAt=instant(details.get("Date")) or instant(item.get("DateSubscriberAdded")),
    )


def campaigns_of(
    history: list[dict[str, Any]], sent: dict[str, dict[str, Any]]
) -> list[CRM_Marketing_RecentCampaign]:
    """Each campaign once, in the service's order, the latest first; those of long ago have no date."""
    found: dict[str, CRM_Marketing_RecentCampaign] = {}
    for item in history:
        key = text_of(item.get("ID"), 255)
        if not key or key in found or str(item.get("Type", "Campaign")) != "Campaign":
            continue
        known = sent.get(key, {})
        kinds = Counter(str(action.get("Event")).lower() for action in actions_in(item))
        found[key] = filled(
            externalId=key,
            name=text_of(known.get("Subject"), 500) or text_of(item.get("Name"), 500) or key,
            sentAt=instant(known.get("SentDate")),
            opens=kinds["open"],
            clicks=kinds["click"],
        )
    latest = {key: place for place, key in enumerate(sent)}
    return [found[key] for key in sorted(found, key=lambda key: latest.get(key, len(latest)))]


def actions_in(item: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in item.get("Actions") or [] if isinstance(each, dict)]


def activity_of(received: list[CRM_Marketing_RecentCampaign], history: list[dict[str, Any]]) -> Any:
    """Averages for one campaign; nothing of somebody who received none."""
    if not received:
        return None
    last: dict[str, str] = {}
    for item in history:
        for action in actions_in(item):
            kind, at = str(action.get("Event")).lower(), instant(action.get("Date")) or ""
            last[kind] = max(last.get(kind, ""), at)
    return filled(
        averageOpens=round(sum(each.get("opens", 0) for each in received) / len(received), 2),
        averageClicks=round(sum(each.get("clicks", 0) for each in received) / len(received), 2),
        lastOpenedAt=last.get("open"),
        lastClickedAt=last.get("click"),
    )


async def CRM_Marketing_UpdateSubscriptions(
    subscriber: CRM_Marketing_SubscriberData, changes: list[CRM_Marketing_SubscriptionChange]
) -> CRM_Marketing_BulkReport | None:
    """A person asked for it, so who left is put back; taking off is no unsubscription, and can be undone."""
    email = subscriber.get("email")
    if email is None:
        raise ValueError("Campaign Monitor subscribes people by their e-mail address only")
    rejected: list[CRM_Marketing_RejectedRow] = []
    for change in changes:
        key = change["listExternalId"]
        body = filled(
            EmailAddress=email,
            Name=subscriber.get("name"),
            Resubscribe=True,
            ConsentToTrack=settings.get("consent_to_track") or "Unchanged",
        )
        try:
            if change["subscribed"]:
                await call("POST", f"subscribers/{key}", body)
            else:
                row = await take_off(key, email)
                rejected.extend([] if row is None else [{**row, "key": key}])
        except ServiceError as error:
            rejected.append(reject(key, error.code, error.text))
    return report(rejected, len(changes))


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
        await call("DELETE", f"lists/{found}")
    return winner


async def CRM_Marketing_PrepareCampaign(
    campaignId: str, type: CRM_Marketing_CampaignType, contacts: list[str]
) -> CRM_Marketing_BulkResult | None:
    list_id = await campaign_list(campaignId, create=True)
    if list_id is None:
        raise RuntimeError("The service has neither found nor created the campaign's list")
    return report(await put(list_id, [(address, "") for address in contacts]), len(contacts))


async def CRM_Marketing_WithdrawRecipients(
    campaignId: str, type: CRM_Marketing_CampaignType, contacts: list[str]
) -> None:
    """Off the campaign's list; who is not on it needs nothing."""
    list_id = await campaign_list(campaignId, create=False)
    if list_id is None:
        return
    found = await all_of(take_off, [(list_id, address) for address in contacts])
    kept = [row for row in found if row is not None and row.get("code") != REJECT.Invalid]
    if kept:
        raise ValueError(
            f"Campaign Monitor did not take off {len(kept)} people, the first: {kept[0]['reason']}"
        )


def campaign_name(request: CRM_Marketing_CreateCampaignRequest) -> str:
    """Unique, and found again by its end."""
    return f"{request['name'][:80]} · {CAMPAIGN_MARK}{request['campaignId']}"


async def CRM_Marketing_CreateCampaign(
    request: CRM_Marketing_CreateCampaignRequest,
) -> CRM_Marketing_CreateCampaignResponse:
    """One name, one campaign: one that is sent or waits is answered, a draft is left from an attempt."""
    list_id = await campaign_list(request["campaignId"], create=False)
    if list_id is None:
        raise ValueError("The recipients were not prepared: the service has no list for this campaign")
    running = await running_campaign(request["campaignId"], None)
    if running is not None:
        log.warning("The service has this campaign already", running["externalId"])
        return filled(externalId=running["externalId"], status=running["status"])
    await check_list(request, list_id)
    for item in await marked("drafts", request["campaignId"]):
        await call("DELETE", f"campaigns/{item['CampaignID']}")
    external_id = await create_draft(request, campaign_name(request), list_id)
    send_at = request.get("sendAt")
    when = from_instant(send_at).strftime("%Y-%m-%d %H:%M") if send_at else "Immediately"
    body = {"ConfirmationEmail": request.get("senderEmail"), "SendDate": when}
    try:
        await call("POST", f"campaigns/{external_id}/send", body)
    except ServiceError as error:
        if error.code != ALREADY_SENT:
            raise
    await remember(request["campaignId"], list_id, external_id)
    return {"externalId": external_id, "status": STATE.Scheduled if send_at else STATE.Sending}


async def remember(campaign_id: str, list_id: str, external_id: str) -> None:
    """Which campaign a list belongs to, for unsubscriptions, which name the list only.

    The storage is small and keeps the latest campaigns; lists are found again by their titles.
    """
    await storage.set(f"list/{list_id}/campaign", {"id": external_id, "at": datetime.now(UTC).isoformat()})
    await storage.delete(f"campaign/{campaign_id}/list")
    keys = await storage.keys("list/")
    if len(keys) > KEPT_KEYS:
        known = {key: str((await storage.get(key) or {}).get("at")) for key in keys}
        for key in sorted(keys, key=lambda each: known[each])[: len(keys) - KEPT_KEYS]:
            await storage.delete(key)


async def check_list(request: CRM_Marketing_CreateCampaignRequest, list_id: str) -> None:
    """Nobody else may stand on the campaign's list, for example from an attempt with other recipients."""
    counted = number((await get(f"lists/{list_id}/active", page=1, pagesize=10)).get("TotalNumberOfRecords"))
    if counted is not None and counted > request["recipientCount"]:
        raise ValueError(
            f"The list {CAMPAIGN_LIST}{request['campaignId']} at the service holds {counted} people, "
            f"but {request['recipientCount']} were prepared. Nothing was sent. Send as a new campaign."
        )


async def create_draft(request: CRM_Marketing_CreateCampaignRequest, name: str, list_id: str) -> str:
    """A draft of a template of the service: HTML of ours it would take by a public address only."""
    template, sender = request.get("templateExternalId"), request.get("senderEmail")
    if not template:
        raise ValueError("Campaign Monitor sends letters of its own templates: choose one of them")
    if not sender:
        raise ValueError("A letter needs the sender's address")
    body = {
        "Name": name,
        "Subject": request.get("subject") or request["name"],
        "FromName": request.get("senderName") or sender,
        "FromEmail": sender,
        "ReplyTo": request.get("replyTo") or sender,
        "ListIDs": [list_id],
        "SegmentIDs": [],
        "TemplateID": template,
        "TemplateContent": {"Singlelines": [], "Multilines": [], "Images": [], "Repeaters": []},
    }
    return text_of(await call("POST", f"campaigns/{settings.client_id}/fromtemplate", body), 255)


async def marked(kind: str, campaign_id: str) -> list[dict[str, Any]]:
    """Drafts or scheduled campaigns whose name holds our id."""
    found = rows_of(await get(client(kind)))
    return [item for item in found if str(item.get("Name") or "").endswith(f"· {CAMPAIGN_MARK}{campaign_id}")]


async def running_campaign(campaign_id: str, since: datetime | None) -> CRM_Marketing_CampaignState | None:
    """The campaign of this id, if it is sent or waits to be."""
    waiting = await marked("scheduled", campaign_id)
    if waiting:
        return scheduled_state(waiting[0])
    earliest = {} if since is None else {"sentfromdate": since.strftime("%Y-%m-%d")}
    page = 1
    while True:
        answer = await get(
            client("campaigns"), page=page, pagesize=PAGE_ROWS, orderdirection="desc", **earliest
        )
        for item in rows_of(answer):
            if str(item.get("Name") or "").endswith(f"· {CAMPAIGN_MARK}{campaign_id}"):
                return sent_state(item)
        pages = number(answer.get("NumberOfPages")) if isinstance(answer, dict) else None
        if page >= (pages or 1):
            return None
        page += 1


def sent_state(item: dict[str, Any]) -> CRM_Marketing_CampaignState:
    return filled(
        externalId=text_of(item["CampaignID"], 255),
        status=STATE.Sent,
        recipientCount=number(item.get("TotalRecipients")),
        startedAt=instant(item.get("SentDate")),
        url=web_address(item.get("WebVersionURL")),
    )


def scheduled_state(item: dict[str, Any]) -> CRM_Marketing_CampaignState:
    return filled(
        externalId=text_of(item["CampaignID"], 255),
        status=STATE.Scheduled,
        startedAt=instant(item.get("DateScheduled")),
    )


async def CRM_Marketing_FindCampaign(campaignId: str, since: str) -> CRM_Marketing_CampaignState | None:
    """A draft is no campaign: nothing of it went out, and the next attempt begins with its removal."""
    return await running_campaign(campaignId, from_instant(since) - timedelta(days=1))


async def CRM_Marketing_GetCampaignStatus(campaignExternalId: str) -> CRM_Marketing_CampaignState:
    """The service has three lists instead of a status; what is in none of them is on its way."""
    for kind, state_of_item in (
        ("scheduled", scheduled_state),
        ("drafts", called_back),
        ("campaigns", sent_state),
    ):
        more = {"page": 1, "pagesize": PAGE_ROWS, "orderdirection": "desc"} if kind == "campaigns" else {}
        for item in rows_of(await get(client(kind), **more)):
            if str(item.get("CampaignID")) == campaignExternalId:
                return state_of_item(item)
    counted = await get(f"campaigns/{campaignExternalId}/summary")
    return filled(
        externalId=campaignExternalId,
        status=STATE.Sending,
        recipientCount=number(counted.get("Recipients")),
        url=web_address(counted.get("WebVersionURL")),
    )


def called_back(item: dict[str, Any]) -> CRM_Marketing_CampaignState:
    """It was given to be sent; that it is a draft means that somebody took it back."""
    reason = "The campaign is a draft at the service: its sending was called back"
    return {"externalId": text_of(item["CampaignID"], 255), "status": STATE.Cancelled, "reason": reason}


async def CRM_Marketing_CancelCampaign(campaignExternalId: str) -> CRM_Marketing_CampaignState:
    """What is scheduled becomes a draft again; otherwise the answer says how far it is."""
    refusal: str | None = None
    try:
        await call("POST", f"campaigns/{campaignExternalId}/unschedule")
    except ServiceError as error:
        refusal = error.text
    except RetryLater as error:
        refusal = error.message
    state = await CRM_Marketing_GetCampaignStatus(campaignExternalId)
    return state if refusal is None else filled(**{**state, "reason": text_of(refusal)})


async def CRM_Marketing_GetCampaignStats(campaignExternalId: str) -> CRM_Marketing_CampaignStats:
    """The service counts no people who clicked, and does not part bounces here."""
    total = await get(f"campaigns/{campaignExternalId}/summary")
    sent, bounced = number(total.get("Recipients")), number(total.get("Bounced"))
    return filled(
        recipients=sent,
        sent=sent,
        delivered=None if sent is None or bounced is None else max(0, sent - bounced),
        opened=number(total.get("UniqueOpened")),
        openedTotal=number(total.get("TotalOpened")),
        clickedTotal=number(total.get("Clicks")),
        unsubscribed=number(total.get("Unsubscribed")),
        bounced=bounced,
        spam=number(total.get("SpamComplaints")),
    )


async def CRM_Marketing_GetCampaignLinks(campaignExternalId: str) -> list[CRM_Marketing_CampaignLink]:
    path = f"campaigns/{campaignExternalId}/clicks"
    first = await get(path, page=1, pagesize=PAGE_ROWS)
    pages = min(number(first.get("NumberOfPages")) or 1, CLICK_PAGES)
    others = await all_of(page_of, [(path, page, {}) for page in range(2, pages + 1)])
    clicks: Counter[str] = Counter()
    people: dict[str, set[str]] = {}
    for row in (row for page in [first, *others] for row in rows_of(page)):
        url = web_address(row.get("URL"))
        if url is not None:
            clicks[url] += 1
            people.setdefault(url, set()).add(str(row.get("EmailAddress")))
    ranked = sorted(clicks, key=lambda url: (-clicks[url], url))[:LISTS]
    return [{"url": url, "clicks": clicks[url], "uniqueClicks": len(people[url])} for url in ranked]


PARTS = (
    ("recipients", DELIVERY.Sent),
    ("bounces", DELIVERY.SoftBounce),
    ("opens", DELIVERY.Opened),
    ("clicks", DELIVERY.Clicked),
    ("unsubscribes", DELIVERY.Unsubscribed),
    ("spam", DELIVERY.Spam),
)


async def CRM_Marketing_GetDeliveries(
    campaignExternalId: str, since: str | None, cursor: str | None
) -> CRM_Marketing_DeliveryPageResult:
    """Part after part: who was written to, then what became of it."""
    place = json.loads(cursor) if cursor else {"part": 0, "page": 1}
    part, status = PARTS[place["part"]]
    earliest = None if since is None or part == "recipients" else from_instant(since)
    # A day is what every version of the API understands; what is older is left out here.
    from_day = {} if earliest is None else {"date": earliest.strftime("%Y-%m-%d")}
    answer = await get(
        f"campaigns/{campaignExternalId}/{part}", page=place["page"], pagesize=PAGE_ROWS, **from_day
    )
    rows = [
        row
        for row in rows_of(answer)
        if earliest is None or (moment_of(row.get("Date")) or earliest) >= earliest
    ]
    following: dict[str, int] | None = None
    if place["page"] < (number(answer.get("NumberOfPages")) or 0):
        following = {"part": place["part"], "page": place["page"] + 1}
    elif place["part"] + 1 < len(PARTS):
        following = {"part": place["part"] + 1, "page": 1}
    return filled(
        items=[delivery(row, status) for row in rows if key_of(row.get("EmailAddress"))],
        nextCursor=None if following is None else json.dumps(following),
    )


def delivery(row: dict[str, Any], status: CRM_Marketing_DeliveryStatus) -> CRM_Marketing_Delivery:
    if status == DELIVERY.SoftBounce and str(row.get("BounceType") or "").lower().startswith("hard"):
        status = DELIVERY.HardBounce
    return filled(
        email=text_of(row.get("EmailAddress"), 320),
        status=status,
        occurredAt=instant(row.get("Date")),
        link=text_of(web_address(row.get("URL")), 4096),
        reason=text_of(row.get("Reason")),
    )


async def CRM_Marketing_SendTest(
    request: CRM_Marketing_CreateCampaignRequest, contacts: list[str]
) -> CRM_Marketing_BulkReport | None:
    """A preview of a draft, which is removed again."""
    list_id = request.get("listExternalId")
    if list_id is None:
        list_id = await find_or_create_list(settings.get("contacts_list") or "Vestnik")
    name = f"{request['name'][:80]} · test {datetime.now(UTC).strftime('%Y%m%d%H%M%S%f')}"
    draft = await create_draft(request, name, list_id)
    rejected: list[CRM_Marketing_RejectedRow] = []
    for start in range(0, len(contacts), PREVIEWS):
        part = contacts[start : start + PREVIEWS]
        try:
            body = {"PreviewRecipients": part, "Personalize": "Random"}
            await call("POST", f"campaigns/{draft}/sendpreview", body)
        except ServiceError as error:
            rejected.extend(reject(address, error.code, error.text) for address in part)
        except RetryLater as error:  # not the whole call: who has the letter would get it again
            rejected.extend(reject(address, 0, error.message) for address in part)
    try:
        await call("DELETE", f"campaigns/{draft}")
    except (ServiceError, RetryLater) as error:
        log.warning("The draft of the test stays at the service:", str(error))
    return report(rejected, len(contacts))


# --- The account -------------------------------------------------------------------------------------------


async def CRM_Marketing_CheckAccount() -> CRM_Marketing_AccountCheck:
    try:
        details = await get(f"clients/{settings.client_id}")
    except KeyRefused as error:
        ru, en = words_of_key(error)
        return {"ok": False, "message": {"ru": ru, "en": en}, "setting": "api_key"}
    except ServiceError as error:
        ru, en = words_of(error)
        wrong = filled(setting="client_id" if error.code in NO_SUCH else None)
        return {"ok": False, "message": {"ru": ru, "en": en}, **wrong}
    title = text_of((details.get("BasicDetails") or {}).get("TimeZone"), 100)
    account = account_of(details)
    if same_clock(title):
        return {"ok": True, "account": account}
    ru = f"Подключено. Часы клиента в сервисе — {title}, здесь в настройках — {zone()}: время сдвинуто."
    en = f"Connected. The client's clock at the service is {title}, here it is {zone()}: events are shifted."
    return {"ok": True, "message": {"ru": ru, "en": en}, "account": account}


def words_of_key(error: KeyRefused) -> tuple[str, str]:
    """What to do about a key that is not accepted, in Russian and in English."""
    if error.message.endswith(f"({EXPIRED})"):
        return (
            "Срок действия ключа истёк. Создайте новый: Account settings → API keys.",
            "The key has expired. Make a new one: Account settings, API keys.",
        )
    return (
        "Сервис не принял ключ API. Скопируйте его ещё раз: Account settings → API keys.",
        "The service did not accept the API key. Copy it again: Account settings, API keys.",
    )


def words_of(error: ServiceError) -> tuple[str, str]:
    """A refusal in Russian and in English, with what to do."""
    if error.code in NO_SUCH:
        return (
            "У этого ключа нет клиента с таким ID. Скопируйте ID клиента: Account settings → API keys.",
            "This key has no client with this ID. Copy the client ID: Account settings, API keys.",
        )
    return (
        f"Сервис ответил: {error.text} ({error.code})",
        f"The service answered: {error.text} ({error.code})",
    )


def same_clock(title: str) -> bool:
    """Whether `(GMT+03:00) Moscow` may be the zone of the settings, in summer or in winter."""
    found = re.search(r"GMT\s*([+-])(\d\d?):?(\d\d)", title)
    if found is None:
        return True
    hours, minutes = int(found[2]), int(found[3])
    shown = timedelta(hours=hours, minutes=minutes) * (-1 if found[1] == "-" else 1)
    year = datetime.now(UTC).year
    days = [datetime(year, month, 1, tzinfo=ZoneInfo(zone())) for month in (1, 7)]
    return shown in [day.utcoffset() for day in days]


def account_of(details: dict[str, Any]) -> CRM_Marketing_Account:
    """The service tells neither a plan nor how many people it allows."""
    basic = details.get("BasicDetails") or {}
    return filled(
        externalId=text_of(basic.get("ClientID"), 255) or settings.client_id,
        name=text_of(basic.get("CompanyName"), 500),
        email=text_of(basic.get("EmailAddress"), 320),
        timezone=text_of(basic.get("TimeZone"), 64),
    )


async def CRM_Marketing_GetAccount() -> CRM_Marketing_Account:
    return account_of(await get(f"clients/{settings.client_id}"))


# --- Webhooks: each list has its own -----------------------------------------------------------------------


async def CRM_Marketing_EnsureWebhook(url: str) -> CRM_Marketing_WebhookSubscription:
    """The same hook on every list; lists that this module makes later get it by themselves."""
    keys = [key for key, _ in await all_lists()]
    hooks = await all_of(ensure_hook, [(key, url) for key in keys])
    if keys:
        # Not the address: it holds a secret of ours, and the service knows it anyway.
        await storage.set("webhook", {"list": keys[0], "hook": hooks[0]})
    return {"url": url, "active": bool(keys), "events": list(EVENTS)}


async def ensure_hook(list_id: str, url: str) -> str:
    """The list's hook of this address, switched on."""
    for hook in rows_of(await get(f"lists/{list_id}/webhooks")):
        if hook.get("Url") == url and set(EVENTS) <= set(hook.get("Events") or ()):
            key = text_of(hook.get("WebhookID"), 255)
            if str(hook.get("Status")).lower() != "active":
                await call("PUT", f"lists/{list_id}/webhooks/{key}/activate")
            return key
    body = {"Events": list(EVENTS), "Url": url, "PayloadFormat": "json"}
    return text_of(await call("POST", f"lists/{list_id}/webhooks", body), 255)


async def hook_like_the_others(list_id: str) -> None:
    """A new list reports where the others do; without that it is still a list."""
    known = await storage.get("webhook")
    if not isinstance(known, dict):
        return
    try:
        hooks = rows_of(await get(f"lists/{known.get('list')}/webhooks"))
        for hook in hooks:
            if hook.get("WebhookID") == known.get("hook"):
                await ensure_hook(list_id, str(hook.get("Url")))
    except (ServiceError, RetryLater) as error:
        log.warning("The new list has no webhook:", str(error))


async def CRM_Marketing_ParseWebhookRequest(request: FetchRequest) -> CRM_Marketing_WebhookResult:
    """Requests bear no signature: the list itself is asked whether these people have left."""
    try:
        body = request.json()
    except ValueError:
        return {"response": {"status": 400, "body": "not JSON"}}
    list_id = key_of(body.get("ListID")) if isinstance(body, dict) else ""
    events = body.get("Events") if isinstance(body, dict) else None
    if not re.fullmatch(r"[0-9A-Za-z]{1,64}", list_id) or not isinstance(events, list):
        return {"actions": []}
    told: dict[str, dict[str, dict[str, Any]]] = {"unsubscribed": {}, "bounced": {}}
    for event in events:
        if isinstance(event, dict) and event.get("Type") == "Deactivate":
            email, state = key_of(event.get("EmailAddress"), 320), str(event.get("State")).lower()
            if email and state in told:
                told[state][email] = event
            elif state != "deleted":
                log.info("not handled:", state)
    actions: list[CRM_Marketing_Action] = []
    campaign = await storage.get(f"list/{list_id}/campaign")
    campaign_id = campaign.get("id") if isinstance(campaign, dict) else None
    for state, people in told.items():
        true = await confirmed(list_id, state, people)
        for email, event in people.items():
            if email.lower() in true:
                actions.append(action_of(state, email, event, list_id, campaign_id))
            else:
                log.warning("The service does not confirm it:", state)
    return {"actions": actions}


async def confirmed(list_id: str, state: str, people: dict[str, dict[str, Any]]) -> set[str]:
    """Which of the people are in this state on the list, as the service says now."""
    try:
        if len(people) <= ASKED_ONE_BY_ONE:
            emails = list(people)
            states = await all_of(state_of, [(list_id, email) for email in emails])
            return {email.lower() for email, found in zip(emails, states, strict=True) if found == state}
        now = datetime.now(ZoneInfo(zone()))
        moments = [moment_of(event.get("Date")) or now for event in people.values()]
        return await left_lately(list_id, state, min([now, *moments]) - timedelta(days=1))
    except ServiceError as error:
        if error.code in NO_SUCH:  # no list of this account: nothing that it tells is believed
            return set()
        raise


def action_of(
    state: str, email: str, event: dict[str, Any], list_id: str, campaign_id: str | None
) -> CRM_Marketing_Action:
    if state == "bounced":
        return filled(
            type="updateDeliveryStatus",
            email=email,
            externalId=campaign_id,
            status=DELIVERY.HardBounce,
            occurredAt=instant(event.get("Date")),
            reason="Campaign Monitor does not reach the address",
        )
    return filled(
        type="unsubscribe",
        email=email,
        externalId={"listExternalId": list_id},
        campaignExternalId=campaign_id,
        occurredAt=instant(event.get("Date")),
    )
