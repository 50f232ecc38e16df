"""A web shop beside the sending service: the list of its customers as a file, for a name and a password.

It names each state of the file by an ETag, as a web server does, so who has it need not take it again.
"""

import base64
import csv
import hmac
import io
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

PATH = "/shop/customers.csv"
USER, PASSWORD = "vestnik", "shop-export"
TITLES = ("Имя", "Эл. почта", "Телефон", "Город", "Заказов", "Внешний номер")

_NAMES = (
    "Алексеева Дарья", "Борисов Илья", "Власова Нина", "Громов Егор", "Демидова Софья", "Ершов Кирилл",
    "Жданова Вера", "Зайцев Павел", "Ильина Марина", "Котов Глеб", "Лаптева Алла", "Мухин Денис",
    "Носова Ирина", "Орехов Юрий", "Панова Лидия", "Рогов Семён", "Санина Ольга", "Титов Роман",
)  # fmt: skip
_CITIES = ("Москва", "Казань", "Пермь", "Самара", "Тюмень")


def customers() -> list[tuple[str, ...]]:
    """The shop's customers; one of them wrote no e-mail address that can be."""
    return [
        (
            name,
            "не указана" if number == 7 else f"customer{number}@shop.example.com",
            f"+7 945 700-{number:02d}-{number * 3:02d}",
            _CITIES[number % len(_CITIES)],
            str(number % 6),
            f"demo-shop-{number}",
        )
        for number, name in enumerate(_NAMES, 1)
    ]


async def customers_file(request: Request) -> Response:
    """The file, or the answer that it has not changed, or that a name and a password are missing."""
    expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected.encode()):
        return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="shop"'})
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([TITLES, *customers()])
    body = text.getvalue().encode()
    etag = f'"{sha256(body).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, media_type="text/csv; charset=utf-8", headers={"ETag": etag})
