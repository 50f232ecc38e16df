"""docs/simulator.md names every argument, every method and every request of the admin API."""

from pathlib import Path

import pytest
from starlette.routing import Route

from vestnik_simulator import admin
from vestnik_simulator.__main__ import parser
from vestnik_simulator.campaign_monitor import admin as list_admin
from vestnik_simulator.campaign_monitor.service import ROUTES
from vestnik_simulator.mailbox import admin as mail_admin
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


def test_every_operation_of_the_second_service_is_documented() -> None:
    assert {route.name for route in ROUTES if f"`{route.name}`" not in TEXT} == set()


@pytest.mark.parametrize(
    "route",
    [*admin.routes, *list_admin.routes, *mail_admin.routes],
    ids=lambda route: f"{sorted(route.methods)[0]}-{route.path}",
)
def test_every_request_is_documented(route: Route) -> None:
    path = route.path.removeprefix("/").replace("{campaign_id:int}", "{id}").replace("{list_id:int}", "{id}")
    path = path.replace("{key:str}", "{id}")
    assert any(f"`{method} {path}" in TEXT for method in route.methods or ())
