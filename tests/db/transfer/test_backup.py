"""A backup holds everything and is one file; whatever befell it afterwards is noticed and named."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from tests.db.transfer.filled import digests

import vestnik.db.transfer.archive
from vestnik import __version__
from vestnik.db.database import write_engine
from vestnik.db.migrate import configuration, schema_of
from vestnik.db.transfer.archive import ArchiveDamaged, ArchiveSource
from vestnik.db.transfer.backup import back_up
from vestnik.db.transfer.moving import Place, move, reading
from vestnik.db.transfer.rows import TransferFailed


def quiet(_line: str) -> None:
    """Nobody listens."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of a few rows have several parts."""
    monkeypatch.setattr(vestnik.db.transfer.archive, "PART_BYTES", 200)


def new(folder: Path) -> Place:
    """A place for an SQLite database."""
    return Place(sa.make_url(f"sqlite:///{folder / 'new' / 'vestnik.db'}"), None)


def test_a_backup_is_read_as_it_was_written(source: Place, tmp_path: Path) -> None:
    moved, size = back_up(source, tmp_path / "backup", quiet)
    archive = ArchiveSource(tmp_path / "backup")
    with reading(source) as rows:
        assert digests(archive) == digests(rows) == {each.table: (each.rows, each.digest) for each in moved}
        assert (archive.revision, archive.manifest.version) == (rows.revision, __version__)
    assert (tmp_path / "backup").stat().st_size == size
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "begun" in path.name] == []
    assert not archive.has_key


def test_any_program_that_reads_tar_reads_it(source: Place, tmp_path: Path) -> None:
    back_up(source, tmp_path / "backup", quiet, key=b"k" * 32)
    with tarfile.open(tmp_path / "backup") as tar:
        names = tar.getnames()
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        told = json.load(manifest)
    assert names == [*(part["name"] for part in told["parts"]), "manifest.json", "seal"]
    assert {name.partition("/")[0] for name in names[:-3]} == {
        name for name, table in told["tables"].items() if table["rows"]
    }
    assert ArchiveSource(tmp_path / "backup").content("secret.key") == b"k" * 32


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_flipped_byte_is_noticed_wherever_it_is_and_its_part_is_named(
    source: Place, tmp_path: Path
) -> None:
    path = tmp_path / "backup"
    back_up(source, path, quiet)
    whole = path.read_bytes()
    with tarfile.open(path) as tar:
        members = {member.name: member for member in tar}
    inside = members["contact/000001.jsonl.gz"]
    path.write_bytes(_flipped(whole, inside.offset_data + inside.size // 2))
    with pytest.raises(ArchiveDamaged, match=r"contact/000001\.jsonl\.gz is damaged"):
        ArchiveSource(path)
    path.write_bytes(_flipped(whole, members["manifest.json"].offset_data))
    with pytest.raises(ArchiveDamaged, match=r"manifest\.json is damaged"):
        ArchiveSource(path)
    for place in range(0, len(whole), 997):
        path.write_bytes(_flipped(whole, place))
        with pytest.raises(TransferFailed, match="backup"):
            ArchiveSource(path)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_file_that_is_cut_off_or_something_else_is_refused(source: Place, tmp_path: Path) -> None:
    path = tmp_path / "backup"
    back_up(source, path, quiet)
    whole = path.read_bytes()
    for size in (0, 511, 4096, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(TransferFailed, match=r"cut off|no backup"):
            ArchiveSource(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(ArchiveDamaged):
        ArchiveSource(path)
    path.write_bytes(b"SQLite format 3\0" * 1000)
    with pytest.raises(TransferFailed, match="is no backup of Vestnik"):
        ArchiveSource(path)


def test_a_backup_that_fails_leaves_no_file(source: Place, tmp_path: Path) -> None:
    def fail(_line: str) -> None:
        raise OSError(28, "No space left on device")

    engine = write_engine(source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO numbering SELECT 'm' || id, 1 FROM module"))
    engine.dispose()
    with pytest.MonkeyPatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(vestnik.db.transfer.moving, "_SAID_EVERY_ROWS", 1)
        back_up(source, tmp_path / "backup", fail)
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


def test_an_older_backup_is_restored_and_migrated(empty_database_url: str, tmp_path: Path) -> None:
    command.upgrade(configuration(empty_database_url), "0015")
    engine = write_engine(sa.make_url(empty_database_url))
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO numbering VALUES ('lead', 7)"))
    engine.dispose()
    back_up(Place(sa.make_url(empty_database_url), None), tmp_path / "backup", quiet)
    archive = ArchiveSource(tmp_path / "backup")
    assert archive.revision == "0015"
    found = sa.text("SELECT last FROM numbering WHERE kind = 'lead'")
    same = Place(sa.make_url(empty_database_url), None)
    for to in (new(tmp_path), same):
        arrived = move(archive, to, lambda connection: connection.scalar(found), quiet, replace=True)
        assert (arrived.after, schema_of(to.text)) == (7, "current")


def test_a_backup_of_a_newer_version_is_refused(source: Place, tmp_path: Path) -> None:
    engine = write_engine(source.url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    back_up(source, tmp_path / "backup", quiet)
    with pytest.raises(TransferFailed, match=r"its schema \(9999\) is newer"):
        move(ArchiveSource(tmp_path / "backup"), new(tmp_path), lambda _: None, quiet)
    assert not (tmp_path / "new").exists()


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]
