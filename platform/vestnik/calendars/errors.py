"""What can be wrong with calendars.

Problem
├── UnknownCalendar 422    there is none, or it is archived
├── UnknownPerson 422      nobody of that key may sign in
├── CalendarStays 409      a person's own calendar, or the one for what comes in
└── EventOfRecord 409      what an event says is said by the record that it came of
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class UnknownCalendar(Problem):
    code = "unknown_calendar"
    status = 422
    title = {"ru": "Нет такого календаря", "en": "No such calendar"}
    message = {
        "ru": "Этого календаря нет, или он в архиве. Выберите другой из списка.",
        "en": "There is no such calendar, or it is archived. Choose another one from the list.",
    }


class UnknownPerson(Problem):
    code = "unknown_person"
    status = 422
    title = {"ru": "Нет такого сотрудника", "en": "No such colleague"}
    message = {
        "ru": "Этого сотрудника нет, или ему закрыт вход. Выберите другого из списка.",
        "en": "There is no such colleague, or they may not sign in. Choose another one from the list.",
    }


class CalendarStays(Problem):
    code = "calendar_stays"
    status = 409
    title = {"ru": "Этот календарь не убирают", "en": "This calendar stays"}
    message = {
        "ru": "Личный календарь и календарь для входящих заявок не убирают в архив. "
        "Сначала назначьте для заявок другой.",
        "en": "A personal calendar, and the calendar for incoming leads, can't be archived. "
        "First have another one take the leads.",
    }


class EventOfRecord(Problem):
    code = "event_of_record"
    status = 409
    title = {"ru": "Событие создано заявкой", "en": "The event came of a lead"}
    message = {
        "ru": "Это событие можно перенести на другое время или в другой календарь. Название и описание "
        "берутся из заявки, и вместе с ней событие остаётся.",
        "en": "This event may be moved to another time or calendar. What it says comes from its lead, "
        "and it stays as long as the lead does.",
    }
