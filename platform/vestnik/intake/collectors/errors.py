"""What can be wrong with a mail collector.

Problem
├── CollectorSettings 422     a field that does not fit the others
├── PasswordNeeded 422        a stored password goes only where it went before
├── CertificateUnreadable 422 what was pasted is no PEM certificate
├── TooManyCollectors 409
├── MarkedForRemoval 409      it is not run any more
└── CollectorDestination 422  a calendar, a person or a source that is not there
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class CollectorSettings(Problem):
    code = "collector_settings"
    status = 422
    title = {"ru": "Настройки не подходят", "en": "The settings don't fit"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("path", "reason")


class PasswordNeeded(Problem):
    code = "mailbox_password_needed"
    status = 422
    title = {"ru": "Нужен пароль", "en": "Password needed"}
    message = {
        "ru": "Введите пароль ящика: сохранённый отправляется только на прежний сервер и под прежним именем.",
        "en": "Enter the mailbox's password: the stored one goes only to the server, and under the name, "
        "that it was entered for.",
    }


class CertificateUnreadable(Problem):
    code = "certificate_unreadable"
    status = 422
    title = {"ru": "Сертификат не читается", "en": "The certificate can't be read"}
    message = {
        "ru": "Вставьте сертификат целиком в виде PEM: от строки BEGIN CERTIFICATE до END CERTIFICATE.",
        "en": "Paste the whole certificate as PEM: from the line BEGIN CERTIFICATE to END CERTIFICATE.",
    }


class TooManyCollectors(Problem):
    code = "too_many_collectors"
    status = 409
    title = {"ru": "Слишком много сборщиков", "en": "Too many collectors"}
    message = {
        "ru": "Сборщиков почты может быть не больше {limit}.",
        "en": "There can be no more than {limit} mail collectors.",
    }
    fields = ("limit",)


class MarkedForRemoval(Problem):
    code = "collector_marked_for_removal"
    status = 409
    title = {"ru": "Сборщик помечен на удаление", "en": "Marked for removal"}
    message = {
        "ru": "Сборщик помечен на удаление и почту не собирает. Сначала снимите пометку.",
        "en": "The collector is marked for removal and collects no mail. Take the mark off first.",
    }


class CollectorDestination(Problem):
    code = "collector_destination"
    status = 422
    title = {"ru": "Некуда направить заявки", "en": "Nowhere to send the leads"}
    message = {
        "ru": "Такого календаря, сотрудника или источника нет, или он в архиве: поле {path}.",
        "en": "There is no such calendar, person or source, or it is archived: the field {path}.",
    }
    fields = ("path",)
