"""Services that are made of what several rooms bring: who follows a merge, what is held of a person.

`app.py` plugs the rooms together; what one room needs of many others is gathered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Protocol

import sqlalchemy as sa

from vestnik.alerts import Alerts, Change
from vestnik.alerts import personal as alerts_personal
from vestnik.audit import Audit
from vestnik.calendars import personal as calendars_personal
from vestnik.campaigns import personal as campaigns_personal
from vestnik.companies import personal as companies_personal
from vestnik.companies.directory import Companies
from vestnik.contacts import of_company
from vestnik.contacts import personal as contacts_personal
from vestnik.contacts.imports.service import Imports
from vestnik.contacts.merging import Merging
from vestnik.contacts.service import Contacts
from vestnik.contacts.stop_list import StopList
from vestnik.db import Database
from vestnik.egress import SharedBudgets
from vestnik.engine import Engine, SharedLimits, SharedPaces
from vestnik.http.limits import RateLimit
from vestnik.http.metrics import Metrics
from vestnik.intake.collectors import personal as collectors_personal
from vestnik.intake.inputs import personal as inputs_personal
from vestnik.intake.leads import personal as leads_personal
from vestnik.lists import personal as lists_personal
from vestnik.modules import Modules
from vestnik.modules import personal as modules_personal
from vestnik.modules.metrics import CallMetrics
from vestnik.outgoing import personal as outgoing_personal
from vestnik.outgoing.service import announce
from vestnik.people.service import People
from vestnik.plugs import ElsewhereOfContacts
from vestnik.privacy.service import Privacy
from vestnik.sales import personal as sales_personal
from vestnik.sales import relations as sales_relations
from vestnik.sales.service import Sales
from vestnik.sandbox import Sandbox
from vestnik.segments import personal as segments_personal
from vestnik.settings import Settings
from vestnik.system.load import ModuleLoads
from vestnik.system.safety import SafetyWatch
from vestnik.system.service import System
from vestnik.system.watching import Watch
from vestnik.templates import personal as templates_personal
from vestnik.vault import Vault
from vestnik.webhooks import personal as webhooks_personal
from vestnik.webhooks.timeline import letters

_HASHES_EVERY_S = 6 * 3600.0
_PACES_EVERY_S = 60.0
#: An action is sealed this long after it was recorded; whoever writes the database may change it until then.
SEALED_EVERY_S = 5.0
VERIFIED_EVERY_S = 6 * 3600.0
_LIMITS = "limits"


class Limited(Protocol):
    """A room that counts attempts."""

    def limits(self) -> Mapping[str, RateLimit]:
        """Its limits by their names."""
        ...


def budgets(database: Database, engine: Engine) -> SharedBudgets | None:
    """The budgets of all processes; None on SQLite, where one process keeps them by itself."""
    if database.on_sqlite:
        return None
    paces = SharedPaces(database)
    engine.every(_PACES_EVERY_S, "engine.paces", paces.forget)
    return paces


def limits(database: Database, vault: Vault, rooms: Sequence[Limited]) -> SharedLimits:
    """The limits of attempts of these rooms, counted by all processes together."""

    def known() -> dict[str, RateLimit]:
        return {name: limit for room in rooms for name, limit in room.limits().items()}

    return SharedLimits(database, partial(vault.keyed_hash, _LIMITS), known)


def audit(settings: Settings, database: Database, vault: Vault, engine: Engine, metrics: Metrics) -> Audit:
    """The audit, sealed by one process of all and verified by each: each remembers an end of the chain."""
    audit = Audit(database, vault, settings.data_dir)
    chain = audit.chain

    async def seal() -> None:
        await chain.seal()

    async def verify() -> None:
        await chain.verify()

    engine.every(SEALED_EVERY_S, "audit.seal", seal)
    engine.every(VERIFIED_EVERY_S, "audit.verify", verify, everywhere=True)
    metrics.watch(
        "vestnik_audit_broken",
        "Whether the audit was found changed when it was verified last: 1, or 0 when it holds.",
        lambda: {} if chain.known is None else {"": 0.0 if chain.known.holds else 1.0},
    )
    return audit


def system(
    settings: Settings,
    database: Database,
    engine: Engine,
    sandbox: Sandbox,
    alerts: Alerts,
    audit: Audit,
    metrics: CallMetrics,
) -> System:
    """How the installation is; and what is told of it without anybody asking."""
    loads = ModuleLoads(database, engine, metrics)
    watch = Watch(database, engine, alerts, loads, settings.data_dir)
    safety = SafetyWatch(database, engine, alerts, audit)
    alerts.on_change(_announce)
    return System(settings, database, engine, sandbox, alerts, loads, watch, safety)


def _announce(connection: sa.Connection, change: Change) -> None:
    """Tell the customer's own systems of an alert, too."""
    about = {
        "kind": change.kind.name,
        "failing": change.reason is not None,
        "subject": {"id": str(change.subject.id), "name": change.subject.name},
        "title": change.title,
        "reason": change.reason,
        "since": change.since,
        "path": change.subject.path,
    }
    announce(connection, "alert", about)


def imports(settings: Settings, database: Database, vault: Vault, engine: Engine, people: People) -> Imports:
    """Imports, with what other rooms keep of contacts."""
    folder = settings.data_dir / "imports"
    zone = people.organisation.zone_known
    return Imports(database, vault, engine, ElsewhereOfContacts(), people.users.by_words, folder, zone)


def stop_list(database: Database, vault: Vault) -> StopList:
    """The stop-list, with the campaigns by which people came to it."""
    stop_list = StopList(database, vault)
    stop_list.letters(letters)
    return stop_list


def merging(database: Database) -> Merging:
    """Merging, with what follows a merged contact."""
    merging = Merging(database)
    for room in (segments_personal, campaigns_personal, lists_personal, sales_personal, leads_personal):
        merging.follow(room.follow_merge)
    return merging


def sales(database: Database, companies: Companies, contacts: Contacts, zone: Callable[[], tzinfo]) -> Sales:
    """What is sold; cards of companies and the timelines of contacts tell of it."""
    for relation in (of_company.RELATION, *sales_relations.RELATIONS):
        companies.relate(relation)
    for source in sales_relations.TIMELINE:
        contacts.timeline.add(source)
    return Sales(database, zone)


def privacy(
    settings: Settings, database: Database, vault: Vault, engine: Engine, modules: Modules
) -> Privacy:
    """What is held of one person, from the bottom up; and what only names people, the last written last."""
    privacy = Privacy(database, vault, engine, contacts_personal.find)
    for room in (
        *(contacts_personal, sales_personal, leads_personal, segments_personal, campaigns_personal),
        *(webhooks_personal, lists_personal),
    ):
        privacy.hold(*room.HOLDINGS)
    privacy.sweep(*contacts_personal.sweeps(database, settings.data_dir / "imports"))
    for each in (
        *(alerts_personal, outgoing_personal, calendars_personal, segments_personal, templates_personal),
        *(campaigns_personal, webhooks_personal, lists_personal, companies_personal, sales_personal),
        *(leads_personal, inputs_personal, collectors_personal),
    ):
        privacy.sweep(*each.sweeps(database))
    privacy.sweep(*modules_personal.sweeps(database, modules.recorder))
    engine.every(_HASHES_EVERY_S, "privacy.hashes", lambda: contacts_personal.forget_hashes(database))
    return privacy
