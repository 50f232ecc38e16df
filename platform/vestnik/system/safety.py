"""Looks for what the safety of the installation hangs on: an audit that was changed, keys that end soon."""

from __future__ import annotations

import socket
import zlib
from datetime import timedelta

import sqlalchemy as sa

from vestnik.alerts import Alerts, Kind, Subject, Wording
from vestnik.audit import Audit
from vestnik.db import Database, now
from vestnik.engine import Engine
from vestnik.http.errors import Text
from vestnik.people.tables import api_key
from vestnik.system.watching import LOOK_EVERY_S, Finding, tell_changes

KEYS_EVERY_S = 3600.0
#: So long before its end whoever made a key is written to.
KEY_TOLD_BEFORE = timedelta(days=7)

AUDIT = Kind(
    "audit_broken",
    right="audit.read",
    failing=Wording(
        {"ru": "Журнал действий изменён: «{name}»", "en": "The audit was changed: “{name}”"},
        {
            "ru": "Сервер «{name}» проверил цепочку журнала действий, и она не сходится.",
            "en": "The server “{name}” verified the chain of the audit, and it does not hold.",
        },
    ),
    working=Wording(
        {"ru": "Журнал действий снова сходится: «{name}»", "en": "The audit holds again: “{name}”"},
        {
            "ru": "Сервер «{name}» снова проверил цепочку журнала действий: она сходится.",
            "en": "The server “{name}” verified the chain of the audit again: it holds.",
        },
    ),
)
KEY = Kind(
    "key_ending",
    right="keys.manage",
    failing=Wording(
        {"ru": "Ключ API «{name}» скоро кончится", "en": "The API key “{name}” ends soon"},
        {
            "ru": "Программы, которые пользуются ключом «{name}», скоро перестанут работать. Замените его.",
            "en": "Programs that use the key “{name}” will soon stop working. Replace it.",
        },
    ),
    working=Wording(
        {"ru": "Ключ API «{name}» действует", "en": "The API key “{name}” is valid"},
        {"ru": "Ключ API «{name}» ещё действует.", "en": "The API key “{name}” is valid for longer."},
    ),
)


class SafetyWatch:
    """Periodic work that tells `alerts` what it finds."""

    def __init__(self, database: Database, engine: Engine, alerts: Alerts, audit: Audit) -> None:
        self._database, self._alerts, self._audit = database, alerts, audit
        self._host = engine.executors.own_id
        for kind in (AUDIT, KEY):
            alerts.add(kind)
        engine.every(LOOK_EVERY_S, "system.audit", self.look_at_audit, everywhere=True)
        engine.every(KEYS_EVERY_S, "system.keys", self.look_at_keys)

    async def look_at_audit(self) -> None:
        """Tell what this process found when it verified the audit last; each remembers an end of its own."""
        found = self._audit.chain.known
        if found is None:
            return
        subject = Subject(zlib.crc32(self._host.encode()), socket.gethostname(), "/audit")
        reason: Text = {
            "ru": f"Не сходится звено {found.number}. Что это значит, сказано на странице «Журнал действий».",
            "en": f"Link {found.number} does not hold. The page “Audit” says what that means.",
        }
        finding = Finding(AUDIT, subject, None if found.holds else reason)
        await tell_changes(self._database, self._alerts, [finding])

    async def look_at_keys(self) -> None:
        """Tell of keys that end soon; of those that were replaced, revoked or have ended nothing is told."""
        at = now()
        ending = sa.select(api_key.c.id, api_key.c.name, api_key.c.created_by, api_key.c.expires_at).where(
            api_key.c.expires_at > at,
            api_key.c.expires_at <= at + KEY_TOLD_BEFORE,
            api_key.c.revoked_at.is_(None),
            api_key.c.replaced_by.is_(None),
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(ending)).all()
        findings = []
        for row in rows:
            reason: Text = {
                "ru": f"Он перестанет действовать {row.expires_at:%d.%m.%Y в %H:%M} (UTC).",
                "en": f"It is valid until {row.expires_at:%Y-%m-%d %H:%M} (UTC).",
            }
            subject = Subject(row.id, row.name, "/keys", in_charge=row.created_by)
            findings.append(Finding(KEY, subject, reason))
        for id in set(await self._alerts.failing(KEY.name)) - {row.id for row in rows}:
            await self._database.write(self._alerts.forget, KEY.name, id)
        await tell_changes(self._database, self._alerts, findings)
