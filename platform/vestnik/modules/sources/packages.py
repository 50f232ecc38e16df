"""Reads an uploaded module: one `.py` file, or a `.zip` with `module.json`, `module.py` and `tests/*.json`.

Nothing is ever unpacked to disk: these members are read, each within its limit, and an archive with a name
that would lead out of its folder is refused as a whole.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from vestnik.contract import ManifestError
from vestnik.contract.manifest import Manifest
from vestnik.contract.manifest import parse as parse_manifest
from vestnik.egress import check_public_pattern
from vestnik.modules.errors import ArchiveInvalid, FileTooLarge, ManifestInvalid

UPLOAD_BYTES = 5_000_000
SOURCE_BYTES = 262_144  # what the sandbox takes
MANIFEST_BYTES = 262_144
MEMBERS = 500
TESTS_BYTES = 33_554_432  # of all tests of an archive

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class Package:
    """A module as it was uploaded; `manifest` is None for a single file, `tests` are texts by name."""

    name: str
    source: str
    manifest: Manifest | None
    tests: Mapping[str, str] = field(default_factory=dict)


def read_upload(filename: str, data: bytes) -> Package:
    """Reads an uploaded file; raises ArchiveInvalid, FileTooLarge or ManifestInvalid."""
    if len(data) > UPLOAD_BYTES:
        raise FileTooLarge(name=_shown(filename), limit_bytes=UPLOAD_BYTES)
    if filename.lower().endswith(".py"):
        return Package(_name_of(filename), _source(data), None)
    if filename.lower().endswith(".zip"):
        return _read_zip(data)
    raise _invalid(
        "Загрузите файл .py или архив .zip с module.json и module.py.",
        "Upload a .py file, or a .zip archive with module.json and module.py.",
    )


def read_manifest(document: Any) -> Manifest:
    """Checks the JSON of a manifest; raises ManifestInvalid, or ArchiveInvalid for what is no text."""
    _refuse_unwritable(document)
    try:
        manifest = parse_manifest(document)
    except ManifestError as error:
        raise manifest_invalid(error) from None
    for setting in manifest.settings:
        if setting.public_part is not None:
            _check_public_part(setting.name, setting.public_part)
    return manifest


def manifest_invalid(error: ManifestError) -> ManifestInvalid:
    """The problem that a broken manifest is."""
    finding = error.finding
    return ManifestInvalid(
        path=finding.path,
        reason={"ru": error.sentence("ru"), "en": error.sentence("en")},
        expected={"ru": finding.expected.ru, "en": finding.expected.en},
        got={"ru": finding.got.ru, "en": finding.got.en},
    )


def _refuse_unwritable(document: Any) -> None:
    """Half of a surrogate pair can't be shown, nor a null character kept: one would spoil every list."""
    text = json.dumps(document, ensure_ascii=False)
    if "\\u0000" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise _invalid(
            "В файле module.json есть знак, которого не бывает в тексте.",
            "The file module.json holds a character that no text has.",
        )


def _check_public_part(name: str, pattern: str) -> None:
    try:
        check_public_pattern(pattern)
    except ValueError:
        expected = {
            "ru": "простое выражение: буквы, наборы [a-z], одна группа, не больше двух повторов",
            "en": "a simple expression: letters, sets [a-z], one group, two repetitions at most",
        }
        path = f"$.settings.properties.{name}.publicPart"
        raise ManifestInvalid(
            path=path,
            reason={
                "ru": f"В файле module.json ошибка. {path}: ожидалось {expected['ru']}.",
                "en": f"The file module.json has an error. {path}: expected {expected['en']}.",
            },
            expected=expected,
            got={"ru": pattern, "en": pattern},
        ) from None


def _read_zip(data: bytes) -> Package:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)
            folder = _folder(members)
            document = _member(archive, members[folder / "module.json"], MANIFEST_BYTES)
            source = _member(archive, members[folder / "module.py"], SOURCE_BYTES)
            tests = _tests(archive, members, folder / "tests")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _invalid("Архив повреждён или зашифрован.", "The archive is damaged or encrypted.") from None
    try:
        manifest = read_manifest(json.loads(document))
    except (ValueError, RecursionError):
        raise _invalid("Файл module.json — не JSON.", "The file module.json is not JSON.") from None
    return Package(manifest.name, _source(source), manifest, tests)


def _members(archive: zipfile.ZipFile) -> dict[PurePosixPath, zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MEMBERS:
        raise _invalid(f"В архиве больше {MEMBERS} файлов.", f"The archive holds more than {MEMBERS} files.")
    members: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in infos:
        path = PurePosixPath(info.filename)
        hostile = path.is_absolute() or ".." in path.parts or "\\" in info.filename or ":" in info.filename
        if hostile or path in members:
            raise _invalid(
                f"В архиве недопустимое имя файла: {_shown(info.filename)}.",
                f"The archive holds a forbidden file name: {_shown(info.filename)}.",
            )
        members[path] = info
    return members


def _folder(members: dict[PurePosixPath, zipfile.ZipInfo]) -> PurePosixPath:
    """The folder of the module: the archive's root, or the one folder that it packs."""
    found = [path.parent for path in members if path.name == "module.json" and len(path.parts) <= 2]
    for folder in sorted(found, key=lambda path: len(path.parts)):
        if folder / "module.py" in members:
            return folder
    raise _invalid(
        "В архиве нет файлов module.json и module.py.", "The archive has no module.json and module.py."
    )


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit_bytes: int) -> bytes:
    with archive.open(info) as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise FileTooLarge(name=_shown(info.filename), limit_bytes=limit_bytes)
    return content


def _tests(
    archive: zipfile.ZipFile, members: Mapping[PurePosixPath, zipfile.ZipInfo], folder: PurePosixPath
) -> dict[str, str]:
    """The texts of the files `tests/*.json`, all together within their limit."""
    texts: dict[str, str] = {}
    left = TESTS_BYTES
    for path, info in sorted(members.items()):
        if path.parent != folder or path.suffix != ".json":
            continue
        content = _member(archive, info, left)
        left -= len(content)
        try:
            texts[path.stem] = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise _invalid(
                f"Файл {_shown(info.filename)} — не текст в UTF-8.",
                f"The file {_shown(info.filename)} is not UTF-8 text.",
            ) from None
    return texts


def _source(data: bytes) -> str:
    if len(data) > SOURCE_BYTES:
        raise FileTooLarge(name="module.py", limit_bytes=SOURCE_BYTES)
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _invalid("Код модуля — не текст в UTF-8.", "The module's code is not UTF-8 text.") from None
    return source.replace("\r\n", "\n")


def _name_of(filename: str) -> str:
    stem = PurePosixPath(filename.replace("\\", "/")).stem.lower().replace("-", "_").replace(" ", "_")
    if _NAME.fullmatch(stem) is None:
        raise _invalid(
            "Имя файла станет именем модуля: нужны строчные латинские буквы, цифры и «_», сначала буква.",
            "The file's name becomes the module's: lower-case Latin letters, digits and “_”, a letter first.",
        )
    return stem


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)[:80]


def _invalid(ru: str, en: str) -> ArchiveInvalid:
    return ArchiveInvalid(reason={"ru": ru, "en": en})
