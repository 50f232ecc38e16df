"""Sends one letter through the organisation's SMTP server, and says plainly why it could not.

Problem
├── MailNotConfigured 409   no server is set
├── MailNotEncrypted 422    plain SMTP to another machine
└── MailFailed 502          the server refused, or could not be reached; `stage` says where
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

import aiosmtplib

from vestnik.http.errors import Problem

Security = Literal["tls", "starttls", "none"]
Stage = Literal["connect", "tls", "login", "sender", "recipient", "letter"]

TIMEOUT_S = 15.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_STAGES: dict[Stage, dict[str, str]] = {
    "connect": {
        "ru": "Не удалось подключиться: проверьте адрес сервера и порт",
        "en": "Could not connect: check the server's address and port",
    },
    "tls": {
        "ru": "Не удалось установить защищённое соединение: проверьте порт и вид защиты",
        "en": "Could not set up the encrypted connection: check the port and the kind of encryption",
    },
    "login": {
        "ru": "Сервер не принял имя пользователя или пароль",
        "en": "The server did not accept the user name or the password",
    },
    "sender": {"ru": "Сервер не принял адрес отправителя", "en": "The server did not accept the sender"},
    "recipient": {"ru": "Сервер не принял адрес получателя", "en": "The server did not accept the recipient"},
    "letter": {"ru": "Сервер не принял письмо", "en": "The server did not accept the letter"},
}


class MailNotConfigured(Problem):
    code = "mail_not_configured"
    status = 409
    title = {"ru": "Почта не настроена", "en": "Mail is not set up"}
    message = {
        "ru": "Укажите почтовый сервер в настройках организации.",
        "en": "Enter a mail server in the organisation's settings.",
    }


class MailNotEncrypted(Problem):
    code = "mail_not_encrypted"
    status = 422
    title = {"ru": "Соединение без защиты", "en": "Connection without encryption"}
    message = {
        "ru": "Без защиты письма принимает только сервер этой машины. Для {host} выберите TLS или STARTTLS.",
        "en": "Unencrypted mail goes to a server on this machine only. Choose TLS or STARTTLS for {host}.",
    }
    fields = ("host",)


class MailFailed(Problem):
    code = "mail_failed"
    status = 502
    title = {"ru": "Письмо не отправлено", "en": "The letter was not sent"}
    message = {"ru": "{what}. Ответ: {answer}", "en": "{what}. Answer: {answer}"}
    fields = ("stage", "what", "answer")


@dataclass(frozen=True, slots=True)
class Smtp:
    """An SMTP server and who we are to it."""

    host: str
    port: int
    security: Security
    sender: str
    sender_name: str = ""
    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"Smtp({self.host}:{self.port}, {self.security})"


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to one person."""

    to: str
    subject: str
    text: str
    html: str | None = None


class Mail:
    """The organisation's outgoing mail; `smtp()` says through which server."""

    def __init__(self, smtp: Callable[[], Awaitable[Smtp | None]]) -> None:
        self._smtp = smtp

    async def send(self, letter: Letter) -> None:
        """Send `letter`; return once the server has taken it."""
        server = await self._smtp()
        if server is None:
            raise MailNotConfigured()
        await deliver(server, letter)


async def deliver(smtp: Smtp, letter: Letter) -> None:
    """Send `letter` through `smtp`; `MailFailed` names the stage and the server's own words."""
    if smtp.security == "none" and smtp.host not in _LOOPBACK:
        raise MailNotEncrypted(host=smtp.host)
    try:
        composed = message(smtp, letter)
    except (ValueError, MessageError, IndexError) as error:  # an address that the e-mail standards refuse
        raise _failure(error, "letter") from None
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        use_tls=smtp.security == "tls",
        start_tls=False,
        timeout=TIMEOUT_S,
    )
    try:
        await _hand_over(client, smtp, composed)
    finally:
        client.close()


async def _hand_over(client: aiosmtplib.SMTP, smtp: Smtp, letter: EmailMessage) -> None:
    stage: Stage = "connect"
    try:
        await client.connect()
        if smtp.security == "starttls":
            stage = "tls"
            await client.starttls()
        if smtp.username:
            stage = "login"
            await client.login(smtp.username, smtp.password or "")
        stage = "letter"
        await client.send_message(letter)
        await client.quit()
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise _failure(error, stage) from None


def _failure(error: Exception, stage: Stage) -> MailFailed:
    if isinstance(error, aiosmtplib.SMTPSenderRefused):
        stage = "sender"
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        stage = "recipient"
        error = error.recipients[0]
    if isinstance(error.__cause__, ssl.SSLError):
        stage = "tls"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        answer = f"{error.code} {error.message}"
    else:
        answer = str(error.__cause__ or error) or type(error).__name__
    return MailFailed(stage=stage, what=_STAGES[stage], answer=" ".join(answer.split()))


def message(smtp: Smtp, letter: Letter) -> EmailMessage:
    """The letter in the form that goes over the wire; line breaks in a header are refused by its policy."""
    composed = EmailMessage()
    composed["From"] = Address(smtp.sender_name, addr_spec=smtp.sender)
    composed["To"] = Address(addr_spec=letter.to)
    composed["Subject"] = letter.subject
    composed["Date"] = formatdate()
    composed["Message-ID"] = make_msgid(domain=smtp.sender.rpartition("@")[2])
    composed["Auto-Submitted"] = "auto-generated"
    composed.set_content(letter.text)
    if letter.html is not None:
        composed.add_alternative(letter.html, subtype="html")
    return composed
