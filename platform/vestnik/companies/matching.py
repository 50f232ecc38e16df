"""Clients as a file names them: by INN, else by name."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from vestnik.db import RowsStatement

_BY_INN = RowsStatement(
    "SELECT r.n, min(c.id) FROM {rows} CROSS JOIN client AS c WHERE c.inn = r.text GROUP BY r.n",
    {"n": "integer", "text": "text"},
)
_BY_NAME = RowsStatement(
    "SELECT r.n, min(c.id) FROM {rows} CROSS JOIN client AS c"
    " WHERE c.name_folded = r.text AND (r.inn IS NULL OR c.inn IS NULL) GROUP BY r.n",
    {"n": "integer", "text": "text", "inn": "text"},
)


def find_clients(
    connection: sa.Connection, wanted: Sequence[tuple[str | None, str]]
) -> dict[tuple[str | None, str], int]:
    """The clients of pairs (INN or None, folded name or ""), the oldest where there are several.

    A client that is found by its name has no other INN than the one that is asked for.
    """
    inns = [{"n": n, "text": inn} for n, (inn, _) in enumerate(wanted) if inn]
    found = dict(_BY_INN.rows(connection, inns)) if inns else {}
    names = [
        {"n": n, "text": name, "inn": inn} for n, (inn, name) in enumerate(wanted) if name and n not in found
    ]
    found |= dict(_BY_NAME.rows(connection, names)) if names else {}
    return {wanted[n]: id for n, id in found.items()}
