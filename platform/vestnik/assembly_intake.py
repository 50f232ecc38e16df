"""Rooms of what comes in and what goes out to other systems, each made of what it needs of others.

A room appears in at most four places here: a field of `IntakeServices` and of `Rooms`, its making in `rooms`,
its routes in `routers` (the API) or `outer_routes` (addresses apart from it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import sqlalchemy as sa
from starlette.routing import BaseRoute

from vestnik import assembly
from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.calendars import routes as calendar_routes
from vestnik.calendars.directory import Calendars
from vestnik.calendars.feed import Links
from vestnik.companies.directory import Companies
from vestnik.contacts.service import Contacts
from vestnik.db import Database
from vestnik.engine import Engine
from vestnik.http.api import Router
from vestnik.http.errors import Text
from vestnik.http.events import Events
from vestnik.intake.classic import routes as classic_routes
from vestnik.intake.classic.door import ClassicDoor
from vestnik.intake.classic.keys import ClassicKey
from vestnik.intake.classic.room import Classic
from vestnik.intake.collectors import assembling as collecting
from vestnik.intake.collectors import routes as collector_routes
from vestnik.intake.collectors.service import Collectors
from vestnik.intake.doors import routes as door_routes
from vestnik.intake.doors.door import IntakeDoor
from vestnik.intake.doors.room import IntakeHttp
from vestnik.intake.doors.service import Doors
from vestnik.intake.doors.trying import Trying
from vestnik.intake.inputs import routes as input_routes
from vestnik.intake.inputs.service import Inputs
from vestnik.intake.leads import directory_routes
from vestnik.intake.leads import routes as lead_routes
from vestnik.intake.leads import timeline as leads_timeline
from vestnik.intake.leads.directories import Directories
from vestnik.intake.leads.service import Leads
from vestnik.intake.service import Intake
from vestnik.mail import Mail
from vestnik.outgoing import routes as outgoing_routes
from vestnik.outgoing.endpoints import Outgoing
from vestnik.outgoing.sending import Sender
from vestnik.people.organisation import Organisation
from vestnik.people.service import People
from vestnik.plugs import OwnListeners
from vestnik.sales import deal_routes, history_routes, order_routes, reading_routes, ticket_routes
from vestnik.sales.service import Sales
from vestnik.vault import Vault

_OFF = Kind(
    "outgoing_webhook",
    right="outgoing.manage",
    failing=Wording(
        {"ru": "Исходящий вебхук «{name}» отключён", "en": "The outgoing webhook “{name}” is turned off"},
        {
            "ru": "Вебхуку «{name}» больше ничего не отправляется. Исправьте причину и включите его снова.",
            "en": "Nothing is sent to the webhook “{name}” any more. Mend the cause, and turn it on again.",
        },
    ),
    working=Wording(
        {"ru": "Исходящий вебхук «{name}» снова работает", "en": "The outgoing webhook “{name}” works again"},
        {
            "ru": "Вебхук «{name}» снова принимает сообщения.",
            "en": "The webhook “{name}” takes messages again.",
        },
    ),
)


class OutgoingBell:
    """`outgoing.sending.Bell`: letters about endpoints that were turned off, and that work again."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        alerts.add(_OFF)

    def ring(
        self,
        connection: sa.Connection,
        endpoint_id: int,
        title: str,
        in_charge: int | None,
        reason: Text | None,
    ) -> None:
        """Tell who entered the endpoint, else everybody who looks after them."""
        subject = Subject(endpoint_id, title, f"/settings/webhooks/{endpoint_id}", in_charge)
        self._alerts.tell(connection, _OFF.name, subject, reason)

    def forget(self, connection: sa.Connection, endpoint_id: int) -> None:
        """The endpoint is gone."""
        self._alerts.forget(connection, _OFF.name, endpoint_id)


@dataclass(slots=True, kw_only=True)
class IntakeServices:
    """The fields of `app.Services` that are made here."""

    calendars: Calendars
    calendar_links: Links
    outgoing: Outgoing
    sales: Sales
    intake: Intake
    intake_http: IntakeHttp
    classic: Classic
    collectors: Collectors


class Rooms(TypedDict):
    """The same, on their way there."""

    calendars: Calendars
    calendar_links: Links
    outgoing: Outgoing
    sales: Sales
    intake: Intake
    intake_http: IntakeHttp
    classic: Classic
    collectors: Collectors


def rooms(
    database: Database,
    vault: Vault,
    engine: Engine,
    events: Events,
    mail: Mail,
    people: People,
    alerts: Alerts,
    own_listeners: OwnListeners,
    companies: Companies,
    contacts: Contacts,
) -> Rooms:
    """Make every room; nothing is started yet."""
    calendars, organisation = Calendars(database), people.organisation
    calendars.show_source("lead", lambda key: f"/leads/{key}")
    intake = _intake(database, vault, engine, events, mail, people, companies, contacts)
    return {
        "calendars": calendars,
        "calendar_links": Links(database, vault, calendars, organisation.base_url, organisation.zone),
        "outgoing": Outgoing(
            database, vault, Sender(database, vault, engine, OutgoingBell(alerts), own_listeners)
        ),
        "sales": assembly.sales(database, companies, contacts, organisation.zone_known),
        "intake": intake,
        "intake_http": _intake_http(database, vault, engine, people, intake.inputs),
        "classic": _classic(database, vault, organisation, intake),
        "collectors": _collectors(database, vault, engine, people, alerts, own_listeners, intake.inputs),
    }


def _intake(
    database: Database,
    vault: Vault,
    engine: Engine,
    events: Events,
    mail: Mail,
    people: People,
    companies: Companies,
    contacts: Contacts,
) -> Intake:
    """Leads, with what they tell on cards, and the inputs that become leads."""
    organisation = people.organisation
    leads = Leads(database, vault, events, engine, mail, organisation)
    for source in leads_timeline.SOURCES:
        contacts.timeline.add(source)
    companies.relate(leads_timeline.OF_CLIENTS)
    inputs = Inputs(database, engine, leads.accept, leads.update_from, lambda: organisation.zone_known().key)
    return Intake(leads, Directories(database), inputs)


def _intake_http(
    database: Database, vault: Vault, engine: Engine, people: People, inputs: Inputs
) -> IntakeHttp:
    """The HTTP service: its doors say how what comes by them is read."""
    doors = Doors(database, engine, vault, people.organisation)
    inputs.register("http", doors)
    return IntakeHttp(doors, IntakeDoor(doors, inputs), Trying(doors, inputs, people.organisation))


def _classic(database: Database, vault: Vault, organisation: Organisation, intake: Intake) -> Classic:
    """The compatible leads API: its key, and its door."""
    keys = ClassicKey(database, vault, organisation)
    return Classic(keys, ClassicDoor(database, keys, intake.inputs, intake.leads, organisation))


def _collectors(
    database: Database,
    vault: Vault,
    engine: Engine,
    people: People,
    alerts: Alerts,
    own_listeners: OwnListeners,
    inputs: Inputs,
) -> Collectors:
    """Mail collectors, which say how their letters are read, and have them read at once."""
    zone = people.organisation.zone_known
    made = collecting.collectors(database, vault, engine, alerts, own_listeners, zone, inputs.wake)
    inputs.register("letter", made)
    return made


def routers() -> Sequence[Router]:
    """The rooms' operations under /api/v1."""
    return [
        calendar_routes.router,
        outgoing_routes.router,
        deal_routes.router,
        history_routes.router,
        reading_routes.router,
        order_routes.router,
        ticket_routes.router,
        lead_routes.router,
        directory_routes.router,
        input_routes.router,
        door_routes.router,
        classic_routes.router,
        collector_routes.router,
    ]


def outer_routes(services: Any) -> Sequence[BaseRoute]:
    """What stands apart from the API: no cookie and no key is read there."""
    return [*calendar_routes.feed_routes(services), *services.classic.routes()]
