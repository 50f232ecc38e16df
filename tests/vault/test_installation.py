"""A database belongs to one key: a missing or another key is refused, and nothing is made or changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.vault.test_vault import KEY

from vestnik.installation import KeyDiffers, KeyMissing, hold_key
from vestnik.settings import Settings
from vestnik.vault import Vault


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """A database with every table, and a folder without a key."""
    return Settings(database_url=database_url, data_dir=tmp_path / "data")


def test_the_first_start_makes_the_key_and_later_ones_go_on_with_it(settings: Settings) -> None:
    hold_key(settings)
    sealed = Vault(settings).encrypt(b"secret", "x")
    hold_key(settings)
    assert Vault(settings).decrypt(sealed, "x") == b"secret"


def test_a_missing_key_is_refused_and_no_other_is_made(settings: Settings) -> None:
    hold_key(settings)
    path = settings.data_dir / "secret.key"
    kept = path.read_bytes()
    path.unlink()
    for _ in range(2):
        with pytest.raises(KeyMissing, match=f"there is no {path}, and this database belongs to a key"):
            hold_key(settings)
    assert not path.exists()
    path.write_bytes(kept)
    path.chmod(0o600)
    hold_key(settings)


def test_another_key_is_refused_wherever_it_comes_from(settings: Settings, tmp_path: Path) -> None:
    hold_key(settings)
    with pytest.raises(KeyDiffers, match="VESTNIK_SECRET_KEY is not the key that this database belongs to"):
        hold_key(replace(settings, secret_key=KEY))
    other = replace(settings, data_dir=tmp_path / "other")
    Vault(other)
    with pytest.raises(KeyDiffers, match=r"other/secret\.key is not the key"):
        hold_key(other)
