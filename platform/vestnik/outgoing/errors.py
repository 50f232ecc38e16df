"""What can be wrong with outgoing webhooks.

Problem
├── EndpointRefused 422    nothing can be sent to that address
├── EndpointsFull 409      there are as many as there may be
└── EndpointOff 409        what is turned off is sent nothing
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class EndpointRefused(Problem):
    code = "endpoint_refused"
    status = 422
    title = {"ru": "Адрес не подходит", "en": "The address does not fit"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("path", "reason")


class EndpointsFull(Problem):
    code = "endpoints_full"
    status = 409
    title = {"ru": "Вебхуков слишком много", "en": "Too many webhooks"}
    message = {
        "ru": "Исходящих вебхуков может быть не больше {limit}. Удалите ненужные.",
        "en": "There may be {limit} outgoing webhooks at most. Delete those of no use.",
    }
    fields = ("limit",)


class EndpointOff(Problem):
    code = "endpoint_off"
    status = 409
    title = {"ru": "Вебхук отключён", "en": "The webhook is off"}
    message = {
        "ru": "Отключённому вебхуку сообщения не отправляются. Сначала включите его.",
        "en": "Nothing is sent to a webhook that is off. Turn it on first.",
    }
