"""The application: every room plugged together, started and stopped in order, and mounted.

A room appears in at most four places here: a field of `Services`, its making in `build_services`, its
life in `answering` (what an answer needs) or `working` (what works by itself), its routes in `routers`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware

from vestnik import assembly, assembly_intake, assembly_retention
from vestnik.alerts import Alerts
from vestnik.audit import Audit
from vestnik.audit import routes as audit_routes
from vestnik.campaigns import ledger, planning_routes
from vestnik.campaigns import routes as campaigns_routes
from vestnik.campaigns.asking import Asking
from vestnik.campaigns.behaviour import behaviour_conditions
from vestnik.campaigns.polling import Polling
from vestnik.campaigns.repeats import Repeats
from vestnik.campaigns.service import Campaigns, topic
from vestnik.companies import routes as companies_routes
from vestnik.companies.directory import Companies
from vestnik.contacts import (
    card_routes,
    export_routes,
    field_routes,
    list_routes,
    merge_routes,
    stop_routes,
)
from vestnik.contacts import routes as contacts_routes
from vestnik.contacts.consent_record import ConsentRecord
from vestnik.contacts.duplicates import Duplicates
from vestnik.contacts.exporting import Exporting
from vestnik.contacts.field_service import ContactFields
from vestnik.contacts.imports import batch as batch_routes
from vestnik.contacts.imports import routes as import_routes
from vestnik.contacts.imports import schedule_routes
from vestnik.contacts.imports import watching as import_watching
from vestnik.contacts.imports.fetching import Downloads
from vestnik.contacts.imports.scheduled import Runs
from vestnik.contacts.imports.schedules import Schedules
from vestnik.contacts.imports.service import Imports
from vestnik.contacts.lists import ContactLists, contact_lists
from vestnik.contacts.merging import Merging
from vestnik.contacts.service import Contacts
from vestnik.contacts.stop_list import StopList
from vestnik.db import Database, now
from vestnik.db.partitions import ensure_partitions
from vestnik.demo import routes as demo_routes
from vestnik.demo import service as demo
from vestnik.egress import Broker
from vestnik.engine import Engine
from vestnik.gauges import watch
from vestnik.http import faults, openapi
from vestnik.http.api import Router, routes
from vestnik.http.events import Events
from vestnik.http.headers import SecurityHeaders
from vestnik.http.machines import machine_routes
from vestnik.http.metrics import Metrics
from vestnik.http.sessions import Sessions
from vestnik.http.sockets import socket_routes
from vestnik.http.static import WebApplication
from vestnik.http.tracing import Traces
from vestnik.intake.doors.door import IntakeDoors
from vestnik.lists import embed_routes, panel_routes
from vestnik.lists import routes as sync_routes
from vestnik.lists import service as syncs
from vestnik.lists.embed import Embedding
from vestnik.lists.members import Sources
from vestnik.lists.panel import Panel
from vestnik.lists.panel_changes import PanelChanges
from vestnik.lists.service import Syncs
from vestnik.lists.workflows import FOLDER
from vestnik.mail import Mail
from vestnik.modules import Modules, ModulesOptions
from vestnik.modules.api import accounts as account_routes
from vestnik.modules.api import calls as call_routes
from vestnik.modules.api import catalogue as catalogue_routes
from vestnik.modules.api import contract as contract_routes
from vestnik.modules.api import language as language_routes
from vestnik.modules.api import modules as modules_routes
from vestnik.modules.api import rehearsals as rehearsal_routes
from vestnik.modules.api import versions as version_routes
from vestnik.modules.api import walls
from vestnik.modules.metrics import CallMetrics
from vestnik.people import entrance_routes, factor_routes, session_routes, settings_routes
from vestnik.people import routes as people_routes
from vestnik.people.entrance import Entrance
from vestnik.people.service import People
from vestnik.people.tokens import csrf_token
from vestnik.plugs import (
    ModulesForCampaigns,
    NewestWebhooks,
    OwnListeners,
    Surroundings,
    WebhookParser,
    WebhookSamples,
)
from vestnik.privacy import retention_routes
from vestnik.privacy import routes as privacy_routes
from vestnik.privacy.retention import Retention
from vestnik.privacy.service import Privacy
from vestnik.reports import routes as reports_routes
from vestnik.reports.received import Received
from vestnik.reports.service import Reports
from vestnik.sandbox import Sandbox, SandboxOptions, SandboxUnavailable
from vestnik.segments import routes as segments_routes
from vestnik.segments.bulk import segment_actions
from vestnik.segments.joining import rules_with
from vestnik.segments.looking import Lookout
from vestnik.segments.service import Segments
from vestnik.settings import Settings
from vestnik.system import routes as system_routes
from vestnik.system.service import System
from vestnik.templates import routes as templates_routes
from vestnik.templates.service import Templates
from vestnik.vault import Vault
from vestnik.webhooks import routes as webhooks_routes
from vestnik.webhooks.door import Hooks
from vestnik.webhooks.last_activity import LastActivity
from vestnik.webhooks.metrics import WebhookMetrics
from vestnik.webhooks.service import Webhooks

log = structlog.get_logger("vestnik.app")

_PARTITIONS_EVERY_S = 12 * 3600
_PROFILE_EVERY_S = 5.0


@dataclass(slots=True, kw_only=True)
class Services(assembly_intake.IntakeServices):
    """What handlers, workflows and commands may use: one object of each room."""

    settings: Settings
    database: Database
    vault: Vault
    events: Events
    metrics: Metrics
    audit: Audit
    people: People
    entrance: Entrance
    mail: Mail
    alerts: Alerts
    engine: Engine
    sandbox: Sandbox
    broker: Broker
    modules: Modules
    companies: Companies
    contacts: Contacts
    stop_list: StopList
    imports: Imports
    downloads: Downloads
    schedules: Schedules
    exporting: Exporting
    contact_lists: ContactLists
    contact_fields: ContactFields
    consent_record: ConsentRecord
    duplicates: Duplicates
    merging: Merging
    privacy: Privacy
    segments: Segments
    lookout: Lookout
    templates: Templates
    campaigns: Campaigns
    repeats: Repeats
    syncs: Syncs
    webhooks: Webhooks
    reports: Reports
    last_activity: LastActivity
    panel: Panel
    panel_changes: PanelChanges
    embedding: Embedding
    system: System
    retention: Retention

    def limited(self) -> Sequence[assembly.Limited]:
        """Who counts attempts that all processes count together."""
        return [
            *(self.people.sessions, self.people.factors, self.people.setup, self.entrance),
            *(self.webhooks.door, self.intake_http.door),
            *(self.classic.door, self.calendar_links, self.embedding, self.campaigns.tests),
        ]


def build_services(settings: Settings, operator_key: str | None = None) -> Services:
    """Make every room's service; nothing is opened or started yet."""
    metrics = Metrics()
    database = Database(settings.database_url, metrics.writer_groups.observe)
    vault = Vault(settings)
    people = People(settings, database, vault, operator_key)
    companies, contacts = Companies(database), Contacts(database, vault)
    sandbox = Sandbox(SandboxOptions(strict=settings.sandbox == "strict"))
    events, engine = Events(), Engine(settings, database)
    broker = Broker(shared=assembly.budgets(database, engine), may_send=engine.executors.sure)
    own_listeners = OwnListeners(people.organisation.listeners_known)
    call_metrics = CallMetrics(metrics.registry)
    plugs = ModulesOptions(
        contacts=contacts,
        category_names=contacts.category_names,
        own_listeners=own_listeners,
        metrics=call_metrics,
        recordings=settings.data_dir / "recordings",
    )
    modules = Modules(database, vault, sandbox, broker, people.organisation.base_url, plugs)
    segments = Segments(database, people.organisation.zone_known)
    for condition in behaviour_conditions():
        segments.conditions.add(condition)
    templates = Templates(
        database,
        modules,
        broker,
        vault,
        own_listeners=own_listeners,
        account_policy=modules.host_policy,
    )
    mail = Mail(people.organisation.smtp)
    alerts = Alerts(database, engine, mail, people.organisation)
    imports = assembly.imports(settings, database, vault, engine, people)
    downloads, zone = Downloads(own_listeners), people.organisation.zone_known
    runs = Runs(database, vault, engine, imports, downloads, alerts, zone)
    lists = contact_lists(database, engine)
    lists.listing.members_of_segments(segments.select)
    for action in segment_actions():
        lists.bulk.offer(action)
    surroundings = Surroundings(modules, contacts, segments, templates)
    sending = ModulesForCampaigns(modules)
    campaigns = Campaigns(database, engine, sending, surroundings, events, settings.send_hold_s)
    repeats = Repeats(database, engine, campaigns.inspector, campaigns.driver, campaigns.tell, alerts)
    webhooks = Webhooks(
        database,
        contacts,
        modules,
        WebhookParser(modules),
        modules.categories_of_lists,
        WebhookMetrics(metrics.registry),
        parse_at_leisure=WebhookParser(modules, "bulk"),
    )
    campaigns.on_external_id(webhooks.campaign_arrived)
    modules.accounts.keep_while(ledger.under_way)
    modules.accounts.keep_while(syncs.under_way)
    segments.keep_while(syncs.lists_of_segment)
    folder = settings.data_dir / FOLDER
    polling = Polling(
        database,
        engine,
        ModulesForCampaigns(modules),
        webhooks.polled,
        lambda id: events.publish(topic(id), None),
    )
    campaigns.on_external_id(polling.begin)
    asking = Asking(sending, campaigns.tracker, polling, campaigns.row, engine.rates)
    modules.recordings.webhooks = WebhookSamples(webhooks)
    modules.rehearsals.webhooks = NewestWebhooks(webhooks)
    stop_list = assembly.stop_list(database, vault)
    audit = assembly.audit(settings, database, vault, engine, metrics)
    panel = Panel(modules, contacts, stop_list, Received(database))
    services = Services(
        settings=settings,
        database=database,
        vault=vault,
        events=events,
        metrics=metrics,
        audit=audit,
        people=people,
        entrance=Entrance(database, engine, mail, people),
        mail=mail,
        alerts=alerts,
        engine=engine,
        sandbox=sandbox,
        broker=broker,
        modules=modules,
        companies=companies,
        contacts=contacts,
        stop_list=stop_list,
        exporting=Exporting(database, lists.listing),
        imports=imports,
        downloads=downloads,
        schedules=Schedules(database, vault, runs, alerts, zone),
        contact_lists=lists,
        contact_fields=ContactFields(database, rules_with),
        consent_record=ConsentRecord(database),
        duplicates=Duplicates(database),
        merging=assembly.merging(database),
        privacy=assembly.privacy(settings, database, vault, engine, modules),
        segments=segments,
        lookout=Lookout(database, segments),
        templates=templates,
        campaigns=campaigns,
        repeats=repeats,
        syncs=Syncs(database, engine, modules, sending, Sources(segments), events, alerts, folder),
        webhooks=webhooks,
        reports=Reports(database, campaigns, asking, segments, lists.bulk, people.organisation),
        last_activity=LastActivity(database, engine),
        panel=panel,
        panel_changes=PanelChanges(database, modules, contacts, panel),
        embedding=Embedding(database, vault, panel),
        system=assembly.system(settings, database, engine, sandbox, alerts, audit, call_metrics),
        retention=assembly_retention.retention(database, engine, audit.chain, modules.recorder),
        **assembly_intake.rooms(
            database, vault, engine, events, mail, people, alerts, own_listeners, companies, contacts
        ),
    )
    watch(
        metrics,
        database=database,
        sandbox=sandbox,
        modules=modules,
        campaigns=campaigns,
        syncs=services.syncs,
        webhooks=webhooks,
    )
    return services


def routers() -> Sequence[Router]:
    """Every room's operations under /api/v1."""
    return [
        people_routes.router,
        entrance_routes.router,
        session_routes.router,
        factor_routes.router,
        settings_routes.router,
        audit_routes.router,
        modules_routes.router,
        version_routes.router,
        call_routes.router,
        walls.router,
        rehearsal_routes.router,
        catalogue_routes.router,
        account_routes.router,
        contract_routes.router,
        language_routes.router,
        companies_routes.router,
        card_routes.router,
        list_routes.router,
        contacts_routes.router,
        stop_routes.router,
        import_routes.router,
        import_watching.router,
        schedule_routes.router,
        batch_routes.router,
        export_routes.router,
        field_routes.router,
        merge_routes.router,
        privacy_routes.router,
        retention_routes.router,
        segments_routes.router,
        templates_routes.router,
        planning_routes.router,
        campaigns_routes.router,
        sync_routes.router,
        webhooks_routes.router,
        reports_routes.router,
        panel_routes.router,
        embed_routes.router,
        *assembly_intake.routers(),
        system_routes.router,
        demo_routes.router,
    ]


@asynccontextmanager
async def answering(services: Services) -> AsyncIterator[Services]:
    """Start what answers need: the database, live updates. Nothing works by itself yet."""
    async with AsyncExitStack() as stack:
        await services.database.start()
        stack.push_async_callback(services.database.stop)
        stack.callback(services.modules.recorder.store.close)
        stack.callback(services.events.close)
        await _read_profile(services.people)
        yield services


@asynccontextmanager
async def working(services: Services) -> AsyncIterator[Services]:
    """Start what works by itself on a database that answers: modules, webhooks, durable work.

    The engine starts last and stops first: a step of its may use every room.
    """
    async with AsyncExitStack() as stack:
        stack.push_async_callback(services.broker.close)
        stack.push_async_callback(services.downloads.close)
        await _start_sandbox(services.sandbox)
        stack.push_async_callback(services.sandbox.stop)
        await stack.enter_async_context(services.modules.running())
        await services.templates.start()
        stack.push_async_callback(services.templates.stop)
        await stack.enter_async_context(services.webhooks.running())
        stack.push_async_callback(services.campaigns.stop)
        stack.push_async_callback(services.reports.stop)
        stack.push_async_callback(services.panel.stop)
        stack.push_async_callback(services.outgoing.stop)
        stack.push_async_callback(services.collectors.stop)
        await _make_months(services.database)
        services.engine.every(_PARTITIONS_EVERY_S, "db.partitions", lambda: _make_months(services.database))
        services.engine.every(
            _PROFILE_EVERY_S, "people.profile", partial(_read_profile, services.people), everywhere=True
        )
        limits = assembly.limits(services.database, services.vault, services.limited())
        await stack.enter_async_context(limits.running())
        await services.intake.inputs.start()
        await services.engine.start()
        stack.push_async_callback(services.imports.stop)
        stack.push_async_callback(services.engine.stop)
        yield services


async def _read_profile(people: People) -> None:
    """Have the organisation's zone and address known where nobody can wait for them."""
    await people.organisation.profile()


async def _make_months(database: Database) -> None:
    """Make the big tables' partitions ahead of time."""
    await database.write(ensure_partitions, now())


async def _start_sandbox(sandbox: Sandbox) -> None:
    """Raise the walls. Where they don't stand everything but modules works, and their calls are refused."""
    try:
        await sandbox.start()
    except SandboxUnavailable as unavailable:
        log.error("sandbox.unavailable", reason=str(unavailable), advice="run “vestnik doctor”")
        return
    for wall, stands in sandbox.walls.items():
        if not stands:
            log.warning("sandbox.wall_missing", wall=wall, reason=sandbox.reasons.get(wall))


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[Services]:
    """The whole platform: what answers, what works by itself, and the demo's data when this is a demo."""
    async with answering(services), working(services):
        if services.settings.demo:
            await demo.prepare(services)
        yield services


def create_app(settings: Settings, operator_key: str | None = None) -> Starlette:
    """The ASGI application; `app.state.services` holds its services."""
    services = build_services(settings, operator_key)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with running(services):
            yield

    pages = WebApplication()
    app = Starlette(
        routes=[
            *routes(routers(), services),
            *socket_routes(routers(), services),
            *embed_routes.embed_routes(services, pages),
            *assembly_intake.outer_routes(services),
            *machine_routes(
                services.metrics, lambda: openapi.document(routers()), services.system.health.checks()
            ),
        ],
        middleware=_middleware(services),
        exception_handlers=faults.HANDLERS,
        lifespan=lifespan,
    )
    app.router.default = pages
    app.router.redirect_slashes = False  # a redirect would name whatever Host the request had
    app.state.services = services
    return app


def _middleware(services: Services) -> list[Middleware]:
    people, simulator = services.people, services.settings.simulator_url
    return [
        Middleware(Traces),
        Middleware(Hooks, door=services.webhooks.door),
        Middleware(IntakeDoors, door=services.intake_http.door),
        Middleware(
            SecurityHeaders,
            public_address=people.organisation.base_url_known,
            hsts_s=services.settings.hsts_s,
            frame_sources=[simulator] if simulator else [],
        ),
        Middleware(faults.Faults, metrics=services.metrics),
        Middleware(
            Sessions,
            by_cookie=people.by_cookie,
            by_key=people.by_key,
            csrf_token=csrf_token,
            base_url=people.organisation.base_url,
            own_names=people.organisation.names,
        ),
    ]
