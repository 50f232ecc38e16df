"""What can be wrong with a request to the webhook inspector.

Problem
└── ReplayTooLarge 409
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class ReplayTooLarge(Problem):
    code = "replay_too_large"
    status = 409
    title = {"ru": "Слишком много вебхуков", "en": "Too many webhooks"}
    message = {
        "ru": "Под фильтр подходит {found}, за один раз разбирается не больше {at_most}. "
        "Сузьте фильтр по времени.",
        "en": "The filter matches {found}; at most {at_most} are replayed at a time. Narrow it by time.",
    }
    fields = ("found", "at_most")
