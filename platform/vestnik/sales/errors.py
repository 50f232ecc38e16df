"""What can be wrong with deals, orders and job tickets.

Problem
├── UnknownStage 422
├── StageExists 409
├── LastOpenStage 409        a new deal needs a stage to begin in
├── UnknownDeal 422
├── UnknownContact 422
├── UnknownLine 422          a line that the order does not have
├── OrderChanged 409         somebody else was faster
└── LineHasTicket 409        a line that the workshop works by
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class UnknownStage(Problem):
    code = "unknown_stage"
    status = 422
    title = {"ru": "Нет такого этапа", "en": "No such stage"}
    message = {
        "ru": "Этого этапа сделки нет или он в архиве. Выберите этап из списка.",
        "en": "There is no such stage, or it is archived. Choose a stage from the list.",
    }


class StageExists(Problem):
    code = "stage_exists"
    status = 409
    title = {"ru": "Такой этап уже есть", "en": "The stage exists already"}
    message = {
        "ru": "Этап «{name}» уже есть. Дайте другое название или верните его из архива.",
        "en": "There is a stage “{name}” already. Choose another name, or bring it back from the archive.",
    }
    fields = ("name",)


class LastOpenStage(Problem):
    code = "last_open_stage"
    status = 409
    title = {"ru": "Последний рабочий этап", "en": "The last open stage"}
    message = {
        "ru": "Новым сделкам нужен хотя бы один рабочий этап. Сначала добавьте другой.",
        "en": "New deals need at least one open stage. Add another one first.",
    }


class UnknownDeal(Problem):
    code = "unknown_deal"
    status = 422
    title = {"ru": "Нет такой сделки", "en": "No such deal"}
    message = {
        "ru": "Этой сделки нет. Выберите сделку из списка.",
        "en": "There is no such deal. Choose one from the list.",
    }


class UnknownContact(Problem):
    code = "unknown_contact"
    status = 422
    title = {"ru": "Нет такого контакта", "en": "No such contact"}
    message = {
        "ru": "Этого контакта нет. Выберите контакт из списка.",
        "en": "There is no such contact. Choose one from the list.",
    }


class UnknownLine(Problem):
    code = "unknown_line"
    status = 422
    title = {"ru": "Нет такой строки", "en": "No such line"}
    message = {
        "ru": "Строки {id} в этом заказе нет: возможно, её удалили. Обновите страницу.",
        "en": "The order has no line {id}: somebody may have removed it. Reload the page.",
    }
    fields = ("id",)


class OrderChanged(Problem):
    code = "order_changed"
    status = 409
    title = {"ru": "Заказ уже изменён", "en": "The order was changed"}
    message = {
        "ru": "Пока вы правили, заказ изменил кто-то другой. Ничего не сохранено: посмотрите, что в нём "
        "теперь, и сохраните ещё раз.",
        "en": "Somebody else changed the order meanwhile. Nothing is stored: look at what it is now, "
        "and save once more.",
    }


class LineHasTicket(Problem):
    code = "line_has_ticket"
    status = 409
    title = {"ru": "По строке есть техкарта", "en": "The line has a job ticket"}
    message = {
        "ru": "По строке «{item}» сформирована техкарта № {number}: удалить строку нельзя. "
        "Отмените техкарту, если работа не нужна.",
        "en": "The line “{item}” has the job ticket No. {number} and can't be removed. "
        "Cancel the ticket if the work is not wanted.",
    }
    fields = ("item", "number")
