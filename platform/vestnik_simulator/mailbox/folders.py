"""The folders of the simulated mailbox and the letters in them, in memory."""

import datetime
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

#: No folder of this process, or of the one before it, has the same.
_VALIDITIES = itertools.count(int(time.time()))


@dataclass
class Letter:
    """A letter as it came, with what IMAP knows of it."""

    uid: int
    raw: bytes
    arrived_at: datetime.datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    """Letters by their numbers, which are given once."""

    name: str
    uidvalidity: int
    letters: dict[int, Letter] = field(default_factory=dict)
    next_uid: int = 1

    def add(self, raw: bytes, arrived_at: datetime.datetime, flags: set[str] | None = None) -> int:
        """Put a letter in; its number."""
        uid = self.next_uid
        self.letters[uid] = Letter(uid, raw, arrived_at, flags or set())
        self.next_uid += 1
        return uid


class Folders:
    """Every folder by its name; INBOX in any case."""

    def __init__(self) -> None:
        self._folders: dict[str, Folder] = {}
        self.create("INBOX")

    def create(self, name: str) -> Folder:
        """A new folder, empty."""
        made = Folder(name, next(_VALIDITIES))
        self._folders[self._key(name)] = made
        return made

    def delete(self, name: str) -> bool:
        """Remove a folder with its letters; whether there was one."""
        return self._folders.pop(self._key(name), None) is not None

    def find(self, name: str) -> Folder | None:
        """A folder by its name."""
        return self._folders.get(self._key(name))

    def __iter__(self) -> Iterator[Folder]:
        return iter(sorted(self._folders.values(), key=lambda each: each.name))

    @staticmethod
    def _key(name: str) -> str:
        return "INBOX" if name.upper() == "INBOX" else name
