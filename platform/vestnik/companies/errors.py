"""What can be wrong with companies.

Problem
├── InvalidInn 422
├── InvalidKpp 422
├── ClientInnTaken 409       another company has this INN (and KPP)
├── ClientChanged 409        somebody else was faster
└── UnknownResponsible 422   nobody, or somebody who may no longer sign in
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class InvalidInn(Problem):
    code = "invalid_inn"
    status = 422
    title = {"ru": "ИНН с ошибкой", "en": "INN has a mistake"}
    message = {
        "ru": "«{inn}» не может быть ИНН: нужны 10 или 12 цифр с верной контрольной суммой.",
        "en": "“{inn}” can't be an INN: it has 10 or 12 digits, and its check digits must fit.",
    }
    fields = ("inn",)


class InvalidKpp(Problem):
    code = "invalid_kpp"
    status = 422
    title = {"ru": "КПП с ошибкой", "en": "KPP has a mistake"}
    message = {
        "ru": "«{kpp}» не может быть КПП: в нём девять знаков.",
        "en": "“{kpp}” can't be a KPP: it has nine characters.",
    }
    fields = ("kpp",)


class ClientInnTaken(Problem):
    code = "client_inn_taken"
    status = 409
    title = {"ru": "Такой клиент уже есть", "en": "The client exists already"}
    message = {
        "ru": "ИНН {inn} уже у клиента «{name}». Откройте его или исправьте номер.",
        "en": "The client “{name}” already has the INN {inn}. Open it, or correct the number.",
    }
    fields = ("inn", "name", "id")


class ClientChanged(Problem):
    code = "client_changed"
    status = 409
    title = {"ru": "Клиент уже изменён", "en": "The client was changed"}
    message = {
        "ru": "Пока вы правили, клиента изменил кто-то другой. Ничего не сохранено: посмотрите на карточку "
        "и сохраните ещё раз. Запишется только то, что поменяли вы.",
        "en": "Somebody else changed the client meanwhile. Nothing is stored: look at the card, "
        "and save once more. Only what you changed is written.",
    }


class UnknownResponsible(Problem):
    code = "unknown_responsible"
    status = 422
    title = {"ru": "Нет такого ответственного", "en": "No such person"}
    message = {
        "ru": "Этого пользователя нет или он отключён. Выберите ответственного из списка.",
        "en": "There is no such user, or the user is disabled. Choose who is responsible from the list.",
    }
