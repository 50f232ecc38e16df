"""`vestnik module new|sdk|check|run|test|push|pull`: modules for people who prefer their own editor.

`check`, `run` and `test` work on this machine, in the real sandbox, without server or database. `check` and
`run` print one JSON object with `--json`: `ok`, `result`, `error` (`kind`, `message`, `line`), `log`,
`exchanges`, `cpu_ms`, `wall_ms`. `push` and `pull` talk to a server. All end with status 0 or 1.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from vestnik.commands import module_exchange, module_folder, module_testing
from vestnik.commands.failures import CommandFailed
from vestnik.commands.module_bench import Answer, Bench, Permissions, bench_sandbox, read_module


def main(arguments: Sequence[str]) -> int:
    """Make, check, run, test, upload or download a module."""
    given = _parser().parse_args(arguments)
    status: int = given.carry_out(given)
    return status


def _on_the_bench(given: argparse.Namespace) -> int:
    answer = asyncio.run(_carry_out(given))
    if given.json:
        print(msgspec.json.encode(answer.as_json()).decode())
    else:
        print("\n".join(_lines(answer)))
    return 0 if answer.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vestnik module", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    module_folder.add_parsers(actions)
    check = actions.add_parser("check", help="say whether a module may run, and what it defines")
    run = actions.add_parser("run", help="run one function of a module")
    for action in (check, run):
        action.add_argument("path", metavar="PATH", help="a module's folder, or a .py file")
        action.add_argument("--json", action="store_true", help="print one JSON object")
        action.set_defaults(carry_out=_on_the_bench)
    run.add_argument("function", metavar="FUNCTION")
    run.add_argument("--args", default="{}", metavar="JSON", help="the arguments by name")
    run.add_argument("--settings", default="{}", metavar="JSON", help="the account's settings and secrets")
    run.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="HOST[:PORT]",
        help="approve a host for requests and for the secrets in them; *.example.com is any name below it",
    )
    run.add_argument("--http-ok", action="store_true", help="approve plain http for the allowed hosts too")
    run.add_argument("--private-ok", action="store_true", help="… and addresses in private networks")
    run.add_argument("--timeout", type=float, metavar="S", help="seconds instead of the function's own limit")
    module_testing.add_parser(actions)
    module_exchange.add_parsers(actions)
    return parser


async def _carry_out(given: argparse.Namespace) -> Answer:
    module = read_module(given.path)
    async with bench_sandbox() as sandbox:
        bench = Bench(sandbox, module)
        if given.action == "check":
            return await bench.check()
        permissions = Permissions(given.allow, http=given.http_ok, private=given.private_ok)
        return await bench.run(
            given.function,
            _object("--args", given.args),
            settings=_object("--settings", given.settings),
            permissions=permissions,
            timeout_s=given.timeout,
        )


def _object(option: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandFailed(f"{option} is not JSON: {error}.") from None
    if not isinstance(value, dict):
        raise CommandFailed(f"{option} must be a JSON object, such as '{{\"offset\": 0}}'.")
    return value


def _lines(answer: Answer) -> list[str]:
    lines = [f"{line['at_ms']:>8.1f} ms  {line['level']:<7}  {line['message']}" for line in answer.log]
    for exchange in answer.exchanges:
        outcome = exchange["status"] or (exchange["error"] or {}).get("message", "failed")
        lines.append(f"{exchange['method']} {exchange['url']}: {outcome}")
    if answer.error is not None:
        where = f" (line {answer.error['line']})" if answer.error["line"] else ""
        lines.append(f"{answer.error['kind']}{where}: {answer.error['message']}")
    if answer.result is not None:
        lines.append(json.dumps(msgspec.to_builtins(answer.result), ensure_ascii=False, indent=2))
    cost = f"{answer.wall_ms:.0f} ms, of them {answer.cpu_ms:.0f} ms CPU"
    return [*lines, f"{'ok' if answer.ok else 'failed'}: {cost}"]
