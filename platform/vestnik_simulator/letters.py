"""Letters of an invented bookshop: HTML with inline styles, nothing fetched from anywhere."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

#: The links of a letter that can be followed.
LINK = re.compile(r"""href=["'](https?://[^"'{}\s]+)["']""")
MONTHS = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь".split()


@dataclass(frozen=True)
class Letter:
    """One template."""

    title: str
    description: str
    subject: str
    body: str
    colour: str


def letters(number: int) -> list[Letter]:
    """So many templates: the seven kinds, then monthly digests and selections going back in time."""
    kinds = [_welcome(), _sale(), _invitation(), _order(), _survey(), _birthday(), _return()]
    made = kinds[:number]
    today = datetime.now(UTC)
    for index in range(max(0, number - len(kinds))):
        year, month = divmod(today.year * 12 + today.month - 1 - index // 2, 12)
        made.append(_digest(month, year) if index % 2 == 0 else _selection(month, year))
    return made


def system_letters() -> list[Letter]:
    """Templates that the service offers to everyone."""
    grey, green = "#44546a", "#2f6f4f"
    empty = _page(grey, "Заголовок", _p("Текст письма."))
    button = _button("Читать", "https://example.org/news", green)
    news = _page(green, "Новость", _p("Коротко о главном.") + button)
    return [
        Letter("Пустой шаблон", "Заголовок и текст", "Тема письма", empty, grey),
        Letter("Новость", "Одна новость с кнопкой", "Новость", news, green),
    ]


def _welcome() -> Letter:
    colour = "#1f4e5f"
    body = _page(
        colour,
        "Добро пожаловать на «Маяк»",
        _p("Здравствуйте, {{Name}}!")
        + _p("Рады, что вы с нами. Раз в две недели мы присылаем короткое письмо: что вышло, что стоит "
             "прочитать и куда прийти. Ничего лишнего.")
        + _p("Для знакомства — скидка 10 % на первый заказ по слову <b>МАЯК</b>.")
        + _button("Выбрать книгу", "https://mayak-books.example/new", colour),
    )  # fmt: skip
    return Letter("Приветственное письмо", "После подписки", "{{Name}}, добро пожаловать!", body, colour)


def _sale() -> Letter:
    colour = "#a4243b"
    books = [("Зимняя дорога", "−30 %"), ("Атлас северных ветров", "−25 %"), ("Письма к соседу", "−40 %")]
    rows = "".join(
        f'<tr><td style="padding:10px 0;border-bottom:1px solid #eee">{name}</td>'
        f'<td style="padding:10px 0;border-bottom:1px solid #eee;text-align:right;color:{colour};'
        f'font-weight:bold">{discount}</td></tr>'
        for name, discount in books
    )
    body = _page(
        colour,
        "Три дня низких цен",
        _p("{{Name}}, с пятницы по воскресенье — скидки до 40 %.")
        + f'<table width="100%" cellpadding="0" cellspacing="0" style="margin:12px 0 20px">{rows}</table>'
        + _button("Смотреть все скидки", "https://mayak-books.example/sale", colour)
        + _p('Если книга не подошла, <a href="https://mayak-books.example/returns">верните её</a> в течение '
             "четырнадцати дней."),
    )  # fmt: skip
    return Letter("Распродажа", "Скидки на выходные", "Скидки до 40 % — только три дня", body, colour)


def _invitation() -> Letter:
    colour = "#5b3e84"
    body = _page(
        colour,
        "Вечер с переводчиком",
        _p("Здравствуйте, {{Name}}! Приглашаем на встречу о том, как рождаются переводы.")
        + _p("<b>Четверг, 19:00</b><br>Книжный дом «Маяк», второй этаж<br>Вход свободный, мест — шестьдесят.")
        + _button("Записаться", "https://mayak-books.example/events/translator", colour)
        + _p('Не сможете прийти? <a href="https://mayak-books.example/events">Посмотрите трансляцию</a>.'),
    )
    return Letter("Приглашение на встречу", "Событие в магазине", "Встреча в четверг: ждём вас", body, colour)


def _order() -> Letter:
    colour = "#2f6f4f"
    body = _page(
        colour,
        "Ваш заказ собран",
        _p("{{Name}}, заказ уже на полке выдачи и ждёт вас семь дней.")
        + _p("Часы работы: ежедневно с 10 до 21.")
        + _button("Продлить хранение", "https://mayak-books.example/orders", colour),
    )
    return Letter("Заказ собран", "Служебное письмо", "Ваш заказ ждёт вас", body, colour)


def _survey() -> Letter:
    colour = "#b35c1e"
    body = _page(
        colour,
        "Один вопрос",
        _p("{{Name}}, порекомендуете ли вы нас друзьям?")
        + '<p style="text-align:center;margin:20px 0">'
        + "".join(
            f'<a href="https://mayak-books.example/survey?mark={mark}" '
            f'style="display:inline-block;width:38px;'
            f"line-height:38px;margin:3px;border-radius:19px;background:#fbeee2;color:{colour};"
            f'text-decoration:none;font-weight:bold">{mark}</a>'
            for mark in range(1, 6)
        )
        + "</p>"
        + _p("Это займёт десять секунд, а нам поможет понять, что исправить."),
    )
    return Letter("Опрос", "Оценка от одного до пяти", "{{Name}}, оцените нас", body, colour)


def _birthday() -> Letter:
    colour = "#c2185b"
    body = _page(
        colour,
        "С днём рождения!",
        _p("{{Name}}, поздравляем! Пусть в новом году жизни найдётся время для долгого чтения.")
        + _p("Наш подарок — 500 рублей на любую книгу. Действует тридцать дней.")
        + _button("Забрать подарок", "https://mayak-books.example/gift", colour),
    )
    return Letter("День рождения", "Подарок имениннику", "{{Name}}, это вам", body, colour)


def _return() -> Letter:
    colour = "#37474f"
    body = _page(
        colour,
        "Давно не виделись",
        _p("{{Name}}, за это время на «Маяке» появилось больше тысячи новых книг.")
        + _p("Мы отобрали десять, которые чаще всего советуют друг другу покупатели.")
        + _button("Открыть подборку", "https://mayak-books.example/top10", colour),
    )
    return Letter("Возвращение", "Для тех, кто давно не заходил", "Мы скучали, {{Name}}", body, colour)


def _digest(month: int, year: int) -> Letter:
    colour, name = "#1f4e5f", f"{MONTHS[month]} {year}"
    news = ["Новинки месяца", "Интервью с редактором", "Что читают в клубе", "Афиша"]
    items = "".join(
        f'<div style="padding:14px 0;border-bottom:1px solid #e6ecef">'
        f'<a style="color:{colour};font-size:17px" '
        f'href="https://mayak-books.example/digest/{year}-{month + 1:02}/{index}">{title}</a>'
        '<div style="color:#5c6b73;font-size:14px;margin-top:4px">'
        f"{MONTHS[month].capitalize()}: коротко и по делу.</div></div>"
        for index, title in enumerate(news, 1)
    )
    body = _page(colour, f"Дайджест: {name}", _p("Здравствуйте, {{Name}}!") + items)
    return Letter(f"Дайджест, {name}", "Ежемесячное письмо", f"Дайджест «Маяка»: {name}", body, colour)


def _selection(month: int, year: int) -> Letter:
    colour, name = "#6d4c41", f"{MONTHS[month]} {year}"
    url = f"https://mayak-books.example/choice/{year}-{month + 1:02}"
    body = _page(
        colour,
        f"Выбор редакции: {name}",
        _p("{{Name}}, пять книг, которые мы сами прочли за месяц и не пожалели.")
        + _button("Посмотреть пять книг", url, colour),
    )
    return Letter(f"Выбор редакции, {name}", "Подборка", f"Пять книг: {name}", body, colour)


def _page(colour: str, heading: str, content: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="ru"><head><meta charset="utf-8"><title>{heading}</title></head>
<body style="margin:0;background:#eef1f3;font-family:Georgia,'Times New Roman',serif;color:#263238">
<table width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 12px">
<table width="600" cellpadding="0" cellspacing="0" style="max-width:600px;width:100%;background:#fff">
<tr><td style="background:{colour};color:#fff;padding:28px 32px;font-size:24px">{heading}</td></tr>
<tr><td style="padding:24px 32px;font-size:16px;line-height:1.55">{content}</td></tr>
<tr><td style="padding:18px 32px;background:#f7f9fa;color:#78909c;font-size:12px;line-height:1.5">
Книжный дом «Маяк», Архангельск, наб. Северной Двины, 1.<br>
<a href="{{{{WebLetterUrl}}}}" style="color:#78909c">Открыть в браузере</a> ·
<a href="{{{{UnsubscribeUrl}}}}" style="color:#78909c">Отписаться</a></td></tr>
</table></td></tr></table></body></html>"""


def _p(text: str) -> str:
    return f'<p style="margin:0 0 14px">{text}</p>'


def _button(text: str, url: str, colour: str) -> str:
    return (
        f'<p style="margin:22px 0"><a href="{url}" style="background:{colour};color:#fff;padding:12px 22px;'
        f'text-decoration:none;border-radius:4px;display:inline-block">{text}</a></p>'
    )
