"""Fields of web forms, by usual names and by a mapping."""

from __future__ import annotations

import json

import pytest
from tests.intake.parsing.document import lead, read_form, read_json, refused, warned

from vestnik.intake.fields import Marks

MULTIPART = "multipart/form-data; boundary=xYz"


def multipart(*parts: tuple[str, bytes]) -> bytes:
    return (
        b"".join(
            b"--xYz\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + value + b"\r\n"
            for head, value in parts
        )
        + b"--xYz--\r\n"
    )


def test_usual_names_are_known() -> None:
    raw = (
        "name=Иван&phone=%2B7+925&email=i@a.ru&message=Привет&utm_source=ya&utm_medium=cpc&page=/sale"
        "&formid=7&utm_referrer=https://b.ru/"
    )
    assert read_form(raw.encode()).fields == lead(
        person="Иван",
        phone="+7 925",
        email="i@a.ru",
        description="Привет",
        path="/sale",
        marks=Marks(source="ya", medium="cpc", referrer="https://b.ru/"),
        extra={"formid": "7"},
    )


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "koi8-r"])
def test_percent_encoded_fields_are_read_in_their_encoding(encoding: str) -> None:
    value = "".join(f"%{byte:02X}" for byte in "Иванов Пётр Алексеевич".encode(encoding))

    reading = read_form(f"name={value}".encode())

    assert reading.fields is not None
    assert reading.fields.person == "Иванов Пётр Алексеевич"


def test_a_mapping_wins_over_usual_names() -> None:
    reading = read_form(
        b"name=ACME&field_3=Ivan&tel2=5",
        mapped={"company": ["name"], "person": ["field_3"], "phone": ["Tel2"]},
    )

    assert reading.fields == lead(company="ACME", person="Ivan", phone="5")


def test_a_multipart_form_is_read_and_its_files_are_told() -> None:
    raw = multipart(('name="name"', "Иван".encode()), ('name="file"; filename="a.pdf"', b"%PDF"))

    reading = read_form(raw, MULTIPART)

    assert reading.fields == lead(person="Иван")
    assert warned(reading) == [("files_ignored", "")]


def test_a_flat_json_is_read_by_the_same_names() -> None:
    assert read_json(json.dumps({"name": "Иван", "Телефон": "5", "utm_source": "ya"})).fields == lead(
        person="Иван", phone="5", marks=Marks(source="ya")
    )


def test_a_json_that_says_it_is_a_form_is_read_as_json() -> None:
    for media_type in ("application/x-www-form-urlencoded", "", "text/plain"):
        assert read_form('{"Тема": "a"}'.encode("cp1251"), media_type).fields == lead(title="a")


def test_repeated_fields_are_joined() -> None:
    assert read_form(b"message=a&message=b&name=c").fields == lead(description="a, b", person="c")


def test_a_filled_in_trap_is_no_lead() -> None:
    reading = read_form(b"name=Ivan&url=http://spam", trap="url")

    assert (refused(reading), reading.trapped) == ("trap", True)
    assert read_form(b"name=Ivan&url=", trap="url").fields == lead(person="Ivan")


@pytest.mark.parametrize(
    ("raw", "media_type", "code"),
    [
        (b"", "application/x-www-form-urlencoded", "empty"),
        (b"x=1&y=2", "application/x-www-form-urlencoded", "nothing_known"),
        (b"--xYz\r\nbroken", MULTIPART, "form_broken"),
        (multipart(('name="name"', b"a")), "multipart/form-data", "form_broken"),
        (b"<a/>", "application/xml", "unknown_type"),
        (b"a=1&" * 2_000, "application/x-www-form-urlencoded", "form_broken"),
    ],
)
def test_what_is_no_form_says_why(raw: bytes, media_type: str, code: str) -> None:
    assert refused(read_form(raw, media_type)) == code
