"""What is built is whole: a wheel in an environment of its own serves pages and installs modules."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.docs.documents import ROOT
from tests.processes import Running, free_port

from vestnik import __version__

PASSWORD = "a long pass phrase"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist; the web application is built only when it is not up to date."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in folder.iterdir()) == [
        f"vestnik-{__version__}-py3-none-any.whl",
        f"vestnik-{__version__}.tar.gz",
    ]
    return folder


def outside(folder: Path, **environ: str) -> Mapping[str, str]:
    """An environment that knows nothing of the checkout, and no Node."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VESTNIK_", "PYTHON", "VIRTUAL_ENV")) and name != "PATH"
    }
    return kept | {
        "PATH": str(folder / "environment/bin"),
        "VESTNIK_DATA_DIR": str(folder / "var"),
        **environ,
    }


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in whose `environment` the wheel is installed, with the locked versions of what it needs."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", folder / "environment"], check=True)
    [wheel] = built.glob("*.whl")
    pip: list[str | Path] = [
        folder / "environment/bin/python",
        "-m",
        "pip",
        "install",
        "-q",
        "--only-binary",
        ":all:",
    ]
    done = subprocess.run(
        [*pip, "-c", ROOT / "requirements.lock", wheel],
        cwd=folder,
        env=outside(folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def running(installed: Path) -> Iterator[Running]:
    """`vestnik up` of the installed wheel."""
    port = str(free_port())
    started = Running(
        [str(installed / "environment/bin/vestnik"), "up"],
        outside(installed, VESTNIK_PORT=port),
        f"http://127.0.0.1:{port}",
    )
    yield started
    started.stop()


@pytest.mark.slow
def test_the_wheel_holds_everything_and_nothing_of_the_tests(built: Path) -> None:
    [wheel], [sdist] = built.glob("*.whl"), built.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    schemas = {f"vestnik/_{path.relative_to(ROOT)}" for path in ROOT.glob("schemas/**/*.json")}
    manifests = {f"vestnik/_{path.relative_to(ROOT)}" for path in ROOT.glob("user_modules/*/module.*")}
    migrations = {
        str(path.relative_to(ROOT / "platform"))
        for path in ROOT.glob("platform/vestnik/db/migrations/**/*.py")
    }
    assert schemas | manifests | migrations | {"vestnik/static/index.html"} <= shipped
    assert not [name for name in shipped if name.startswith(("tests/", "web/")) or "node_modules" in name]
    with tarfile.open(sdist) as sources:
        names = {name.partition("/")[2] for name in sources.getnames()}
    assert {"platform/vestnik/static/index.html", "web/package.json", "requirements.lock"} <= names
    assert not [name for name in names if "node_modules" in name]


@pytest.mark.slow
def test_the_doctor_of_the_installed_wheel_finds_every_wall_that_this_machine_has(installed: Path) -> None:
    commands: tuple[tuple[list[str], Mapping[str, str]], ...] = (
        ([str(installed / "environment/bin/vestnik")], outside(installed)),
        (
            [sys.executable, "-m", "vestnik"],
            {**outside(installed), "PYTHONPATH": str(ROOT / "platform")},
        ),
    )
    ran = [
        subprocess.run(
            [*command, "doctor", "--json"], cwd=installed, env=environment, capture_output=True, text=True
        )
        for command, environment in commands
    ]
    assert [(done.returncode, done.stderr) for done in ran] == [(0, ""), (0, "")]
    wheel, sources = (json.loads(done.stdout) for done in ran)
    assert (wheel["walls"], wheel["ok"]) == (sources["walls"], sources["ok"])
    assert wheel["versions"]["vestnik"] == __version__


@pytest.mark.slow
def test_the_installed_wheel_serves_its_pages_and_installs_a_bundled_module(running: Running) -> None:
    token = running.line("First start: open").rpartition("token=")[2]
    with running.client() as client:
        page = client.get("/")
        assert page.status_code == 200
        parts = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
        assert {Path(part).suffix for part in parts} >= {".js", ".css"}
        assert {part: client.get(part).status_code for part in parts} == dict.fromkeys(parts, 200)
        form = {
            "token": token,
            "organisation": "Ромашка",
            "language": "ru",
            "timezone": "Europe/Moscow",
            "baseUrl": running.address,
            "name": "Ольга",
            "email": "olga@example.org",
            "password": PASSWORD,
        }
        assert client.post("/api/v1/setup", json=form).status_code == 200
        marks = {"Origin": running.address, "X-CSRF-Token": client.get("/api/v1/session").json()["csrf"]}
        catalogue = client.get("/api/v1/modules/catalogue").json()
        assert {item["name"] for item in catalogue["items"]} == {
            path.parent.name for path in ROOT.glob("user_modules/*/module.json")
        }
        for item in catalogue["items"]:
            address = f"/api/v1/modules/catalogue/{item['name']}/install"
            answer = client.post(address, json={"approveHosts": True}, headers=marks)
            assert answer.status_code == 201, answer.text
