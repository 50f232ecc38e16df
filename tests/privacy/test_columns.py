"""Every column that could hold a text about a person: searched, erased by its room, or listed here."""

from __future__ import annotations

import sqlalchemy as sa
from tests.application import Installation

import vestnik.tables  # noqa: F401
from vestnik.db import metadata
from vestnik.privacy.texts import Texts

#: Emptied in the erasure's own unit of work: these rows refer to the person.
BY_THEIR_ROOMS = {
    "address": {"normalised", "domain", "suppression_hash"},
    "consent": {"how", "from_where"},
    "contact": {"name", "name_folded", "external_id", "custom", "custom_folded"},
    "delivery": {"reason"},
    "event": {"detail"},
    "sync_reject": {"address"},
    # A run under way plans anew: the place where the reading of a list is is forgotten.
    "sync_run": {"cursor"},
}
#: Searched by sweeps of their own.
BY_SWEEPS_OF_THEIR_OWN = {
    "contact_import_part": {"data"},
    "input": {"key"},
    "input_part": {"bytes"},
    "module_call": {"document", "hosts"},
}
#: Stay as they are, each for a reason that docs/security.md gives a reader.
STAY = {
    # Keyed hashes, digests and numbers.
    "embed_key": {"name", "secret_sealed", "origins"},
    "erased_address": {"address_hash"},
    "suppression": {"address_hash", "reason", "source"},
    "webhook_applied": {"digest"},
    "webhook_waiting": {"external_id", "message_external_id"},
    "contact_change": {"not_undone"},
    "message": {"external_id"},
    "outgoing_endpoint": {"title", "url", "kinds", "secret_sealed", "former_sealed"},
    "outgoing_message": {"id"},
    "outgoing_delivery": {"message_id", "last_error", "attempts"},
    "installation": {"key_check"},
    "audit_row": {"fields"},
    "audit_link": {"seal"},
    "audit_head": {"seal"},
    "audit_anchor": {"seal", "proof"},
    "calendar": {"link_digest", "link_sealed"},
    "campaign_stats": {"figures"},
    "retention": {"name"},
    "contact_distinct": {"contact_ids"},
    "sync_run": {"counts", "driver"},
    # What the organisation writes of itself and for everybody.
    "account": {"title", "settings", "token_sealed", "token_hash", "usage", "open_to"},
    "account_list": {"external_id", "title"},
    "account_secret": {"name", "sealed", "public_pattern"},
    "alert": {"path"},
    "alert_letter": {"path"},
    "module_call": {"trace_id"},
    "campaign": {
        *(
            "name",
            "name_folded",
            "subject",
            "preview_text",
            "sender_name",
            "sender_email",
            "reply_to",
            "text",
        ),
        *("zone", "driver", "external_id", "external_url", "service_status"),
    },
    "campaign_chunk": {"job_id"},
    "category": {"title", "title_folded", "description"},
    "client": {"name", "name_folded", "inn", "kpp", "external_id"},
    "deal_stage": {"name", "name_folded"},
    "contact_field": {"key", "title", "options"},
    "contact_import_run": {"begun_by", "etag", "last_modified", "digest"},
    "contact_import_schedule": {
        *("name", "url", "policy", "at_time", "credential", "credential_name", "credential_sealed"),
        *("etag", "last_modified", "digest"),
    },
    # Sources, partners and rules are the organisation's; numbers of people in the order of their turns.
    "channel": {"title", "title_folded"},
    "channel_rule": {"field", "how", "value", "value_folded"},
    "partner": {"title", "title_folded", "site"},
    "assignment_rule": {"title", "people", "channels", "partners", "cities"},
    "intake_settings": {"key_digest", "key_sealed"},
    "lead": {"edited"},
    # A mailbox is the organisation's own, as are the names that its site gives to fields.
    "mail_collector": {
        *("title", "host", "username", "password_sealed", "certificate", "folder", "keyword"),
        *("mapping", "mark", "move_to"),
    },
    "collected_letter": {"key"},
    # Doors for web sites.
    "intake_door": {"title", "token_sealed", "sites", "secret_sealed", "mapping", "trap"},
    "host_approval": {"scheme", "pattern", "secrets", "approved_by"},
    "inbox": {"method", "path"},
    "module": {"name", "title", "description"},
    "module_approval": {"scheme", "pattern", "secrets", "approved_by"},
    "module_test": {"name", "function", "author"},
    "module_version": {"source", "manifest", "functions", "note", "author"},
    "campaign_repeat": {"reason", "at_time", "zone", "every"},
    "segment": {"name", "name_folded", "external_id"},
    "sync": {"list_title", "list_external_id"},
    "template": {
        *("external_id", "name", "name_folded", "subject", "subject_folded", "description", "language"),
        *("screenshot_url", "editor_url", "type"),
    },
    "template_html": {"html"},
    # Colleagues: who acted stays known.
    "api_key": {"name", "prefix", "key_digest", "rights", "used_from"},
    "campaign_history": {"who"},
    "erasure": {"by", "removed", "sealed", "sweep", "place"},
    "module_rehearsal": {"author"},
    "organisation": {"name", "language", "timezone", "base_url", "smtp", "smtp_password"},
    "session": {"token_digest", "ip", "agent"},
    "setup_link": {"token_digest"},
    "second_factor": {"secret", "new_secret"},
    "recovery_code": {"code_hash"},
    "sign_in_step": {"token_digest", "made_for"},
    "factor_letter": {"problem"},
    "password_reset": {"token_digest", "made_for", "problem"},
    "invitation": {"email", "email_folded", "roles", "language", "token_digest", "problem"},
    "user_account": {
        *("email", "email_folded", "name", "name_folded", "password_hash", "roles", "language", "theme"),
    },
}
#: Words of a fixed set, whatever the table; texts of a stated length are such words, too.
WORDS = {"kind", "state", "type", "action", "function", "lane", "ground"}
#: Tables of the machinery.
OURS = {"demo_part", "event_reader", "executor", "pace_share", "periodic", "rate"}


async def test_every_column_of_text_is_searched_or_spoken_for(installation: Installation) -> None:
    searched = {
        sweep.name: set(sweep.columns)
        for sweep in installation.services.privacy.sweeper.sweeps
        if isinstance(sweep, Texts)
    }
    spoken_for = (searched, BY_THEIR_ROOMS, BY_SWEEPS_OF_THEIR_OWN, STAY)
    unspoken = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        if table.name not in OURS
        for column in table.c
        if isinstance(column.type, sa.String | sa.JSON | sa.LargeBinary)
        and getattr(column.type, "length", None) is None
        and column.name not in WORDS
        and not any(column.name in places.get(table.name, ()) for places in spoken_for)
    }
    assert unspoken == set(), "say in the room's personal.py, or here, what an erasure does to them"


async def test_sweeps_have_names_of_their_own(installation: Installation) -> None:
    names = [sweep.name for sweep in installation.services.privacy.sweeper.sweeps]
    assert len(names) == len(set(names))
