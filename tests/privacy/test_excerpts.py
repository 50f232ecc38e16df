"""What is shown of a text that several people are in."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from vestnik.privacy.excerpts import AROUND_BYTES, LEFT_OUT, Excerpts
from vestnik.privacy.search import Search, Wanted

ANNA = Wanted(["anna@example.ru", "+79161234567"], ["Анна Ёлкина"], ["CRM-123456"], ["опунция"])


@pytest.fixture
def excerpts() -> Excerpts:
    return Excerpts(Search(ANNA))


def in_json(excerpts: Excerpts, value: Any) -> Any:
    """What is shown of a document, which is the same for the text of it."""
    shown = excerpts.of(value)
    assert excerpts.of(json.dumps(value)) == shown
    assert excerpts.of(json.dumps(value, ensure_ascii=False).encode()) == shown
    return shown


@pytest.mark.parametrize(
    "value", [None, "", "Борис", b"boris@inoy.ru", {"to": ["boris@inoy.ru"]}, [1, None], {}]
)
def test_of_a_text_that_names_others_alone_nothing_is_shown(excerpts: Excerpts, value: Any) -> None:
    assert excerpts.of(value) is None


def test_of_a_plain_text_the_lines_about_the_person_are_shown_others_masked(excerpts: Excerpts) -> None:
    text = "Борис Иной;boris@inoy.ru\nАнна Ёлкина;anna@example.ru;от boris@inoy.ru\r\nКто-то;8 926 111 22 33"
    shown = "Анна Ёлкина;anna@example.ru;от b***@inoy.ru"
    assert excerpts.of(text) == excerpts.of(text.encode("cp1251")) == shown


def test_a_name_over_two_lines_shows_both(excerpts: Excerpts) -> None:
    assert excerpts.of("до\nЁлкина\nАнна\nпосле") == "Ёлкина\nАнна"


def test_of_a_form_or_a_link_the_parameter_is_shown_as_it_is_read(excerpts: Excerpts) -> None:
    assert excerpts.of("token=ABC&mail=anna%40example.ru&to=boris%40inoy.ru") == "mail=anna@example.ru"
    assert excerpts.of("x=1&n=%C0%ED%ED%E0+%A8%EB%EA%E8%ED%E0&y=2") == "n=Анна+Ёлкина"
    assert excerpts.of(b"https://a.example/?tel=89161234567&key=1") == "https://a.example/?tel=89161234567"


def test_a_long_line_is_cut_around_the_person_and_cuts_no_address(excerpts: Excerpts) -> None:
    before, after = "боря@иной.рф " * 200, " boris@inoy.ru" * 200
    shown = excerpts.of(f"{before}<anna@example.ru>{after}")
    assert len(shown.encode()) < 3 * AROUND_BYTES
    assert "<anna@example.ru>" in shown
    words = set(shown.replace("<anna@example.ru>", "").split())
    assert words == {"б***@иной.рф", "b***@inoy.ru"}


def test_of_a_document_the_smallest_object_about_the_person_is_shown(excerpts: Excerpts) -> None:
    document: dict[str, Any] = {
        "settings": {"base": "https://api.example"},
        "people": [
            {"email": "ANNA@example.ru", "city": "Пермь", "opens": 3, "client": {"ip": "192.0.2.1"}},
            {"email": "boris@inoy.ru", "city": "Омск"},
        ],
        "note": "опунция",
    }
    assert in_json(excerpts, document) == {"people": [document["people"][0]]}


def test_beside_the_person_others_are_masked_or_left_out_and_secrets_are(excerpts: Excerpts) -> None:
    document = {
        "email": "anna@example.ru",
        "by": "Письмо от boris@inoy.ru",
        "phone": 79261112233,
        "API-Key": "k-1",
        "access_token": {"value": "t-1"},
        "friends": [{"name": "Борис", "email": "boris@inoy.ru"}],
        "seen": {"signature": "s-1", "at": ["утро", 5, True, None]},
        "text": "я" * 2 * AROUND_BYTES,
    }
    assert in_json(excerpts, document) == {
        "email": "anna@example.ru",
        "by": "Письмо от b***@inoy.ru",
        "phone": "***33",
        "API-Key": LEFT_OUT,
        "access_token": LEFT_OUT,
        "friends": LEFT_OUT,
        "seen": {"signature": LEFT_OUT, "at": ["утро", 5, True, None]},
        "text": "я" * AROUND_BYTES + LEFT_OUT,
    }


def test_what_stands_under_the_persons_key_is_about_the_person(excerpts: Excerpts) -> None:
    document = {"anna@example.ru": {"state": "active"}, "boris@inoy.ru": {"state": "left"}}
    shown = in_json(excerpts, document)
    assert shown == {"anna@example.ru": {"state": "active"}, "b***@inoy.ru": {"state": "left"}}


def test_of_a_list_the_elements_and_the_rows_about_the_person_are_shown(excerpts: Excerpts) -> None:
    assert in_json(excerpts, ["boris@inoy.ru", "anna@example.ru"]) == ["anna@example.ru"]
    rows = [["Борис", "boris@inoy.ru"], ["Пермь", "CRM-123456", "c/o boris@inoy.ru", 7]]
    assert in_json(excerpts, rows) == [["Пермь", "CRM-123456", "c/o b***@inoy.ru", 7]]
    assert excerpts.of(rows[1], row=True) == ["Пермь", "CRM-123456", "c/o b***@inoy.ru", 7]
    assert in_json(excerpts, [{"id": 7, "tel": 89161234567}, {"id": 8}]) == [{"id": 7, "tel": 89161234567}]


def test_documents_within_texts_and_bytes_are_shown_as_documents(excerpts: Excerpts) -> None:
    inner = json.dumps([{"n": "Анна Ёлкина", "x": 1}, {"n": "Борис"}])
    assert in_json(excerpts, {"body": {"$utf8": inner}, "other": 1}) == {
        "body": [{"n": "Анна Ёлкина", "x": 1}]
    }
    packed = base64.b64encode("Принят: Анна Ёлкина\nи Борис".encode("cp1251")).decode()
    assert excerpts.of({"answer": {"body": {"$bytes": packed}}}) == {
        "answer": {"body": "Принят: Анна Ёлкина"}
    }


def test_what_only_begins_as_a_document_is_a_text(excerpts: Excerpts) -> None:
    assert excerpts.of('{"a": \nanna@example.ru\n') == "anna@example.ru"
    half = json.dumps({"body": json.dumps({"n": "Анна Ёлкина"})})[:-1]
    assert excerpts.of("Борис\n" + half) == half
    deep = '{"a": ' + "[" * 100_000 + '"\nanna@example.ru\n'
    assert excerpts.of(deep) == "anna@example.ru"


def test_a_text_is_looked_at_once_however_deep_it_lies(excerpts: Excerpts) -> None:
    def seconds(depth: int) -> float:
        deep: Any = {"text": "слово " * 100_000}
        for _ in range(depth):
            deep = {"inner": deep}
        begun = time.process_time()
        assert excerpts.of({"mail": "anna@example.ru", "deep": deep}) is not None
        return time.process_time() - begun

    def least(depth: int) -> float:
        return min(seconds(depth) for _ in range(3))

    assert least(200) < 3 * least(2)
