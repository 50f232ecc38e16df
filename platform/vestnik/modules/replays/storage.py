"""The storage of a replay: recorded answers as long as the module does what was recorded, then a copy.

The copy is built from what the recorded call read and wrote. A key whose recorded writes the module leaves
out, or to which it writes something else, is answered from the copy from then on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from vestnik.modules.accounts.storage import StorageRefused, encoded
from vestnik.modules.recordings.recorded import Operation
from vestnik.sandbox import HostError

_WRITES = frozenset({"storage.set", "storage.delete", "storage.compare_and_set"})


class ReplayedStorage:
    """Keys and values of one replay."""

    def __init__(self, operations: Sequence[Operation], known: Mapping[str, Any] | None = None) -> None:
        self._asked_after = [operation.asked_after for operation in operations]
        self._writes: dict[str, list[int]] = {}
        self._copy: dict[str, Any] = dict(known or {})
        self._diverged: set[str] = set()
        for index, operation in enumerate(operations):
            if operation.name.startswith("storage.") and operation.at_us is not None:
                self._learn(index, operation)

    def is_stale(self, argument: Any, index: int, taken: Collection[int]) -> bool:
        """Whether the recorded answer belongs to a state that the replay is not in."""
        key = _key(argument)
        if key is None:
            return bool(self._diverged)
        if key in self._diverged:
            return True
        before = self._asked_after[index]
        return any(write < before and write not in taken for write in self._writes.get(key, ()))

    def answered(self, name: str, argument: Any, answer: Any) -> None:
        """The module got a recorded answer: the copy follows."""
        key = _key(argument)
        if key is None:
            return
        if name == "storage.get":
            self._put(key, answer)
        elif name == "storage.delete":
            self._copy.pop(key, None)
        elif name == "storage.set" or (name == "storage.compare_and_set" and answer is True):
            self._put(key, argument.get("value"))

    def carry_out(self, name: str, argument: Any) -> Any:
        """Do it on the copy."""
        if name == "storage.keys" and isinstance(argument, Mapping):
            return sorted(key for key in self._copy if key.startswith(str(argument.get("prefix", ""))))
        key = _key(argument)
        if key is None or name not in _WRITES | {"storage.get"}:
            raise HostError("unavailable", f"there is no operation {name[:60]}")
        if name == "storage.get":
            return self._copy.get(key)
        self._diverged.add(key)
        if name == "storage.delete":
            self._copy.pop(key, None)
            return None
        value = _checked(argument.get("value"))
        if name == "storage.set":
            self._copy[key] = value
            return None
        if _text(self._copy.get(key)) != _text(argument.get("expected")):
            return False
        self._copy[key] = value
        return True

    def everything(self) -> dict[str, Any]:
        """What the copy holds by now."""
        return dict(sorted(self._copy.items()))

    def _learn(self, index: int, operation: Operation) -> None:
        """The state before the call: what was read, or expected rightly, before anything was written."""
        key = _key(operation.argument)
        if key is None:
            return
        untouched = key not in self._writes
        if operation.name in _WRITES:
            self._writes.setdefault(key, []).append(index)
        if untouched and key not in self._copy:
            if operation.name == "storage.get":
                self._put(key, operation.answer)
            elif operation.name == "storage.compare_and_set" and operation.answer is True:
                self._put(key, operation.argument.get("expected"))

    def _put(self, key: str, value: Any) -> None:
        if value is None:
            self._copy.pop(key, None)
        else:
            self._copy[key] = value


def _key(argument: Any) -> str | None:
    key = argument.get("key") if isinstance(argument, Mapping) else None
    return key if isinstance(key, str) else None


def _checked(value: Any) -> Any:
    try:
        return json.loads(encoded(value))
    except StorageRefused as refused:
        raise HostError("storage", str(refused)) from None


def _text(value: Any) -> str | None:
    return None if value is None else encoded(value)
