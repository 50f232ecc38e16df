"""E-mail addresses and phone numbers in the one form in which they are stored and compared.

Problem
└── InvalidAddress 422       an e-mail address or phone number that can't be one
    └── UnassignedNumber     a phone number that nobody is given
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from vestnik.http.errors import Problem

AddressKind = Literal["email", "phone"]

# Addresses so plain that the library would return them as they are: checked 20 times faster in imports.
_PLAIN_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)(?=.{3,200}\Z)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,60}\.)+(?:ru|com|net|org|su|info|biz)"
)
_PLAIN_MOBILE = re.compile(r"\+79\d{9}")
_ROUND_AT = re.compile(r"\s*@\s*")
_BETWEEN_EMAILS = re.compile(r"[\s<>(),;|/]+")
_ROUND_AN_EMAIL = "<>()[]{}.,:;!?'\"«»"
#: Parts of a text that are tried as e-mail addresses.
_PARTS = 5
#: A part of a phone is looked for from so many digits on.
_SOUGHT_DIGITS = 3


class InvalidAddress(Problem):
    code = "invalid_address"
    status = 422
    title = {"ru": "Адрес с ошибкой", "en": "Address has a mistake"}
    message = {
        "ru": "«{address}» не может быть адресом. Исправьте его или уберите из карточки.",
        "en": "“{address}” can't be an address. Correct it, or remove it from the card.",
    }
    fields = ("kind", "address")


class UnassignedNumber(InvalidAddress):
    code = "unassigned_number"
    title = {"ru": "Таких номеров нет", "en": "There are no such numbers"}
    message = {
        "ru": "«{address}» похож на телефон, но с такими цифрами номеров не бывает. Проверьте код и номер.",
        "en": "“{address}” looks like a phone number, but none has these digits. Check code and number.",
    }


class Address(NamedTuple):
    """A normalised address; `domain` is the part after @ of an e-mail address."""

    kind: AddressKind
    normalised: str
    domain: str | None


def normalise(kind: AddressKind, raw: str, *, region: str = "RU") -> Address:
    """The stored form of an address typed by a person or sent by a provider; raises `InvalidAddress`.

    E-mail: lower case, the domain in Unicode (IDN), as email-validator gives it, without asking DNS.
    Phone: E.164 by phonenumbers; a number without country is one of `region`.
    """
    return _email(raw) if kind == "email" else _phone(raw, region)


def entered(kind: AddressKind, raw: str) -> Address:
    """The same for what is put on a card: a phone number has to be one that somebody may be given.

    What services tell of is taken as it is: an unsubscribe counts for any number.
    """
    found = normalise(kind, raw)
    if kind == "phone" and not _PLAIN_MOBILE.fullmatch(found.normalised):
        if not phonenumbers.is_valid_number(phonenumbers.parse(found.normalised)):
            raise UnassignedNumber(kind="phone", address=raw)
    return found


def contained(kind: AddressKind, raw: str) -> str | None:
    """The stored form of the first address in a text that is none itself; None where there is none.

    People write two addresses into one field, spaces around @, a comma for a dot. It is a proposal for a
    person to accept, never taken unasked.
    """
    if kind == "phone":
        matches = phonenumbers.PhoneNumberMatcher(raw, "RU")
        found = next((match.number for match in matches), None)
        return None if found is None else _e164(found)
    joined = _ROUND_AT.sub("@", raw)
    for text in (joined, joined.replace(",", ".")):
        for part in [part for part in _BETWEEN_EMAILS.split(text) if "@" in part][:_PARTS]:
            try:
                return _email(part.strip(_ROUND_AN_EMAIL).removeprefix("mailto:")).normalised
            except InvalidAddress:
                continue
    return None


def parts_of_phones(text: str) -> list[str]:
    """What to look for in stored phones, if a text can be a part of one."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < _SOUGHT_DIGITS or re.search(r"[^\d\s()+-]", text):
        return []
    # A Russian number is typed with 8 in front of it and stored with +7.
    if len(digits) == 11 and digits[0] in "78":
        return [digits[1:]]
    return [digits, f"+7{digits[1:]}"] if digits[0] == "8" and len(digits) < 11 else [digits]


def _email(raw: str) -> Address:
    text = raw.strip()
    plain = text.lower()
    if not _PLAIN_EMAIL.fullmatch(plain):
        try:
            # `.test` is a name for installations that only try things out.
            checked = validate_email(text, check_deliverability=False, test_environment=True)
        except EmailNotValidError:
            raise InvalidAddress(kind="email", address=raw) from None
        plain = checked.normalized.lower()
    return Address("email", plain, plain.rpartition("@")[2])


def _phone(raw: str, region: str) -> Address:
    text = raw.strip()
    if _PLAIN_MOBILE.fullmatch(text):
        return Address("phone", text, None)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise InvalidAddress(kind="phone", address=raw) from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidAddress(kind="phone", address=raw)
    return Address("phone", _e164(number), None)


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
