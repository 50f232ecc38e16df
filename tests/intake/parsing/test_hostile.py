"""Whatever comes in, reading it ends, raises nothing, and keeps within its bounds."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.intake.parsing.document import EXAMPLE, read_form, read_json, read_mail, refused
from tests.intake.parsing.test_letters import ORDER, attached, body, letter

from vestnik.intake.parsing import jobs
from vestnik.intake.parsing.headers import head_of
from vestnik.intake.parsing.jobs import Job
from vestnik.intake.parsing.names import DOCUMENT, distance
from vestnik.intake.parsing.reading import Reading
from vestnik.intake.parsing.texts import decode

KEYS = st.sampled_from([spelt for names in DOCUMENT.values() for spelt in names]) | st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
PIECES = st.sampled_from(
    [b"Subject: ORDER 1\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n", b"--b\r\n", b"--b--",
     b"Content-Type: message/rfc822\r\n", b"Content-Type: text/plain; charset=", b"utf-16\r\n", b"{\"",
     b"Content-Transfer-Encoding: base64\r\n", b"Content-Disposition: attachment; filename*=utf-8''%FF\r\n",
     b"=?utf-8?b?", b"?=", b"Content-Type: text/plain; name*0=a; name*2=b; charset*=x'y'z\r\n", ORDER[:300],
     b"Content-Transfer-Encoding: x-uuencode\r\n", b"begin 666 a\r\n", b"\x00", b"\xff\xfe", b"Date: 1\r\n"]
) | st.binary(max_size=20)  # fmt: skip


def well_kept(reading: Reading) -> None:
    """Either a lead or a reason; and it can be stored and read back."""
    assert (reading.fields is None) == (reading.reason is not None)
    stored = msgspec.json.encode(reading)
    assert msgspec.json.encode(msgspec.json.decode(stored, type=Reading)) == stored
    assert "\\u0000" not in stored.decode()


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map(b"".join))
@example(b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n")
def test_no_letter_raises(data: bytes) -> None:
    well_kept(read_mail(data))
    head_of(data)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=200), st.sampled_from(["", "application/json", "multipart/form-data; boundary=a", "ы"])
)
def test_no_request_raises(data: bytes, media_type: str) -> None:
    well_kept(read_form(data, media_type))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="{}[]:,\"'\\/*#абТема 01.-+eENaNulltrue\n\t\0\ud800", max_size=60))
@example('{"Тема": 1e999999999}')
@example('{"Дата": "29.05.2019 15:15:00", "Товары": [{"Ширина": 1e-999999999}]}')
def test_no_text_raises(text: str) -> None:
    well_kept(read_json(text.encode("utf-8", "surrogatepass")))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=10))
def test_no_document_raises(document: dict[str, Any]) -> None:
    well_kept(read_json(json.dumps(document)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100), st.text(max_size=10))
def test_no_bytes_fail_to_decode(data: bytes, declared: str) -> None:
    assert isinstance(decode(data, declared).text, str)


@given(st.text(max_size=8), st.text(max_size=8))
def test_a_distance_is_the_same_from_both_ends(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 5_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (each, each)
            for each in range(150)
        ),
        b"Content-Type: message/rfc822\r\n\r\n" * 1_000,
        b"From: " + b"(" * 30_000 + b"\r\n\r\n",
        b"Subject: " + b"=?" * 10_000 + b"\r\n\r\n",
        b"Subject: " + b"=?a?q?" * 1_300 + b"\r\n\r\n",
        b"Subject:" + b"\r\n " * 10_000 + b"\r\n\r\n",
    ],
    ids=["many parts", "nested parts", "letters in letters", "comments", "half words", "open words", "folds"],
)
def test_letters_made_to_take_long_do_not(data: bytes) -> None:
    began = time.process_time()
    well_kept(read_mail(data))
    assert time.process_time() - began < 1


async def test_a_large_letter_is_read_in_a_process_of_its_own() -> None:
    data = letter(body("я" * 200_000), attached(ORDER))

    reading = await jobs.read(Job("letter", data, "message/rfc822", "Europe/Moscow"))

    assert len(data) > jobs.AT_ONCE_BYTES
    assert msgspec.json.encode(reading) == msgspec.json.encode(read_mail(data))
    shown = await jobs.show(Job("letter", data, "message/rfc822", "Europe/Moscow"))
    assert [each.kind for each in shown] == ["head", "body", "file"]
    assert shown[2].text == EXAMPLE


@pytest.mark.slow
@pytest.mark.parametrize("inner", [b"x" * 76 + b"\r\n", b"--b\r\n", b"Content-Type: a\r\n"])
async def test_a_letter_of_30_mb_is_read_within_its_bounds(inner: bytes) -> None:
    head = b"Subject: ORDER\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    filler = inner * (29_900_000 // len(inner))
    tail = b"\r\n--b\r\nContent-Disposition: attachment; filename=a\r\n\r\n" + ORDER + b"\r\n--b--"
    data = head + filler + tail

    reading = await jobs.read(Job("letter", data, "message/rfc822", "Europe/Moscow"))

    assert reading.letter is not None or refused(reading) == "too_heavy"
