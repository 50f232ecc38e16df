"""The letter that tells somebody of a lead of theirs, in their language, as the lead is when it goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from vestnik.db import Database, new_key, now
from vestnik.engine import Engine
from vestnik.http.errors import Language, Text
from vestnik.intake.leads.tables import lead, lead_letter
from vestnik.intake.leads.wording import SAID, called, contact_lines, numbered
from vestnik.mail import Letter, Mail
from vestnik.mail.keeping import forget
from vestnik.mail.outbox import LOOK_EVERY_S, SWEPT_EVERY_S, Outbox
from vestnik.people.organisation import Organisation
from vestnik.people.tables import user

#: The name of the periodic work, for whoever has it run at once.
WORK = "leads.letters"

_WRITE = sa.insert(lead_letter)

_WHY: Mapping[str, Text] = {
    "coordinator": {
        "ru": "Поступила заявка. За неё пока никто не отвечает: она ждёт вас как координатора.",
        "en": "A lead came in. Nobody is responsible for it yet: it waits for you, the Coordinator.",
    },
    "assigned": {
        "ru": "Поступила заявка. Вы ответственный.",
        "en": "A lead came in. You are responsible for it.",
    },
    "person": {
        "ru": "Вас назначили ответственным за заявку.",
        "en": "You were made responsible for a lead.",
    },
}
_OPEN: Text = {"ru": "Открыть: {url}", "en": "Open: {url}"}
_SIGNED: Text = {"ru": "Вестник, {organisation}", "en": "Vestnik, {organisation}"}


def write(connection: sa.Connection, lead_id: int, user_id: int) -> None:
    """Have somebody told of a lead, once this unit of work is committed."""
    at = now()
    row = {"id": new_key(), "lead_id": lead_id, "user_id": user_id, "at": at, "tries": 0, "next_at": at}
    connection.execute(_WRITE, row)


class Letters:
    """Sends the letters about leads."""

    def __init__(self, database: Database, engine: Engine, mail: Mail, organisation: Organisation) -> None:
        self._database, self._organisation = database, organisation
        self.outbox = Outbox(database, mail, lead_letter, self._letter)
        engine.every(LOOK_EVERY_S, WORK, self.outbox.send_due)
        engine.every(SWEPT_EVERY_S, "leads.letters_kept", self.sweep)

    async def sweep(self) -> None:
        """Forget letters that were sent or given up long ago."""
        await forget(self._database, lead_letter)

    async def _letter(self, row: sa.Row[Any]) -> Letter | None:
        """The letter of a row; None where the lead is another's by now, or the reader may not sign in."""
        about = (
            sa.select(lead, user.c.email.label("reader"), user.c.language)
            .join(user, user.c.id == lead.c.responsible_id)
            .where(lead.c.id == row.lead_id, user.c.id == row.user_id, user.c.disabled.is_(False))
        )
        async with self._database.read() as connection:
            found = (await connection.execute(about)).one_or_none()
        profile = await self._organisation.profile()
        if found is None or profile is None or found.status == "closed":
            return None
        language: Language = "en" if found.language == "en" else "ru"
        return compose(found, language, f"{profile.base_url}/leads/{found.id}", profile.name)


def compose(row: sa.Row[Any], language: Language, url: str, organisation: str) -> Letter:
    """The letter about a lead's row to its `reader`."""
    texts = row._mapping
    name = " ".join(called(texts, row.subject).split())
    head = numbered(row.number, language)
    why = _WHY.get(row.assigned_by, _WHY["assigned"])[language]
    lines = [why, "", f"{head}: {name}" if name else head, *contact_lines(texts, language), ""]
    if row.description:
        lines += [row.description[:SAID], ""]
    lines += [
        _OPEN[language].format(url=url),
        "",
        "--",
        _SIGNED[language].format(organisation=organisation),
        "",
    ]
    subject = f"{head}: {name}"[:200] if name else head
    return Letter(to=row.reader, subject=subject, text="\n".join(lines))
