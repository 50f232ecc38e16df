"""Foundation: the database, its one writer, column types and the shared table metadata."""

from vestnik.db.batcher import Batcher
from vestnik.db.connections import attentive
from vestnik.db.database import Database
from vestnik.db.driver import DriverStatement, RowsStatement
from vestnik.db.leftovers import clear_file, clear_leftovers
from vestnik.db.locks import Lock, hold
from vestnik.db.outage import is_outage
from vestnik.db.statements import (
    among,
    insert,
    insert_ignore,
    load,
    metadata,
    monthly_table,
    ordered_by,
    upsert,
)
from vestnik.db.types import (
    EPOCH,
    Exact,
    Instant,
    Json,
    Key,
    from_microseconds,
    instant_of_key,
    new_key,
    now,
    to_microseconds,
)
from vestnik.db.writer import WriterStopped, after_commit
from vestnik.folding import fold

__all__ = [
    "Batcher",
    "Database",
    "Lock",
    "DriverStatement",
    "RowsStatement",
    "WriterStopped",
    "clear_file",
    "clear_leftovers",
    "attentive",
    "after_commit",
    "among",
    "hold",
    "is_outage",
    "insert",
    "insert_ignore",
    "load",
    "upsert",
    "metadata",
    "monthly_table",
    "ordered_by",
    "EPOCH",
    "Exact",
    "Instant",
    "Json",
    "Key",
    "fold",
    "from_microseconds",
    "instant_of_key",
    "to_microseconds",
    "new_key",
    "now",
]
