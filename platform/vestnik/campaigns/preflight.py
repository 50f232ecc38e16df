"""The check before sending: who would get it, who not and why, and whether the service will take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from vestnik.campaigns.checks import Check
from vestnik.campaigns.emptiness import checks_of, fields_of
from vestnik.campaigns.fixes import fixes_of
from vestnik.campaigns.ledger import Row
from vestnik.campaigns.ports import (
    ACCOUNT,
    NEEDED,
    SENDERS,
    CallFailed,
    ModuleCaller,
    SendingAccount,
    Surroundings,
)
from vestnik.campaigns.workflows import call
from vestnik.contacts.addresses import KIND_OF_CAMPAIGN
from vestnik.contacts.lacking import Counts, count_audience
from vestnik.db import Database
from vestnik.http.errors import Problem


@dataclass(frozen=True, slots=True)
class Preflight:
    """What would happen if the campaign was sent now."""

    audience: int
    recipients: int
    exclusions: Mapping[str, int]
    checks: Sequence[Check]

    @property
    def errors(self) -> list[Check]:
        """What prevents sending."""
        return [check for check in self.checks if check.level == "error"]

    @property
    def ready(self) -> bool:
        """True when nothing prevents sending."""
        return not self.errors


class Inspector:
    """Makes preflights."""

    def __init__(self, database: Database, modules: ModuleCaller, surroundings: Surroundings) -> None:
        self._database, self._modules, self._surroundings = database, modules, surroundings

    async def look(self, row: Row) -> Preflight:
        """Look at everything; each question to the service that fails becomes a warning."""
        checks = [*content(row), *await self._references(row)]
        fields, unread = await fields_of(self._surroundings, row)
        counts = Counts({}, {})
        if not any(check.code == "segment_gone" for check in checks):
            try:
                counts = await self._count(row, [each.value for each in fields if each.value is not None])
            except Problem as problem:
                if problem.code != "invalid_rule":
                    raise
                checks.append(await self._broken(row, problem))
        exclusions: dict[str, int] = dict(counts.verdicts.items())
        recipients = exclusions.pop("ok", 0)
        if recipients == 0 and not any(check.code == "segment_broken" for check in checks):
            checks.append(Check("nobody", "error"))
        checks += await self._service(row, recipients)
        checks += [*unread, *checks_of(fields, counts.lacking, row)]
        mended = [each if each.level == "ok" else _with_fixes(each, row) for each in checks]
        return Preflight(recipients + sum(exclusions.values()), recipients, exclusions, mended)

    async def _count(self, row: Row, values: Sequence[str]) -> Counts:
        def members(connection: sa.Connection) -> sa.Select[Any]:
            return self._surroundings.members(connection, row.segment_id)

        async with self._database.read() as connection:
            people = await connection.run_sync(members)
            kind = KIND_OF_CAMPAIGN[row.type]
            return await count_audience(connection, people, row.category_id, kind, values)

    async def _broken(self, row: Row, problem: Problem) -> Check:
        """The rule names a field that is gone, or means something else by now."""
        name = await self._surroundings.segment_name(row.segment_id)
        words = {"ru": problem.detail("ru"), "en": problem.detail("en")}
        return Check("segment_broken", "error", {"segment": name, "problem": words})

    async def _references(self, row: Row) -> list[Check]:
        checks: list[Check] = []
        if row.segment_id is not None and await self._surroundings.segment_name(row.segment_id) is None:
            checks.append(Check("segment_gone", "error"))
        if row.category_id is None:
            checks.append(Check("no_category", "warning"))
        if row.template_id is not None:
            template = await self._surroundings.template(row.template_id)
            if template is None:
                checks.append(Check("template_gone", "error"))
            elif row.account_id is not None and template.account_id != row.account_id:
                checks.append(Check("template_foreign", "error", {"template": template.name}))
        return checks

    async def _service(self, row: Row, recipients: int) -> list[Check]:
        if row.account_id is None:
            return [Check("account_missing", "error")]
        account = await self._modules.sending_account(row.account_id)
        if account is None:
            return [Check("account_gone", "error")]
        checks = _account(row, account)
        if not any(check.level == "error" for check in checks):
            checks += await self._sender(row, account)
            checks += await self._plan(row, account, recipients)
        return checks

    async def _sender(self, row: Row, account: SendingAccount) -> list[Check]:
        given = row.sender_email if row.type == "email" else not row.sender_name
        if SENDERS not in account.functions or not given:
            return []
        try:
            senders = await self._ask(account, SENDERS)
        except CallFailed as failure:
            return _silent(failure)
        if row.type == "sms":
            named = [sender for sender in senders if sender.get("name") and not sender.get("email")]
            return [] if named else [Check("sms_sender_missing", "warning")]
        facts: dict[str, Any] = {"sender": row.sender_email}
        known = {str(sender.get("email", "")).lower(): sender for sender in senders}
        sender = known.get(row.sender_email.lower())
        usable = sorted(email for email, each in known.items() if email and each.get("verified") is not False)
        facts["senders"] = usable
        if sender is None:
            return [Check("sender_unknown", "error", {**facts, "known": ", ".join(usable[:5]) or "–"})]
        if sender.get("verified") is False:
            return [Check("sender_unverified", "error", facts)]
        return [Check("sender_known", "ok", facts)]

    async def _plan(self, row: Row, account: SendingAccount, recipients: int) -> list[Check]:
        if ACCOUNT not in account.functions:
            return []
        try:
            told = await self._ask(account, ACCOUNT)
        except CallFailed as failure:
            return _silent(failure)
        left = [
            told[limit] - told.get(used, 0)
            for limit, used in (("sendLimit", "sentCount"), ("subscriberLimit", "-"))
            if told.get(limit) is not None
        ]
        if not left:
            return []
        facts = {"left": max(0, min(left)), "recipients": recipients}
        return [
            Check("plan_enough", "ok") if min(left) >= recipients else Check("plan_too_small", "error", facts)
        ]

    async def _ask(self, account: SendingAccount, function: str) -> Any:
        return await call(
            self._modules, account.id, function, {}, lane="interactive", version_id=account.version_id
        )


def content(row: Row) -> list[Check]:
    """What the letter itself still lacks."""
    missing = [] if row.name else ["name_missing"]
    if row.type == "email":
        missing += [] if row.subject else ["subject_missing"]
        missing += [] if row.sender_email and row.sender_name else ["sender_missing"]
        missing += [] if row.template_id is not None else ["template_missing"]
    elif not row.text:
        missing.append("text_missing")
    return [Check(code, "error") for code in missing]


def _account(row: Row, account: SendingAccount) -> list[Check]:
    facts = {"account": account.title, "module": account.module_title}
    if not account.enabled:
        return [Check("account_disabled", "error", facts)]
    checks = [
        Check("function_missing", "error", {"function": function})
        for function in NEEDED
        if function not in account.functions
    ]
    if row.type not in account.campaign_types:
        checks.append(Check("type_unsupported", "error", facts))
    return checks or [Check("account_ready", "ok", facts)]


def _with_fixes(check: Check, row: Row) -> Check:
    places = {
        "account": row.account_id,
        "campaign": row.id,
        "template": row.template_id,
        "segment_id": row.segment_id,
    }
    return replace(check, fixes=fixes_of(check.code, {**places, **check.facts}))


def _silent(failure: CallFailed) -> list[Check]:
    """A service that can't say is no obstacle: not every module answers, and the launch asks again."""
    if failure.kind == "not_implemented":
        return []
    return [Check("service_silent", "warning", {"text": failure.words})]
