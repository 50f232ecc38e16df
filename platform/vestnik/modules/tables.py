"""Tables of modules, their versions and accounts, what accounts hold, and recordings of calls."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.db import Exact, Instant, Json, Key, metadata, monthly_table

#: A user module. An archived one stays for what refers to it, and its name is free again. Until it is
#: published for the first time it can't be on, and `live_version_id` follows the newest version.
module = sa.Table(
    "module",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", Exact, nullable=False),
    sa.Column("title", Json, nullable=False),
    sa.Column("description", Json),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("bundled", sa.Boolean, nullable=False),
    sa.Column("live_version_id", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.Column("published_at", Instant),
    sa.Column("recording", sa.Boolean, nullable=False, default=True, server_default=sa.true()),
    # When it tried to leave the sandbox; it stays off until an administrator switches it on.
    sa.Column("suspended_at", Instant),
)
sa.Index(
    "uq_module_name",
    module.c.name,
    unique=True,
    sqlite_where=module.c.archived_at.is_(None),
    postgresql_where=module.c.archived_at.is_(None),
)

#: One saved text of a module. Never changed and never deleted: campaigns and recordings refer to it.
module_version = sa.Table(
    "module_version",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("module_id", Key, sa.ForeignKey(module.c.id), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("manifest", Json, nullable=False),
    sa.Column("functions", Json, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("author_id", Key),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("module_id", "number"),
)

#: One login at a service. `settings` holds no secret; the webhook token is encrypted and found by its hash.
#: `usage` is what the service told of its plan, `contact_limit` a limit entered by hand; `open_to` names the
#: users who may choose the account, nothing: everybody. Nobody may before `connected_at`, the
#: first check that succeeded; `hooked_at`: when Vestnik told the service the webhook's address.
account = sa.Table(
    "account",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("module_id", Key, sa.ForeignKey(module.c.id), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("settings", Json, nullable=False),
    sa.Column("state", Exact, nullable=False),
    sa.Column("check_message", Json),
    sa.Column("checked_at", Instant),
    sa.Column("token_sealed", sa.LargeBinary, nullable=False),
    sa.Column("token_hash", Exact, nullable=False, unique=True),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("archived_at", Instant),
    sa.Column("usage", Json),
    sa.Column("usage_at", Instant),
    sa.Column("contact_limit", Key),
    sa.Column("open_to", Json),
    sa.Column("created_by", Key),
    sa.Column("connected_at", Instant),
    sa.Column("hooked_at", Instant),
    sa.CheckConstraint("state IN ('unchecked', 'ready', 'failing')", name="state"),
)

#: A secret setting of an account, encrypted and bound to the account and its name.
account_secret = sa.Table(
    "account_secret",
    metadata,
    sa.Column("account_id", Key, sa.ForeignKey(account.c.id), primary_key=True, autoincrement=False),
    sa.Column("name", Exact, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    # What the manifest called public of it when it was entered; a later manifest opens no other part.
    sa.Column("public_pattern", sa.Text),
    sa.Column("updated_at", Instant, nullable=False),
)

#: An address that an administrator opened for an account, and the secrets that may be sent there.
host_approval = sa.Table(
    "host_approval",
    metadata,
    sa.Column("account_id", Key, sa.ForeignKey(account.c.id), primary_key=True, autoincrement=False),
    sa.Column("scheme", Exact, primary_key=True),
    sa.Column("pattern", Exact, primary_key=True),
    sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("secrets", Json, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.Column("approved_at", Instant, nullable=False),
)

#: An address that an administrator opened when installing a module: for the accounts made later.
module_approval = sa.Table(
    "module_approval",
    metadata,
    sa.Column("module_id", Key, sa.ForeignKey(module.c.id), primary_key=True, autoincrement=False),
    sa.Column("scheme", Exact, primary_key=True),
    sa.Column("pattern", Exact, primary_key=True),
    sa.Column("port", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("secrets", Json, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.Column("approved_at", Instant, nullable=False),
)

#: A draft tried on what the live version did: at most one of a module runs. Without `begun_at` it waits for
#: its turn; `updated_at` is its last sign of life.
rehearsal = sa.Table(
    "module_rehearsal",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("module_id", Key, sa.ForeignKey(module.c.id), nullable=False, index=True),
    sa.Column("version_id", Key, nullable=False),
    sa.Column("live_version_id", Key, nullable=False),
    sa.Column("state", Exact, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("begun_at", Instant),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("equal", sa.Integer, nullable=False),
    sa.Column("different", sa.Integer, nullable=False),
    sa.Column("failed", sa.Integer, nullable=False),
    sa.Column("not_comparable", sa.Integer, nullable=False),
    sa.Column("actions_lost", sa.Integer, nullable=False),
    sa.Column("actions_changed", sa.Integer, nullable=False),
    sa.Column("actions_added", sa.Integer, nullable=False),
    sa.CheckConstraint("state IN ('running', 'done', 'interrupted')", name="state"),
    sa.Index(
        "uq_module_rehearsal_running",
        "module_id",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
)

#: What became of each call, as JSON text with people's addresses hidden. Apart from the numbers: those change
#: each second, and a changed row is written whole.
rehearsal_row = sa.Table(
    "module_rehearsal_row",
    metadata,
    sa.Column("rehearsal_id", Key, sa.ForeignKey(rehearsal.c.id), primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("row", sa.Text, nullable=False),
)

#: Which list of the service stands for which preference category; the category belongs to another room.
account_list = sa.Table(
    "account_list",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("account_id", Key, sa.ForeignKey(account.c.id), nullable=False),
    sa.Column("external_id", Exact, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("category_id", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("account_id", "external_id"),
)

#: What a module keeps for an account; `value` is JSON text, `bytes` its size with the key's.
account_storage = sa.Table(
    "account_storage",
    metadata,
    sa.Column("account_id", Key, sa.ForeignKey(account.c.id), primary_key=True, autoincrement=False),
    sa.Column("key", Exact, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
)

#: The recording of one call; `document` is what documents.py says, without a secret. On SQLite this table of
#: the main database stays empty: there the same table is made in one file a day (recording_store.py).
call = monthly_table(
    "module_call",
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("module_id", Key, nullable=False),
    sa.Column("account_id", Key),
    sa.Column("version_id", Key),
    sa.Column("function", Exact, nullable=False),
    sa.Column("lane", Exact, nullable=False),
    sa.Column("kind", Exact),
    sa.Column("wall_ms", sa.Float, nullable=False),
    sa.Column("cpu_ms", sa.Float, nullable=False),
    sa.Column("webhook_id", Key),
    sa.Column("replayable", sa.Boolean, nullable=False),
    sa.Column("hosts", sa.Text, nullable=False),
    # The request or the durable work that the call belongs to (tracing.py).
    sa.Column("trace_id", Exact),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),
    by="started_at",
)
sa.Index("ix_module_call_module", call.c.module_id, call.c.id)
sa.Index("ix_module_call_trace", call.c.trace_id)

#: What live modules did, in slots of five minutes, summed over all processes.
module_load = sa.Table(
    "module_load",
    metadata,
    sa.Column("slot", Instant, primary_key=True),
    sa.Column("module_id", Key, primary_key=True, autoincrement=False),
    sa.Column("calls", Key, nullable=False),
    sa.Column("failures", Key, nullable=False),
    sa.Column("cpu_ms", sa.Float, nullable=False),
)

#: A test of a module: `document` is the text of its file `tests/<name>.json`.
module_test = sa.Table(
    "module_test",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("module_id", Key, sa.ForeignKey(module.c.id), nullable=False),
    sa.Column("name", Exact, nullable=False),
    sa.Column("function", Exact, nullable=False),
    sa.Column("call_id", Key),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.UniqueConstraint("module_id", "name"),
)

#: Counts the changes of the tables above, so that every process sees that its memory of them is old.
change = sa.Table(
    "module_change",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("generation", Key, nullable=False),
    sa.CheckConstraint("id = 1", name="only_one"),
)
