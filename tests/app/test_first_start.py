"""`vestnik up` on an empty database: a link, an organisation, one server at a time, a clean end."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.app.conftest import Start
from tests.processes import WITHIN_S, Command, Running

PASSWORD = "a long pass phrase"
KEY = base64.b64encode(bytes(range(32))).decode()


def token_of(running: Running) -> str:
    found = re.search(r"/setup\?token=([\w-]{43})$", running.line("First start: open"))
    assert found is not None
    return found[1]


def set_up(running: Running) -> dict[str, str]:
    form = {
        "token": token_of(running),
        "organisation": "Ромашка",
        "language": "ru",
        "timezone": "Europe/Moscow",
        "baseUrl": running.address,
        "name": "Ольга",
        "email": "olga@example.org",
        "password": PASSWORD,
    }
    with running.client() as client:
        answer = client.post("/api/v1/setup", json=form)
        assert answer.status_code == 200, answer.text
        return {"cookie": f"vestnik_session={client.cookies['vestnik_session']}"}


@pytest.mark.slow
def test_an_empty_database_is_set_up_by_its_link_and_keeps_its_data(
    empty_database_url: str, tmp_path: Path, start: Start
) -> None:
    command = Command(tmp_path / "data", empty_database_url)
    running = start(command, "up")
    session = set_up(running)
    assert running.stop() == 0
    assert running.said[-1] == "Vestnik has stopped."
    again = start(command, "serve")
    again.line("Vestnik is ready")
    with again.client() as client:
        card = client.get("/api/v1/session", headers=session).json()
    assert (card["user"]["email"], card["organisation"]["name"]) == ("olga@example.org", "Ромашка")
    assert again.stop(signal.SIGINT) == 0


@pytest.mark.slow
def test_one_server_works_on_a_folder_and_commands_go_through_it(command: Command, start: Start) -> None:
    running = start(command, "up")
    set_up(running)
    second = Command(Path(command.environ["VESTNIK_DATA_DIR"])).run("up")
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"vestnik up: a server is running on {command.environ['VESTNIK_DATA_DIR']} (process "
        f"{running.process.pid}, {running.address}). Stop it first, or give this one a folder of its own "
        "with VESTNIK_DATA_DIR.\n"
    )
    migrated = command.run("db", "migrate")
    assert (migrated.returncode, "a server is running" in migrated.stderr) == (1, True)

    person = ("boris@example.org", "--name", "Борис", "--role", "marketer", "--role", "integrator")
    added = command.run("user", "add", *person, given=f"{PASSWORD}\n")
    assert (added.returncode, added.stderr) == (0, "Added boris@example.org.\n")
    refused = command.run("user", "add", *person, given=f"{PASSWORD}\n")
    assert (refused.returncode, refused.stderr) == (
        1,
        "vestnik user: There is a user with the address boris@example.org already.\n",
    )
    assert running.stop() == 0

    changed = command.run("user", "password", "Boris@example.org", given="the next pass phrase\n")
    assert (changed.returncode, changed.stderr) == (
        0,
        "The password of boris@example.org is set; the user's sessions have ended.\n",
    )
    factor = command.run("user", "second-factor-off", "boris@example.org")
    assert (factor.returncode, factor.stderr) == (
        1,
        "vestnik user: There is nothing to change: the password alone is enough.\n",
    )
    status, users = command.json("user", "list")
    assert status == 0
    assert [(user["email"], user["roles"]) for user in users] == [
        ("boris@example.org", ["integrator", "marketer"]),
        ("olga@example.org", ["administrator"]),
    ]


@pytest.mark.slow
def test_a_killed_server_leaves_no_lock_behind(command: Command, start: Start) -> None:
    first = start(command, "up")
    older = token_of(first)
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    second = start(command, "up")
    newer = token_of(second)
    with second.client() as client:
        assert client.get("/api/v1/setup", params={"token": newer}).status_code == 200
        assert client.get("/api/v1/setup", params={"token": older}).status_code == 403
    assert second.stop() == 0


@pytest.mark.slow
def test_no_command_goes_on_without_the_key_that_the_database_belongs_to(
    empty_database_url: str, tmp_path: Path
) -> None:
    command = Command(tmp_path / "data", empty_database_url)
    assert command.run("db", "migrate").returncode == 0
    assert command.run("user", "list").returncode == 0
    key = tmp_path / "data" / "secret.key"
    key.unlink()
    commands = [["up"], ["serve"], ["user", "list"]]
    if empty_database_url.startswith("postgresql"):
        commands.append(["worker"])
    for arguments in commands:
        refused = command.run(*arguments)
        sentence = f"vestnik {arguments[0]}: there is no {key}, and this database belongs to a key."
        assert (refused.returncode, key.exists()) == (1, False)
        assert refused.stderr.splitlines()[-1].startswith(sentence)


@pytest.mark.slow
def test_what_lies_in_the_folder_is_for_its_user_alone(command: Command) -> None:
    assert command.run("db", "migrate").returncode == 0
    assert command.run("user", "list").returncode == 0
    folder = Path(command.environ["VESTNIK_DATA_DIR"])
    readable = [path.name for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077]
    assert readable == []
    status, report = command.json("doctor")
    assert (status, report["ok"]["data"], report["ok"]["schema"]) == (0, True, True)


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_worker_works_beside_a_server_on_one_database(
    empty_database_url: str, tmp_path: Path, start: Start
) -> None:
    server = Command(tmp_path / "server", empty_database_url, VESTNIK_SECRET_KEY=KEY)
    worker = Command(tmp_path / "worker", empty_database_url, VESTNIK_SECRET_KEY=KEY)
    serving = start(server, "up")
    serving.line("First start: open")
    working = start(worker, "worker")
    working.line("the worker is ready")
    assert working.stop() == 0
    assert working.said[-1] == "The worker has stopped."
    assert serving.stop() == 0


def test_doctor_names_every_wall_and_what_is_not_well(command: Command) -> None:
    status, report = command.json("doctor")
    walls = ["policy", "process", "rlimits", "no_new_privs", "seccomp", "landlock", "namespaces"]
    assert list(report["walls"]) == walls
    assert all(isinstance(stands, bool) for stands in report["walls"].values())
    assert (report["ok"]["schema"], report["database"]["schema"], report["server"]) == (True, "missing", None)
    assert status == (0 if all(report["ok"].values()) else 1)
    folder = Path(command.environ["VESTNIK_DATA_DIR"])
    assert not folder.exists()
    assert (
        "ok   schema: there is none yet; it will be created by “vestnik up”" in command.run("doctor").stdout
    )
    folder.mkdir(mode=0o700)
    with sqlite3.connect(folder / "vestnik.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0000')")
    connection.close()
    status, report = command.json("doctor")
    assert (status, report["ok"]["schema"], report["database"]["schema"]) == (1, False, "too_new")
    assert "FAIL schema: A later release migrated the database" in command.run("doctor").stdout
    broken = Command(folder, "postgresql://nobody:secret@127.0.0.1:1/x")
    status, report = broken.json("doctor")
    assert (status, report["ok"]["database"]) == (1, False)
    assert "secret" not in json.dumps(report)


@pytest.mark.parametrize(
    ("base_url", "proxies", "warned"),
    [
        ("https://vestnik.example.com", "", True),
        ("https://vestnik.example.com", "127.0.0.1", False),
        ("http://vestnik.example.com", "", False),
        ("", "", False),
    ],
)
def test_a_public_address_over_https_without_a_known_proxy_is_warned_of(
    tmp_path: Path, start: Start, base_url: str, proxies: str, warned: bool
) -> None:
    command = Command(tmp_path / "data", VESTNIK_BASE_URL=base_url, VESTNIK_TRUSTED_PROXIES=proxies)
    status, report = command.json("doctor")
    said = [each.split(":")[0] for each in report["warnings"]]
    assert said == ["VESTNIK_BASE_URL is https, but VESTNIK_TRUSTED_PROXIES names no proxy"] * warned
    assert status == (0 if all(report["ok"].values()) else 1)
    sentences = [f"warning: {each}" for each in report["warnings"]]
    assert [
        line.strip() for line in command.run("doctor").stdout.splitlines() if "warning:" in line
    ] == sentences
    running = start(command, "up")
    running.line("First start: open")
    assert [line for line in running.said if line.startswith("Warning: ")] == [
        f"Warning: {each}" for each in report["warnings"]
    ]


@pytest.mark.parametrize(
    ("arguments", "environ", "sentence"),
    [
        (["up"], {"VESTNIK_PORT": "high"}, "vestnik up: VESTNIK_PORT='high': expected a port number"),
        (["up"], {"VESTNIK_SECRET_KEY": "short"}, "vestnik up: VESTNIK_SECRET_KEY: expected 32 bytes"),
        (["serve"], {}, "vestnik serve: the database's schema is not up to date: run “vestnik db migrate”."),
        (["worker"], {}, "vestnik worker: on SQLite one process does everything: run “vestnik up”."),
        (["user", "list"], {}, "vestnik user: the database's schema is not up to date"),
    ],
    ids=["port", "key", "schema", "worker", "user"],
)
def test_what_stands_in_the_way_is_said_in_one_sentence(
    tmp_path: Path, arguments: list[str], environ: dict[str, str], sentence: str
) -> None:
    done = Command(tmp_path / "data", **environ).run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(sentence)


def test_a_taken_port_is_said_before_anything_is_done(command: Command) -> None:
    with socket.create_server(("127.0.0.1", command.port)):
        for arguments in (["up", "--demo"], ["up"]):
            done = command.run(*arguments)
            assert done.returncode == 1
            assert f"can't listen on 127.0.0.1:{command.port}: something else listens there" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["user", "list", "--json"]], ids=["help", "list"])
def test_a_reader_that_has_gone_ends_a_command_quietly(command: Command, arguments: list[str]) -> None:
    assert command.run("db", "migrate").returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "vestnik", *arguments],
        env=command.environ,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=WITHIN_S,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b"")


def test_the_list_of_commands_and_an_unknown_one(command: Command) -> None:
    usage = command.run("--help")
    assert (usage.returncode, usage.stdout.splitlines()[0]) == (
        0,
        "usage: vestnik <command> …   (vestnik <command> --help)",
    )
    unknown = command.run("fly")
    assert (unknown.returncode, unknown.stderr.splitlines()[0]) == (2, "vestnik: there is no command 'fly'")
    for name in ("up", "serve", "worker", "doctor", "user", "db", "module"):
        assert f"  {name} " in usage.stdout
    assert command.run("up", "--help").returncode == 0
