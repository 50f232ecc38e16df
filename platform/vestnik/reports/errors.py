"""What can be wrong with reports.

Problem
├── GroupIsEmpty 409     a segment asked for of a group in which there is nobody
└── PeriodBackwards 422  a period that ends before it begins
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class GroupIsEmpty(Problem):
    code = "report_group_is_empty"
    status = 409
    title = {"ru": "В этой группе никого нет", "en": "There is nobody in this group"}
    message = {
        "ru": "Сегмент не создан: в группе никого нет. Измените период, рассылки или сегмент отчёта.",
        "en": "No segment was made: there is nobody in the group. Change the report's period, campaigns or "
        "segment.",
    }


class PeriodBackwards(Problem):
    code = "report_period_backwards"
    status = 422
    title = {"ru": "Проверьте период", "en": "Check the period"}
    message = {
        "ru": "Конец периода должен быть позже его начала.",
        "en": "The period must end after it begins.",
    }
