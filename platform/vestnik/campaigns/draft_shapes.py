"""A campaign's draft on the wire: what a person writes, and what is refused as they write it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vestnik.campaigns.service import Draft
from vestnik.contacts.addresses import normalise
from vestnik.contacts.errors import InvalidAddress
from vestnik.http.api import Id, Shape, key_of
from vestnik.http.errors import InvalidRequest

#: One line: what becomes a header of a letter has no line breaks, and nothing else that steers.
_LINE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]*"
_END = r"$(?!\n)"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=rf"^(?=.*\S){_LINE}{_END}")]
Subject = Annotated[str, msgspec.Meta(max_length=1000, pattern=rf"^{_LINE}{_END}")]
Words = Annotated[str, msgspec.Meta(max_length=255, pattern=rf"^{_LINE}{_END}")]
EmailText = Annotated[str, msgspec.Meta(max_length=320)]
Letter = Annotated[str, msgspec.Meta(max_length=100_000)]
CampaignType = Literal["email", "sms"]


class CampaignBody(Shape):
    """A new draft."""

    name: Name
    type: CampaignType = "email"
    subject: Subject = ""
    preview_text: Subject = ""
    sender_name: Words = ""
    sender_email: EmailText = ""
    reply_to: EmailText = ""
    text: Letter = ""
    account_id: Id | None = None
    template_id: Id | None = None
    segment_id: Id | None = None
    category_id: Id | None = None

    def draft(self) -> Draft:
        """The same for the service."""
        return Draft(
            name=self.name.strip(),
            type=self.type,
            subject=self.subject.strip(),
            preview_text=self.preview_text,
            sender_name=self.sender_name.strip(),
            sender_email=_mailbox("$.senderEmail", self.sender_email),
            reply_to=_mailbox("$.replyTo", self.reply_to),
            text=self.text,
            account_id=_key(self.account_id),
            template_id=_key(self.template_id),
            segment_id=_key(self.segment_id),
            category_id=_key(self.category_id),
        )


class CampaignChange(Shape):
    """The parts of a draft to change; those left out stay, a reference that is null is taken away."""

    name: Name | None = None
    type: CampaignType | None = None
    subject: Subject | None = None
    preview_text: Subject | None = None
    sender_name: Words | None = None
    sender_email: EmailText | None = None
    reply_to: EmailText | None = None
    text: Letter | None = None
    account_id: Id | UnsetType | None = UNSET
    template_id: Id | UnsetType | None = UNSET
    segment_id: Id | UnsetType | None = UNSET
    category_id: Id | UnsetType | None = UNSET

    def draft(self) -> Draft:
        """The same for the service."""
        given = {
            "account_id": self.account_id,
            "template_id": self.template_id,
            "segment_id": self.segment_id,
            "category_id": self.category_id,
        }
        keys: dict[str, Any] = {
            name: key_of(value) for name, value in given.items() if isinstance(value, str)
        }
        texts: dict[str, Any] = {
            name: value.strip()
            for name in ("name", "subject", "sender_name")
            if (value := getattr(self, name)) is not None
        }
        texts |= {
            name: _mailbox(path, value)
            for name, path in (("sender_email", "$.senderEmail"), ("reply_to", "$.replyTo"))
            if (value := getattr(self, name)) is not None
        }
        return Draft(
            **texts,
            **keys,
            type=self.type,
            preview_text=self.preview_text,
            text=self.text,
            cleared=frozenset(name for name, value in given.items() if value is None),
        )


def _mailbox(path: str, text: str) -> str:
    """An address of the sender, or none yet; `InvalidRequest` for what can't be one."""
    text = text.strip()
    if text:
        try:
            normalise("email", text)
        except InvalidAddress:
            raise InvalidRequest(path=path, reason=_NO_MAILBOX) from None
    return text


_NO_MAILBOX = {
    "ru": "это не адрес почты. Напишите адрес вида news@example.ru",
    "en": "this is no e-mail address. Write one like news@example.com",
}


def _key(text: str | None) -> int | None:
    return None if text is None else key_of(text)
