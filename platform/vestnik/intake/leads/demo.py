"""The demo's leads."""

from __future__ import annotations

import sqlalchemy as sa

from vestnik.intake.leads.tables import (
    assignment_rule,
    channel,
    channel_rule,
    intake_settings,
    lead,
    lead_event,
    lead_letter,
    partner,
)


def remove_demo(connection: sa.Connection) -> None:
    """Forget every lead and directory; a part of the unit of work that removes the demo."""
    tables = (lead_letter, lead_event, lead, channel_rule, channel, partner, assignment_rule, intake_settings)
    for table in tables:
        connection.execute(sa.delete(table))
