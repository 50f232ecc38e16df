"""The vault: what it seals only it opens, in the same context, with the same key."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from vestnik.settings import Settings
from vestnik.vault import Vault, VaultError

KEY = base64.b64encode(bytes(range(32))).decode()


def settings(folder: Path, key: str | None = None) -> Settings:
    return Settings(database_url="sqlite://", data_dir=folder, secret_key=key)


def test_a_secret_comes_back_in_its_own_context_only(tmp_path: Path) -> None:
    vault = Vault(settings(tmp_path))
    sealed = vault.encrypt("ключ".encode(), "account:12:api_key")
    assert vault.decrypt(sealed, "account:12:api_key").decode() == "ключ"
    assert "ключ".encode() not in sealed
    assert vault.encrypt("ключ".encode(), "account:12:api_key") != sealed
    for broken, context in (
        (sealed, "account:13:api_key"),
        (sealed[:-1], "account:12:api_key"),
        (sealed[:5], "account:12:api_key"),
        (b"\x02" + sealed[1:], "account:12:api_key"),
        (b"", "account:12:api_key"),
    ):
        with pytest.raises(VaultError):
            vault.decrypt(broken, context)


def test_the_key_is_made_once_and_is_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    sealed = Vault(settings(folder)).encrypt(b"secret", "x")
    assert Vault(settings(folder)).decrypt(sealed, "x") == b"secret"
    assert [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] == [("secret.key", 0o600)]
    with pytest.raises(VaultError):
        Vault(settings(tmp_path / "other")).decrypt(sealed, "x")


def test_a_key_that_others_can_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    Vault(settings(tmp_path))
    key = tmp_path / "secret.key"
    key.chmod(0o644)
    with pytest.raises(VaultError, match="give it mode 600"):
        Vault(settings(tmp_path))
    key.chmod(0o600)
    key.write_bytes(b"short")
    with pytest.raises(VaultError, match="is damaged"):
        Vault(settings(tmp_path))


def test_a_key_of_the_environment_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    sealed = Vault(settings(tmp_path, KEY)).encrypt(b"secret", "x")
    assert Vault(settings(tmp_path, KEY)).decrypt(sealed, "x") == b"secret"
    assert list(tmp_path.iterdir()) == []
    for wrong in ("not base64!", base64.b64encode(b"too short").decode()):
        with pytest.raises(VaultError, match="expected 32 bytes as base64"):
            Vault(settings(tmp_path, wrong))


def test_a_keyed_hash_depends_on_text_purpose_and_key(tmp_path: Path) -> None:
    vault, other = Vault(settings(tmp_path, KEY)), Vault(settings(tmp_path / "other"))
    hashed = vault.keyed_hash("suppression", "anna@example.org")
    assert hashed == Vault(settings(tmp_path, KEY)).keyed_hash("suppression", "anna@example.org")
    assert len(hashed) == 64
    assert len({
        hashed,
        vault.keyed_hash("suppression", "anna@example.com"),
        vault.keyed_hash("webhook-token", "anna@example.org"),
        other.keyed_hash("suppression", "anna@example.org"),
    }) == 4  # fmt: skip
