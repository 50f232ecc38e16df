"""Looks for what nobody tells of: modules that fail, webhooks that stay away, disks that fill up."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.campaigns.states import State
from vestnik.campaigns.tables import campaign
from vestnik.db import Database, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import Text
from vestnik.modules.tables import account, module, module_version
from vestnik.system.checks import DISK_LOW_BYTES, free_bytes
from vestnik.system.load import ModuleLoads
from vestnik.webhooks.inbox import State as Received
from vestnik.webhooks.tables import inbox

LOOK_EVERY_S = 60.0
#: A module fails when so many of its calls did within this time, and at least this share of all.
FAILING_WITHIN = timedelta(minutes=15)
FAILING_CALLS = 5
FAILING_SHARE = 0.5
#: A campaign that is being sent for so long without a single webhook of its account is told of.
CAMPAIGN_SILENCE = timedelta(hours=1)
#: An account of which webhooks came in so many of the 24 hours before is used to them: a silence is told.
USUAL_HOURS = 12
USUAL_SILENCE = timedelta(hours=3)
#: A disk that was low is in order again with so much more room: a file more or less makes no letters.
DISK_MENDED_BYTES = DISK_LOW_BYTES + (256 << 20)
PARSE = "CRM_Marketing_ParseWebhookRequest"

MODULE = Kind(
    "module_failing",
    right="modules.write",
    failing=Wording(
        {"ru": "Модуль «{name}» работает со сбоями", "en": "The module “{name}” fails"},
        {
            "ru": "Большая часть вызовов модуля «{name}» заканчивается ошибкой.",
            "en": "Most calls of the module “{name}” end in an error.",
        },
    ),
    working=Wording(
        {"ru": "Модуль «{name}» снова работает", "en": "The module “{name}” works again"},
        {"ru": "Вызовы модуля «{name}» снова проходят.", "en": "Calls of the module “{name}” succeed again."},
    ),
)
SILENCE = Kind(
    "webhook_silence",
    right="accounts.manage",
    failing=Wording(
        {"ru": "Нет вебхуков: «{name}»", "en": "No webhooks: “{name}”"},
        {
            "ru": "От сервиса аккаунта «{name}» перестали приходить вебхуки. Результаты рассылок неполны.",
            "en": "No webhooks come from the service of the account “{name}”. Results are incomplete.",
        },
    ),
    working=Wording(
        {"ru": "Вебхуки снова приходят: «{name}»", "en": "Webhooks come again: “{name}”"},
        {
            "ru": "Сервис аккаунта «{name}» снова присылает вебхуки.",
            "en": "The service of the account “{name}” sends webhooks again.",
        },
    ),
)
DISK = Kind(
    "disk_low",
    right="system.read",
    failing=Wording(
        {"ru": "Мало места на диске: «{name}»", "en": "Little room on the disk: “{name}”"},
        {
            "ru": "На диске папки данных сервера «{name}» кончается место.",
            "en": "The disk of the data folder of the server “{name}” fills up.",
        },
    ),
    working=Wording(
        {"ru": "Места на диске снова достаточно: «{name}»", "en": "Enough room on the disk again: “{name}”"},
        {
            "ru": "На диске папки данных сервера «{name}» снова достаточно места.",
            "en": "The disk of the data folder of the server “{name}” has enough room again.",
        },
    ),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing as it is now: why it fails, or None where it works."""

    kind: Kind
    subject: Subject
    reason: Text | None


async def tell_changes(database: Database, alerts: Alerts, findings: Sequence[Finding]) -> None:
    """Of what works only those are told that are known to fail: mostly there is nothing to write."""
    kinds = {finding.kind.name for finding in findings}
    known = {kind: await alerts.failing(kind) for kind in kinds}
    changed = [
        finding
        for finding in findings
        if (finding.reason is not None) != (finding.subject.id in known[finding.kind.name])
    ]

    def tell(connection: sa.Connection) -> None:
        for finding in changed:
            alerts.tell(connection, finding.kind.name, finding.subject, finding.reason)

    if changed:
        await database.write(tell)


class Watch:
    """Periodic work that tells `alerts` what it finds."""

    def __init__(
        self, database: Database, engine: Engine, alerts: Alerts, loads: ModuleLoads, folder: Path
    ) -> None:
        self._database, self._alerts, self._loads, self._folder = database, alerts, loads, folder
        self._host = engine.executors.own_id
        for kind in (MODULE, SILENCE, DISK):
            alerts.add(kind)
        engine.every(LOOK_EVERY_S, "system.watch", self.look)
        engine.every(LOOK_EVERY_S, "system.disk", self.look_at_disk, everywhere=True)

    async def look(self) -> None:
        """Look at modules and at webhooks; of what is switched off or gone nothing is told any more."""
        await self._tell([*await self._modules(), *await self._silences()])
        modules = sa.select(module.c.id).where(module.c.enabled, module.c.archived_at.is_(None))
        await self._forget(MODULE, modules)
        accounts = sa.select(account.c.id).where(account.c.archived_at.is_(None))
        await self._forget(SILENCE, accounts.where(account.c.module_id.in_(modules)))

    async def _forget(self, kind: Kind, present: sa.Select[int]) -> None:
        failing = await self._alerts.failing(kind.name)
        if not failing:
            return
        async with self._database.read() as connection:
            gone = set(failing) - set(await connection.scalars(present))
        for id in gone:
            await self._database.write(self._alerts.forget, kind.name, id)

    async def look_at_disk(self) -> None:
        """Look at the disk of this process's data folder."""
        subject = Subject(zlib.crc32(self._host.encode()), socket.gethostname(), "/system")
        free = await asyncio.to_thread(free_bytes, self._folder)
        if DISK_LOW_BYTES <= free < DISK_MENDED_BYTES:
            return
        gib = f"{free / (1 << 30):.1f}"
        reason: Text = {"ru": f"Свободно {gib.replace('.', ',')} ГиБ.", "en": f"{gib} GiB are free."}
        await self._tell([Finding(DISK, subject, reason if free < DISK_LOW_BYTES else None)])

    async def _tell(self, findings: Sequence[Finding]) -> None:
        await tell_changes(self._database, self._alerts, findings)

    async def _modules(self) -> list[Finding]:
        loads = await self._loads.since(now() - FAILING_WITHIN)
        query = sa.select(module.c.id, module.c.title).where(module.c.id.in_(list(loads)))
        async with self._database.read() as connection:
            titles = {row.id: row.title for row in await connection.execute(query)}
        found = []
        for module_id, title in titles.items():
            load = loads[module_id]
            reason: Text | None = None
            if load.failures >= FAILING_CALLS and load.failures >= FAILING_SHARE * load.calls:
                minutes = int(FAILING_WITHIN.total_seconds()) // 60
                reason = {
                    "ru": f"За последние {minutes} минут не удались {load.failures} из {load.calls} вызовов. "
                    "Причина каждого видна на вкладке «Вызовы» модуля.",
                    "en": f"Of the last {minutes} minutes' {load.calls} calls {load.failures} failed. "
                    "The tab Calls of the module shows why.",
                }
            subject = Subject(module_id, title["ru"], f"/modules/{module_id}?tab=calls&kind=raised")
            found.append(Finding(MODULE, subject, reason))
        return found

    async def _silences(self) -> list[Finding]:
        at = now()
        query = (
            sa.select(account.c.id, account.c.title, module_version.c.functions)
            .join(module, module.c.id == account.c.module_id)
            .join(module_version, module_version.c.id == module.c.live_version_id)
            .where(module.c.enabled, account.c.connected_at.is_not(None), account.c.archived_at.is_(None))
        )
        async with self._database.read() as connection:
            rows = [row for row in await connection.execute(query) if PARSE in row.functions]
            found = []
            for row in rows:
                last = await connection.scalar(_newest(row.id))
                reason = await _campaign_silence(connection, row.id, last, at)
                reason = reason or await _unusual_silence(connection, row.id, last, at)
                found.append(Finding(SILENCE, Subject(row.id, row.title, f"/accounts/{row.id}"), reason))
        return found


def _newest(account_id: int) -> sa.Select[datetime]:
    return (
        sa.select(inbox.c.received_at)
        .where(inbox.c.account_id == account_id, inbox.c.state != Received.PROBE)
        .order_by(inbox.c.id.desc())
        .limit(1)
    )


async def _campaign_silence(
    connection: AsyncConnection, account_id: int, last: datetime | None, at: datetime
) -> Text | None:
    """A campaign is being sent, and nothing came since it began or for an hour."""
    heard = at - CAMPAIGN_SILENCE
    if last is not None and last > heard:
        return None
    sending = sa.select(campaign.c.name).where(
        campaign.c.account_id == account_id,
        campaign.c.state == State.SENDING,
        campaign.c.created_at_service < heard,
    )
    name = await connection.scalar(sending.order_by(campaign.c.created_at_service).limit(1))
    if name is None:
        return None
    return {
        "ru": f"Рассылка «{name}» отправляется, а вебхуков нет больше часа. "
        "Проверьте адрес вебхука в сервисе.",
        "en": f"The campaign “{name}” is being sent, and no webhook came for over an hour. "
        "Check the webhook's address at the service.",
    }


async def _unusual_silence(
    connection: AsyncConnection, account_id: int, last: datetime | None, at: datetime
) -> Text | None:
    """Webhooks came in most hours of the day before, and then stopped."""
    if last is None or not at - timedelta(days=1) < last < at - USUAL_SILENCE:
        return None
    hours = 0
    for hour in range(24):
        begin = last - timedelta(hours=hour + 1)
        came = sa.select(1).where(
            inbox.c.account_id == account_id,
            inbox.c.id > new_key.before(begin),
            inbox.c.id <= new_key.before(begin + timedelta(hours=1, milliseconds=1)),
        )
        hours += await connection.scalar(came.limit(1)) is not None
    if hours < USUAL_HOURS:
        return None
    return {
        "ru": f"Раньше вебхуки приходили почти каждый час, а последний пришёл {_hours(at - last)} ч назад. "
        "Проверьте адрес вебхука в сервисе.",
        "en": f"Webhooks used to come almost every hour, and the last one came {_hours(at - last)} h ago. "
        "Check the webhook's address at the service.",
    }


def _hours(span: timedelta) -> int:
    return int(span.total_seconds()) // 3600
