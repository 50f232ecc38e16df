"""How long things are kept: what each room keeps for a term, and the work that takes away what is past it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from vestnik.alerts.tables import alert_letter
from vestnik.audit import chain
from vestnik.contacts import personal as contacts_personal
from vestnik.contacts.imports import scheduled, terms
from vestnik.contacts.imports import service as imports
from vestnik.contacts.imports.tables import contact_import_run
from vestnik.contacts.tables import erased_address
from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.intake.collectors import turns
from vestnik.intake.collectors.tables import collector_run
from vestnik.intake.inputs import keeping as inputs
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.tables import lead_letter
from vestnik.lists import rejects
from vestnik.lists.tables import sync_reject
from vestnik.mail import keeping as letters
from vestnik.modules.recordings import store as recordings
from vestnik.modules.recordings.recorder import Recorder
from vestnik.outgoing.sending import MESSAGES
from vestnik.outgoing.tables import message
from vestnik.people.factor_tables import factor_letter
from vestnik.privacy.retention import Count, Kept, Retention, rows_of
from vestnik.retention import Term
from vestnik.webhooks import keeping as webhooks
from vestnik.webhooks.tables import inbox

#: What is past its term is looked for so often; each process hears of a changed term of recordings so often.
SWEPT_EVERY_S = 3600.0
HEARD_EVERY_S = 60.0

Work = Callable[[], Awaitable[None]]


def retention(database: Database, engine: Engine, seals: chain.Chain, recorder: Recorder) -> Retention:
    """The terms, in the order in which people see them."""
    sweeps: Mapping[str, Work] = {
        "webhooks.kept": partial(webhooks.sweep, database),
        "intake.inputs_kept": partial(inputs.sweep, database),
        "audit.kept": seals.cut_old,
    }
    for name, sweep in sweeps.items():
        engine.every(SWEPT_EVERY_S, name, sweep)
    engine.every(HEARD_EVERY_S, "modules.recordings_term", recorder.hear, everywhere=True)
    return _terms(database, recorder)


def _terms(database: Database, recorder: Recorder) -> Retention:
    def kept(term: Term, table: sa.Table, old: Callable[[datetime], sa.ColumnElement[bool]]) -> Kept:
        return Kept(term, rows_of(database, lambda at: _count(table).where(old(at))))

    found = Retention(database)
    found.add(
        kept(inputs.INPUTS, input_table, inputs.old),
        kept(webhooks.REQUESTS, inbox, webhooks.old),
        Kept(recordings.TERM, recorder.count_old),
        Kept(imports.FILES, rows_of(database, terms.count_files)),
        Kept(imports.ROWS, rows_of(database, terms.count_rows)),
        kept(scheduled.RUNS, contact_import_run, scheduled.old_runs),
        kept(rejects.REJECTS, sync_reject, rejects.old_rejects),
        kept(turns.RUNS, collector_run, turns.old_runs),
        Kept(letters.LETTERS, _letters(database)),
        kept(MESSAGES, message, lambda at: message.c.at < at),
        kept(contacts_personal.ERASED, erased_address, lambda at: erased_address.c.at < at),
        Kept(chain.TERM, rows_of(database, chain.count_old)),
    )
    return found


def _letters(database: Database) -> Count:
    """Letters of every outbox that is kept for the term."""
    counts = [
        rows_of(database, lambda at, table=table: _count(table).where(letters.over(table, at)))  # type: ignore[misc]
        for table in (alert_letter, lead_letter, factor_letter)
    ]

    async def count(before: datetime) -> int:
        return sum([await each(before) for each in counts])

    return count


def _count(table: sa.Table) -> sa.Select[int]:
    return sa.select(sa.func.count()).select_from(table)
