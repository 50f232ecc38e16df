"""Letters as web sites send them."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

DOCUMENT: dict[str, Any] = {
    "Тема": "Заказ №123 от 01.06.2019",
    "Телефон": "+7 925 642 42-90",
    "АдресЭлектроннойПочты": "buyer@example.org",
    "КонтактноеЛицо": "Прилепский Алексей",
}


def order(
    subject: str = "ORDER: 123", *, message_id: str | None = None, encoding: str = "cp1251", **fields: Any
) -> bytes:
    """A letter with the keyword and the document as a text file."""
    letter = EmailMessage()
    letter["From"] = "shop@example.org"
    letter["To"] = "orders@example.org"
    letter["Subject"] = subject
    if message_id is not None:
        letter["Message-ID"] = f"<{message_id}>"
    letter.set_content("Новая заявка с сайта.")
    document = json.dumps({**DOCUMENT, **fields}, ensure_ascii=False, indent=1)
    letter.add_attachment(
        document.encode(encoding), maintype="application", subtype="octet-stream", filename="order.txt"
    )
    return letter.as_bytes().replace(b"\n", b"\r\n")


def other(subject: str = "Обед в пятницу") -> bytes:
    """A letter without the keyword."""
    letter = EmailMessage()
    letter["From"] = "friend@example.org"
    letter["Subject"] = subject
    letter.set_content("Идём?")
    return letter.as_bytes().replace(b"\n", b"\r\n")
