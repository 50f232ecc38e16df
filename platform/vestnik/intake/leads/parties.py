"""The client and the contact of a lead: by INN, else by address; nothing is made of an INN with a mistake."""

from __future__ import annotations

import re

import sqlalchemy as sa

from vestnik.companies.directory import checked_inn
from vestnik.companies.errors import InvalidInn
from vestnik.companies.finding import add_addresses, find_or_create_by_inn, responsible_of
from vestnik.companies.matching import find_clients
from vestnik.contacts.finding import give_company
from vestnik.intake.fields import Warned
from vestnik.intake.leads.matching import Found

WRONG_INN = "wrong_inn"
_NO_DIGIT = re.compile(r"[^0-9]")


def read_inn(text: str) -> tuple[str | None, Warned | None]:
    """An INN whose check digits fit; else a warning, with what stays without signs if that is one."""
    if not text:
        return None, None
    try:
        return checked_inn(text), None
    except InvalidInn:
        return None, Warned(WRONG_INN, "inn", {"inn": text, "suggestion": _suggestion(text)})


def _suggestion(text: str) -> str | None:
    """The digits of a text, where only other signs make it wrong. A wrong digit is nobody's to guess."""
    try:
        return checked_inn(_NO_DIGIT.sub("", text))
    except InvalidInn:
        return None


def known_client(connection: sa.Connection, inn: str | None, found: Found) -> int | None:
    """The client that is there already: of the INN, else of the addresses, else the contact's company."""
    if inn is not None:
        return find_clients(connection, [(inn, "")]).get((inn, ""))
    if found.clients:
        return found.clients[0]
    return found.holders[0].company_id if found.holders else None


def responsible_for(connection: sa.Connection, client_id: int | None) -> int | None:
    """Who is responsible for a client, if it is there and anybody is."""
    return None if client_id is None else responsible_of(connection, client_id)


def client_by_inn(connection: sa.Connection, inn: str, found: Found, responsible_id: int | None) -> int:
    """The client of an INN, made where there is none; the contact that was found belongs to it then."""
    client_id, is_new = find_or_create_by_inn(connection, inn, responsible_id)
    if is_new:
        emails = [each.normalised for each in found.addresses if each.kind == "email"]
        phones = [each.normalised for each in found.addresses if each.kind == "phone"]
        add_addresses(connection, client_id, emails, phones)
    if found.holders:
        give_company(connection, found.holders[0].contact_id, client_id)
    return client_id
