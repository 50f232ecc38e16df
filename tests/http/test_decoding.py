"""What the decoder refuses, told in the reader's words and by its whole path."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import pytest

from vestnik.http.api import PUBLIC, Context, Id, Router, Shape
from vestnik.http.decoding import decode, decode_parameter, decode_query
from vestnik.http.errors import InvalidRequest
from vestnik.http.openapi import TwiceDescribed, document


class Inner(Shape, kw_only=True):
    n: Annotated[int, msgspec.Meta(ge=1, le=9)]
    id: Id = "1"


class Asked(Shape, kw_only=True):
    inners: Annotated[list[Inner], msgspec.Meta(max_length=3)] = []
    name: Annotated[str, msgspec.Meta(max_length=4, pattern=r"\S")] = "x"
    kind: Literal["one", "two"] = "one"
    values: dict[str, str | float | bool] = {}
    rows: dict[str, dict[str, Inner]] = {}
    at_time: Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]+$")] = "A"
    raw: msgspec.Raw = msgspec.Raw(b"null")


@pytest.mark.parametrize(
    ("body", "path", "russian"),
    [
        ('{"inners":[{"n":1},{"n":0}]}', "$.inners[1].n", "не меньше 1"),
        ('{"inners":[{"n":10}]}', "$.inners[0].n", "не больше 9"),
        ('{"inners":[{"n":1.5}]}', "$.inners[0].n", "ожидается целое число, а здесь число"),
        ('{"inners":[{}]}', "$.inners[0].n", "без этого поля нельзя"),
        ('{"inners":[{"n":1,"зима":1}]}', "$.inners[0].зима", "такого поля нет"),
        ('{"inners":[{"n":1,"id":"x"}]}', "$.inners[0].id", "нужен номер записи"),
        ('{"inners":[{"n":1},{"n":1},{"n":1},{"n":1}]}', "$.inners", "в списке не больше 3"),
        ('{"inners":{}}', "$.inners", "ожидается список, а здесь объект"),
        ('{"name":"12345"}', "$.name", "не длиннее 4 символов"),
        ('{"name":" "}', "$.name", "не может быть пустым"),
        ('{"name":null}', "$.name", "ожидается текст, а здесь null"),
        ('{"kind":"three"}', "$.kind", "такого значения нет: 'three'"),
        ('{"atTime":"9"}', "$.atTime", "нужно время вида 09:30"),
        ('{"code":"a"}', "$.code", "такая запись не подходит"),
        ('{"values":{"a":1,"b":[],"c":[]}}', "$.values.b", "true или false или число или текст"),
        ('{"values":{"a b":null}}', '$.values["a b"]', "а здесь null"),
        ('{"rows":{"x":{"a":{"n":1}},"y":{"b":{"n":1},"c":{"n":0}}}}', "$.rows.y.c.n", "не меньше 1"),
        ('{"zone":1}', "$.zone", "такого поля нет"),
        ("[]", "$", "ожидается объект, а здесь список"),
        ('{"name":"x",}', "$", "это не JSON: ошибка в байте 12"),
        ('{"name":', "$", "JSON обрывается"),
        (b'{"name":"\xff"}', "$", "текст не в кодировке UTF-8"),
        ('{"raw":' + "[" * 20_000, "$", "слишком глубокая вложенность"),
        ('{"name":"a\\u0000"}', "$.name", "U+0000"),
        ('{"rows":{"a\\u0000":{}}}', "$.rows", "U+0000"),
        ('{"values":{"a":99999999999999999999}}', None, None),
    ],
)
def test_what_does_not_fit_is_told_in_russian_by_its_path(
    body: str | bytes, path: str | None, russian: str | None
) -> None:
    data = body.encode() if isinstance(body, str) else body
    if path is None:
        assert decode(data, Asked).values == {"a": 1e20}
        return
    with pytest.raises(InvalidRequest) as refused:
        decode(data, Asked)
    shown = refused.value.as_json("ru")
    assert (shown["path"], russian in shown["reason"]) == (path, True), shown
    assert not re.search("[а-яё]", refused.value.as_json("en")["reason"].replace("зима", ""))


def test_numbers_that_no_database_keeps_are_refused_where_they_stand() -> None:
    for number in (2**63, -(2**63) - 1, 10**23):
        with pytest.raises(InvalidRequest) as refused:
            decode(b'{"a":[{"b":%d}]}' % number, Any)
        assert refused.value.values["path"] == "$.a[0].b"
    assert decode(b'{"a":%d}' % (2**63 - 1), Any) == {"a": 2**63 - 1}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 4301, "1" * 401])
def test_numbers_that_nothing_holds_are_refused_where_they_stand_within_any_key(number: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode(f'{{"values":{{"a":{number}}}}}'.encode(), Asked)
    assert refused.value.as_json("en")["path"] == "$.values.a"


class Moment(msgspec.Struct):
    at: datetime


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00", "2200-01-01T00:00:00Z"]
)
def test_instants_that_no_zone_shows_are_refused_where_they_stand(text: str) -> None:
    for refuse in (
        lambda: decode(f'{{"at":"{text}"}}'.encode(), Moment),
        lambda: decode_query({"at": text}, Moment),
    ):
        with pytest.raises(InvalidRequest) as refused:
            refuse()
        assert refused.value.values["path"] == "$.at"
        assert "2199" in refused.value.detail("ru")
    assert decode(b'{"at":"2199-12-31T23:59:59Z"}', Moment).at.year == 2199


def test_json_within_a_query_is_told_by_the_parameter() -> None:
    with pytest.raises(InvalidRequest) as torn:
        decode_parameter("filters", "{", Asked)
    with pytest.raises(InvalidRequest) as unfit:
        decode_parameter("filters", '{"inners":[{"n":0}]}', Asked)
    with pytest.raises(InvalidRequest) as plain:
        decode_query({"name": "12345"}, Asked)
    assert [each.value.values["path"] for each in (torn, unfit, plain)] == [
        *("$.filters", "$.filters.inners[0].n", "$.name"),
    ]


def test_what_is_still_raw_is_left_to_whoever_reads_it() -> None:
    assert bytes(decode(b'{"raw":{"a":"\\u0000"}}', Asked).raw) == b'{"a":"\\u0000"}'


def shape(name: str, module: str, field: str) -> Any:
    made: Any = type(Shape)  # the metaclass of every shape
    return made(name, (Shape,), {"__module__": module, "__annotations__": {field: int}})


async def handler(context: Context) -> None:
    """Do something."""


async def other_handler(context: Context) -> None:
    """Do something else."""


def described(first: Any, second: Any, *, path: str = "/b", by: Any = other_handler) -> dict[str, Any]:
    router = Router("a")
    router.get("/a", returns=first, right=PUBLIC)(handler)
    router.get(path, returns=second, right=PUBLIC)(by)
    schemas: dict[str, Any] = document([router])["components"]["schemas"]
    return schemas


def test_nothing_overwrites_another_in_the_document() -> None:
    twin, lone = shape("Twin", "one", "a"), shape("Lone", "one", "a")
    assert set(described(twin, shape("Twin", "two", "b"))) == {"one.Twin", "two.Twin", "Problem"}
    cases: list[tuple[str, Any, dict[str, Any]]] = [
        ("Twin", shape("Twin", "one", "b"), {}),
        ("Problem", shape("Problem", "one", "b"), {}),
        ("GET /api/v1/a", lone, {"path": "/a"}),
        ("handler", lone, {"by": handler}),
    ]
    for refused, second, options in cases:
        with pytest.raises(TwiceDescribed, match=refused):
            described(twin, second, **options)
