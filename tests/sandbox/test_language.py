# ruff: noqa: E501  # sources of modules stay on one line
"""What integrators write works: the language, the built-ins and the modules of a module."""

from __future__ import annotations

from typing import Any

import pytest

from vestnik.sandbox import Program, Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALLOWED: dict[str, tuple[str, Any]] = {
    "async function": ("async def run():\n    return 1", 1),
    "plain function": ("def run():\n    return 1", 1),
    "async calls async": ("async def one():\n    return 1\nasync def run():\n    return await one() + 1", 2),
    "f-string with format": ("def run():\n    x = 3.14159\n    return f'{x:.2f} {x!r:>8}'", "3.14  3.14159"),
    "annotations are dropped": (
        "from typing import TypedDict\nclass Row(TypedDict, total=False):\n    name: str\n"
        "LIMIT: int = 3\ndef run(a: list[NoSuch] = ()) -> NoSuch:\n    b: NoSuch\n    c: int = LIMIT\n    return c",
        3,
    ),
    "comprehensions": (
        "def run():\n    return [[x, y] for x, (y, _) in [(1, (2, 3))] if x] + sorted({k: 1 for k in 'ab'})",
        [[1, 2], "a", "b"],
    ),
    "async comprehension": (
        "async def numbers():\n    for n in range(3):\n        yield n\n"
        "async def run():\n    return [n async for n in numbers()]",
        [0, 1, 2],
    ),
    "match": (
        "def kind(v):\n    match v:\n        case {'a': [first, *rest], **others}:\n            return [first, rest, others]\n"
        "        case str() | int():\n            return 'scalar'\n        case (1, 2):\n            return 'pair'\n"
        "        case _:\n            return None\n"
        "def run():\n    return [kind({'a': [1, 2], 'b': 3}), kind('x'), kind((1, 2)), kind(2.5)]",
        [[1, [2], {"b": 3}], "scalar", "pair", None],
    ),
    "nonlocal and global": (
        "total = 0\ndef run():\n    global total\n    n = 0\n    def more():\n        nonlocal n\n        n += 1\n"
        "    more()\n    total += n\n    return [n, total]",
        [1, 1],
    ),
    "augmented assignment on items and attributes": (
        "class Count:\n    def __init__(self):\n        self.n = 1\n"
        "def run():\n    d, c = {'a': 1}, Count()\n    d['a'] += 1\n    d['a'] **= 3\n    c.n += 5\n    return [d['a'], c.n]",
        [8, 6],
    ),
    "classes with inheritance and properties": (
        "class A:\n    def __init__(self, n):\n        self.n = n\n    @property\n    def double(self):\n        return self.n * 2\n"
        "class B(A):\n    def __eq__(self, other):\n        return self.n == other.n\n"
        "def run():\n    return [B(2).double, B(1) == B(1), isinstance(B(1), A)]",
        [4, True, True],
    ),
    "own exceptions, try, finally, bare except": (
        "class Bad(Exception):\n    pass\n"
        "def run():\n    seen = []\n    try:\n        raise Bad('x')\n    except Bad as e:\n        seen.append(str(e))\n"
        "    finally:\n        seen.append('f')\n    try:\n        1 / 0\n    except:\n        seen.append('bare')\n    return seen",
        ["x", "f", "bare"],
    ),
    "name of an exception's class": (
        "def run():\n    try:\n        {}['a']\n    except Exception as e:\n        return [type(e).__name__, run.__name__]",
        ["KeyError", "run"],
    ),
    "walrus, lambda, starred, slices, del": (
        "def run():\n    a, *b = [1, 2, 3]\n    c = {**{'x': 1}, 'y': 2}\n    del c['x']\n    b[0:1] = [9, 8]\n"
        "    return [n := a, b, c, (lambda *x, **k: len(x) + len(k))(*b, **c), n]",
        [1, [9, 8, 3], {"y": 2}, 4, 1],
    ),
    "generators": ("def gen():\n    got = yield 1\n    yield from [2, 3]\ndef run():\n    return list(gen())", [1, 2, 3]),
    "str.format": ("def run():\n    return '{0[a]} {b:>3}'.format({'a': 1}, b=2) + str.format('{}', 'z')", "1   2z"),
    "percent format": ("def run():\n    return '%s-%05.1f' % ('a', 2)", "a-002.0"),
    "getattr with a plain name": ("def run():\n    return getattr('ab', 'upper')()", "AB"),
    "shadowed built-in": ("def run(id=5, input=6):\n    open = 7\n    return [id, input, open]", [5, 6, 7]),
    "json": ("import json\ndef run():\n    return json.loads(json.dumps({'a': [1, None, 'ё']}))", {"a": [1, None, "ё"]}),
    "json error": (
        "import json\ndef run():\n    try:\n        json.loads('{')\n    except json.JSONDecodeError:\n        return 'bad'",
        "bad",
    ),
    "compiled regex with a template": (
        "import re\nP = re.compile(r'(a)(b)?', re.I | re.M)\n"
        "def run():\n    return [P.sub(r'\\1x', 'AB'), re.sub('b', lambda m: m.group().upper(), 'abc')]",
        ["Ax", "aBc"],
    ),
    "datetime": (
        "from datetime import datetime, timedelta, timezone, date\n"
        "def run():\n    d = datetime.strptime('2026-01-31 10:00', '%Y-%m-%d %H:%M').replace(tzinfo=timezone.utc)\n"
        "    return [(d + timedelta(days=1)).isoformat(), isinstance(d.date(), date), isinstance(d, date), d.strftime('%d.%m')]",
        ["2026-02-01T10:00:00+00:00", True, True, "31.01"],
    ),
    "time zones": (
        "from zoneinfo import ZoneInfo\nfrom datetime import datetime\n"
        "def run():\n    return datetime(2026, 7, 1, tzinfo=ZoneInfo('Europe/Moscow')).isoformat()",
        "2026-07-01T00:00:00+03:00",
    ),
    "hashes": (
        "import hashlib, hmac, base64\n"
        "def run():\n    return [hashlib.md5(b'a').hexdigest()[:6], base64.b64encode(hmac.new(b'k', b'm', 'sha256').digest())[:4].decode()]",
        ["0cc175", "tgCQ"],
    ),
    "urls": (
        "import urllib.parse\nfrom urllib.parse import urlencode, parse_qs\n"
        "def run():\n    return [urlencode({'a': 'ж'}), parse_qs('a=1&a=2'), urllib.parse.urlsplit('https://h/p?q').hostname]",
        ["a=%D0%B6", {"a": ["1", "2"]}, "h"],
    ),
    "collections, itertools, functools": (
        "from collections import Counter, defaultdict, namedtuple, deque\nfrom itertools import groupby, chain\n"
        "from functools import reduce, lru_cache\nP = namedtuple('P', 'x y')\n@lru_cache\ndef f(n):\n    return n + 1\n"
        "def run():\n    d = defaultdict(int)\n    d['a'] += 1\n    return [dict(d), Counter('aab')['a'], P(1, 2).y, f(1), "
        "reduce(lambda a, b: a + b, chain([1], [2])), [k for k, g in groupby('aab')]]",
        [{"a": 1}, 2, 2, 2, 3, ["a", "b"]],
    ),
    "decimal, statistics, math": (
        "from decimal import Decimal\nimport statistics, math\n"
        "def run():\n    return [str(Decimal('0.1') + Decimal('0.2')), statistics.mean([1, 3]), math.isclose(0.1 + 0.2, 0.3)]",
        ["0.3", 2, True],
    ),
    "csv and io": (
        "import csv, io\ndef run():\n    return list(csv.DictReader(io.StringIO('a;b\\n1;2'), delimiter=';'))",
        [{"a": "1", "b": "2"}],
    ),
    "encodings": (
        "def run():\n    return ['Привет'.encode('cp1251').decode('windows-1251'), 'пример.рф'.encode('idna').decode(), "
        "b'\\xff\\xfea\\x00'.decode('utf-16')]",
        ["Привет", "xn--e1afmkfd.xn--p1ai", "a"],
    ),
    "async with and async for over own classes are not needed for gather": (
        "import asyncio\nasync def one(n):\n    await asyncio.sleep(0)\n    return n\n"
        "async def run():\n    return await asyncio.gather(*[one(n) for n in range(5)])",
        [0, 1, 2, 3, 4],
    ),
    "from __future__": ("from __future__ import annotations\ndef run():\n    return 1", 1),
    "counter is written back as JSON": ("from collections import Counter\ndef run():\n    return Counter('aab')", {"a": 2, "b": 1}),
    "tuple is written as a list": ("def run():\n    return (1, (2,))", [1, [2]]),
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
async def test_module_may_use(name: str, sandbox: Sandbox) -> None:
    source, expected = ALLOWED[name]

    outcome = await sandbox.call(Program(f"language/{name}", source), "run", {})

    assert outcome.result == expected


async def test_arguments_settings_and_unicode_pass_unchanged(sandbox: Sandbox) -> None:
    source = "from vestnik_sdk import settings\ndef run(**all):\n    return {**all, 'base': settings.base}"
    arguments = {"text": "Ёж 🦔", "n": -(2**63), "f": 1.5, "none": None, "deep": [{"a": [True]}]}

    outcome = await sandbox.call(Program("echo", source), "run", arguments, settings={"base": "https://x"})

    assert outcome.result == {**arguments, "base": "https://x"}


async def test_every_call_starts_with_fresh_globals(sandbox: Sandbox) -> None:
    program = Program("state", "seen = []\ndef run():\n    seen.append(1)\n    return len(seen)")

    assert [(await sandbox.call(program, "run", {})).result for _ in range(3)] == [1, 1, 1]
