"""Writes a module as a `.zip` archive that another Vestnik takes: what `packages.py` reads."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from vestnik.contract.manifest import Manifest
from vestnik.http.errors import Language
from vestnik.modules.sources.packages import read_manifest

#: What the comment of an archive begins with that has fewer tests than the module; then their number.
TESTS_LEFT_OUT = "tests left out: "

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same text gives the same bytes

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "ru": {
        "version": "Версия модуля",
        "settings": "Настройки",
        "secret": "секрет",
        "required": "обязательна",
        "hosts": "Адреса",
        "functions": "Функции",
        "import": "Как загрузить в другой Vestnik: «Модули» → «Загрузить» "
        "или `vestnik module push` в этой папке.",
    },
    "en": {
        "version": "Version of the module",
        "settings": "Settings",
        "secret": "secret",
        "required": "required",
        "hosts": "Addresses",
        "functions": "Functions",
        "import": "To another Vestnik: Modules → Upload, or `vestnik module push` in this folder.",
    },
}


def pack(
    source: str,
    document: Mapping[str, Any],
    functions: Sequence[str],
    tests: Mapping[str, str],
    language: Language,
    *,
    tests_left_out: int = 0,
) -> bytes:
    """The archive of a module: module.json, module.py, README.md and tests/*.json in a folder of its name.

    Its comment says how many tests are left out.
    """
    manifest = read_manifest(document)
    files = {
        "module.json": json.dumps(document, ensure_ascii=False, indent=2) + "\n",
        "module.py": source,
        "README.md": _readme(manifest, functions, language),
        **{f"tests/{name}.json": text for name, text in sorted(tests.items())},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(f"{manifest.name}/{name}", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content.encode())
        archive.comment = f"{TESTS_LEFT_OUT}{tests_left_out}".encode() if tests_left_out else b""
    return buffer.getvalue()


def _readme(manifest: Manifest, functions: Sequence[str], language: Language) -> str:
    words = _WORDS[language]
    lines = [f"# {manifest.title.of(language)}", ""]
    if manifest.description is not None:
        lines += [manifest.description.of(language), ""]
    lines += [f"{words['version']}: {manifest.version}", ""]
    if manifest.settings:
        lines += [f"## {words['settings']}", ""]
        for setting in manifest.settings:
            marks = [words["secret"]] * setting.secret + [words["required"]] * setting.required
            told = f" ({', '.join(marks)})" if marks else ""
            lines.append(f"- `{setting.name}`: {setting.title.of(language)}{told}")
        lines.append("")
    if manifest.hosts:
        lines += [f"## {words['hosts']}", "", *(f"- `{host.pattern}`" for host in manifest.hosts), ""]
    if functions:
        lines += [f"## {words['functions']}", "", *(f"- `{name}`" for name in functions), ""]
    return "\n".join([*lines, words["import"], ""])
