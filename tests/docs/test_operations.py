"""docs/operations.md: every variable, command, option and metric has its place, and what it shows works."""

from __future__ import annotations

import argparse
import importlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.docs.documents import ROOT, headings, section, shell_lines, text_of

import vestnik.tables  # noqa: F401
from vestnik.app import build_services
from vestnik.cli import COMMANDS
from vestnik.db import metadata
from vestnik.settings import Settings

TEXT = text_of("docs/operations.md")


def variables() -> set[str]:
    """The variables that the code reads or sets."""
    sources = (ROOT / "platform").rglob("*.py")
    return {name for path in sources for name in re.findall(r"VESTNIK_[A-Z_]*[A-Z]", path.read_text())}


def test_every_variable_of_the_code_has_its_heading_and_no_other() -> None:
    told = {name for heading in headings(TEXT) for name in re.findall(r"`(VESTNIK_[A-Z_]+)`", heading)}
    assert told == variables()


def test_the_defaults_are_those_of_an_empty_environment() -> None:
    settings = Settings.from_environment({})
    assert f"Default: `{settings.host}`" in section(TEXT, "`VESTNIK_HOST`")
    assert f"Default: `{settings.port}`" in section(TEXT, "`VESTNIK_PORT`")
    assert f"`{settings.timezone}`" in section(TEXT, "`VESTNIK_TIMEZONE`")
    assert f"Default: `{settings.data_dir.name}`" in section(TEXT, "`VESTNIK_DATA_DIR`")
    assert settings.sandbox in section(TEXT, "`VESTNIK_SANDBOX`")


class Parsed(Exception):
    """Raised in place of parsing, with the parser."""


def parser_of(command: str, monkeypatch: pytest.MonkeyPatch) -> argparse.ArgumentParser:
    """The parser that a command builds before it does anything."""

    def stop(parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        raise Parsed(parser)

    module = importlib.import_module(f"vestnik.commands.{COMMANDS[command].module}")
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", stop)
    with pytest.raises(Parsed) as parsed:
        module.main([])
    parser: argparse.ArgumentParser = parsed.value.args[0]
    return parser


def subcommands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """What a person types after `vestnik`, each with the parser of its options."""
    name = parser.prog.removeprefix("vestnik ")
    below = [action for action in parser._actions if action.choices and not action.option_strings]
    if not below:
        yield name, parser
    for action in below:
        assert action.choices is not None
        for choice in action.choices:
            deeper = action.choices[choice] if isinstance(action.choices, dict) else parser
            yield f"{name} {choice}", deeper


@pytest.mark.parametrize("command", COMMANDS)
def test_every_subcommand_has_its_heading_its_options_and_an_example(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, parser in subcommands(parser_of(command, monkeypatch)):
        told = section(TEXT, f"`vestnik {name}`")
        assert any(line.startswith(f".venv/bin/vestnik {name}") for line in shell_lines(told)), name
        for action in parser._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or option in told, f"{name} {option}"


def test_every_heading_of_a_command_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = {
        f"`vestnik {name}`"
        for command in COMMANDS
        for name, _ in subcommands(parser_of(command, monkeypatch))
    }
    assert {heading for heading in headings(TEXT) if heading.startswith("`vestnik ")} == real


def test_every_metric_is_told_and_no_other(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'vestnik.db'}", data_dir=tmp_path)
    services = build_services(settings)
    families = {family.name: family.type for family in services.metrics.registry.collect()}
    ours = {
        name + ("_total" if kind == "counter" else "")
        for name, kind in families.items()
        if name.startswith("vestnik_")
    }
    others = {name.split("_")[0] for name in families if not name.startswith("vestnik_")}
    assert set(re.findall(r"^\| `(vestnik_\w+)`", TEXT, re.MULTILINE)) == ours
    assert others <= {"process", "python"}


def test_campaigns_of_a_restored_database_are_held_by_the_statement_that_is_told() -> None:
    statement = re.search(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    assert statement is not None
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine, tables=[metadata.tables["campaign"]], checkfirst=False)
    with engine.connect() as connection:
        connection.execute(sa.text(statement[1].strip()))
    engine.dispose()


def test_the_copy_of_a_database_in_use_is_whole(tmp_path: Path) -> None:
    command = next(line for line in shell_lines(section(TEXT, "Backup")) if "VACUUM INTO" in line)
    code = command.split(" -c ", 1)[1].strip('"').replace('\\"', '"')
    source, copy = tmp_path / "vestnik.db", tmp_path / "backup.db"
    writer = sqlite3.connect(source)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("CREATE TABLE fact (value)")
    writer.execute("INSERT INTO fact VALUES (42)")
    writer.commit()
    code = code.replace("var/vestnik.db", str(source)).replace("backup.db", str(copy))
    exec(compile(code, "backup", "exec"), {})  # noqa: S102  (the document's own line)
    writer.close()
    reader = sqlite3.connect(copy)
    assert reader.execute("SELECT value FROM fact").fetchall() == [(42,)]
    reader.close()
