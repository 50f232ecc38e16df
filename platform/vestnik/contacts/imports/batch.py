"""Many contacts in one request, by machines: each is created or updated, and no bad one harms another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from stdnum.ru import inn as inn_rules

from vestnik.audit import record
from vestnik.companies.errors import InvalidInn
from vestnik.contacts.addresses import entered
from vestnik.contacts.errors import UnknownCategory, UnknownField, UnknownOwner
from vestnik.contacts.fields import Field, unfit
from vestnik.contacts.imports.applying import Applier, Outcome
from vestnik.contacts.imports.errors import Nobody
from vestnik.contacts.imports.rows import Policy, Row
from vestnik.contacts.service import Contacts
from vestnik.db import Database, now
from vestnik.http.api import Context, Id, Router, Shape, key_of
from vestnik.http.decoding import decode
from vestnik.http.errors import Language, Problem
from vestnik.people.access import Actor

router = Router("contacts")

MOST_CONTACTS = 1_000
BODY_BYTES = 10_000_000
#: Checked between two looks at what else is to be done.
_CHECKED_AT_ONCE = 50
#: Applied in one unit of work.
_APPLIED_AT_ONCE = 200

Line = Annotated[str, msgspec.Meta(max_length=320)]
Addresses = Annotated[list[Line], msgspec.Meta(max_length=20)]


class BatchCompany(Shape):
    """A company by its INN, else by its name; it is stored where there is none."""

    name: Annotated[str, msgspec.Meta(max_length=500)] = ""
    inn: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class BatchConsent(Shape):
    """Consent to a category and its evidence; who has unsubscribed stays so."""

    category_id: Id
    how: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    from_where: Annotated[str, msgspec.Meta(max_length=500)] = ""


class BatchContact(Shape):
    """A contact, found by its external number, else by an e-mail address, else by a phone.

    A phone finds it only where one of the two has no e-mail address: of those who share a phone and have
    different addresses, each is a contact of its own.

    What is given replaces what there is; addresses are added, and never replaced.
    """

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    name: Annotated[str, msgspec.Meta(max_length=500)] = ""
    emails: Addresses = []
    phones: Addresses = []
    company: BatchCompany | None = None
    owner_id: Id | None = None
    fields: Annotated[dict[str, str | float | bool], msgspec.Meta(max_length=500)] = {}
    consent: BatchConsent | None = None


class BatchBody(Shape):
    """Up to a thousand contacts; each is read by itself, so that a bad one harms no other."""

    contacts: Annotated[list[msgspec.Raw], msgspec.Meta(min_length=1, max_length=MOST_CONTACTS)]


class BatchError(Shape):
    """Why a contact was not taken: a code of the API, and where in the contact."""

    code: str
    path: str
    detail: str


class BatchResult(Shape):
    """What became of the contact at `index` of the request."""

    index: int
    status: Literal["created", "updated", "unchanged", "error"]
    id: Id | None
    # A consent was given with it, and the contact had unsubscribed: it stays so.
    kept_unsubscribed: bool
    error: BatchError | None


class BatchResults(Shape):
    """A result for each contact, in the order of the request."""

    results: list[BatchResult]


class _Bad(Exception):
    """A contact that is not taken: why, and where in it."""

    def __init__(self, problem: Problem, path: str) -> None:
        super().__init__(path)
        self.problem, self.path = problem, path


class Batches:
    """Contacts by the thousand from machines."""

    def __init__(self, database: Database, applier: Applier) -> None:
        self._database, self._applier = database, applier

    async def upsert(
        self,
        actor: Actor,
        texts: Sequence[bytes],
        fields: dict[str, Field],
        owners: set[int],
        language: Language,
    ) -> list[BatchResult]:
        """Create or update each contact; a result for each."""
        actor.require("contacts.write")
        results: dict[int, BatchResult] = {}
        groups: dict[Policy, list[Row]] = {}
        for index, text in enumerate(texts):
            if index % _CHECKED_AT_ONCE == 0:
                await asyncio.sleep(0)
            try:
                row, policy = _checked(index, text, fields, owners)
                groups.setdefault(policy, []).append(row)
            except _Bad as bad:
                results[index] = _error(index, bad, language)
        for policy, rows in groups.items():
            start = 0
            while start < len(rows):
                part = rows[start : start + _APPLIED_AT_ONCE]
                try:
                    outcomes = await self._database.write(self._apply, actor, part, policy)
                except UnknownCategory as problem:
                    refused = _Bad(problem, "$.consent.categoryId")
                    results |= {row.number: _error(row.number, refused, language) for row in part}
                    start += len(part)
                    continue
                for row, outcome in zip(part, outcomes, strict=False):
                    results[row.number] = BatchResult(
                        index=row.number,
                        status="unchanged" if outcome.status == "skipped" else outcome.status,
                        id=str(outcome.contact_id),
                        kept_unsubscribed=outcome.kept_unsubscribed,
                        error=None,
                    )
                start += len(outcomes)
        return [results[index] for index in range(len(texts))]

    def _apply(
        self, connection: sa.Connection, actor: Actor, rows: Sequence[Row], policy: Policy
    ) -> list[Outcome]:
        if policy.category_id is not None and not Contacts.has_category(connection, policy.category_id):
            raise UnknownCategory()
        outcomes = self._applier.apply(connection, rows, policy, now())
        for row, outcome in zip(rows, outcomes, strict=False):
            if outcome.status == "created":
                record(connection, actor, "contact.created", "contact", outcome.contact_id, _given(row))
            elif outcome.status == "updated":
                record(connection, actor, "contact.changed", "contact", outcome.contact_id, outcome.fields)
        return outcomes


@router.post(
    "/contacts/batch",
    body=BatchBody,
    returns=BatchResults,
    right="contacts.write",
    body_bytes=BODY_BYTES,
)
async def upsert_contacts(context: Context, body: BatchBody) -> BatchResults:
    """Create or update up to 1,000 contacts by external number or e-mail address; a result for each."""
    services = context.services
    fields = {each.key: each for each in await services.contacts.fields(context.actor)}
    owners = set(await services.people.users.working(context.actor))
    results = await services.imports.batches.upsert(
        context.actor, [bytes(each) for each in body.contacts], fields, owners, context.language
    )
    return BatchResults(results=results)


def _checked(index: int, text: bytes, fields: dict[str, Field], owners: set[int]) -> tuple[Row, Policy]:
    """A contact of the request as a row, and what becomes of it; raises `_Bad`."""
    try:
        given: BatchContact = decode(text, BatchContact)
    except Problem as problem:
        raise _Bad(problem, str(problem.values.get("path", "$"))) from None
    row = Row(index, name=" ".join(given.name.split()), external_id=given.external_id, emails=[], phones=[])
    for kind, texts in (("email", given.emails), ("phone", given.phones)):
        for place, each in enumerate(texts):
            try:
                found = entered("email" if kind == "email" else "phone", each)
            except Problem as problem:
                raise _Bad(problem, f"$.{kind}s[{place}]") from None
            if kind == "email":
                if (pair := (found.normalised, found.domain)) not in row.emails:
                    row.emails.append(pair)
            elif found.normalised not in row.phones:
                row.phones.append(found.normalised)
    if given.company is not None:
        row.company = " ".join(given.company.name.split())
        row.inn = given.company.inn or None
        if row.inn is not None and not inn_rules.is_valid(row.inn):
            raise _Bad(InvalidInn(inn=row.inn), "$.company.inn")
    if given.owner_id is not None:
        row.owner_id = key_of(given.owner_id)
        if row.owner_id not in owners:
            raise _Bad(UnknownOwner(), "$.ownerId")
    for key, value in given.fields.items():
        if key not in fields:
            raise _Bad(UnknownField(field=key), f"$.fields.{key}")
        if not fields[key].accepts(value):
            raise _Bad(unfit(fields[key]), f"$.fields.{key}")
    row.custom = dict(given.fields)
    if not (row.external_id or row.emails or row.phones):
        raise _Bad(Nobody(), "$")
    if given.consent is None:
        return row, Policy()
    consent = given.consent
    return row, Policy(
        category_id=key_of(consent.category_id), how=consent.how, from_where=consent.from_where
    )


def _error(index: int, bad: _Bad, language: Language) -> BatchResult:
    error = BatchError(code=bad.problem.code, path=bad.path, detail=bad.problem.detail(language))
    return BatchResult(index=index, status="error", id=None, kept_unsubscribed=False, error=error)


def _given(row: Row) -> list[str]:
    given: dict[str, Any] = {
        "name": row.name,
        "emails": row.emails,
        "phones": row.phones,
        "company_id": row.company or row.inn,
        "owner_id": row.owner_id,
        "external_id": row.external_id,
    }
    return [name for name, value in given.items() if value] + [f"fields.{key}" for key in row.custom]
