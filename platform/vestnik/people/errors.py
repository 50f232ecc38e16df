"""What can be wrong with people, keys and the organisation.

Problem
├── WrongPassword 401           ├── LastAdministrator 409      ├── SetupLinkInvalid 403
├── EmailTaken 409              ├── SmtpPasswordNeeded 422     └── NotADemo 404
├── EmailInvalid 422            ├── UnknownRight 422
└── KeyExpired 401              └── ExpiryPassed 422
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class WrongPassword(Problem):
    code = "wrong_password"
    status = 401
    title = {"ru": "Не удалось войти", "en": "Could not sign in"}
    message = {
        "ru": "Адрес почты или пароль не подходят.",
        "en": "The e-mail address or the password is wrong.",
    }


class PresentPasswordWrong(Problem):
    code = "present_password_wrong"
    status = 422
    title = {"ru": "Пароль не изменён", "en": "The password was not changed"}
    message = {"ru": "Нынешний пароль введён неверно.", "en": "The present password is not that one."}


class EmailTaken(Problem):
    code = "email_taken"
    status = 409
    title = {"ru": "Адрес уже занят", "en": "Address already in use"}
    message = {
        "ru": "Пользователь с адресом {email} уже есть.",
        "en": "There is a user with the address {email} already.",
    }
    fields = ("email",)


class EmailInvalid(Problem):
    code = "email_invalid"
    status = 422
    title = {"ru": "Проверьте адрес почты", "en": "Check the e-mail address"}
    message = {
        "ru": "«{email}» не похоже на адрес почты.",
        "en": "“{email}” does not look like an e-mail address.",
    }
    fields = ("email",)


class LastAdministrator(Problem):
    code = "last_administrator"
    status = 409
    title = {"ru": "Последний администратор", "en": "The last administrator"}
    message = {
        "ru": "Тогда не останется никого, кто управляет пользователями. Сначала назначьте другого.",
        "en": "Nobody would be left to manage the users. Appoint someone else first.",
    }


class UnknownRight(Problem):
    code = "unknown_right"
    status = 422
    title = {"ru": "Нет такого права", "en": "No such right"}
    message = {"ru": "Права «{right}» нет.", "en": "There is no right “{right}”."}
    fields = ("right",)


class KeyExpired(Problem):
    code = "key_expired"
    status = 401
    title = {"ru": "Ключ API истёк", "en": "The API key has expired"}
    message = {
        "ru": "Срок ключа «{name}» истёк {expired_at}. Создайте новый на странице «Ключи API».",
        "en": "The key “{name}” expired at {expired_at}. Make a new one on the page “API keys”.",
    }
    fields = ("name", "expired_at")


class ExpiryPassed(Problem):
    code = "expiry_passed"
    status = 422
    title = {"ru": "Проверьте срок ключа", "en": "Check the key's term"}
    message = {
        "ru": "Ключ может действовать не меньше часа и не больше {days} дней.",
        "en": "A key may be valid for no less than an hour and no more than {days} days.",
    }
    fields = ("days",)


class SmtpPasswordNeeded(Problem):
    code = "smtp_password_needed"
    status = 422
    title = {"ru": "Введите пароль почты", "en": "Enter the mail password"}
    message = {
        "ru": "Сервер или имя пользователя изменились: введите пароль ещё раз, старый туда не отправится.",
        "en": "The server or the user name changed: enter the password again, the old one will not go there.",
    }


class SetupLinkInvalid(Problem):
    code = "setup_link_invalid"
    status = 403
    title = {"ru": "Ссылка не действует", "en": "The link is not valid"}
    message = {
        "ru": "Ссылка устарела или уже использована. Новую печатает команда «vestnik up» при запуске.",
        "en": "The link has expired or was used. The command “vestnik up” prints a new one when it starts.",
    }


class NotADemo(Problem):
    code = "not_a_demo"
    status = 404
    title = {"ru": "Это не демонстрация", "en": "This is not a demo"}
    message = {
        "ru": "Это работает только в демонстрации: «vestnik up --demo».",
        "en": "This works in the demo only: “vestnik up --demo”.",
    }
