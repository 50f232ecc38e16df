"""Addresses are stored in one form, and what can't be one is refused."""

from __future__ import annotations

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from vestnik.addresses import _PLAIN_EMAIL, Address, contained, entered, normalise
from vestnik.contacts.errors import InvalidAddress, UnassignedNumber


@pytest.mark.parametrize(
    ("raw", "stored", "domain"),
    [
        (" Ivan.Petrov@Example.RU ", "ivan.petrov@example.ru", "example.ru"),
        ("director@xn--e1aybc.xn--p1ai", "director@тест.рф", "тест.рф"),
        ("директор@Тест.РФ", "директор@тест.рф", "тест.рф"),
        ("a+news@mail.example.test", "a+news@mail.example.test", "mail.example.test"),
    ],
)
def test_an_email_address_has_one_form(raw: str, stored: str, domain: str) -> None:
    assert normalise("email", raw) == Address("email", stored, domain)


@pytest.mark.parametrize("raw", ["+7 (916) 123-45-67", "8 916 123 45 67", "+79161234567", "9161234567"])
def test_a_phone_number_is_stored_as_e164(raw: str) -> None:
    assert normalise("phone", raw) == Address("phone", "+79161234567", None)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("email", "ivan"),
        ("email", "ivan@mail"),
        ("email", "ivan@@mail.ru"),
        ("email", "ivan@mail..ru"),
        ("email", ".ivan@mail.ru"),
        ("email", ""),
        ("phone", "позвоните мне"),
        ("phone", "12"),
        ("phone", ""),
    ],
)
def test_what_can_not_be_an_address_is_refused(kind: str, raw: str) -> None:
    with pytest.raises(InvalidAddress) as refusal:
        normalise(kind, raw)  # type: ignore[arg-type]  # one of the two kinds
    assert refusal.value.values == {"kind": kind, "address": raw}


@pytest.mark.parametrize("raw", ["8800555353", "123-45-67", "+70000000000"])
def test_a_number_that_nobody_is_given_is_refused_on_a_card_and_heard_of_services(raw: str) -> None:
    assert normalise("phone", raw).kind == "phone"
    with pytest.raises(UnassignedNumber) as refusal:
        entered("phone", raw)
    assert refusal.value.values == {"kind": "phone", "address": raw}


@pytest.mark.parametrize("raw", ["8 800 555-35-35", "٨٩١٦١٢٣٤٥٦٧", "+380 50 123-45-67"])
def test_a_number_that_somebody_may_have_is_taken_in_any_digits(raw: str) -> None:
    assert entered("phone", raw).normalised in ("+78005553535", "+79161234567", "+380501234567")


_LOCALS = st.from_regex(r"[a-z0-9_.+-]{1,70}", fullmatch=True)
_DOMAINS = st.from_regex(r"[a-z0-9.-]{1,66}(\.ru|\.com|\.info)", fullmatch=True)


@given(_LOCALS, _DOMAINS)
def test_the_fast_path_takes_only_what_the_library_returns_unchanged(local: str, domain: str) -> None:
    text = f"{local}@{domain}"
    if _PLAIN_EMAIL.fullmatch(text):
        assert validate_email(text, check_deliverability=False).normalized == text


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("a@example.ru, b@example.ru", "a@example.ru"),
        ("Анна <Anna@Example.ru>", "anna@example.ru"),
        ("mailto:anna@example.ru.", "anna@example.ru"),
        ("anna @ example.ru", "anna@example.ru"),
        ("anna@example,ru", "anna@example.ru"),
        ("anna@@example.ru", None),
        ("не почта", None),
        ("@" * 500, None),
    ],
)
def test_an_address_within_a_text_is_proposed(raw: str, found: str | None) -> None:
    assert contained("email", raw) == found


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("8 (916) 123-45-67, 8 (916) 123-45-68", "+79161234567"),
        ("звоните +7 916 123 45 67 после шести", "+79161234567"),
        ("позвоните мне", None),
    ],
)
def test_a_phone_within_a_text_is_proposed(raw: str, found: str | None) -> None:
    assert contained("phone", raw) == found
