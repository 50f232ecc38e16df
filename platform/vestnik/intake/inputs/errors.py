"""What can't be done with an input.

Problem
├── IdempotencyKeyReused 409    ├── InputTooLarge 413
├── InputNotReadAgain 409       └── InputErased 409
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class IdempotencyKeyReused(Problem):
    code = "idempotency_key_reused"
    status = 409
    title = {"ru": "Ключ уже использован", "en": "The key was used before"}
    message = {
        "ru": "С этим Idempotency-Key уже пришли другие данные. Новым данным нужен новый ключ.",
        "en": "Other data came with this Idempotency-Key before. New data need a new key.",
    }


class InputTooLarge(Problem):
    code = "input_too_large"
    status = 413
    title = {"ru": "Слишком много данных", "en": "Too much data"}
    message = {
        "ru": "Больше {limit_bytes} байт одно сообщение не принимается.",
        "en": "One message of more than {limit_bytes} bytes is not taken.",
    }
    fields = ("limit_bytes",)


class InputNotReadAgain(Problem):
    code = "input_not_read_again"
    status = 409
    title = {"ru": "Читать заново нечего", "en": "Nothing to read again"}
    message = {
        "ru": "Эту заявку ввели или передали готовыми полями: другого прочтения у неё нет. Поправьте саму "
        "заявку.",
        "en": "This lead was entered, or came as ready fields: there is no other way to read it. Change the "
        "lead itself.",
    }


class InputErased(Problem):
    code = "input_erased"
    status = 409
    title = {"ru": "Данные удалены", "en": "The data are erased"}
    message = {
        "ru": "Исходных данных нет: удалены вместе с данными человека или по истечении срока хранения.",
        "en": "The raw data are gone: erased with a person's data, or kept long enough.",
    }
