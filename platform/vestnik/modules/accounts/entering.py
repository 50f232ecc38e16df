"""The settings of an account as a person enters them: parted into plain ones and secrets, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vestnik.contract import SettingsError
from vestnik.contract.manifest import Manifest
from vestnik.modules.errors import SettingsInvalid


def split(manifest: Manifest, settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings without secrets, and the secrets that are given; an empty field is one that is left out."""
    given = {name: value for name, value in settings.items() if value not in ("", None)}
    secret = set(manifest.secrets)
    plain = {name: value for name, value in given.items() if name not in secret}
    return plain, {name: value for name, value in given.items() if name in secret}


@dataclass(frozen=True, slots=True)
class Entered:
    """The value of a secret, and what the manifest calls public of it when somebody enters it."""

    value: str
    public_pattern: str | None


def entered_of(manifest: Manifest, sealed: Mapping[str, str]) -> dict[str, Entered]:
    patterns = {setting.name: setting.public_part for setting in manifest.settings}
    return {name: Entered(value, patterns[name]) for name, value in sealed.items()}


def check(manifest: Manifest, values: Mapping[str, Any]) -> None:
    try:
        manifest.check_settings(values)
    except SettingsError as error:
        finding = error.finding
        raise SettingsInvalid(
            path=finding.path,
            reason={"ru": error.sentence("ru"), "en": error.sentence("en")},
            expected={"ru": finding.expected.ru, "en": finding.expected.en},
            got={"ru": finding.got.ru, "en": finding.got.en},
        ) from None
