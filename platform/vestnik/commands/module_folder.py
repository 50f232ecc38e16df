"""A module as a folder of files, and `vestnik module new|sdk`: what a local editor needs beside the code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from vestnik import contract
from vestnik.commands.failures import CommandFailed
from vestnik.commands.module_bench import read_module
from vestnik.contract import Language, Manifest
from vestnik.http.errors import Problem
from vestnik.modules.sources.packages import read_manifest

STUB = "vestnik_sdk.pyi"


def add_parsers(actions: Any) -> None:
    """The subcommands `new` and `sdk`."""
    new = actions.add_parser("new", help="make a folder with a new module")
    new.add_argument("name", metavar="NAME", help="the module's name: lower-case letters, digits and _")
    new.set_defaults(carry_out=_new)
    sdk = actions.add_parser("sdk", help="write vestnik_sdk.pyi anew: for new settings, or a new Vestnik")
    sdk.add_argument("path", metavar="PATH", help="a module's folder")
    sdk.set_defaults(carry_out=_sdk)
    for action in (new, sdk):
        action.add_argument(
            "--language", choices=["ru", "en"], default="en", help="of the comments (default: en)"
        )


def _new(given: argparse.Namespace) -> int:
    folder = Path(given.name)
    files = new_module(folder.name, given.language)
    if folder.is_dir() and any(folder.iterdir()):
        raise CommandFailed(f"{folder} is there already and is not empty. Choose another name.")
    for name, text in files.items():
        write(folder / name, text)
    print(f"{folder} is made: {', '.join(files)}.")
    print(f"Describe the service in {folder}/module.json, write {folder}/module.py, and see what is missing:")
    print(f"  vestnik module check {folder}")
    return 0


def _sdk(given: argparse.Namespace) -> int:
    folder = Path(given.path)
    if not folder.is_dir():
        raise CommandFailed(f"there is no folder {folder}.")
    write(folder / STUB, contract.stub(given.language, read_module(given.path).manifest))
    print(f"{folder / STUB} is written.")
    return 0


def new_module(name: str, language: Language) -> dict[str, str]:
    """The files of a new module by their names; raises CommandFailed for a name that no module can have."""
    document = _manifest(name)
    try:
        manifest = read_manifest(document)
    except Problem as problem:
        raise CommandFailed(f"“{name}” can't be a module's name. {problem.detail('en')}") from None
    return {
        "module.json": as_text(document),
        "module.py": contract.scaffold(language),
        "README.md": _README[language].format(name=name),
        "tests/README.md": _TESTS[language].format(name=name),
        **for_an_editor(manifest, language),
    }


def for_an_editor(manifest: Manifest | None, language: Language) -> dict[str, str]:
    """What tells a local editor, and tools beside it, what `vestnik_sdk` is."""
    return {STUB: contract.stub(language, manifest), "pyproject.toml": _PYPROJECT}


def as_text(document: Mapping[str, Any]) -> str:
    """A manifest as people edit it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write(path: Path, text: str | bytes) -> None:
    """Write a file, its folder too where there is none; CommandFailed when that can't be done."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    except OSError as error:
        raise CommandFailed(f"{path} can't be written: {error.strerror}.") from None


def _manifest(name: str) -> dict[str, Any]:
    title = name.replace("_", " ").capitalize()
    return cast(
        dict[str, Any],
        {
            "name": name,
            "title": {"ru": title, "en": title},
            "version": "0.1.0",
            "settings": {
                "required": ["base_url", "api_key"],
                "properties": {
                    "base_url": {
                        "type": "string",
                        "format": "uri",
                        "default": "https://api.example.com",
                        "title": {"ru": "Адрес API", "en": "API address"},
                    },
                    "api_key": {
                        "type": "string",
                        "secret": True,
                        "title": {"ru": "Ключ API", "en": "API key"},
                    },
                },
            },
            "hosts": [
                {
                    "pattern": "{settings.base_url}",
                    "secrets": ["api_key"],
                    "reason": {"ru": "Вызовы API", "en": "Calls of the API"},
                }
            ],
            "campaignTypes": ["email"],
        },
    )


#: Local tools read `vestnik_sdk` from the stub beside the module. The module itself runs in Vestnik alone.
_PYPROJECT = """# For editors and tools on this machine; Vestnik does not read this file.
[tool.pyrefly]
project-includes = ["module.py"]
search-path = ["."]

[tool.pyright]
include = ["module.py"]
reportMissingModuleSource = false

[tool.mypy]
files = ["module.py"]
mypy_path = "."

[tool.ruff]
line-length = 110
extend-exclude = ["vestnik_sdk.pyi"]

[tool.ruff.lint.pep8-naming]
ignore-names = ["CRM_Marketing_*", "*ExternalId"]
"""

_README: Mapping[Language, str] = {
    "en": """# {name}

A module of Vestnik: how it talks to one sending service. Vestnik does not read this file.

```sh
vestnik module check .      # may it run, and what is missing?
vestnik module run . CRM_Marketing_CheckAccount --settings '{{"base_url": "https://…", "api_key": "…"}}' \\
    --allow HOST
vestnik module test .       # the tests in tests/, offline
vestnik module push .       # upload as a draft; --publish makes it live
vestnik module sdk .        # write vestnik_sdk.pyi anew, after a change of the settings
```

`module.json` describes the module: its settings, hosts and limits. `module.py` is the code.
""",
    "ru": """# {name}

Модуль Vestnik: общение с одним сервисом рассылки. Этот файл Vestnik не читает.

```sh
vestnik module check .      # можно ли запускать и чего не хватает
vestnik module run . CRM_Marketing_CheckAccount --settings '{{"base_url": "https://…", "api_key": "…"}}' \\
    --allow HOST
vestnik module test .       # тесты из tests/, без сети
vestnik module push .       # загрузить черновик; с --publish он сразу опубликуется
vestnik module sdk .        # заново записать vestnik_sdk.pyi, если изменились настройки
```

В `module.json` — описание модуля: настройки, адреса, ограничения. В `module.py` — код.
""",
}

_TESTS: Mapping[Language, str] = {
    "en": """# Tests of {name}

Each `.json` file here is a test: a call that was recorded, with every answer that the module got. In Vestnik,
open a call of the module and choose “Save as test”; `vestnik module pull {name}` brings it here, and
`vestnik module test .` runs it.
""",
    "ru": """# Тесты модуля {name}

Каждый файл `.json` здесь — тест: записанный вызов со всеми ответами, которые получил модуль. В Vestnik
откройте вызов модуля и нажмите «Сохранить как тест»; `vestnik module pull {name}` скачает его, а
`vestnik module test .` запустит.
""",
}
