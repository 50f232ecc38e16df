"""deploy/: the image and the composition say what is promised of them. Neither is built nor run here."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from tests.docs.documents import ROOT, text_of

from vestnik.cli import COMMANDS

DOCKERFILE = re.sub(r"\\\n\s*", "", text_of("deploy/Dockerfile"))
COMPOSE: dict[str, Any] = yaml.safe_load(text_of("deploy/compose.yaml"))
OURS = ("migrate", "vestnik", "worker")


def told(instruction: str) -> list[str]:
    """What the instructions of a kind say, in their order."""
    return re.findall(rf"^{instruction} (.*)$", DOCKERFILE, re.MULTILINE)


def test_the_last_stage_runs_as_a_user_without_rights_and_keeps_data_in_a_volume() -> None:
    assert told("USER") == ["10001:10001"]
    assert DOCKERFILE.rindex("\nUSER") > DOCKERFILE.rindex("\nRUN")
    assert told("VOLUME") == ["/var/lib/vestnik"]
    assert len(told("HEALTHCHECK")) == 1
    assert all(re.fullmatch(r"python:3\.11-slim-\w+( AS build)?", image) for image in told("FROM"))


def test_what_the_image_copies_is_there_and_goes_to_the_builder() -> None:
    kept = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    assert all((ROOT / name).exists() for name in kept)
    packed = set(re.findall(r'"(schemas|user_modules|platform)[/"]', text_of("pyproject.toml")))
    assert packed | {"web", "hatch_build.py", "requirements.lock", "README.md", "LICENSE"} <= kept
    copied = [source.split()[-2] for source in told("COPY") if "--from" not in source]
    assert copied == [".", "deploy/entrypoint.sh"]
    assert any(fnmatch(copied[1], name) for name in kept)


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_has_no_privileges_and_no_secret_in_its_environment(name: str) -> None:
    service = COMPOSE["services"][name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert set(service["secrets"]) == set(COMPOSE["secrets"])
    assert not [key for key in service["environment"] if "PASSWORD" in key and not key.endswith("_FILE")]
    command = service.get("command", ["vestnik", "serve"])
    assert command[0] == "vestnik" and command[1] in COMMANDS


def test_everything_that_a_service_names_is_declared() -> None:
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith("./")} <= set(COMPOSE["volumes"])
    assert COMPOSE["services"]["vestnik"]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }


def test_the_proxy_has_the_address_that_is_trusted() -> None:
    address = COMPOSE["services"]["proxy"]["networks"]["outside"]["ipv4_address"]
    for name in OURS:
        assert COMPOSE["services"][name]["environment"]["VESTNIK_TRUSTED_PROXIES"] == address


def test_secrets_in_files_become_the_environment_of_the_command(tmp_path: Any) -> None:
    (tmp_path / "key").write_text("a key\n")
    (tmp_path / "password").write_text("a password\n")
    done = subprocess.run(
        [ROOT / "deploy/entrypoint.sh", shutil.which("env") or "env"],
        env={
            "PATH": "/usr/bin:/bin",
            "VESTNIK_SECRET_KEY_FILE": str(tmp_path / "key"),
            "VESTNIK_DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
        },
        capture_output=True,
        text=True,
    )
    given = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert (given["VESTNIK_SECRET_KEY"], given["PGPASSWORD"]) == ("a key", "a password")
    assert not [name for name in given if name.endswith("_FILE")]
