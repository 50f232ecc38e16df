"""What leads are handled by: sources with their rules, partners, assignment rules, settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from vestnik.audit import record
from vestnik.companies.service import require_responsible
from vestnik.db import Database, fold, new_key, now
from vestnik.http.errors import NotFound
from vestnik.intake.leads.channels import folded_title, host_of
from vestnik.intake.leads.errors import (
    ChannelNotMergeable,
    ChannelTitleTaken,
    PartnerSiteInvalid,
    PartnerSiteTaken,
    RuleNeedsPeople,
    RuleNeedsSource,
    UnknownChannel,
    UnknownPartner,
)
from vestnik.intake.leads.settings import WORKING, IntakeSettings, coordinator_of, settings_of
from vestnik.intake.leads.tables import (
    assignment_rule,
    channel,
    channel_rule,
    intake_settings,
    lead,
    partner,
)
from vestnik.people.access import Actor
from vestnik.people.tables import user

RuleField = Literal["path", "utm_source", "utm_medium", "utm_campaign", "site", "referrer"]
RuleHow = Literal["equals", "contains"]
AssignmentKind = Literal["round_robin", "least_busy", "by_source"]


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """By what a source is known."""

    field: RuleField
    how: RuleHow
    value: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A source, its rules, and how many leads came from it."""

    id: int
    title: str
    checked: bool
    archived_at: datetime | None
    created_at: datetime
    leads: int
    rules: Sequence[ChannelRule]


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner whose site sends leads."""

    id: int
    title: str
    site: str
    archived_at: datetime | None
    created_at: datetime
    leads: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """A rule of who gets leads: its kind, its people in their order, its conditions."""

    title: str
    kind: AssignmentKind
    people: Sequence[int]
    channels: Sequence[int] = ()
    partners: Sequence[int] = ()
    cities: Sequence[str] = ()
    enabled: bool = True
    id: int = 0
    position: int = 0


class Directories:
    """The directories of the lead handler; who holds `intake.manage` changes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Sources

    async def channels(self, actor: Actor, *, archived: bool = False) -> list[Channel]:
        """Sources, those to be checked first, then by title; merged ones are left out."""
        actor.require("leads.read")
        counted = (
            sa.select(lead.c.channel_id, sa.func.count().label("leads"))
            .where(lead.c.channel_id.is_not(None))
            .group_by(lead.c.channel_id)
            .subquery()
        )
        query = (
            sa.select(channel, sa.func.coalesce(counted.c.leads, 0).label("leads"))
            .outerjoin(counted, counted.c.channel_id == channel.c.id)
            .where(channel.c.merged_into.is_(None))
            .order_by(channel.c.checked, channel.c.title_folded)
        )
        if not archived:
            query = query.where(channel.c.archived_at.is_(None))
        async with self._database.read() as connection:
            rules: dict[int, list[ChannelRule]] = {}
            by_place = sa.select(channel_rule).order_by(channel_rule.c.position, channel_rule.c.id)
            for row in await connection.execute(by_place):
                rules.setdefault(row.channel_id, []).append(ChannelRule(row.field, row.how, row.value))
            return [
                Channel(
                    row.id,
                    row.title,
                    row.checked,
                    row.archived_at,
                    row.created_at,
                    row.leads,
                    rules.get(row.id, ()),
                )
                for row in await connection.execute(query)
            ]

    async def add_channel(self, actor: Actor, title: str, rules: Sequence[ChannelRule] = ()) -> int:
        """A new source, checked from the start; its key."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> int:
            _refuse_title(connection, title, None)
            id = new_key()
            connection.execute(
                sa.insert(channel).values(
                    id=id, title=title, title_folded=folded_title(title), checked=True, created_at=now()
                )
            )
            _store_rules(connection, id, rules)
            record(connection, actor, "channel.created", "channel", id)
            return id

        return await self._database.write(unit)

    async def change_channel(
        self,
        actor: Actor,
        id: int,
        changes: Mapping[str, Any],
        rules: Sequence[ChannelRule] | None = None,
    ) -> None:
        """Set title, checked or archived of a source; given rules replace its own."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            row = _row(connection, channel, id)
            values = _changed(row, changes)
            if "title" in values:
                _refuse_title(connection, values["title"], id)
                values |= {"title_folded": folded_title(values["title"]), "checked": True}
            if values:
                connection.execute(sa.update(channel).where(channel.c.id == id).values(values))
            if rules is not None:
                connection.execute(sa.delete(channel_rule).where(channel_rule.c.channel_id == id))
                _store_rules(connection, id, rules)
            if values or rules is not None:
                fields = [*values, *(["rules"] if rules is not None else [])]
                record(connection, actor, "channel.changed", "channel", id, fields)

        await self._database.write(unit)

    async def merge_channel(self, actor: Actor, id: int, into_id: int) -> None:
        """Have the leads and rules of a source be another's, and what names it from now on, too."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            _row(connection, channel, id)
            into = _row(connection, channel, into_id)
            if id == into_id or into.merged_into is not None or into.archived_at is not None:
                raise ChannelNotMergeable()
            last = connection.scalar(sa.select(sa.func.max(channel_rule.c.position))) or 0
            for table, values in (
                (lead, {"channel_id": into_id}),
                (channel_rule, {"channel_id": into_id, "position": channel_rule.c.position + last}),
            ):
                connection.execute(sa.update(table).where(table.c.channel_id == id).values(values))
            chain = (channel.c.id == id) | (channel.c.merged_into == id)
            values = {"merged_into": into_id, "checked": True, "archived_at": now()}
            connection.execute(sa.update(channel).where(chain).values(values))
            _rewrite_conditions(connection, str(id), str(into_id))
            record(connection, actor, "channel.merged", "channel", id)

        await self._database.write(unit)

    # Partners

    async def partners(self, actor: Actor, *, archived: bool = False) -> list[Partner]:
        """Partners by title."""
        actor.require("leads.read")
        counted = (
            sa.select(lead.c.partner_id, sa.func.count().label("leads"))
            .where(lead.c.partner_id.is_not(None))
            .group_by(lead.c.partner_id)
            .subquery()
        )
        query = (
            sa.select(partner, sa.func.coalesce(counted.c.leads, 0).label("leads"))
            .outerjoin(counted, counted.c.partner_id == partner.c.id)
            .order_by(partner.c.title_folded, partner.c.id)
        )
        if not archived:
            query = query.where(partner.c.archived_at.is_(None))
        async with self._database.read() as connection:
            return [
                Partner(row.id, row.title, row.site, row.archived_at, row.created_at, row.leads)
                for row in await connection.execute(query)
            ]

    async def add_partner(self, actor: Actor, title: str, site: str) -> int:
        """A new partner; its key."""
        actor.require("intake.manage")
        host = _host(site)

        def unit(connection: sa.Connection) -> int:
            _refuse_site(connection, host, None)
            id = new_key()
            values = {"title": title, "title_folded": fold(title), "site": host, "created_at": now()}
            connection.execute(sa.insert(partner).values(id=id, **values))
            record(connection, actor, "partner.created", "partner", id)
            return id

        return await self._database.write(unit)

    async def change_partner(self, actor: Actor, id: int, changes: Mapping[str, Any]) -> None:
        """Set title, site or archived of a partner."""
        actor.require("intake.manage")
        given = dict(changes)
        if "site" in given:
            given["site"] = _host(given["site"])

        def unit(connection: sa.Connection) -> None:
            values = _changed(_row(connection, partner, id), given)
            if "site" in values:
                _refuse_site(connection, values["site"], id)
            if "title" in values:
                values["title_folded"] = fold(values["title"])
            if values:
                connection.execute(sa.update(partner).where(partner.c.id == id).values(values))
                record(connection, actor, "partner.changed", "partner", id, values)

        await self._database.write(unit)

    # Assignment rules

    async def assignments(self, actor: Actor) -> list[Assignment]:
        """The assignment rules in their order."""
        actor.require("leads.read")
        in_order = sa.select(assignment_rule).order_by(assignment_rule.c.position, assignment_rule.c.id)
        async with self._database.read() as connection:
            return [_assignment(row) for row in await connection.execute(in_order)]

    async def add_assignment(self, actor: Actor, rule: Assignment) -> int:
        """A new rule, behind the others; its key."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> int:
            _check_rule(connection, rule)
            last = connection.scalar(sa.select(sa.func.max(assignment_rule.c.position))) or 0
            id = new_key()
            values = _stored_rule(rule) | {"id": id, "position": last + 1}
            connection.execute(sa.insert(assignment_rule).values(values))
            record(connection, actor, "assignment_rule.created", "assignment_rule", id)
            return id

        return await self._database.write(unit)

    async def change_assignment(self, actor: Actor, id: int, rule: Assignment) -> None:
        """Give a rule this title, kind, people and conditions; its turn goes on where it was."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            row = _row(connection, assignment_rule, id)
            _check_rule(connection, rule)
            values = _changed(row, _stored_rule(rule))
            if values:
                own = assignment_rule.c.id == id
                connection.execute(sa.update(assignment_rule).where(own).values(values))
                record(connection, actor, "assignment_rule.changed", "assignment_rule", id, values)

        await self._database.write(unit)

    async def remove_assignment(self, actor: Actor, id: int) -> None:
        """Take a rule away; leads that it gave stay with whom they are."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            _row(connection, assignment_rule, id)
            connection.execute(sa.delete(assignment_rule).where(assignment_rule.c.id == id))
            record(connection, actor, "assignment_rule.removed", "assignment_rule", id)

        await self._database.write(unit)

    async def order_assignments(self, actor: Actor, ids: Sequence[int]) -> None:
        """Put the rules in this order; those that are not named come behind, in the order that they have."""
        actor.require("intake.manage")

        def unit(connection: sa.Connection) -> None:
            known = connection.scalars(
                sa.select(assignment_rule.c.id)
                .order_by(assignment_rule.c.position, assignment_rule.c.id)
                .with_for_update()
            ).all()
            wanted = [id for id in dict.fromkeys(ids) if id in known]
            for place, id in enumerate([*wanted, *(id for id in known if id not in wanted)], 1):
                own = assignment_rule.c.id == id
                connection.execute(sa.update(assignment_rule).where(own).values(position=place))
            record(connection, actor, "assignment_rule.ordered", "assignment_rule", None)

        await self._database.write(unit)

    # Settings

    async def settings(self, actor: Actor) -> tuple[IntakeSettings, int | None, str | None]:
        """The settings, and who is the Coordinator now, by key and name."""
        actor.require("leads.read")
        async with self._database.read() as connection:
            found = await connection.run_sync(settings_of)
            coordinator = coordinator_of((await connection.execute(WORKING)).all(), found)
            name = await connection.scalar(sa.select(user.c.name).where(user.c.id == coordinator))
        return found, coordinator, name

    async def change_settings(self, actor: Actor, changes: Mapping[str, Any]) -> None:
        """Set the Coordinator, whether letters go out, and when mail is collected."""
        actor.require("intake.manage")
        await self._database.write(change_settings, actor, changes)


def change_settings(connection: sa.Connection, actor: Actor, changes: Mapping[str, Any]) -> None:
    """Set some settings in a unit of work; the row is made at the first change."""
    if changes.get("coordinator_id") is not None:
        require_responsible(connection, changes["coordinator_id"])
    present = settings_of(connection)
    values = {**changes, "updated_at": now()}
    stored = connection.execute(sa.update(intake_settings).values(values))
    if not stored.rowcount:
        first = {
            "id": 1,
            "notify": present.notify,
            "mail_on": present.mail_on,
            "mail_every_minutes": present.mail_every_minutes,
        }
        connection.execute(sa.insert(intake_settings).values(first | values))
    record(connection, actor, "intake_settings.changed", "intake_settings", None, changes)


def _row(connection: sa.Connection, table: sa.Table, id: int) -> sa.Row[Any]:
    row = connection.execute(sa.select(table).where(table.c.id == id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _changed(row: sa.Row[Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values that differ; `archived` is stored as when it became so."""
    values = dict(changes)
    if "archived" in values and values.pop("archived") != (row.archived_at is not None):
        values["archived_at"] = None if row.archived_at is not None else now()
    return {name: value for name, value in values.items() if value != getattr(row, name)}


def _refuse_title(connection: sa.Connection, title: str, own_id: int | None) -> None:
    same = sa.select(channel.c.id, channel.c.title).where(channel.c.title_folded == folded_title(title))
    row = connection.execute(same).one_or_none()
    if row is not None and row.id != own_id:
        raise ChannelTitleTaken(name=row.title)


def _store_rules(connection: sa.Connection, channel_id: int, rules: Sequence[ChannelRule]) -> None:
    last = connection.scalar(sa.select(sa.func.max(channel_rule.c.position))) or 0
    for place, rule in enumerate(rules, last + 1):
        connection.execute(
            sa.insert(channel_rule).values(
                id=new_key(),
                channel_id=channel_id,
                field=rule.field,
                how=rule.how,
                value=rule.value,
                value_folded=fold(rule.value),
                position=place,
            )
        )


def _rewrite_conditions(connection: sa.Connection, before: str, after: str) -> None:
    """Have assignment rules that ask for a source ask for the one that it was merged into."""
    for row in connection.execute(sa.select(assignment_rule).with_for_update()).all():
        if before in row.channels:
            channels = list(dict.fromkeys(after if each == before else each for each in row.channels))
            own = assignment_rule.c.id == row.id
            connection.execute(sa.update(assignment_rule).where(own).values(channels=channels))


def _host(site: str) -> str:
    host = host_of(site)
    if "." not in host:
        raise PartnerSiteInvalid(site=site)
    return host


def _refuse_site(connection: sa.Connection, host: str, own_id: int | None) -> None:
    row = connection.execute(
        sa.select(partner.c.id, partner.c.title).where(partner.c.site == host)
    ).one_or_none()
    if row is not None and row.id != own_id:
        raise PartnerSiteTaken(site=host, name=row.title)


def _check_rule(connection: sa.Connection, rule: Assignment) -> None:
    if not rule.people:
        raise RuleNeedsPeople()
    for person in rule.people:
        require_responsible(connection, person)
    if rule.kind == "by_source" and not (rule.channels or rule.partners):
        raise RuleNeedsSource()
    for table, ids, problem in (
        (channel, rule.channels, UnknownChannel),
        (partner, rule.partners, UnknownPartner),
    ):
        known = set(connection.scalars(sa.select(table.c.id).where(table.c.id.in_(ids))))
        if not set(ids) <= known:
            raise problem()


def _stored_rule(rule: Assignment) -> dict[str, Any]:
    return {
        "title": rule.title,
        "kind": rule.kind,
        "people": [str(each) for each in dict.fromkeys(rule.people)],
        "channels": [str(each) for each in dict.fromkeys(rule.channels)],
        "partners": [str(each) for each in dict.fromkeys(rule.partners)],
        "cities": list(rule.cities),
        "enabled": rule.enabled,
    }


def _assignment(row: sa.Row[Any]) -> Assignment:
    return Assignment(
        title=row.title,
        kind=row.kind,
        people=[int(each) for each in row.people],
        channels=[int(each) for each in row.channels],
        partners=[int(each) for each in row.partners],
        cities=row.cities,
        enabled=row.enabled,
        id=row.id,
        position=row.position,
    )
