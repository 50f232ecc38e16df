"""HTTP of the page System."""

from __future__ import annotations

from datetime import datetime

from vestnik.http.api import Context, Id, Router, Shape
from vestnik.http.errors import Language
from vestnik.modules.api.walls import WallsCard
from vestnik.modules.api.walls import card as walls_card
from vestnik.modules.metrics import Load
from vestnik.system.service import Glance, QueueName

router = Router("system")


class CheckShape(Shape):
    """A check as `/readyz` makes it; `stops`: nothing is answered so."""

    name: str
    ok: bool
    stops: bool
    code: str
    reason: str


class OpenAlert(Shape):
    """What fails now; everybody in charge of it has been written to, where outgoing mail is set up."""

    kind: str
    title: str
    reason: str | None
    since: datetime
    path: str | None


class QueueShape(Shape):
    """What waits, since when the oldest, and whether that is longer than usual."""

    name: QueueName
    waiting: int
    since: datetime | None
    late: bool


class ProcessShape(Shape):
    """A process that does durable work; `own` answered this request."""

    id: str
    seen_at: datetime
    alive: bool
    own: bool


class LoadShape(Shape):
    calls: int
    failures: int
    cpu_ms: float


class ModuleUseShape(Shape):
    """What a module did in the last hour and day, in slots of five minutes, trials of drafts left out."""

    id: Id
    title: str
    enabled: bool
    version: int | None
    hour: LoadShape
    day: LoadShape


class DiskShape(Shape):
    """Bytes."""

    folder: str
    total: int
    free: int
    database: int
    recordings: int


class SystemCard(Shape):
    """How the installation is. Queues of `writer` and `sandbox`, workers and walls are of one process."""

    at: datetime
    checks: list[CheckShape]
    alerts: list[OpenAlert]
    letters_go: bool
    queues: list[QueueShape]
    workers: dict[str, int]
    hosts: list[ProcessShape]
    modules: list[ModuleUseShape]
    received_at: datetime | None
    disk: DiskShape
    versions: dict[str, str]
    walls: WallsCard


@router.get("/system", returns=SystemCard, right="system.read")
async def get_system(context: Context) -> SystemCard:
    """How the installation is at this moment: what is wrong, what waits, what modules cost."""
    services = context.services
    glance = await services.system.glance(context.actor)
    walls, go = walls_card(services.sandbox), await services.alerts.letters_go()
    return _card(glance, context.language, walls, letters_go=go)


def _card(glance: Glance, language: Language, walls: WallsCard, *, letters_go: bool) -> SystemCard:
    disk = glance.disk
    return SystemCard(
        at=glance.at,
        checks=[
            CheckShape(name=name, ok=each.ok, stops=each.stops, code=each.code, reason=each.reason[language])
            for name, each in glance.checks.items()
        ],
        alerts=[
            OpenAlert(
                kind=each.kind,
                title=each.title[language],
                reason=None if each.reason is None else each.reason[language],
                since=each.since,
                path=each.path,
            )
            for each in glance.alerts
        ],
        letters_go=letters_go,
        queues=[
            QueueShape(name=each.name, waiting=each.waiting, since=each.since, late=each.late)
            for each in glance.queues
        ],
        workers=dict(glance.workers),
        hosts=[
            ProcessShape(id=each.id, seen_at=each.seen_at, alive=each.alive, own=each.own)
            for each in glance.hosts
        ],
        modules=[
            ModuleUseShape(
                id=str(each.id),
                title=each.title[language],
                enabled=each.enabled,
                version=each.version,
                hour=_load(each.hour),
                day=_load(each.day),
            )
            for each in glance.modules
        ],
        received_at=glance.received_at,
        disk=DiskShape(
            folder=disk.folder,
            total=disk.total,
            free=disk.free,
            database=disk.database,
            recordings=disk.recordings,
        ),
        versions=dict(glance.versions),
        walls=walls,
    )


def _load(load: Load) -> LoadShape:
    return LoadShape(calls=load.calls, failures=load.failures, cpu_ms=round(load.cpu_ms, 1))
