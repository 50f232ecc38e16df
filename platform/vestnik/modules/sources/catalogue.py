"""The modules that come with Vestnik: folders of `user_modules/`, packed into the wheel."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import vestnik
from vestnik.modules.errors import CatalogueEmpty
from vestnik.modules.sources.packages import Package, read_manifest


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Reads the folders below `folder`; each has module.json and module.py."""

    folder: Path

    @classmethod
    def bundled(cls) -> Catalogue:
        """The catalogue of this program: of the installed package, else of the checkout."""
        program = Path(vestnik.__file__).parent
        packed = program / "_user_modules"
        return cls(packed if packed.is_dir() else program.parents[1] / "user_modules")

    def entries(self) -> list[Package]:
        """Every module of the catalogue, by name."""
        if not self.folder.is_dir():
            return []
        return [self._read(path.parent) for path in sorted(self.folder.glob("*/module.json"))]

    def entry(self, name: str) -> Package:
        """One module; raises CatalogueEmpty."""
        for package in self.entries():
            if package.name == name:
                return package
        raise CatalogueEmpty(name=name[:80])

    @staticmethod
    def _read(folder: Path) -> Package:
        manifest = read_manifest(json.loads((folder / "module.json").read_text(encoding="utf-8")))
        tests = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("tests/*.json"))}
        return Package(manifest.name, (folder / "module.py").read_text(encoding="utf-8"), manifest, tests)
