"""The stop-list over HTTP: pages, counts, one address, a file, and many addresses at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from starlette.responses import StreamingResponse

from vestnik.contacts.addresses import Address, AddressKind, normalise
from vestnik.contacts.errors import UnknownCategory
from vestnik.contacts.imports.batch import BatchError
from vestnik.contacts.reasons import Reason
from vestnik.contacts.routes import Line
from vestnik.contacts.stop_list import Entry, SourceKind, Stop, Wanted
from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.http.csv_files import csv_file, safe
from vestnik.http.decoding import decode
from vestnik.http.errors import Language, Problem, Text

router = Router("contacts")

#: Addresses in one request.
MOST_STOPS = 1_000
#: Contacts named beside an address that many share.
MOST_HOLDERS = 20

ReasonFilter = Literal["", "unsubscribe", "hard_bounce", "spam", "manual"]
CategoryFilter = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{1,19}|all)?$")]

_REASONS: Mapping[str, Text] = {
    "unsubscribe": {"ru": "отписка", "en": "unsubscribed"},
    "hard_bounce": {"ru": "недоставка", "en": "hard bounce"},
    "spam": {"ru": "жалоба", "en": "complaint"},
    "manual": {"ru": "вручную", "en": "manual"},
}
_KINDS: Mapping[str, Text] = {
    "email": {"ru": "почта", "en": "e-mail"},
    "phone": {"ru": "телефон", "en": "phone"},
}
_SOURCES: Mapping[SourceKind, Text] = {
    "service": {"ru": "сообщил сервис рассылки", "en": "the sending service"},
    "person": {"ru": "внёс пользователь", "en": "added by a user"},
    "api": {"ru": "по API", "en": "by the API"},
    "import": {"ru": "импорт", "en": "import"},
    "card": {"ru": "с карточки контакта", "en": "a contact's card"},
    "erasure": {"ru": "удаление данных человека", "en": "erasure of a person's data"},
    "other": {"ru": "", "en": ""},
}
_COLUMNS: Mapping[Language, list[str]] = {
    "ru": ["Адрес", "Канал", "Причина", "Категория", "Дата", "Откуда"],
    "en": ["Address", "Channel", "Reason", "Category", "Date", "Source"],
}
_ALL: Text = {"ru": "все категории", "en": "all categories"}
_HASH: Text = {"ru": "известен только хеш", "en": "known by hash only"}


class StopHolder(Shape):
    """A contact that has the address."""

    id: Id
    name: str


class StopSource(Shape):
    """Who put it on the list: `id` is of the webhook, user, import or contact."""

    kind: SourceKind
    id: Id | None
    name: str | None


class StopLetter(Shape):
    """The campaign whose letter was answered so."""

    id: Id
    name: str


class StopEntry(Shape):
    """An entry of the stop-list. No address: only its keyed hash is kept. No category: it counts for all."""

    id: Id
    kind: AddressKind | None
    address: str | None
    holders: list[StopHolder]
    category_id: Id | None
    reason: Reason
    at: datetime
    source: StopSource
    campaign: StopLetter | None


class StopPage(Shape):
    """A page of the stop-list, newest first. Cursors lead to its neighbours."""

    items: list[StopEntry]
    next: str | None
    previous: str | None


class StopFilter(Shape):
    """Which entries; `category_id` "all" is those that count for all categories."""

    reason: ReasonFilter = ""
    category_id: CategoryFilter = ""
    kind: Literal["", "email", "phone"] = ""
    origin: Literal["", "import"] = ""


class StopQuery(StopFilter):
    """The same, and where the page begins, as its neighbour said."""

    cursor: Annotated[str, msgspec.Meta(pattern=r"^(-?[0-9]{1,18})?$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class StopCount(Shape):
    """How many entries a category has; null is those that count for all."""

    category_id: Id | None
    count: int


class StopCounts(Shape):
    """How many entries there are; those from files are counted by their reason, too."""

    total: int
    unsubscribe: int
    hard_bounce: int
    spam: int
    manual: int
    imported: int
    categories: list[StopCount]


class FindBody(Shape):
    """An e-mail address or a phone."""

    address: Line


class StopFound(Shape):
    """What the list says of an address, as it is compared, and the contacts that have it."""

    address: str
    kind: AddressKind
    items: list[StopEntry]
    holders: list[StopHolder]


class BatchStop(Shape, kw_only=True):
    """An e-mail address or a phone for the stop-list, for one category or for all (null).

    `at` is when it was said. Hard bounces and complaints count for all categories.
    """

    address: Line
    category_id: Id | None = None
    reason: Reason = "manual"
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class StopBatch(Shape):
    """Up to a thousand addresses; each is read by itself, so that a bad one harms no other."""

    stops: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=MOST_STOPS)]


class StopResult(Shape):
    """What became of the address at `index` of the request; `unchanged` was on the list already."""

    index: int
    status: Literal["added", "unchanged", "error"]
    address: str | None
    error: BatchError | None


class StopResults(Shape):
    """A result for each address, in the order of the request."""

    results: list[StopResult]


@router.get("/stop-list", query=StopQuery, returns=StopPage, right="contacts.read")
async def list_stops(context: Context, query: StopQuery) -> StopPage:
    """Entries of the stop-list, newest first."""
    place = int(query.cursor) if query.cursor else None
    entries, following, previous = await context.services.stop_list.page(
        context.actor, _wanted(query), place=place, limit=query.limit
    )
    return StopPage(
        items=await _shapes(context, entries),
        next=None if following is None else str(following),
        previous=None if previous is None else str(previous),
    )


@router.get("/stop-list/counts", returns=StopCounts, right="contacts.read")
async def count_stops(context: Context) -> StopCounts:
    """How many entries there are, by reason and by category."""
    counts = await context.services.stop_list.counts(context.actor)
    return StopCounts(
        total=counts.total,
        unsubscribe=counts.reasons.get("unsubscribe", 0),
        hard_bounce=counts.reasons.get("hard_bounce", 0),
        spam=counts.reasons.get("spam", 0),
        manual=counts.reasons.get("manual", 0),
        imported=counts.imported,
        categories=[
            StopCount(category_id=_id(category_id), count=count)
            for category_id, count in counts.categories.items()
        ],
    )


@router.post("/stop-list/find", body=FindBody, returns=StopFound, right="contacts.read")
async def find_stops(context: Context, body: FindBody) -> StopFound:
    """Whether an address is on the stop-list: since when, why, by which campaign; also one of nobody."""
    found = await context.services.stop_list.find(context.actor, body.address)
    return StopFound(
        address=found.address.normalised,
        kind=found.address.kind,
        items=await _shapes(context, found.entries),
        holders=_holders(found.holders),
    )


@router.post("/stop-list/batch", body=StopBatch, returns=StopResults, right="contacts.write")
async def add_stops(context: Context, body: StopBatch) -> StopResults:
    """Put up to 1,000 addresses on the stop-list; a result for each. Doing it again changes nothing."""
    services, actor = context.services, context.actor
    results: dict[int, StopResult] = {}
    stops: dict[int, Stop] = {}
    asked: dict[int, int] = {}
    for index, text in enumerate(body.stops):
        try:
            given: BatchStop = decode(bytes(text), BatchStop)
            if given.category_id is not None:
                asked[index] = key_of(given.category_id)
            found = _normalised(given.address)
        except Problem as problem:
            results[index] = _refused(index, problem, context.language)
            continue
        stops[index] = Stop(found, asked.get(index), given.reason, given.at)
    known = await services.contacts.category_names(sorted(set(asked.values())))
    for index, key in asked.items():
        if key not in known and stops.pop(index, None) is not None:
            results[index] = _refused(index, UnknownCategory(), context.language, "$.categoryId")
    if stops:
        source = "api" if actor.user_id is None else f"user:{actor.user_id}"
        added = await services.stop_list.add(actor, list(stops.values()), source=source)
        for (index, stop), new in zip(stops.items(), added, strict=True):
            results[index] = StopResult(
                index=index,
                status="added" if new else "unchanged",
                address=stop.address.normalised,
                error=None,
            )
    return StopResults(results=[results[index] for index in range(len(body.stops))])


@router.get("/stop-list/export", query=StopFilter, media_type="text/csv", right="contacts.export")
async def export_stops(context: Context, query: StopFilter) -> StreamingResponse:
    """The entries as a CSV file, streamed as it is made; of an address that is not stored it says so."""
    parts = await context.services.stop_list.export(context.actor, _wanted(query))
    return csv_file(_rows(context, parts), "suppression-list.csv")


async def _rows(context: Context, parts: AsyncIterator[list[Entry]]) -> AsyncIterator[list[str]]:
    language = context.language
    yield _COLUMNS[language]
    async for entries in parts:
        wanted = {each.category_id for each in entries if each.category_id is not None}
        titles = await context.services.contacts.category_names(sorted(wanted))
        users = await _users(context, entries)
        for each in entries:
            source = each.source
            name = users.get(source.key) if source.kind == "person" and source.key else source.name
            yield [
                safe(each.address or _HASH[language]),
                _KINDS[each.kind][language] if each.kind else "",
                _REASONS[each.reason][language],
                _ALL[language] if each.category_id is None else safe(titles.get(each.category_id, "")),
                each.at.isoformat(timespec="seconds"),
                safe(": ".join(filter(None, (_SOURCES[source.kind][language], name)))),
            ]


def _wanted(query: StopFilter) -> Wanted:
    category = query.category_id
    return Wanted(
        reason=query.reason or None,
        category_id=key_of(category) if category not in ("", "all") else None,
        for_all=category == "all",
        kind=query.kind or None,
        imported=query.origin == "import",
    )


def _normalised(text: str) -> Address:
    return normalise("email" if "@" in text else "phone", text)


def _refused(index: int, problem: Problem, language: Language, path: str = "$.address") -> StopResult:
    at = str(problem.values.get("path", path))
    error = BatchError(code=problem.code, path=at, detail=problem.detail(language))
    return StopResult(index=index, status="error", address=None, error=error)


async def _users(context: Context, entries: Collection[Entry]) -> dict[int, str]:
    keys = {each.source.key for each in entries if each.source.kind == "person" and each.source.key}
    return await context.services.people.users.names(keys) if keys else {}


async def _shapes(context: Context, entries: Sequence[Entry]) -> list[StopEntry]:
    users = await _users(context, entries)
    return [
        StopEntry(
            id=str(each.id),
            kind=each.kind,
            address=each.address,
            holders=_holders(each.holders),
            category_id=_id(each.category_id),
            reason=each.reason,
            at=each.at,
            source=StopSource(
                kind=each.source.kind,
                id=_id(each.source.key),
                name=users.get(each.source.key or 0) if each.source.kind == "person" else each.source.name,
            ),
            campaign=None
            if each.letter is None
            else StopLetter(id=str(each.letter.id), name=each.letter.name),
        )
        for each in entries
    ]


def _holders(holders: Sequence[tuple[int, str]]) -> list[StopHolder]:
    return [StopHolder(id=str(id), name=name) for id, name in holders[:MOST_HOLDERS]]


def _id(key: int | None) -> Id | None:
    return None if key is None else str(key)
