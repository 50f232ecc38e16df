"""What the metrics tell of the rooms: rows, queues and workers, looked up only when somebody asks."""

from __future__ import annotations

from vestnik.campaigns.service import Campaigns
from vestnik.db import Database
from vestnik.http.metrics import Metrics
from vestnik.lists.service import Syncs
from vestnik.modules import Modules
from vestnik.sandbox import Sandbox
from vestnik.webhooks.service import Webhooks


def watch(
    metrics: Metrics,
    *,
    database: Database,
    sandbox: Sandbox,
    modules: Modules,
    campaigns: Campaigns,
    syncs: Syncs,
    webhooks: Webhooks,
) -> None:
    """Have the metrics tell the state of each room, whenever somebody asks for it."""
    tell = metrics.watch
    tell(
        "vestnik_webhooks_backlog",
        "Stored requests of services that are due, by state.",
        webhooks.backlog,
        label="state",
    )
    tell(
        "vestnik_campaigns",
        "Campaigns by state.",
        campaigns.register.counts,
        label="state",
    )
    tell(
        "vestnik_sync_runs",
        "Runs of list syncs that have not ended, by state.",
        syncs.register.counts,
        label="state",
    )
    tell(
        "vestnik_writer_queue",
        "Units of work that wait for the writer, by priority.",
        database.queued,
        label="priority",
    )
    tell(
        "vestnik_sandbox_workers",
        "Workers of the sandbox by what they do.",
        lambda: {name: sandbox.counts()[name] for name in ("busy", "warm", "blank")},
        label="state",
    )
    tell("vestnik_sandbox_queue", "Calls that wait for a worker.", lambda: {"": sandbox.counts()["waiting"]})
    tell(
        "vestnik_module_recordings_left_out",
        "Calls that were not recorded because the writer did not keep up.",
        lambda: {"": modules.recorder.left_out},
        kind="counter",
    )
    tell(
        "vestnik_module_recordings_quiet",
        "Webhooks that were not recorded because another of the account was a moment ago.",
        lambda: {"": modules.recorder.quiet},
        kind="counter",
    )
    tell(
        "vestnik_module_recorder_failures",
        "What the recorder of calls failed in, besides recordings left out.",
        lambda: {"": modules.recorder.failures},
        kind="counter",
    )
