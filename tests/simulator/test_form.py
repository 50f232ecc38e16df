"""Forms as PHP reads them."""

import pytest

from vestnik_simulator.unisender.errors import ApiError
from vestnik_simulator.unisender.form import Arguments, parse_form


def test_brackets_become_a_tree() -> None:
    tree = parse_form(
        "api_key=k&data%5B0%5D%5B1%5D=a%40b.example&data[1][0]=x+y&fields[email]=q&events[]=a&events[]=b"
    )
    assert tree == {
        "api_key": "k",
        "data": {"0": {"1": "a@b.example"}, "1": {"0": "x y"}},
        "fields": {"email": "q"},
        "events": {"0": "a", "1": "b"},
    }


def test_text_is_read_as_utf_8() -> None:
    assert parse_form("title=%D0%98%D0%B2%D0%B0%D0%BD+%26+%D0%9A%D0%BE") == {"title": "Иван & Ко"}


def test_a_table_is_read_by_its_numbers_and_gaps_are_empty() -> None:
    arguments = Arguments(parse_form("data[1][0]=second&data[0][0]=first&data[0][2]=third"))
    assert arguments.table("data") == [["first", "", "third"], ["second"]]


@pytest.mark.parametrize("text", ["data=plain", "data[0]=row", "data[0][999999999]=wide", "data[0][x]=y"])
def test_a_table_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ApiError):
        Arguments(parse_form(text)).table("data")


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(ApiError):
        parse_form("a" + "[0]" * 1000 + "=1")
