"""The document's own example (v0.1), and how the tests have things read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vestnik.intake.fields import LeadFields
from vestnik.intake.parsing.jobs import Job, run
from vestnik.intake.parsing.reading import Reading

EXAMPLE = """{
	"Тема": "Заказ №123 от 01.06.2019 бла бла бла",
	"Дата": "29.05.2019 15:15:00",
	"Описание": "Произвольный тест описание заказа строкой",
	"ИНН": "7709745454",
	"Телефон": "+7 925 642 42-90",
	"АдресЭлектроннойПочты": "adwcom@gmail.com",
	"КонтактноеЛицо": "Прилепский Алексей Анатольевич",
	"ФайлыМакета": [{
		"Файл": "https://demo.solvent.ru/cabinet/print/2019/DAC_noyXsAEV-Cx.jpg"
	}, {
		"Файл": "https://demo.solvent.ru/cabinet/print/2019/DAC_noyXsAEV-Cy.jpg"
	}],
	"Товары": [{
			"Номенклатура": "Ролап 123 22 22",
			"СтанокКод": 1,
			"Разрешеине": "360 dpi",
			"Материал": "Баннеры - Эконом (340 гр./м2) - 360 dpi",
			"МатериалКод": "00-00000021",
			"Ширина": 2,
			"Высота": 2,
			"Количество": 2,
			"Цена": 500,
			"Сумма": 1000,
			"Услуга": false,
			"ДополнительныеРаботы": [{
					"ВидРаботы": "Люверсы",
					"Количество": 2,
					"Описание": "шаг 30см"
				},
				{
					"ВидРаботы": "Проклейка",
					"Количество": 2,
					"Описание": "проклейка да"
				}
			]
		},
		{
			"Номенклатура": "Доставка ",
			"Услуга": true,
			"Количество": 2,
			"Цена": 500,
			"Сумма": 1000
		}
	]
}
"""


def lead(**values: Any) -> LeadFields:
    """The fields of a lead as reading makes them."""
    return LeadFields(**{"layouts": [], "lines": [], **values})


def read_json(text: str | bytes, media_type: str = "application/json") -> Reading:
    """What a request with this document reads as."""
    raw = text.encode() if isinstance(text, str) else text
    return run(Job(kind="request", raw=raw, media_type=media_type, zone="Europe/Moscow"))


def read_form(
    raw: bytes,
    media_type: str = "application/x-www-form-urlencoded",
    mapped: Mapping[str, Sequence[str]] | None = None,
    trap: str = "",
) -> Reading:
    """What a form reads as."""
    job = Job(
        kind="request", raw=raw, media_type=media_type, zone="Europe/Moscow", mapped=mapped or {}, trap=trap
    )
    return run(job)


def read_mail(raw: bytes, mapped: Mapping[str, Sequence[str]] | None = None) -> Reading:
    """What a letter reads as."""
    job = Job(kind="letter", raw=raw, media_type="message/rfc822", zone="Europe/Moscow", mapped=mapped or {})
    return run(job)


def warned(reading: Reading) -> list[tuple[str, str]]:
    """The warnings of a reading: codes and fields."""
    return [(each.code, each.field) for each in reading.warnings]


def refused(reading: Reading) -> str:
    """Why there is no lead."""
    assert reading.fields is None
    assert reading.reason is not None
    return reading.reason.code
