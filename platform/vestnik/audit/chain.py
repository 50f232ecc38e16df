"""The chain that seals the audit: each link is made of a row, of the link before it, and of our key.

Rows are sealed by periodic work, some seconds after they were committed, in the order of their keys; a lock
held for one portion has several processes take turns, and nobody who records an action ever waits. A seal is
HMAC-SHA-256 with a key of the installation's vault: whoever can only write the database can't compute one.
The newest link is remembered in the database and, as `audit.head`, in the data folder of each process that
seals, so that a tail that was cut off is missed. What this can't tell: rows changed before they were sealed,
rows added by somebody else, and whatever is done by one who has the key, too.
"""

from __future__ import annotations

import hmac
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from vestnik.audit.tables import audit_anchor, audit_head, audit_link, audit_row
from vestnik.db import Database, Lock, hold, new_key, now, to_microseconds, upsert
from vestnik.retention import Term
from vestnik.vault import Vault

#: Rows sealed in one unit of work, and read at a time to verify.
PORTION_ROWS = 1_000
#: A row may be committed this much later than it was made and still be found soon; later ones are found
#: by the first work of a process.
LATE = timedelta(hours=1)
HEAD_FILE = "audit.head"
TERM = Term("audit", days=None, least=90, for_ever=True)
_ONLY = 1
_CHAIN, _CUT = "audit-chain", "audit-cut"

Break = Literal["changed", "missing", "order", "tail", "remembered", "cut"]

log = structlog.get_logger("vestnik.audit")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying found: how many rows are sealed and waiting, and where the chain breaks, if it does.

    `number` is the first link that does not hold, `row_id` its row where one is known. Kinds of breaks:
    changed (a row or a seal is another than was sealed), missing (a sealed row is gone), order (a link is
    gone), tail (the newest links are gone), remembered (the data folder remembers another chain), cut
    (old rows are gone, and not by us).
    """

    sealed: int
    waiting: int
    at: datetime
    head: int = 0
    kind: Break | None = None
    number: int | None = None
    row_id: int | None = None

    @property
    def holds(self) -> bool:
        """Whether every sealed row is as it was sealed."""
        return self.kind is None


class Chain:
    """Seals, verifies and cuts the audit."""

    def __init__(self, database: Database, vault: Vault, folder: Path) -> None:
        self._database, self._vault, self._file = database, vault, folder / HEAD_FILE
        self._known: Verdict | None = None
        self._since = 0

    @property
    def known(self) -> Verdict | None:
        """What was found when the chain was verified last, by this process."""
        return self._known

    # Sealing

    async def seal(self) -> int:
        """Seal every committed row that is not yet; how many there were."""
        total, since = 0, self._since
        while True:
            async with self._database.read() as connection:
                rows = await connection.execute(_unsealed(since).limit(PORTION_ROWS))
                waiting = [row.id for row in rows]
            if waiting:
                head, sealed = await self._database.write(self._seal, since)
                total += sealed
                if head is not None and await self._goes_on():
                    self._remember(*head)
            if len(waiting) < PORTION_ROWS:
                break
            since = waiting[-1]
        self._since = new_key.before(now() - LATE)
        return total

    def _seal(self, connection: sa.Connection, since: int) -> tuple[tuple[int, str] | None, int]:
        hold(connection, Lock.AUDIT, [_ONLY])
        rows = connection.execute(
            sa.select(audit_row)
            .where(audit_row.c.id > since, ~_has_link())
            .order_by(audit_row.c.id)
            .limit(PORTION_ROWS)
        ).all()
        number, seal = _head(connection)
        links = []
        for row in rows:
            number, seal = number + 1, self._link(number + 1, seal, row)
            links.append({"number": number, "audit_id": row.id, "seal": seal})
        if not links:
            return None, 0
        connection.execute(sa.insert(audit_link), links)
        values = {"id": _ONLY, "number": number, "seal": seal}
        connection.execute(upsert(connection, audit_head, ["id"], ["number", "seal"]).values(values))
        return (number, seal), len(links)

    def _link(self, number: int, before: str, row: sa.Row[Any]) -> str:
        return self._vault.keyed_hash(_CHAIN, canonical(number, before, row))

    async def _goes_on(self) -> bool:
        """Whether the chain holds the link that is remembered; if not, that one stays as a witness."""
        remembered = self._remembered()
        if remembered is None:
            return True
        number, seal = remembered
        of_link = sa.select(audit_link.c.seal).where(audit_link.c.number == number)
        cut = sa.select(sa.func.max(audit_anchor.c.number))
        async with self._database.read() as connection:
            is_cut = 0 < number <= (await connection.scalar(cut) or 0)
            return is_cut or await connection.scalar(of_link) == seal

    def _remember(self, number: int, seal: str) -> None:
        """Write the newest link beside the database."""
        try:
            draft = self._file.with_name(f"{HEAD_FILE}.{os.getpid()}")
            draft.write_text(f"{number} {seal}\n")
            draft.chmod(0o600)
            draft.replace(self._file)
        except OSError as error:  # a full disk must not end the sealing
            log.warning("the head of the audit could not be remembered", error=str(error))

    def _remembered(self) -> tuple[int, str] | None:
        try:
            number, _, seal = self._file.read_text().strip().partition(" ")
        except FileNotFoundError:
            return None
        return (int(number), seal) if number.isdecimal() else (0, "")

    # Verifying

    async def verify(self) -> Verdict:
        """Compute the whole chain anew, portion by portion, and compare."""
        found = await self._look()
        if not found.holds:  # perhaps rows were cut meanwhile
            found = await self._look()
        self._known = found
        if found.holds:
            return found
        log.error("the audit does not hold", kind=found.kind, number=found.number, row=found.row_id)
        return found

    async def _look(self) -> Verdict:
        async with self._database.read() as connection:
            return await connection.run_sync(self._verify)

    def _verify(self, connection: sa.Connection) -> Verdict:
        # Read in this order each is at least as new as the one before, whatever is sealed meanwhile.
        at, remembered = now(), self._remembered()
        newest = connection.scalar(sa.select(sa.func.max(audit_link.c.number))) or 0
        end, end_seal = _head(connection)
        waiting = connection.scalar(sa.select(sa.func.count()).select_from(audit_row).where(~_has_link()))
        cut = connection.execute(_ANCHOR).one_or_none()
        sealed = 0

        def verdict(kind: Break | None = None, number: int | None = None, row: int | None = None) -> Verdict:
            return Verdict(sealed, waiting or 0, at, end, kind, number, row)

        number, seal = (0, "") if cut is None else (cut.number, cut.seal)
        if cut is not None and not hmac.compare_digest(cut.proof, self._proof(cut.number, cut.seal, cut.at)):
            return verdict("cut", cut.number)
        if remembered is not None and remembered[0] == 0:
            return verdict("remembered")
        while rows := connection.execute(_links(number, end)).all():
            for row in rows:
                if row.number != number + 1:
                    return verdict("cut" if sealed == 0 else "order", number + 1)
                if row.id is None:
                    return verdict("missing", row.number, row.audit_id)
                if not hmac.compare_digest(row.seal, self._link(row.number, seal, row)):
                    return verdict("changed", row.number, row.audit_id)
                number, seal, sealed = row.number, row.seal, sealed + 1
                if remembered is not None and remembered[0] == number and remembered[1] != seal:
                    return verdict("remembered", number, row.audit_id)
        if number != end or (end and seal != end_seal) or newest > end:
            return verdict("tail", number + 1)
        if remembered is not None and remembered[0] > end:
            return verdict("tail", end + 1)
        return verdict()

    # Cutting

    def cut(self, connection: sa.Connection, before: datetime, limit: int = PORTION_ROWS) -> int:
        """Take sealed rows older than `before` from the old end, no more than `limit`; how many went.

        The chain goes on from an anchor: the last link that was taken, with a keyed proof that we took it.
        The newest link always stays.
        """
        hold(connection, Lock.AUDIT, [_ONLY])
        anchor = connection.execute(_ANCHOR).one_or_none()
        start = 0 if anchor is None else anchor.number
        end, _ = _head(connection)
        rows = connection.execute(_links(start, end - 1).limit(limit)).all()
        gone = []
        for row in rows:  # in the order of the chain, up to the first that is to stay
            if row.id is None or row.at >= before:
                break
            gone.append(row)
        if not gone:
            return 0
        last, at = gone[-1], now()
        connection.execute(
            audit_anchor.insert().values(
                number=last.number, seal=last.seal, at=at, proof=self._proof(last.number, last.seal, at)
            )
        )
        numbers = audit_link.c.number.between(start + 1, last.number)
        ids = sa.select(audit_link.c.audit_id).where(numbers)
        connection.execute(sa.delete(audit_row).where(audit_row.c.id.in_(ids)))
        connection.execute(sa.delete(audit_link).where(numbers))
        return len(gone)

    async def cut_old(self) -> None:
        """Take away what is past the term."""
        before = await TERM.cutoff(self._database)
        while before is not None and await self._database.write(self.cut, before) == PORTION_ROWS:
            continue

    def _proof(self, number: int, seal: str, at: datetime) -> str:
        return self._vault.keyed_hash(_CUT, json.dumps([number, seal, to_microseconds(at)]))


def canonical(number: int, before: str, row: sa.Row[Any]) -> str:
    """What a seal is computed of: the link's number, the seal before it, and every column of the row."""
    return json.dumps(
        [
            *(number, before, row.id, to_microseconds(row.at), row.user_id, row.key_id),
            *(row.action, row.kind, row.object_id, row.fields),
        ],
        ensure_ascii=True,
        separators=(",", ":"),
    )


def count_old(before: datetime) -> sa.Select[int]:
    """How many rows a cut takes away."""
    end = sa.select(sa.func.max(audit_link.c.number)).scalar_subquery()
    return (
        sa.select(sa.func.count())
        .select_from(audit_link.join(audit_row, audit_row.c.id == audit_link.c.audit_id))
        .where(audit_row.c.at < before, audit_link.c.number < end)
    )


def _has_link() -> sa.ColumnElement[bool]:
    return sa.exists().where(audit_link.c.audit_id == audit_row.c.id)


def _unsealed(since: int) -> sa.Select[tuple[int]]:
    return sa.select(audit_row.c.id).where(audit_row.c.id > since, ~_has_link()).order_by(audit_row.c.id)


def _links(after: int, end: int) -> sa.Select[Any]:
    """Links with their rows, in the order of the chain; a row that is gone is all NULL."""
    return (
        sa.select(audit_link.c.number, audit_link.c.audit_id, audit_link.c.seal, audit_row)
        .select_from(audit_link.outerjoin(audit_row, audit_row.c.id == audit_link.c.audit_id))
        .where(audit_link.c.number > after, audit_link.c.number <= end)
        .order_by(audit_link.c.number)
        .limit(PORTION_ROWS)
    )


def _head(connection: sa.Connection) -> tuple[int, str]:
    row = connection.execute(sa.select(audit_head.c.number, audit_head.c.seal)).one_or_none()
    return (0, "") if row is None else (row.number, row.seal)


_ANCHOR = sa.select(audit_anchor).order_by(audit_anchor.c.number.desc()).limit(1)
