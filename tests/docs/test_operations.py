"""docs/operations.md: every variable, command, option and metric has its place, and what it shows works."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.documents import ROOT, headings, section, shell_lines, text_of
from tests.processes import Command

from vestnik.app import build_services
from vestnik.cli import COMMANDS
from vestnik.db.migrate import is_current
from vestnik.http.metrics import Watched
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


def test_the_labels_of_every_metric_are_those_that_are_told(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'vestnik.db'}", data_dir=tmp_path)
    registry = build_services(settings).metrics.registry
    ours: dict[str, set[str]] = {}
    for collector, names in registry._collector_to_names.items():
        if isinstance(collector, Watched):
            ours |= {f"{collector.name}{end}": set(collector.labels) for end in ("", "_total")}
        else:
            labels = set(getattr(collector, "_labelnames", ()))
            ours |= {name: labels for name in names if name.startswith("vestnik_")}
    told = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(r"^\| `(vestnik_\w+)` \| ([^|]+) \|", TEXT, re.MULTILINE)
    }
    assert told and {name: ours[name] for name in told} == told


def test_a_backup_is_made_checked_and_restored_as_it_is_told(tmp_path: Path) -> None:
    here, there = Command(tmp_path / "here"), Command(tmp_path / "there")
    assert here.run("db", "migrate").returncode == 0
    told = section(TEXT, "`vestnik backup`") + "\n" + section(TEXT, "Restore")
    ran = []
    for line in shell_lines(told):
        _, *arguments = shlex.split(line.replace("backup.vestnik", str(tmp_path / "backup.vestnik")))
        done = (here if arguments[0] == "backup" else there).run(*arguments)
        ran.append((arguments[0], done.returncode, done.stderr.splitlines()[-1]))
    assert [(name, status) for name, status, _ in ran] == [("backup", 0), ("restore", 0), ("restore", 0)]
    assert ran[1][2] == "Every byte is as it was written."
    assert there.run("db", "check").returncode == 0


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_an_installation_moves_to_postgresql_as_it_is_told(tmp_path: Path, empty_database_url: str) -> None:
    here = Command(tmp_path / "var", NEW_DATABASE_URL=empty_database_url, PWD=str(tmp_path))
    assert here.run("db", "migrate").returncode == 0
    told = section(TEXT, "From SQLite to PostgreSQL")
    [line] = re.findall(r"^ +\.venv/bin/vestnik (db copy .*)$", told, re.MULTILINE)
    done = here.run(*shlex.split(string.Template(line).substitute(here.environ)))
    assert (done.returncode, done.stdout.splitlines()[-1].split()) == (0, ["all", "0"]), done.stderr
    assert is_current(empty_database_url)
