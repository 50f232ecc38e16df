"""The letters that a visitor has the site send, followed from the mailbox to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import httpx
import sqlalchemy as sa

from vestnik.db import now
from vestnik.demo.lead_ways import CLASSIC_KEY, ask
from vestnik.demo.tables import demo_part
from vestnik.http.errors import Problem
from vestnik.intake.collectors.tables import collected_letter, mail_collector
from vestnik.intake.fields import Warned
from vestnik.intake.inputs.store import reason_of
from vestnik.intake.inputs.tables import input_table
from vestnik.intake.leads.tables import intake_settings, lead, lead_letter
from vestnik.people.access import SYSTEM
from vestnik.people.tables import user
from vestnik.sales.tables import ticket

if TYPE_CHECKING:
    from vestnik.app import Services

Kind = Literal["order", "broken"]


class NoDemoMailbox(Problem):
    code = "no_demo_mailbox"
    status = 409
    title = {"ru": "Некому забрать письмо", "en": "Nobody takes the letter"}
    message = {
        "ru": "Имитатор почты не отвечает, или сборщик почты, который читает его ящик, помечен на удаление. "
        "Снимите пометку в «Приёме заявок» или запустите демонстрацию заново.",
        "en": "The simulated mail does not answer, or the mail collector of its mailbox is marked for "
        "removal. Take the mark back in “Lead intake”, or start the demo again.",
    }


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter in the site's mailbox: the folder's validity, and the letter's number there."""

    validity: int
    number: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What has become of a letter so far; None for what is not there yet, or never will be."""

    state: Literal["waiting", "read", "unreadable"] = "waiting"
    reason: Warned | None = None
    input_id: int | None = None
    lead_id: int | None = None
    lead_number: int | None = None
    order_id: int | None = None
    tickets: int = 0
    event_id: int | None = None
    told: str | None = None
    """Who is told of the lead by letter."""
    notification_url: str | None = None


async def send(services: Services, kind: Kind) -> Sent:
    """Have the site's letter come into its mailbox, and the collector take it at once."""
    at = now().astimezone(await services.people.organisation.zone())
    try:
        mailbox = await ask(services, "mailbox")
        collector_id = await _collector(services, mailbox["username"], mailbox["tlsPort"])
        if collector_id is None:
            raise NoDemoMailbox()
        told = await ask(services, "mailbox/orders", {"kind": kind, "at": at.isoformat()})
    except httpx.HTTPError:
        raise NoDemoMailbox() from None
    await services.collectors.collect_now(SYSTEM, collector_id)
    return Sent(told["uidvalidity"], told["uid"])


async def follow(services: Services, sent: Sent) -> Followed:
    """What has become of a letter by now."""
    async with services.database.read() as connection:
        row = (await connection.execute(_traces(sent))).one_or_none()
        if row is None or row.state == "new":
            return Followed(input_id=None if row is None else row.input_id)
        if row.lead_id is None:
            return Followed("unreadable", reason_of(row.reason), row.input_id)
        count = sa.select(sa.func.count()).select_from(ticket).where(ticket.c.order_id == row.order_id)
        tickets = await connection.scalar(count)
        letters = (await connection.execute(_letters(row.lead_id))).all()
    is_sent = any(each.sent_at is not None for each in letters)
    return Followed(
        "read",
        input_id=row.input_id,
        lead_id=row.lead_id,
        lead_number=row.number,
        order_id=row.order_id,
        tickets=tickets or 0,
        event_id=row.event_id,
        told=letters[0].name if letters else None,
        notification_url=await _notification(services, row.lead_id) if is_sent else None,
    )


async def is_there(services: Services) -> bool:
    """Whether this demo was made with the part that a letter needs."""
    made = sa.select(demo_part.c.name).where(demo_part.c.name == "leads and orders")
    async with services.database.read() as connection:
        return await connection.scalar(made) is not None


async def classic_key(services: Services) -> str | None:
    """The key of the compatible leads API, as long as it is the demo's own."""
    async with services.database.read() as connection:
        kept = await connection.scalar(sa.select(intake_settings.c.key_digest))
    return CLASSIC_KEY if services.classic.keys.fits(CLASSIC_KEY, kept) else None


async def _collector(services: Services, username: str, port: int) -> int | None:
    """The collector of the simulator's mailbox."""
    ours = sa.and_(
        mail_collector.c.username == username,
        mail_collector.c.port == port,
        mail_collector.c.removal_marked_at.is_(None),
    )
    oldest = sa.select(mail_collector.c.id).where(ours).order_by(mail_collector.c.id).limit(1)
    async with services.database.read() as connection:
        found: int | None = await connection.scalar(oldest)
    return found


def _traces(sent: Sent) -> sa.Select[Any]:
    ours = sa.and_(collected_letter.c.uidvalidity == sent.validity, collected_letter.c.uid == sent.number)
    return (
        sa.select(
            collected_letter.c.input_id,
            input_table.c.state,
            input_table.c.reason,
            input_table.c.lead_id,
            lead.c.number,
            lead.c.order_id,
            lead.c.event_id,
        )
        .join(input_table, input_table.c.id == collected_letter.c.input_id)
        .outerjoin(lead, lead.c.id == input_table.c.lead_id)
        .where(ours)
        .order_by(collected_letter.c.id)
        .limit(1)
    )


def _letters(lead_id: int) -> sa.Select[Any]:
    return (
        sa.select(user.c.name, lead_letter.c.sent_at)
        .join(user, user.c.id == lead_letter.c.user_id)
        .where(lead_letter.c.lead_id == lead_id)
        .order_by(lead_letter.c.id)
    )


async def _notification(services: Services, lead_id: int) -> str | None:
    """The simulator's page of the letter that tells of a lead."""
    try:
        letters = (await ask(services, "post"))["letters"]
    except httpx.HTTPError:
        return None
    link = f"/leads/{lead_id}\n"
    found = next((each["number"] for each in letters if link in each["text"]), None)
    return None if found is None else f"{services.settings.simulator_url}/mail/letters/{found}"
