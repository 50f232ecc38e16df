"""Whether two accounts are one login at the service: who connects it again is asked whether that is meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vestnik.contract.manifest import Manifest
from vestnik.modules.sources.registry import Ready


def is_same_login(manifest: Manifest, values: Mapping[str, Any], other: Ready) -> bool:
    """Whether an account has these secrets, and these of the settings that every account needs.

    Without a secret there is nothing to tell logins by.
    """
    secrets = [name for name in manifest.secrets if values.get(name)]
    if not secrets:
        return False
    if any(name not in other.secrets or other.secrets[name].value != values[name] for name in secrets):
        return False
    needed = manifest.source.get("settings", {}).get("required", ())
    plain = [name for name in needed if name not in manifest.secrets]
    return all(_written(values.get(name)) == _written(other.settings.get(name)) for name in plain)


def _written(value: Any) -> str:
    """A setting as it counts: an address with a slash at its end is the same."""
    return str(value).strip().rstrip("/").casefold()
