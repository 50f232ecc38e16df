"""Why a mailbox could not be read: codes with their values, and what they say to people.

`{answer}` is what the mail server said, shortened, with the password taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from vestnik.http.errors import Language, Text

Stage = Literal["connect", "tls", "login", "folder", "letters"]
STAGES: tuple[Stage, ...] = ("connect", "tls", "login", "folder", "letters")

FAILURES: Mapping[str, Text] = {
    "bad_host": {
        "ru": "«{host}» — это не имя и не адрес сервера.",
        "en": "“{host}” is neither a name nor an address of a server.",
    },
    "dns": {
        "ru": "Сервер {host} не найден. Проверьте его имя.",
        "en": "The server {host} was not found. Check its name.",
    },
    "own_address": {
        "ru": "{host}:{port} — это адрес самого Вестника, почты там нет.",
        "en": "{host}:{port} is Vestnik itself; there is no mail.",
    },
    "unusable_address": {
        "ru": "По адресу {host} почтового сервера быть не может.",
        "en": "There can be no mail server at {host}.",
    },
    "connect": {
        "ru": "Сервер {host} не принимает соединение на порту {port}. Проверьте порт: обычно 993 для TLS "
        "и 143 для STARTTLS.",
        "en": "The server {host} takes no connection on port {port}. Check the port: it is 993 for TLS "
        "and 143 for STARTTLS as a rule.",
    },
    "timeout": {
        "ru": "Сервер {host} не ответил вовремя.",
        "en": "The server {host} did not answer in time.",
    },
    "tls": {
        "ru": "Защищённое соединение с {host} не установлено: проверьте порт и вид защиты.",
        "en": "There is no secure connection to {host}: check the port and the kind of encryption.",
    },
    "certificate": {
        "ru": "Сертификат сервера {host} не принят: {answer}. Если это сервер вашей организации, вставьте "
        "его сертификат или сертификат того, кто его выдал.",
        "en": "The certificate of {host} was not accepted: {answer}. If it is a server of your organisation, "
        "paste its certificate, or that of whoever issued it.",
    },
    "no_starttls": {
        "ru": "Сервер {host} не предлагает STARTTLS на этом порту. Выберите TLS и порт 993.",
        "en": "The server {host} offers no STARTTLS on this port. Choose TLS and port 993.",
    },
    "not_imap": {
        "ru": "На {host}:{port} отвечает не сервер IMAP.",
        "en": "What answers at {host}:{port} is no IMAP server.",
    },
    "login": {
        "ru": "Сервер не принял имя пользователя или пароль. Многим службам нужен пароль приложения, а "
        "доступ по IMAP включают в настройках ящика. Ответ: {answer}",
        "en": "The server did not accept the user name or the password. Many services need an application "
        "password, and IMAP is switched on in the mailbox's settings. Answer: {answer}",
    },
    "login_disabled": {
        "ru": "Сервер {host} не разрешает вход по имени и паролю.",
        "en": "The server {host} allows no log-in by name and password.",
    },
    "unavailable": {
        "ru": "Сервер {host} сейчас не принимает вход. Ответ: {answer}",
        "en": "The server {host} takes no log-ins at the moment. Answer: {answer}",
    },
    "no_folder": {
        "ru": "Папки «{folder}» в ящике нет. Ответ: {answer}",
        "en": "The mailbox has no folder “{folder}”. Answer: {answer}",
    },
    "no_uids": {
        "ru": "Сервер {host} не даёт письмам постоянных номеров (UIDVALIDITY): почту собрать нельзя.",
        "en": "The server {host} gives letters no lasting numbers (UIDVALIDITY): mail can't be collected.",
    },
    "cut": {
        "ru": "Сервер {host} прервал соединение.",
        "en": "The server {host} broke the connection off.",
    },
    "misbehaved": {
        "ru": "Сервер {host} отвечает не так, как отвечают серверы IMAP. Ответ не прочитан.",
        "en": "The server {host} answers as no IMAP server does. The answer was not read.",
    },
    "too_much": {
        "ru": "Сервер {host} прислал больше, чем можно принять за раз.",
        "en": "The server {host} sent more than may be taken at once.",
    },
    "said_no": {
        "ru": "Сервер не выполнил команду {command}. Ответ: {answer}",
        "en": "The server did not carry out the command {command}. Answer: {answer}",
    },
    "read_only": {
        "ru": "Письма собраны, но ящик открыт только для чтения: пометить, перенести или удалить их нельзя.",
        "en": "The letters were collected, but the mailbox is read-only: they can't be marked, moved or "
        "deleted.",
    },
    "not_moved": {
        "ru": "Письма собраны, но не перемещены в папку «{folder}». Ответ: {answer}",
        "en": "The letters were collected, but not moved to the folder “{folder}”. Answer: {answer}",
    },
    "not_marked": {
        "ru": "Письма собраны, но сервер не хранит пометку «{mark}».",
        "en": "The letters were collected, but the server does not keep the mark “{mark}”.",
    },
    "not_removed": {
        "ru": "Письма собраны и отмечены как удалённые. Убрать их совсем сервер по одному не умеет (нет "
        "UIDPLUS), а чужие удалённые письма рабочего ящика Вестник не трогает.",
        "en": "The letters were collected and marked as deleted. The server can't remove single letters (no "
        "UIDPLUS), and Vestnik leaves other deleted letters of a working mailbox alone.",
    },
    "password_lost": {
        "ru": "Сохранённый пароль не открывается ключом этой установки. Введите пароль заново.",
        "en": "The installation's key does not open the stored password. Enter the password again.",
    },
    "broken_off": {
        "ru": "Сбор прервался и продолжен следующим: ничего не потеряно и не собрано дважды.",
        "en": "The run broke off, and the next one went on: nothing was lost or collected twice.",
    },
    "internal": {
        "ru": "Внутренняя ошибка, она записана под номером {reference}. Ничего не потеряно: сбор повторится.",
        "en": "The fault is ours; it is recorded under number {reference}. Nothing is lost: collecting goes "
        "on.",
    },
}

#: What may pass by itself, so that people hear of it only when it lasts.
_PASSING = frozenset({"dns", "connect", "timeout", "cut", "unavailable", "too_much", "internal"})


class MailboxFailure(Exception):
    """The mailbox could not be reached or read: a code of `FAILURES` with its values."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.values = code, values

    @property
    def reason(self) -> dict[str, Any]:
        """The failure as it is stored."""
        return {"code": self.code, **self.values}

    @property
    def passing(self) -> bool:
        """Whether it may pass without anybody's doing."""
        return self.code in _PASSING


def why(reason: Mapping[str, Any], language: Language) -> str:
    """A stored failure for a reader."""
    values = {name: value for name, value in reason.items() if name != "code"}
    return FAILURES[reason["code"]][language].format(**values)
