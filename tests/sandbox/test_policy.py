# ruff: noqa: E501  # sources of modules stay on one line
"""What the language refuses: one test for each construct, with its place, and one for each known advisory."""

from __future__ import annotations

import pytest

from vestnik.sandbox import Diagnostic, FunctionInfo, PolicyRefused, Program, Sandbox, SyntaxRefused

pytestmark = pytest.mark.asyncio(loop_scope="module")

FACADE = {
    "constants": {"Color": {"RED": "red"}},
    "types": ["Row"],
    "operations": ["contacts"],
    "functions": {},
}

# name: source, then line, column, end column, code and fields of the one finding
REFUSED: dict[str, tuple[str, tuple[int, int, int, str, dict[str, str]]]] = {
    "private name": ("_x = 1", (1, 1, 3, "private_name", {"name": "_x"})),
    "dunder name": ("x = __builtins__", (1, 5, 17, "private_name", {"name": "__builtins__"})),
    "private attribute": ("x = 'ё'.__class__", (1, 9, 18, "private_attribute", {"name": "__class__"})),
    "private attribute after a line break": (
        "def f(a):\n    return (\n        a\n        .upper()._b\n    )",
        (4, 18, 20, "private_attribute", {"name": "_b"}),
    ),
    "roles attribute": ("def f(a):\n    return a.x__roles__", (2, 14, 24, "restricted_attribute", {"name": "x__roles__"})),
    "generator frame": ("def f(g):\n    return g.gi_frame", (2, 14, 22, "restricted_attribute", {"name": "gi_frame"})),
    "format_map": ("x = '{a}'.format_map({})", (1, 11, 21, "restricted_attribute", {"name": "format_map"})),
    "with_traceback": ("def f(e):\n    e.with_traceback(None)", (2, 7, 21, "restricted_attribute", {"name": "with_traceback"})),
    "mro": ("x = int.mro()", (1, 9, 12, "restricted_attribute", {"name": "mro"})),
    "writing to a private attribute": ("def f(a):\n    a.__x = 1", (2, 7, 10, "private_attribute", {"name": "__x"})),
    "private attribute += 1": ("def f(a):\n    a._x += 1", (2, 7, 9, "private_attribute", {"name": "_x"})),
    "deleting a private attribute": ("def f(a):\n    del a._x", (2, 11, 13, "private_attribute", {"name": "_x"})),
    "eval": ("x = eval('1')", (1, 5, 9, "dynamic_code", {"name": "eval"})),
    "exec": ("exec('1')", (1, 1, 5, "dynamic_code", {"name": "exec"})),
    "compile": ("x = compile", (1, 5, 12, "dynamic_code", {"name": "compile"})),
    "open": ("x = open('f')", (1, 5, 9, "unavailable_name", {"name": "open"})),
    "globals": ("x = globals()", (1, 5, 12, "unavailable_name", {"name": "globals"})),
    "vars": ("x = vars()", (1, 5, 9, "unavailable_name", {"name": "vars"})),
    "dir": ("x = dir()", (1, 5, 8, "unavailable_name", {"name": "dir"})),
    "id": ("x = id(1)", (1, 5, 7, "unavailable_name", {"name": "id"})),
    "super": ("x = super", (1, 5, 10, "unavailable_name", {"name": "super"})),
    "memoryview": ("x = memoryview", (1, 5, 15, "unavailable_name", {"name": "memoryview"})),
    "input": ("x = input()", (1, 5, 10, "unavailable_name", {"name": "input"})),
    "breakpoint": ("breakpoint()", (1, 1, 11, "unavailable_name", {"name": "breakpoint"})),
    "BaseException": ("x = BaseException", (1, 5, 18, "unavailable_name", {"name": "BaseException"})),
    "SystemExit": ("x = SystemExit", (1, 5, 15, "unavailable_name", {"name": "SystemExit"})),
    "import star": ("from json import *", (1, 18, 19, "import_star", {})),
    "relative import": ("from . import json", (1, 1, 19, "import_relative", {})),
    "unknown name of a module": ("from json import tool", (1, 18, 22, "import_unknown_name", {"module": "json", "name": "tool"})),
    "unknown name of the SDK": ("from vestnik_sdk import nothing", (1, 25, 32, "import_unknown_name", {"module": "vestnik_sdk", "name": "nothing"})),
    "import of a private name": ("from json import _x as y", (1, 18, 25, "private_attribute", {"name": "_x"})),
    "private alias": ("import json as _j", (1, 8, 18, "private_name", {"name": "_j"})),
    "metaclass": ("class A(metaclass=type): pass", (1, 9, 23, "class_keyword", {"name": "metaclass"})),
    "class keyword": ("class A(x=1): pass", (1, 9, 12, "class_keyword", {"name": "x"})),
    "dunder method": ("class A:\n    def __exit__(self, *a): pass", (2, 5, 33, "private_name", {"name": "__exit__"})),
    "match args": ("class A:\n    __match_args__ = ('x',)", (2, 5, 19, "private_name", {"name": "__match_args__"})),
    "slots": ("class A:\n    __slots__ = ()", (2, 5, 14, "private_name", {"name": "__slots__"})),
    "return in finally": ("def f():\n    try:\n        pass\n    finally:\n        return 1", (5, 9, 17, "finally_jump", {"name": "return"})),
    "break in finally": ("for x in []:\n    try:\n        pass\n    finally:\n        break", (5, 9, 14, "finally_jump", {"name": "break"})),
    "continue in finally": ("for x in []:\n    try:\n        pass\n    finally:\n        continue", (5, 9, 17, "finally_jump", {"name": "continue"})),
    "match on a private attribute": ("match 1:\n    case object(__class__=c): pass", (2, 10, 29, "private_attribute", {"name": "__class__"})),
    "match on a sensitive attribute": ("match 1:\n    case object(obj=c): pass", (2, 10, 23, "restricted_attribute", {"name": "obj"})),
    "match with a private capture": ("match 1:\n    case _x: pass", (2, 10, 12, "private_name", {"name": "_x"})),
    "match with a private star": ("match 1:\n    case [*_x]: pass", (2, 11, 14, "private_name", {"name": "_x"})),
    "match with a private rest": ("match 1:\n    case {**_x}: pass", (2, 10, 16, "private_name", {"name": "_x"})),
    "match with two positional patterns": ("match 1:\n    case object(a, b): pass", (2, 10, 22, "match_positional", {})),
    "match on a value with a sensitive name": ("def f(a):\n    match 1:\n        case a.format: pass", (3, 16, 22, "restricted_attribute", {"name": "format"})),
    "except star": ("try:\n    pass\nexcept* ValueError:\n    pass", (1, 1, 9, "statement", {"name": "TryStar"})),
    "argument that shadows a guard": ("def f(_getattr_): pass", (1, 7, 16, "private_name", {"name": "_getattr_"})),
    "positional-only argument that shadows a guard": ("def f(_getattr_, /): pass", (1, 7, 16, "private_name", {"name": "_getattr_"})),
    "keyword-only argument that shadows a guard": ("async def f(*, _write_): pass", (1, 16, 23, "private_name", {"name": "_write_"})),
    "star argument that shadows a guard": ("def f(*_write_): pass", (1, 8, 15, "private_name", {"name": "_write_"})),
    "lambda that shadows a guard": ("f = lambda _write_: 1", (1, 12, 19, "private_name", {"name": "_write_"})),
    "except that shadows a guard": ("try:\n    pass\nexcept ValueError as _write_:\n    pass", (3, 1, 9, "private_name", {"name": "_write_"})),
    "walrus that shadows a guard": ("x = (_write_ := 1)", (1, 6, 13, "private_name", {"name": "_write_"})),
    "global guard": ("def f():\n    global _write_", (2, 5, 19, "private_name", {"name": "_write_"})),
    "private keyword argument": ("x = dict(_a=1)", (1, 10, 14, "private_name", {"name": "_a"})),
    "unicode that normalises to a dunder": ("x = 'a'.__ﬁ__", (1, 8, 14, "private_attribute", {"name": "__fi__"})),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_policy_refuses(name: str, sandbox: Sandbox) -> None:
    source, (line, column, end_column, code, fields) = REFUSED[name]

    report = await sandbox.check(source, FACADE)

    found = report.diagnostics[0]
    assert (found.line, found.column, found.message_code, found.fields) == (line, column, code, fields)
    assert (found.severity, found.kind, report.ok, len(report.diagnostics)) == ("error", "policy", False, 1)
    if found.end_line == line:
        assert found.end_column == end_column


async def test_policy_reads_f_strings(sandbox: Sandbox) -> None:
    report = await sandbox.check("def f(a):\n    return f'{a.__dict__!r:{a._w}}'")

    assert [(found.line, found.fields) for found in report.diagnostics] == [
        (2, {"name": "__dict__"}),
        (2, {"name": "_w"}),
    ]


async def test_every_finding_is_reported_in_the_order_of_the_source(sandbox: Sandbox) -> None:
    source = "import os\nx = ().__class__\n\ndef f():\n    _y = open('z')\n    try:\n        pass\n    except* ValueError:\n        a = g.gi_frame\n"

    report = await sandbox.check(source)

    assert sorted((found.line, found.message_code) for found in report.diagnostics) == [
        (1, "import_unavailable"),
        (2, "private_attribute"),
        (5, "private_name"),
        (5, "unavailable_name"),
        (6, "statement"),
        (9, "restricted_attribute"),
    ]


async def test_import_of_an_unavailable_module_lists_the_available_ones_in_both_languages(
    sandbox: Sandbox,
) -> None:
    report = await sandbox.check("import subprocess")

    found = report.diagnostics[0]
    assert found.message.startswith('The module "subprocess" cannot be imported; available: asyncio, base64')
    assert found.text("ru").startswith("Модуль «subprocess» нельзя импортировать; доступны: asyncio, base64")


async def test_syntax_error_has_its_place(sandbox: Sandbox) -> None:
    report = await sandbox.check("def f(:\n    pass\n")

    assert report.diagnostics == (
        Diagnostic(1, 7, 1, 8, "error", "syntax", "syntax", {"detail": "invalid syntax"}),
    )


@pytest.mark.parametrize(
    "source",
    [
        "return 1",
        "def f():\n    await g()",
        "def f(a, a): pass",
        "def f():\n    nonlocal x",
        "x = 1\n  y = 2",
        "break",
    ],
)
async def test_error_that_only_the_compiler_sees_is_a_syntax_diagnostic(
    source: str, sandbox: Sandbox
) -> None:
    report = await sandbox.check(source)

    assert [(found.kind, found.severity) for found in report.diagnostics] == [("syntax", "error")]


async def test_warning_of_the_parser_does_not_refuse_the_module(sandbox: Sandbox) -> None:
    report = await sandbox.check("x = '\\d'\ndef run(): pass\n")

    assert [(found.line, found.severity, found.message_code) for found in report.diagnostics] == [
        (1, "warning", "syntax_warning")
    ]
    assert (report.ok, list(report.functions)) == (True, ["run"])


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x = " + "(" * 5000 + ")" * 5000, "syntax"),
        ("x = " + "-" * 5000 + "1", "too_complex"),
        ("x = " + "[" * 95 + "]" * 95, "too_complex"),
        ("x = " + " + ".join(["1"] * 20_000), "too_complex"),
        ("x = 1\n" * 50_000, "too_large"),
        ("#" + "ж" * 140_000, "too_large"),
        ("x = [" + "1," * 65_000 + "]", "too_complex"),
        ("x = " + "9" * 5000, "syntax"),
        ("x = 1\x00", "encoding"),
        ("x = '\ud800'", "encoding"),
        ("def f():\n" + "".join(" " * n + "if 1:\n" for n in range(1, 102)) + " " * 102 + "pass", "syntax"),
    ],
    ids=[
        "parentheses",
        "unary",
        "lists",
        "operators",
        "bytes",
        "cyrillic",
        "nodes",
        "digits",
        "null",
        "surrogate",
        "blocks",
    ],
)
async def test_source_made_to_hurt_the_parser_is_refused(source: str, code: str, sandbox: Sandbox) -> None:
    report = await sandbox.check(source)

    assert [found.message_code for found in report.diagnostics if found.severity == "error"] == [code]


async def test_functions_are_reported_with_their_signatures(sandbox: Sandbox) -> None:
    source = (
        "LIMIT = 5\n\nasync def CRM_Marketing_A(offset: int, limit: int = 10, *, full: bool, deep=1):\n    pass\n\n\n"
        "def helper(a, /, *rest, **options):\n    def inner():\n        pass\n    return inner\n\nclass C:\n    def m(self):\n        pass\n"
    )

    report = await sandbox.check(source)

    assert report.functions == {
        "CRM_Marketing_A": FunctionInfo(
            "CRM_Marketing_A", ("offset", "limit", "full", "deep"), ("offset", "full"), False, True, 3, 1, 4
        ),
        "helper": FunctionInfo("helper", ("a",), ("a",), True, False, 7, 1, 8),
    }


async def test_refused_module_does_not_run_and_says_where(sandbox: Sandbox) -> None:
    with pytest.raises(PolicyRefused) as refused:
        await sandbox.call(Program("refused", "def run():\n    return ().__class__"), "run", {})

    assert (refused.value.kind, refused.value.line) == ("policy", 2)
    assert refused.value.diagnostics[0].fields == {"name": "__class__"}


async def test_unreadable_module_does_not_run_and_says_where(sandbox: Sandbox) -> None:
    with pytest.raises(SyntaxRefused) as refused:
        await sandbox.call(Program("unreadable", "\n\ndef run(:"), "run", {})

    assert (refused.value.kind, refused.value.line, refused.value.message) == ("syntax", 3, "invalid syntax")
