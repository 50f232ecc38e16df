"""The demo's leads as they came: letters with a document attached, forms, requests, calls that were noted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from vestnik.demo.lead_texts import Wrote
from vestnik.intake.fields import LeadFields, Marks
from vestnik.intake.inputs.store import NewInput
from vestnik.intake.parsing import jobs
from vestnik.intake.parsing.reading import Reading

FORM = "application/x-www-form-urlencoded"
_LETTER = "message/rfc822"
_TO = "orders@mayak-books.example"
_MARKS = ("source", "medium", "campaign", "term", "content")
_KINDS: Mapping[str, Literal["letter", "request"]] = {"letter": "letter", "http": "request"}


def letter(subject: str, document: str, at: datetime, number: int) -> bytes:
    """What a site sends: a text that says nothing, and the document attached in WINDOWS-1251."""
    message = EmailMessage()
    message["From"] = "Сайт «Маяк» <site@mayak-books.example>"
    message["To"] = _TO
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<demo-{number}@mayak-books.example>"
    message.set_content("Новая заявка с сайта. Данные во вложении.\n")
    data = document.encode("cp1251")
    kind = {"charset": "windows-1251"}
    message.add_attachment(data, maintype="text", subtype="plain", filename="order.txt", params=kind)
    return message.as_bytes()


def document(wrote: Wrote, at: datetime) -> str:
    """The exchange's document v0.1."""
    told: dict[str, Any] = {
        "Тема": wrote.title,
        "Дата": f"{at:%d.%m.%Y %H:%M:%S}",
        "Описание": wrote.description,
        "ИНН": wrote.more.get("inn", ""),
        "Телефон": wrote.phone,
        "АдресЭлектроннойПочты": wrote.email,
        "КонтактноеЛицо": wrote.person,
        "Товары": list(wrote.goods),
    }
    told = {name: value for name, value in told.items() if value}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def came(wrote: Wrote, at: datetime, number: int, source_id: int | None) -> NewInput:
    """The input of a lead: bytes as its way in would have stored them."""
    about: dict[str, Any] = {"subject": wrote.title}
    if wrote.way == "letter":
        subject = f"ORDER: {number}"
        about = {"subject": subject}
        raw, media_type = letter(subject, document(wrote, at), at, number), _LETTER
    elif wrote.way == "hand":
        raw, media_type = msgspec.json.encode(_texts(wrote)), "application/json"
    else:
        raw, media_type = urlencode(_texts(wrote)).encode(), FORM
    return NewInput(wrote.way, source_id, f"demo-{number}", about, media_type, raw, received_at=at)


def reading_of(new: NewInput, zone: str) -> Reading:
    """What an input reads as, where it came by a way that has to be read."""
    return jobs.run(jobs.Job(kind=_KINDS[new.door], raw=new.raw, media_type=new.media_type, zone=zone))


def fields_of(wrote: Wrote) -> LeadFields:
    """The fields of what comes as ready ones."""
    texts: dict[str, Any] = {**_texts(wrote)}
    marks = Marks(**{name: texts.pop(f"utm_{name}", "") for name in _MARKS})
    person = texts.pop("name", "")
    description = texts.pop("message", "")
    return LeadFields(**texts, person=person, description=description, marks=marks)


def _texts(wrote: Wrote) -> dict[str, str]:
    told = {
        "title": wrote.title,
        "name": wrote.person,
        "email": wrote.email,
        "phone": wrote.phone,
        "message": wrote.description,
        **wrote.more,
    }
    return {name: value for name, value in told.items() if value}
