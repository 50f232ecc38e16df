"""Every fenced block of every document is parsed in the language that it names, or says why it can't be.

Many are run as well: the shell lines of the leads API, of backups and of a move to PostgreSQL, the module of
the guide with its test, everything of the module made step by step and of the page for sites (but 1C), the
arithmetic of scaling, the links of the embedded panel. Their tests stand beside what they run.
"""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from tests.docs.blocks import Block, MarkOfNothing, Unclosed, blocks
from tests.docs.documents import DOCUMENTS, ROOT

#: Folders with documents that are not ours.
OTHERS = {"node_modules", "site", "var", "build", "dist"}


class Broken(Exception):
    """A block is not what its language says."""


def as_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Broken(done.stderr)


def as_json(text: str) -> None:
    json.loads(text)


def as_python(text: str) -> None:
    """A text of Python, `await` outside a function too; or one signature, as the contract shows them."""
    body = "    ...\n" if text.rstrip().endswith(":") and text.count("\n") == 1 else ""
    compile(text + body, "block", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def as_php(text: str) -> None:
    program = shutil.which("php")
    if program is None:
        pytest.skip("NO BLOCK OF PHP IS CHECKED: there is no PHP. Install php-cli.")
    whole = text if text.startswith("<?php") else f"<?php\n{text}"
    done = subprocess.run([program, "-n", "-l"], input=whole, capture_output=True, text=True)
    if done.returncode:
        raise Broken(done.stdout + done.stderr)


def as_1c(text: str) -> None:
    """There is no 1C to ask: what is opened is closed, and brackets are balanced."""
    for opened, closed in (
        (r"^\s*Если\b", "КонецЕсли"),
        (r"\bЦикл$", "КонецЦикла"),
        (r"^Функция\b", "КонецФункции"),
        (r"^Процедура\b", "КонецПроцедуры"),
        (r"^\s*Попытка$", "КонецПопытки"),
    ):
        if len(re.findall(opened, text, re.MULTILINE)) != text.count(closed):
            raise Broken(closed)
    if text.count("(") != text.count(")"):
        raise Broken("()")


def as_unit(text: str) -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)


def as_nginx(text: str) -> None:
    """Statements end with a semicolon or open a block, and every block is closed."""
    depth = 0
    for line in (each.split("#")[0].strip() for each in text.splitlines()):
        if line and not line.endswith((";", "{", "}")):
            raise Broken(line)
        depth += line.count("{") - line.count("}")
    if depth:
        raise Broken("{}")


def as_yaml(text: str) -> None:
    yaml.safe_load(text)


CHECKED: Mapping[str, Callable[[str], None]] = {
    "sh": as_shell, "json": as_json, "python": as_python, "php": as_php, "bsl": as_1c, "ini": as_unit,
    "nginx": as_nginx, "yaml": as_yaml,
}  # fmt: skip


def check(block: Block) -> None:
    """Raises what is wrong with a block. A text for people needs a mark; so does what is no whole program."""
    if block.not_run is not None:
        return
    if block.language not in CHECKED:
        raise Broken(f"nothing checks {block.language!r}: name a language or mark the block")
    CHECKED[block.language](block.text)


def wrong(text: str) -> Iterator[str]:
    """What is wrong with the blocks of a document, by line."""
    try:
        for block in blocks(text):
            try:
                check(block)
            except (Broken, ValueError, SyntaxError, yaml.YAMLError, configparser.Error) as error:
                yield f"line {block.line}: {type(error).__name__}: {error}"
    except (Unclosed, MarkOfNothing) as error:
        yield f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_block_is_what_its_language_says_or_says_why_not(path: Path) -> None:
    assert [*wrong(path.read_text())] == []


def test_no_document_is_left_out() -> None:
    found = set[Path]()
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in OTHERS]
        found |= {Path(folder, name) for name in files if name.endswith(".md")}
    assert found == set(DOCUMENTS)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```\nplain\n```\n", "line 1: Broken: nothing checks ''"),
        ("Words\n\n~~~\nplain\n~~~\n", "line 3: Broken: nothing checks ''"),
        ("1. A step\n\n   ```\n   plain\n   ```\n", "line 3: Broken: nothing checks ''"),
        ("```text\nplain\n```\n", "line 1: Broken: nothing checks 'text'"),
        ("```cobol\nSTOP RUN.\n```\n", "line 1: Broken: nothing checks 'cobol'"),
        ('```json\n{"a": 1,}\n```\n', "line 1: JSONDecodeError"),
        ("```python\ndef f(:\n```\n", "line 1: SyntaxError"),
        ("```sh\necho 'unclosed\n```\n", "line 1: Broken: bash:"),
        ("```bsl\nЕсли Да Тогда\n```\n", "line 1: Broken: КонецЕсли"),
        ("```ini\nno = section\n```\n", "line 1: MissingSectionHeaderError"),
        ("```nginx\nserver {\n```\n", "line 1: Broken: {}"),
        ("```yaml\na: [\n```\n", "line 1: ParserError"),
        ("```json\n{}\n", "Unclosed: line 1"),
        ("<!-- not run: it has gone -->\n\nWords\n", "MarkOfNothing: line 3"),
        ("<!-- not run: it has gone -->\n", "MarkOfNothing: the last line"),
        ("<!-- not run: -->\n```text\nplain\n```\n", "line 2: Broken: nothing checks 'text'"),
    ],
)
def test_a_block_that_nobody_checks_is_told(text: str, told: str) -> None:
    [found] = wrong(text)
    assert found.startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        "<!-- not run: what the command prints -->\n```text\nok\n```\n",
        "   <!-- not run: what the command prints -->\n\n   ```text\n   ok\n   ```\n",
        "````json\n{}\n````\n",
        "```python\nasync with Sandbox() as sandbox:\n    ...\n```\n",
        "```python\nasync def give(offset: int) -> list[str]:\n```\n",
        "1. A step\n\n   ```python\n   def f() -> None:\n       pass\n   ```\n",
    ],
)
def test_a_block_that_is_checked_or_marked_is_in_order(text: str) -> None:
    assert [*wrong(text)] == []
