"""What can be wrong with lists of contacts, saved views and bulk runs.

Problem
├── UnknownCursor 422    a place in a list that is not there
├── ViewExists 409       two views of one person under one name
├── TooManyViews 409
├── NotOwnView 403       somebody else's view
├── UnknownAction 422    a bulk action that no room offers
└── BulkFinished 409     a run that is over
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class UnknownCursor(Problem):
    code = "unknown_cursor"
    status = 422
    title = {"ru": "Этого места в списке нет", "en": "There is no such place in the list"}
    message = {
        "ru": "Ссылка на страницу списка не подходит к сортировке. Откройте список с начала.",
        "en": "The link to a page of the list does not fit its order. Open the list from its beginning.",
    }


class ViewExists(Problem):
    code = "view_exists"
    status = 409
    title = {"ru": "Такой вид уже есть", "en": "The view exists already"}
    message = {
        "ru": "У вас уже есть вид «{name}». Выберите другое название.",
        "en": "You already have a view “{name}”. Choose another name.",
    }
    fields = ("name",)


class TooManyViews(Problem):
    code = "too_many_views"
    status = 409
    title = {"ru": "Слишком много видов", "en": "Too many views"}
    message = {
        "ru": "Сохранить можно не больше {limit} видов. Удалите те, которые не нужны.",
        "en": "You can save no more than {limit} views. Delete those that you don't need.",
    }
    fields = ("limit",)


class NotOwnView(Problem):
    code = "not_own_view"
    status = 403
    title = {"ru": "Это чужой вид", "en": "This is somebody else's view"}
    message = {
        "ru": "Изменить вид может тот, кто его сохранил. Сохраните свой.",
        "en": "Whoever saved a view may change it. Save one of your own.",
    }


class UnknownAction(Problem):
    code = "unknown_action"
    status = 422
    title = {"ru": "Действие задано неверно", "en": "The action is not right"}
    message = {
        "ru": "Действия «{action}» нет. Выберите действие из списка.",
        "en": "There is no action “{action}”. Choose one from the list.",
    }
    fields = ("action",)


class BulkFinished(Problem):
    code = "bulk_finished"
    status = 409
    title = {"ru": "Действие уже завершено", "en": "The action is over"}
    message = {
        "ru": "Отменить нельзя: действие уже завершено.",
        "en": "It can't be cancelled: it is over.",
    }
