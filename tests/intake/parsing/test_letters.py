"""Letters as mailers really write them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from tests.intake.parsing.document import EXAMPLE, read_mail, refused, warned

from vestnik.intake.parsing.letters import has_keyword, head_of, subject_of
from vestnik.intake.parsing.reading import Attachment

ORDER = EXAMPLE.encode("cp1251")


def letter(*parts: MIMEBase | MIMEText | MIMEApplication | MIMEMessage, subject: str = "ORDER: 123") -> bytes:
    whole = MIMEMultipart()
    whole["Subject"] = subject
    whole["From"] = "Сайт <site@example.org>"
    whole["Date"] = "Wed, 29 May 2019 15:15:00 +0300"
    whole["Message-ID"] = "<1@example.org>"
    for part in parts:
        whole.attach(part)
    return whole.as_bytes()


def body(text: str = "Здравствуйте!", kind: str = "plain") -> MIMEText:
    return MIMEText(text, kind, "utf-8")


def attached(
    data: bytes = ORDER, name: str | None = "order.txt", kind: str = "octet-stream"
) -> MIMEApplication:
    part = MIMEApplication(data, kind)
    part.add_header("Content-Disposition", "attachment", **({} if name is None else {"filename": name}))
    return part


def text_attached(data: bytes, charset: str, name: str = "order.txt") -> MIMEBase:
    part = MIMEBase("text", "plain", charset=charset, name=name)
    part.set_payload(base64.encodebytes(data).decode())
    part.add_header("Content-Transfer-Encoding", "base64")
    return part


def test_the_documents_letter_is_read_whole() -> None:
    reading = read_mail(letter(body(), attached()))

    assert reading.fields is not None
    assert (reading.fields.inn, len(reading.fields.lines)) == ("7709745454", 2)
    assert reading.warnings == []
    assert reading.letter is not None
    assert reading.letter.subject == "ORDER: 123"
    assert reading.letter.sender == "Сайт <site@example.org>"
    assert reading.letter.dated_at == datetime(2019, 5, 29, 12, 15, tzinfo=UTC)
    assert reading.letter.message_id == "<1@example.org>"
    assert reading.letter.attachments == [
        Attachment("order.txt", "application/octet-stream", len(ORDER), "windows-1251", "taken")
    ]


@pytest.mark.parametrize("name", ["order.txt", "заявка.dat", "x", "a" * 300, "1.html", None])
@pytest.mark.parametrize("kind", ["octet-stream", "json"])
def test_the_file_may_have_any_name(name: str | None, kind: str) -> None:
    reading = read_mail(letter(body(), attached(name=name, kind=kind)))

    assert reading.fields is not None
    assert reading.fields.inn == "7709745454"


@pytest.mark.parametrize("declared", ["windows-1251", "utf-8", "us-ascii", "x-unknown", "koi8-r"])
def test_a_declared_encoding_is_only_a_hint(declared: str) -> None:
    reading = read_mail(letter(body(), text_attached(ORDER, declared)))

    assert reading.fields is not None
    assert reading.fields.person == "Прилепский Алексей Анатольевич"


def test_the_file_is_found_in_nested_parts_and_in_a_letter_within_the_letter() -> None:
    inner = MIMEMultipart("mixed")
    alternative = MIMEMultipart("alternative")
    alternative.attach(body())
    alternative.attach(body("<p>Здравствуйте!</p>", "html"))
    inner.attach(alternative)
    inner.attach(attached())
    nested = MIMEMultipart("related")
    nested.attach(inner)
    forwarded = EmailMessage()
    forwarded["Subject"] = "Fwd"
    forwarded.set_content("см. вложение")
    forwarded.add_attachment(ORDER, maintype="application", subtype="octet-stream", filename="a.bin")

    for whole in (letter(nested), letter(body(), MIMEMessage(forwarded))):
        reading = read_mail(whole)
        assert reading.fields is not None
        assert reading.fields.inn == "7709745454"


def test_the_body_is_never_an_order() -> None:
    as_body = MIMEText(EXAMPLE, "plain", "utf-8")

    assert refused(read_mail(letter(as_body))) == "no_attachment"
    assert refused(read_mail(b"Subject: ORDER\r\n\r\n" + ORDER)) == "no_attachment"


def test_a_second_text_without_a_name_is_a_file() -> None:
    reading = read_mail(letter(body(), MIMEText(EXAMPLE, "plain", "utf-8")))

    assert reading.fields is not None


def test_the_first_readable_file_is_taken_and_the_others_are_named() -> None:
    other = '{"Тема": "Другая"}'.encode()
    reading = read_mail(
        letter(
            body(),
            attached(b"\x89PNG....", "logo.png", "png"),
            attached("не JSON".encode("cp1251"), "readme.txt"),
            attached(ORDER, "first.txt"),
            attached(other, "second.txt"),
        )
    )

    assert reading.fields is not None
    assert reading.fields.inn == "7709745454"
    assert warned(reading) == [("other_attachments", "")]
    assert dict(reading.warnings[0].facts) == {"names": "second.txt"}
    assert reading.letter is not None
    assert [(each.name, each.outcome) for each in reading.letter.attachments] == [
        ("logo.png", "not_text"),
        ("readme.txt", "json_bare_text"),
        ("first.txt", "taken"),
        ("second.txt", "not_needed"),
    ]


def test_of_unreadable_files_each_says_why() -> None:
    reading = read_mail(letter(body(), attached(b"", "a.txt"), attached(b"{", "b.txt")))

    assert refused(reading) == "none_readable"
    assert reading.letter is not None
    outcomes = [(each.name, each.outcome) for each in reading.letter.attachments]
    assert outcomes == [("a.txt", "empty"), ("b.txt", "json_breaks_off")]
    assert refused(read_mail(letter(body(), attached(b"{", "b.txt")))) == "json_breaks_off"


@pytest.mark.parametrize(
    "raw",
    [
        b"=?windows-1251?B?" + base64.b64encode("Заявка ORDER: 5".encode("cp1251")) + b"?=",
        b"=?KOI8-R?Q?" + b"".join(b"=%02X" % byte for byte in "Заявка ORDER: 5".encode("koi8-r")) + b"?=",
        b"=?utf-8*ru?b?" + base64.b64encode("Заявка ORDER: 5".encode()) + b"?=",
        # One character cut into two words, as many mailers do.
        b"=?utf-8?b?" + base64.b64encode("Зая".encode()[:5]) + b"?=\r\n =?utf-8?b?"
        + base64.b64encode("Зая".encode()[5:] + "вка ORDER: 5".encode()) + b"?=",
        b"=?utf-8?Q?=D0=97=D0=B0=D1=8F=D0=B2=D0=BA=D0=B0?= ORDER: 5",
        # Nothing encoded at all.
        "Заявка ORDER: 5".encode(),
        "Заявка ORDER: 5".encode("cp1251"),
        "Заявка ORDER: 5".encode("koi8-r"),
        # A wrong name of the encoding, and one that is unknown.
        b"=?us-ascii?B?" + base64.b64encode("Заявка ORDER: 5".encode()) + b"?=",
        b"=?x-none?B?" + base64.b64encode("Заявка ORDER: 5".encode("cp1251")) + b"?=",
        # Base64 without its padding.
        b"=?utf-8?b?" + base64.b64encode("Заявка ORDER: 5".encode()).rstrip(b"=") + b"?=",
    ],
)  # fmt: skip
def test_a_subject_is_read_in_any_encoding_however_broken(raw: bytes) -> None:
    assert subject_of(b"Subject: " + raw + b"\r\nFrom: a@b.ru\r\n\r\n") == "Заявка ORDER: 5"
    assert subject_of(b"From: a@b.ru\r\nSUBJECT:" + raw) == "Заявка ORDER: 5"


def test_a_nul_in_a_subject_makes_no_other_encoding_of_it() -> None:
    assert subject_of(b"From: a@b.c\r\nSubject: ORDER: \x00 5\r\n\r\n") == "ORDER: 5"


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ("ORDER: 123", True), ("order", True), ("Re: [Order] 5", True), ("Новый ORDER!", True),
        ("reORDER", False), ("ORDERS", False), ("ORDER_5", False), ("", False), ("Заявка", False),
    ],
)  # fmt: skip
def test_the_keyword_is_a_word_of_its_own(subject: str, found: bool) -> None:
    assert has_keyword(subject, "ORDER") is found


def test_a_keyword_may_be_russian_or_have_marks() -> None:
    assert has_keyword("Новый ЗАКАЗ!", "заказ")
    assert has_keyword("site [ord]: 5", "[ORD]")
    assert has_keyword("что угодно", " ")


def test_a_head_that_says_nothing_is_empty() -> None:
    for raw in (b"", b"\r\n\r\n", b"no head at all", b"Date: yesterday\r\n\r\n", b"\xff\xfe\x00"):
        head = head_of(raw)
        assert (head.subject, head.sender, head.dated_at, head.message_id) == ("", "", None, "")
