"""docs/simulator.md names every argument, every method and every request of the admin API."""

from pathlib import Path

import pytest
from starlette.routing import Route

from vestnik_simulator import admin
from vestnik_simulator.__main__ import parser
from vestnik_simulator.unisender.service import METHODS

TEXT = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")


def test_every_argument_is_documented() -> None:
    flags = {
        flag for action in parser()._actions for flag in action.option_strings if flag not in ("-h", "--help")
    }
    assert {flag for flag in flags if f"`{flag}`" not in TEXT} == set()


def test_every_method_is_documented() -> None:
    words = set(TEXT.replace("`", " ").split())
    assert {name for name in METHODS if name not in words and f"{name}." not in words} == set()


@pytest.mark.parametrize("route", admin.routes, ids=lambda route: f"{sorted(route.methods)[0]}-{route.path}")
def test_every_request_is_documented(route: Route) -> None:
    path = route.path.removeprefix("/").replace("{campaign_id:int}", "{id}").replace("{list_id:int}", "{id}")
    assert any(f"`{method} {path}" in TEXT for method in route.methods or ())
