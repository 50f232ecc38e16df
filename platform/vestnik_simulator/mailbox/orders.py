"""The letters with which a site sends an order: as it should be, and broken on its way."""

import datetime
import json
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, Literal

Kind = Literal["order", "broken"]
#: The order's number, in the subject.
NUMBER = 123
#: Where the site is, unless somebody says otherwise: dates of the document are in the receiver's zone.
ZONE = datetime.timezone(datetime.timedelta(hours=3))

_SENDER = "site@mayak-books.example"
_BODY = "Новый заказ с сайта.\n\nПисьмо составлено сайтом: заказ во вложении, остальное можно не читать.\n"


def document(site: str, at: datetime.datetime, number: int) -> dict[str, Any]:
    """An order in the exchange's form v0.1; `site` is where its layouts lie."""
    return {
        "Тема": f"Заказ №{number} от {at:%d.%m.%Y}: оформление стенда",
        "Дата": f"{at:%d.%m.%Y %H:%M:%S}",
        "Описание": "Оформление стенда на книжной выставке. Макеты готовы, нужна доставка до павильона.",
        "ИНН": "7709745454",
        "Телефон": "+7 (925) 642-42-90",
        "АдресЭлектроннойПочты": "a.klimov@vystavka-stend.example",
        "КонтактноеЛицо": "Климов Андрей Сергеевич",
        "ФайлыМакета": [{"Файл": f"{site}/screenshots/{place}.png?full"} for place in (1, 2)],
        "Товары": [
            {
                "Номенклатура": "Ролап 2 на 2 м",
                "СтанокКод": 1,
                "Разрешеине": "360 dpi",
                "Материал": "Баннеры - Эконом (340 гр./м2) - 360 dpi",
                "МатериалКод": "00-00000021",
                "Ширина": 2,
                "Высота": 2,
                "Количество": 2,
                "Цена": 500,
                "Сумма": 1000,
                "Услуга": False,
                "ДополнительныеРаботы": [
                    {"ВидРаботы": "Люверсы", "Количество": 2, "Описание": "шаг 30 см"},
                    {"ВидРаботы": "Проклейка", "Количество": 2, "Описание": "по периметру"},
                    {"ВидРаботы": "Карманы", "Количество": 2, "Описание": "сверху и снизу"},
                ],
            },
            {
                "Номенклатура": "Постер А1 «Новинки осени»",
                "СтанокКод": 3,
                "Разрешеине": "720 dpi",
                "Материал": "Бумага постерная 150 гр./м2",
                "МатериалКод": "00-00000034",
                "Ширина": 0.594,
                "Высота": 0.841,
                "Количество": 30,
                "Цена": 290,
                "Сумма": 8700,
                "Услуга": False,
            },
            {"Номенклатура": "Доставка", "Услуга": True, "Количество": 2, "Цена": 500, "Сумма": 1000},
        ],
    }


def letter(kind: Kind, site: str, at: datetime.datetime | None = None) -> bytes:
    """A letter of the site, written at an instant in the site's zone.

    The broken one's attachment ends in the middle of its goods.
    """
    written = at or datetime.datetime.now(ZONE)
    number = NUMBER if kind == "order" else NUMBER + 1
    text = json.dumps(document(site, written, number), ensure_ascii=False, indent="\t")
    if kind == "broken":
        text = text[: text.index('"МатериалКод"')]
    return composed(f"ORDER: {number}", text, written)


def composed(subject: str, text: str, at: datetime.datetime) -> bytes:
    """A letter with a text in WINDOWS-1251 attached."""
    message = EmailMessage()
    message["From"] = f"Сайт Маяк <{_SENDER}>"
    message["To"] = "orders@mayak-books.example"
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(domain="mayak-books.example")
    message.set_content(_BODY)
    message.add_attachment(
        text.encode("cp1251"),
        maintype="text",
        subtype="plain",
        filename="order.txt",
        params={"charset": "windows-1251"},
    )
    return message.as_bytes()
