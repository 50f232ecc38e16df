"""A document of v0.1, in every encoding, with every slip that web sites make."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from tests.intake.parsing.document import EXAMPLE, lead, read_json, refused, warned

from vestnik.intake.fields import LeadFields
from vestnik.intake.parsing import order, tolerant
from vestnik.intake.parsing.names import DOCUMENT, level_of
from vestnik.sales.lines import OrderLine, Work

SCHEMA = Path(__file__).parents[3] / "schemas" / "intake" / "order.v0.1.json"

FIELDS = LeadFields(
    title="Заказ №123 от 01.06.2019 бла бла бла",
    person="Прилепский Алексей Анатольевич",
    email="adwcom@gmail.com",
    phone="+7 925 642 42-90",
    description="Произвольный тест описание заказа строкой",
    inn="7709745454",
    dated_at=datetime(2019, 5, 29, 12, 15, tzinfo=UTC),
    layouts=[
        "https://demo.solvent.ru/cabinet/print/2019/DAC_noyXsAEV-Cx.jpg",
        "https://demo.solvent.ru/cabinet/print/2019/DAC_noyXsAEV-Cy.jpg",
    ],
    lines=[
        OrderLine(
            item="Ролап 123 22 22",
            machine_code="1",
            resolution="360 dpi",
            material="Баннеры - Эконом (340 гр./м2) - 360 dpi",
            material_code="00-00000021",
            width=Decimal(2),
            height=Decimal(2),
            quantity=Decimal(2),
            price=Decimal(500),
            amount=Decimal(1000),
            works=[
                Work("Люверсы", Decimal(2), "шаг 30см"),
                Work("Проклейка", Decimal(2), "проклейка да"),
            ],
        ),
        OrderLine(
            item="Доставка",
            quantity=Decimal(2),
            price=Decimal(500),
            amount=Decimal(1000),
            is_service=True,
            works=[],
        ),
    ],
)


def test_the_documents_example_is_read_whole() -> None:
    reading = read_json(EXAMPLE.encode("cp1251"))

    assert reading.fields == FIELDS
    assert (reading.warnings, reading.encoding, reading.sureness) == ([], "windows-1251", "certain")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("cp1251", "windows-1251"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("koi8-r", "koi8-r"),
        ("cp866", "cp866"),
    ],
)
def test_each_encoding_is_recognised_whatever_was_declared(encoding: str, told: str) -> None:
    plain = EXAMPLE.replace("№", "N")
    for declared in (
        "",
        "; charset=utf-8",
        "; charset=windows-1251",
        "; charset=koi8-r",
        "; charset=nonsense",
    ):
        reading = read_json(plain.encode(encoding), f"text/plain{declared}")
        assert reading.encoding == told, declared
        assert reading.fields is not None
        assert reading.fields.person == FIELDS.person
        assert {code for code, _ in warned(reading)} <= {"encoding_differs"}


def test_a_short_text_that_tells_nothing_is_windows_1251_with_a_warning() -> None:
    reading = read_json('{"Тема": "Ё"}'.replace("Тема", "title").encode("cp1251"))

    assert reading.fields is not None
    assert reading.fields.title == "Ё"
    assert warned(reading) == [("encoding_assumed", "")]


def test_the_schema_takes_the_example_and_names_every_key() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(EXAMPLE), schema)
    jsonschema.validate({"Ещё": 1}, schema)

    def named(level: str) -> set[str]:
        part = schema if level == "order" else schema["$defs"][level]
        return set(part["properties"])

    for level in ("order", "layout", "line", "work"):
        known = {spelt for target, names in DOCUMENT.items() if level_of(target) == level for spelt in names}
        assert known == named(level)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"Тема": "a",}', "json_comma"),
        ('{"Тема": "a", "ФайлыМакета": [,],}', "json_comma"),
        ('{"Тема": "a" /* примечание */}', "json_comment"),
        ('{"Тема": "a" // примечание\n}', "json_comment"),
        ('{"Тема": "a", "Ширина": NaN}', "json_word"),
        ('{"Тема": "a", "Ширина": -Infinity}', "json_word"),
        ('{"Тема": "a", "x": None}', "json_word"),
        ('{"Тема": "a\tb"}', "json_control"),
        ("{'Тема': 'a'}", "json_quotes"),
        ('{"Тема": «a»}', "json_quotes"),
        ('{Тема: "a"}', "json_bare_name"),
        ('{"Тема": "a", "x": 2,5}', "json_number"),
        ('{"Тема": "a", "x": 007}', "json_number"),
        ('{"Тема": "C:\\макеты"}', "json_escape"),
        ('{"Тема" = "a"}', "json_equals"),
        ('{"Тема": "b", "Тема": "a"}', "json_repeated_key"),
    ],
)
def test_slips_of_hand_written_json_are_told_with_their_line(text: str, code: str) -> None:
    reading = read_json(text)

    assert reading.reason is None
    assert [each.code for each in reading.warnings] == [code]
    assert dict(reading.warnings[0].facts) == {"line": 1}


def test_a_slip_is_told_with_the_line_that_has_it() -> None:
    reading = read_json('{\n"Тема": "a",\n// примечание\n"Описание": "b",\n}')

    told = [(each.code, each.facts["line"]) for each in reading.warnings]
    assert told == [("json_comment", 3), ("json_comma", 5)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("\ufeff \n", "empty"),
        ("null", "not_an_object"),
        ('"Тема"', "not_an_object"),
        ("[]", "not_an_object"),
        ('[{"Тема": "a"}, {"Тема": "b"}]', "several_orders"),
        ('{"Тема": "a"} {"Тема": "b"}', "json_more_after_end"),
        ('{"Тема": "a"', "json_breaks_off"),
        ('{"Тема": "a', "json_text_open"),
        ('{"Тема": "a" "Дата": "b"}', "json_comma_missing"),
        ('{"Тема" "a"}', "json_colon_missing"),
        ('{"Тема": заказ}', "json_bare_text"),
        ('{"Тема": }', "json_value_missing"),
        ('{"Тема": "a", :}', "json_name_missing"),
        ("{}", "nothing_known"),
        ('{"foo": 1}', "nothing_known"),
        ("[" * 5_000, "json_too_deep"),
        ('{"a":' * 40 + "1" + "}" * 40, "json_too_deep"),
    ],
)
def test_what_would_be_guessing_is_refused_with_its_reason(text: str, code: str) -> None:
    assert refused(read_json(text, "application/json")) == code


def test_a_list_of_one_order_is_that_order() -> None:
    reading = read_json('[{"Тема": "a"}]')

    assert reading.fields == lead(title="a")
    assert warned(reading) == [("list_of_one", "")]


def test_too_many_values_are_refused() -> None:
    assert refused(read_json('{"Тема": [' + "1," * tolerant.VALUES + "1]}")) == "json_too_many_values"


def test_names_are_known_in_any_case_and_with_spaces() -> None:
    reading = read_json('{"тема": "a", "Контактное лицо": "b", "ТЕЛЕФОН": 79256424290, "ИнН": 7709745454}')

    assert reading.fields == lead(title="a", person="b", phone="79256424290", inn="7709745454")


def test_both_spellings_of_the_resolution_are_read() -> None:
    reading = read_json('{"Товары": [{"Разрешение": "720"}, {"Разрешеине": "360"}]}')

    assert reading.fields is not None
    assert [line.resolution for line in reading.fields.lines] == ["720", "360"]


def test_a_name_that_is_nearly_known_is_kept_and_told_not_guessed() -> None:
    reading = read_json('{"Тема": "a", "Тлефон": "1", "Товары": [{"Ценна": 3}]}')

    assert reading.fields is not None
    assert reading.fields.phone == ""
    assert reading.fields.extra == {"Тлефон": "1"}
    assert reading.fields.lines[0].extra == {"Ценна": 3}
    told = [(each.code, each.field, dict(each.facts)) for each in reading.warnings]
    assert told == [
        ("near_name", "Тлефон", {"like": "Телефон", "target": "phone"}),
        ("near_name", "Товары[1].Ценна", {"like": "Цена", "target": "line.price"}),
    ]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("2", "2"), ("2.50", "2.5"), ('"2,5"', "2.5"), ('"1 000,50"', "1000.5"), ('"1\u00a0000"', "1000"),
        ('"-3"', "-3"), ('" 7 "', "7"), ("1e3", "1000"), ("0.30000000000000004", "0.3"), ('"2."', "2"),
    ],
)  # fmt: skip
def test_numbers_are_exact_with_commas_and_spaces_too(value: str, number: str) -> None:
    reading = read_json(f'{{"Товары": [{{"Ширина": {value}}}]}}')

    assert reading.fields is not None
    assert reading.fields.lines[0].width == Decimal(number)
    assert reading.warnings == []


@pytest.mark.parametrize(
    "value", ['"2 шт"', '"два"', "true", "[2]", '{"a": 2}', "1e300", '"1,2,3"', "9" * 40]
)
def test_a_value_of_another_kind_is_kept_beside_the_line(value: str) -> None:
    reading = read_json(f'{{"Товары": [{{"Номенклатура": "a", "Количество": {value}}}]}}')

    assert reading.fields is not None
    (line,) = reading.fields.lines
    assert line.quantity is None
    assert list(line.extra) == ["Количество"]
    assert warned(reading) == [("wrong_kind", "Товары[1].Количество")]


@pytest.mark.parametrize(
    ("value", "service"),
    [
        ("true", True),
        ("false", False),
        ('"да"', True),
        ('"Нет"', False),
        ("1", True),
        ("0", False),
        ('""', False),
    ],
)
def test_yes_and_no_have_many_spellings(value: str, service: bool) -> None:
    reading = read_json(f'{{"Товары": [{{"Услуга": {value}}}]}}')

    assert reading.fields is not None
    assert reading.fields.lines[0].is_service is service
    assert reading.warnings == []


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("29.05.2019 15:15:00", datetime(2019, 5, 29, 12, 15, tzinfo=UTC)),
        ("29.05.2019 15:15", datetime(2019, 5, 29, 12, 15, tzinfo=UTC)),
        ("29.05.2019", datetime(2019, 5, 28, 21, 0, tzinfo=UTC)),
        ("1.6.19 9:05", datetime(2019, 6, 1, 6, 5, tzinfo=UTC)),
        ("2019-05-29T15:15:00+05:00", datetime(2019, 5, 29, 10, 15, tzinfo=UTC)),
        ("2019-05-29T15:15:00Z", datetime(2019, 5, 29, 15, 15, tzinfo=UTC)),
        ("2019-05-29 15:15:00", datetime(2019, 5, 29, 12, 15, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_the_given_form_and_iso(written: str, instant: datetime) -> None:
    reading = read_json(json.dumps({"Тема": "a", "Дата": written}))

    assert reading.fields == lead(title="a", dated_at=instant)


@pytest.mark.parametrize("written", ["31.02.2019", "завтра", "01.01.0001", "29.05.2019 25:00", 5, True])
def test_a_date_that_is_none_is_kept_beside_the_lead(written: object) -> None:
    reading = read_json(json.dumps({"Тема": "a", "Дата": written}))

    assert reading.fields == lead(title="a", extra={"Дата": written})
    assert warned(reading) == [("wrong_kind", "Дата")]


def test_layouts_are_links_and_nothing_else() -> None:
    layouts = [
        {"Файл": "https://a.ru/1.jpg"}, "http://a.ru/2.jpg", {"Файл": "javascript:alert(1)"}, {"Файл": 5},
        {"Файл": "https://a.ru/1.jpg"},
    ]  # fmt: skip
    reading = read_json(json.dumps({"ФайлыМакета": layouts}))

    assert reading.fields is not None
    assert reading.fields.layouts == ["https://a.ru/1.jpg", "http://a.ru/2.jpg"]
    assert warned(reading) == [("no_link", "ФайлыМакета[3]"), ("no_link", "ФайлыМакета[4]")]
    assert reading.fields.extra == {"ФайлыМакета": layouts[2:4]}


def test_unknown_keys_are_kept_and_what_is_too_much_is_told() -> None:
    reading = read_json(
        json.dumps({"Тема": "a", "Ещё": {"b": [1, 2.5]}, "Длинное": "я" * order.EXTRA_CHARACTERS})
    )

    assert reading.fields is not None
    assert reading.fields.extra == {"Ещё": {"b": [1, "2.5"]}}
    assert warned(reading) == [("left_out", "Длинное")]


def test_long_texts_and_lists_are_cut_with_a_warning() -> None:
    reading = read_json(json.dumps({"Тема": "a" * 2_000, "Товары": [{}] * (order.LINES + 1)}))

    assert reading.fields is not None
    assert (len(reading.fields.title), len(reading.fields.lines)) == (1_000, order.LINES)
    assert set(warned(reading)) == {("cut", "Тема"), ("too_many", "Товары")}


def test_nothing_that_no_database_keeps_is_left_in_a_text() -> None:
    reading = read_json('{"Тема": "a\\u0000b\\ud800", "\\u0000": "\\u0000", "Описание": "\\ud83d\\ude00"}')

    assert reading.fields is not None
    assert (reading.fields.title, reading.fields.description) == ("ab", "😀")
    assert "\0" not in json.dumps(reading.fields.extra, ensure_ascii=False)
