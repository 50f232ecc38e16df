"""Goods and works of the demo's orders, by the names of the exchange's document v0.1."""

from __future__ import annotations

from typing import Any


def item(
    item: str,
    machine: int,
    material: str,
    code: str,
    sizes: tuple[float, float],
    count: int,
    price: int,
    **more: Any,
) -> dict[str, Any]:
    """A line of goods; `more` are resolution, amount and works."""
    width, height = sizes
    return {
        "Номенклатура": item,
        "СтанокКод": machine,
        "Разрешение": more.pop("resolution", "720 dpi"),
        "Материал": material,
        "МатериалКод": code,
        "Ширина": width,
        "Высота": height,
        "Количество": count,
        "Цена": price,
        "Сумма": more.pop("amount", price * count),
        "Услуга": False,
        **({"ДополнительныеРаботы": more["works"]} if "works" in more else {}),
    }


def service(item: str, price: int, count: int = 1) -> dict[str, Any]:
    """A line that is a service."""
    return {"Номенклатура": item, "Услуга": True, "Количество": count, "Цена": price, "Сумма": price * count}


def work(kind: str, count: int, about: str) -> dict[str, Any]:
    """A finishing work on a line."""
    return {"ВидРаботы": kind, "Количество": count, "Описание": about}


BANNER, POSTER, FILM = "Баннер литой 450 гр./м2", "Бумага постерная 150 гр./м2", "Плёнка матовая, цифровая"
