"""docs/limits.md: each number is the one that the code holds, and no limit of the code is missing."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.docs.documents import ROOT, rows, text_of

from vestnik.egress.broker import BrokerOptions
from vestnik.sandbox.values import Limits, SandboxOptions

LISTED = [
    (cells[1], cells[2].strip("`")) for cells in rows(text_of("docs/limits.md")) if cells[2].startswith("`")
]
UNITS = {
    "bytes": 1, "kB": 1e3, "MB": 1e6, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "%": 0.01,
    "s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400,
}  # fmt: skip

#: Numbers of the code that bound nothing: bits, descriptors, types of frames, widths of what is shown.
NO_LIMITS = {
    "vestnik.campaigns.plan": {"CLEAR"},
    "vestnik.campaigns.statuses": {
        "HANDED_OVER", "SENT", "DELIVERED", "OPENED", "CLICKED", "UNSUBSCRIBED", "SOFT_BOUNCED",
        "HARD_BOUNCED", "SPAM", "SKIPPED", "FAILED", "REJECTED", "TROUBLE",
    },
    "vestnik.contacts.demo": {"SMALL"},
    "vestnik.contacts.growth": {"WEEK"},
    "vestnik.demo.lead_ways": {"FIRST_ORDER"},
    "vestnik.egress.spool": {"INDEX_EVERY_LINES"},
    "vestnik.http.decoding": {"MAX_KEY"},
    "vestnik.http.sockets": {"SESSION_ENDED", "FAULT"},
    "vestnik.intake.parsing.reading": {"PARSER"},
    "vestnik.modules.calls.caller": {"SEED_BITS"},
    "vestnik.modules.editor.children": {"NICENESS"},
    "vestnik.modules.editor.language": {
        *("BAD_MESSAGE", "IDLE", "TOO_LARGE", "TOO_MANY"),
        *("CHILD_DIED", "NOT_INSTALLED"),
    },
    "vestnik.modules.editor.protocol": {"METHOD_NOT_FOUND", "INVALID_PARAMS"},
    "vestnik.people.tokens": {"KEY_PREFIX_SHOWN"},
    "vestnik.sandbox.jail": {"NOBODY"},
    "vestnik.sandbox.nursery": {"SOCKET_BUFFER_BYTES"},
    "vestnik.sandbox.process": {
        "TRACE_WAIT_S", "TRACE_BYTES", "POLL_S", "EXIT_WAIT_S", "WRITE_BUFFER_BYTES",
    },
    "vestnik.sandbox.wire": {
        "LOAD", "CALL", "REPLY", "CHECK", "PROBE", "READY", "LOADED", "DONE", "FAILED", "OPERATION",
        "CANCEL", "LOG", "CHECKED", "PROBED", "KIB", "MIB",
    },
    "vestnik.sandbox.worker": {"SOCKET_FD", "INTEGER_LIMIT", "RESERVE_BYTES"},
    "vestnik.sandbox.zygote": {"CONTROL_FD", "TRACE_FD", "NICE"},
    "vestnik.segments.demo": {"SMALL"},
    "vestnik.vault": {"KEY_BYTES"},
}  # fmt: skip


def numbers(words: str) -> list[float]:
    """The numbers that a cell states, in bytes, seconds or pieces."""
    found = []
    for part in words.split(", "):
        stated = re.fullmatch(r"([\d,]+(?:\.\d+)?) ?([\w%]*)", part)
        assert stated is not None, f"no number with a unit: {part!r}"
        found.append(float(stated[1].replace(",", "")) * UNITS.get(stated[2], 1))
    return found


def held(place: str) -> list[float]:
    """The numbers that the code holds at `module:name.part`, as the table spells it."""
    module, _, names = place.partition(":")
    value: Any = importlib.import_module(module)
    for name in re.findall(r"\w+(?:\(\w*\))?", names):
        value = step(value, name)
    if isinstance(value, Mapping):
        value = list(value.values())
    return [plain(each) for each in (value if isinstance(value, Sequence) else [value])]


def step(value: Any, name: str) -> Any:
    """One step into a value: a name, a key, a place, a call, a parameter's default, a bound of a field."""
    called = re.fullmatch(r"(\w+)\((\w*)\)", name)
    if called and called[2]:
        return inspect.signature(getattr(value, called[1])).parameters[called[2]].default
    if called:
        return getattr(value, called[1])()
    if isinstance(value, Mapping):
        return value[name]
    if isinstance(value, tuple) and name.isdigit():
        return value[int(name)]
    if typing.get_origin(value) is typing.Annotated:
        return getattr(value.__metadata__[0], name)
    if isinstance(value, type) and issubclass(value, msgspec.Struct):
        default = {field.name: field.default for field in msgspec.structs.fields(value)}[name]
        bounds = typing.get_type_hints(value, include_extras=True)[name].__metadata__[0]
        return {"default": default, "le": bounds.le, "ge": bounds.ge}
    return getattr(value, name)


def plain(value: Any) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


@pytest.mark.parametrize(("words", "place"), LISTED, ids=[place for _, place in LISTED])
def test_a_listed_limit_is_the_one_that_the_code_holds(words: str, place: str) -> None:
    assert numbers(words) == held(place)


def test_each_limit_is_listed_once() -> None:
    places = [place for _, place in LISTED]
    assert sorted(set(places)) == sorted(places)


def declared() -> Iterator[tuple[str, str]]:
    """The public numbers that modules of the platform declare, read without importing them."""
    source = ROOT / "platform"
    for path in sorted((source / "vestnik").rglob("*.py")):
        module = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not is_number(node.value):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and re.fullmatch(r"[A-Z][A-Z0-9_]*", target.id):
                    yield module, target.id


def is_number(node: ast.expr | None) -> bool:
    match node:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int() | float()):
            return True
        case ast.BinOp(left=left, right=right):
            return is_number(left) and (is_number(right) or isinstance(right, ast.Name | ast.Attribute))
        case ast.Call(func=ast.Name(id="timedelta")):
            return True
        case _:
            return False


def test_every_limit_of_the_code_is_listed() -> None:
    listed = {re.match(r"[\w.]+:\w+", place)[0] for _, place in LISTED}  # type: ignore[index]
    missing = [
        f"{module}:{name}"
        for module, name in declared()
        if f"{module}:{name}" not in listed and name not in NO_LIMITS.get(module, ())
    ]
    assert missing == [], "list each in docs/limits.md, or in NO_LIMITS where it bounds nothing"


@pytest.mark.parametrize("options", [Limits, SandboxOptions, BrokerOptions])
def test_every_option_with_a_number_is_listed(options: type[Any]) -> None:
    listed = " ".join(place for _, place in LISTED)
    for field in dataclasses.fields(options):
        if field.type in ("bool", bool):
            continue
        pattern = rf"{options.__module__}:{options.__name__}(\(\))?\.{field.name}\b"
        assert re.search(pattern, listed), f"{options.__name__}.{field.name}"
