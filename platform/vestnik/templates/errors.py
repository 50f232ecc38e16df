"""What can go wrong with templates.

    Problem
    ├── PageTooLong 502        an import got more templates than it asked for
    ├── PageRepeated 502       an import got the same templates again
    ├── TooManyTemplates 502   an import did not come to an end
    └── ImageRefused 404       a picture of a letter that can't be shown

The first three end an import: its `reason` is their sentence in both languages.
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class PageTooLong(Problem):
    code = "template_page_too_long"
    status = 502
    title = {"ru": "Импорт шаблонов остановлен", "en": "The import of templates was stopped"}
    message = {
        "ru": "Модуль вернул {got} шаблонов вместо {limit}, начиная с {offset}. "
        "Уже полученные шаблоны сохранены. Ошибку исправляет автор модуля.",
        "en": "The module returned {got} templates where {limit} were asked for, from {offset} on. "
        "The templates received before are kept. The module's author has to correct it.",
    }
    fields = ("got", "limit", "offset")


class PageRepeated(Problem):
    code = "template_page_repeated"
    status = 502
    title = {"ru": "Импорт шаблонов остановлен", "en": "The import of templates was stopped"}
    message = {
        "ru": "Модуль второй раз вернул те же шаблоны, начиная с {offset}: похоже, он не учитывает смещение. "
        "Уже полученные шаблоны сохранены. Ошибку исправляет автор модуля.",
        "en": "The module returned the same templates again, from {offset} on: it seems to ignore the "
        "offset. The templates received before are kept. The module's author has to correct it.",
    }
    fields = ("offset",)


class TooManyTemplates(Problem):
    code = "too_many_templates"
    status = 502
    title = {"ru": "Импорт шаблонов остановлен", "en": "The import of templates was stopped"}
    message = {
        "ru": "Модуль вернул больше {limit} шаблонов. Полученные шаблоны сохранены.",
        "en": "The module returned more than {limit} templates. Those received are kept.",
    }
    fields = ("limit",)


class ImageRefused(Problem):
    code = "image_refused"
    status = 404
    title = {"ru": "Изображение недоступно", "en": "The picture can't be shown"}
    message = {
        "ru": "Изображение из письма не удалось показать: ссылка устарела, сервер не отвечает "
        "или по ней не изображение.",
        "en": "The picture of the letter can't be shown: the link is out of date, the server does not "
        "answer, or it is no picture.",
    }
