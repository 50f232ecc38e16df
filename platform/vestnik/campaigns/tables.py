"""Tables of campaigns: the campaign, its chunks, its deliveries, who was left out, its history."""

import sqlalchemy as sa

from vestnik.campaigns.statuses import COUNTERS
from vestnik.db import Exact, Instant, Json, Key, metadata

#: `run` is our generation: resume, retry and "send again" increment it with the state, so that
#: nothing that an earlier run still does can pass for the present one.
campaign = sa.Table(
    "campaign",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", Exact, nullable=False),
    sa.Column("type", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("preview_text", sa.Text, nullable=False),
    sa.Column("sender_name", sa.Text, nullable=False),
    sa.Column("sender_email", sa.Text, nullable=False),
    sa.Column("reply_to", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("account_id", Key),
    sa.Column("version_id", Key),  # pinned at the first launch
    sa.Column("template_id", Key),
    sa.Column("segment_id", Key),  # none: everybody
    sa.Column("category_id", Key),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", Json),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("updated_at", Instant, nullable=False),
    sa.Column("scheduled_at", Instant),
    sa.Column("zone", sa.Text),  # in which its time was chosen
    sa.Column(
        "held", sa.Boolean, nullable=False, server_default=sa.false()
    ),  # sent now, and may be taken back until scheduled_at
    sa.Column("repeat_id", Key),
    sa.Column("launched_at", Instant),  # when hand-over began
    # The mark that is committed before CreateCampaign is called; with it and without an external id,
    # the call may or may not have reached the provider.
    sa.Column("creating_at", Instant),
    sa.Column("external_id", Exact),
    sa.Column("external_url", sa.Text),
    sa.Column("created_at_service", Instant),
    sa.Column("finished_at", Instant),
    # What the provider says of it, and when it said so: an older word than this changes nothing.
    sa.Column("service_status", sa.String(16)),
    sa.Column("service_reason", sa.Text),
    sa.Column("service_at", Instant),
    sa.Column("check_at", Instant),  # when the provider is asked next
    # Where no webhook comes, the service is asked for what became of each letter.
    sa.Column("poll_at", Instant),
    sa.Column("poll_cursor", sa.Text),
    sa.Column("polled_at", Instant),
    sa.Column("poll_failure", Json),
    # Why the service's own figures and links are as old as they are.
    sa.Column("stats_failure", Json),
    sa.Column("links_at", Instant),
    sa.Column("links_failure", Json),
    # Hand-over: contacts up to this key are planned; then the deliveries are cut into chunks.
    sa.Column("planned_to", Key, nullable=False),
    sa.Column("planned_at", Instant),
    sa.Column("cut_at", Instant),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("retry_at", Instant),
    sa.Column("driver", sa.Text),  # the process that works on it
    sa.Column("recipients", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTERS),
    sa.Index(
        "uq_campaign_external",
        "account_id",
        "external_id",
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    ),
    sa.Index(None, "state"),
    sa.Index(None, "name_folded"),
    sa.Index(None, "category_id", "launched_at"),
    sa.Index(None, "repeat_id"),
    sa.Index(None, "poll_at"),
)

#: A campaign that is sent again and again to whoever is in the segment then; each issue is a campaign.
repeat = sa.Table(
    "campaign_repeat",
    metadata,
    sa.Column("id", Key, primary_key=True),
    # The campaign whose content each issue has.
    sa.Column("pattern_id", Key, nullable=False, unique=True),
    sa.Column("every", sa.String(8), nullable=False),
    # 0 (Monday) to 6 of a week, or 1 to 31 of a month: the last day where a month is shorter.
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("at_time", Exact, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("next_at", Instant, index=True),
    sa.Column("issues", sa.Integer, nullable=False),
    sa.Column("reason", Json),
    sa.Column("created_by", Key),
    sa.Column("created_at", Instant, nullable=False),
    sa.CheckConstraint("every IN ('week', 'month')", name="every"),
)

#: The links of a campaign's letter, with the service's own counts.
link = sa.Table(
    "campaign_link",
    metadata,
    sa.Column("campaign_id", Key, sa.ForeignKey("campaign.id"), primary_key=True, autoincrement=False),
    sa.Column("url", Exact, primary_key=True),
    sa.Column("clicks", sa.Integer, nullable=False),
    sa.Column("unique_clicks", sa.Integer),
    sa.Column("fetched_at", Instant, nullable=False),
)

#: A part of the recipients, by their addresses' keys, on its way to the provider in one step.
chunk = sa.Table(
    "campaign_chunk",
    metadata,
    sa.Column("campaign_id", Key, sa.ForeignKey("campaign.id"), primary_key=True),
    sa.Column("step", sa.String(8), primary_key=True),  # export, prepare
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("first_address_id", Key, nullable=False),
    sa.Column("last_address_id", Key, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("job_id", sa.Text),  # the provider works on it: ask for this job instead of repeating
    sa.Column("poll_at", Instant),
    sa.Column("handed_over_at", Instant),
    sa.Index(None, "campaign_id", "state"),
)

#: One recipient. `flags` holds everything that happened (statuses.py), so that order never matters.
delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("campaign_id", Key, primary_key=True, autoincrement=False),
    sa.Column("address_id", Key, primary_key=True, autoincrement=False),
    sa.Column("contact_id", Key, nullable=False),
    sa.Column("flags", sa.Integer, nullable=False),
    sa.Column("at", Instant),
    sa.Column("opened_at", Instant),
    sa.Column("clicked_at", Instant),
    sa.Column("reason", sa.Text),
    sa.Index(None, "address_id"),
    # What segments and reports ask: whose letters, and who did something since.
    sa.Index(None, "contact_id", "campaign_id"),
    sa.Index(
        "ix_delivery_opened",
        "opened_at",
        "contact_id",
        sqlite_where=sa.text("opened_at IS NOT NULL"),
        postgresql_where=sa.text("opened_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_delivery_clicked",
        "clicked_at",
        "contact_id",
        sqlite_where=sa.text("clicked_at IS NOT NULL"),
        postgresql_where=sa.text("clicked_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

#: Which delivery a message of the service belongs to, for events that name nothing else. A message may
#: have gone to several addresses.
message = sa.Table(
    "message",
    metadata,
    sa.Column("account_id", Key, primary_key=True, autoincrement=False),
    sa.Column("external_id", Exact, primary_key=True),
    sa.Column("address_id", Key, primary_key=True, autoincrement=False),
    sa.Column("campaign_id", Key, nullable=False),
    sqlite_with_rowid=False,
)

#: How many of the audience were left out, by the audience's verdict.
exclusion = sa.Table(
    "campaign_exclusion",
    metadata,
    sa.Column("campaign_id", Key, sa.ForeignKey("campaign.id"), primary_key=True),
    sa.Column("reason", sa.String(32), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
)

#: Every change of state: who, why, when.
history = sa.Table(
    "campaign_history",
    metadata,
    sa.Column("id", Key, primary_key=True, autoincrement=False),
    sa.Column("campaign_id", Key, sa.ForeignKey("campaign.id"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("from_state", sa.String(16)),
    sa.Column("to_state", sa.String(16), nullable=False),
    sa.Column("run", sa.Integer, nullable=False),
    sa.Column("user_id", Key),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("reason", Json),
)

#: The provider's own figures, as it last told them.
stats = sa.Table(
    "campaign_stats",
    metadata,
    sa.Column("campaign_id", Key, sa.ForeignKey("campaign.id"), primary_key=True),
    sa.Column("figures", Json, nullable=False),
    sa.Column("fetched_at", Instant, nullable=False),
)
