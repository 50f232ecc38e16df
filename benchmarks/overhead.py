"""What being watched costs: recording of module calls, and traces for OpenTelemetry, in alternating rounds.

`off` neither records nor traces. Without the extra `vestnik[otel]`, or while no `OTEL_…` variable asks for
traces, nothing of OpenTelemetry is imported: `off` and `recorded` are what an installation without it does.
`traced` records, and exports its spans to a collector on this machine, which counts its requests. Webhooks
come as fast as they are answered; blocks of the panel, each a call with a request to the service, at a steady
pace.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import installation as site
from benchmarks import panel
from benchmarks.load import drive
from benchmarks.webhooks import Traffic
from vestnik.app import answering, build_services
from vestnik.db.migrate import migrate
from vestnik.people.access import SYSTEM
from vestnik.settings import Settings
from vestnik_simulator import simulator_process

ROUNDS = 5
SECONDS = 5.0
CONNECTIONS = 16
BLOCKS = 120
VARIANTS = ("off", "recorded", "traced")
_NO_LIMITS = ("--calls-per-minute", "0", "--start-delay-s", "0")


def run() -> dict[str, Any]:
    """Medians of the rounds for each variant, and the ratios to `off`; above 1 is dearer, or faster."""
    with _collector() as collector:
        rounds = {"webhooks": _webhooks(collector), "panel": _panel(collector)}
        told = collector.bodies
    figures: dict[str, Any] = {"exports_taken_by_the_collector": told}
    for load, measured in rounds.items():
        for variant, each in measured.items():
            figures[f"{load}_{variant}"] = {
                name: round(median(one[name] for one in each), 3) for name in each[0]
            }
        for variant in VARIANTS[1:]:
            figures[f"{load}_{variant}_beside_off"] = {
                name: round(
                    median(
                        own[name] / off[name]
                        for own, off in zip(measured[variant], measured["off"], strict=True)
                    ),
                    3,
                )
                for name in measured["off"][0]
            }
    return figures


class _Collector(ThreadingHTTPServer):
    """Takes what is exported to it, and counts the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.bodies = 0


class _Taking(BaseHTTPRequestHandler):
    server: _Collector

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.bodies += 1
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def _collector() -> Iterator[_Collector]:
    with _Collector() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _environ(variant: str, collector: _Collector) -> Mapping[str, str]:
    if variant != "traced":
        return {}
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}"}


def _webhooks(collector: _Collector) -> dict[str, list[dict[str, float]]]:
    """Webhooks a second with one event each, and processor time of the server for each."""
    measured: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        seeded = site.seeded(Path(folder))
        traffic = Traffic(seeded.path)
        for number in range(ROUNDS):
            for variant in _turn(number):
                asyncio.run(_record(seeded.settings, variant != "off"))
                with site.served(seeded, **_environ(variant, collector)) as (process, port):
                    asyncio.run(drive(port, traffic.requests(1, 1_000), connections=CONNECTIONS))
                    before = site.cpu_s(process.pid)
                    load = asyncio.run(
                        drive(port, traffic.requests(1, 20_000), connections=CONNECTIONS, seconds=SECONDS)
                    )
                    used = site.cpu_s(process.pid) - before
                measured[variant].append(
                    {"per_s": load.per_s, "processor_ms_each": used / load.requests * 1000}
                )
    return measured


def _panel(collector: _Collector) -> dict[str, list[dict[str, float]]]:
    """Milliseconds of a block that is asked of the service, and processor time of the server for each."""
    measured: dict[str, list[dict[str, float]]] = {variant: [] for variant in VARIANTS}
    with (
        tempfile.TemporaryDirectory() as folder,
        site.database(Path(folder)) as database_url,
        simulator_process(Path(folder) / "sim", *_NO_LIMITS) as simulator,
    ):
        port = site.free_port()
        settings = replace(Settings.from_environment({}), data_dir=Path(folder), database_url=database_url)
        settings = settings.at_port(port)
        migrate(settings.database_url)
        people, account_id, key = asyncio.run(panel.seed(settings, simulator))
        for number in range(ROUNDS):
            for variant in _turn(number):
                asyncio.run(_record(settings, variant != "off"))
                command = [sys.executable, "-m", "vestnik", "serve"]
                with site.serving(command, settings, port, **_environ(variant, collector)) as process:
                    api = f"http://127.0.0.1:{port}/api/v1/contacts"
                    blocks = [
                        f"{api}/{id}/panel/{account_id}?email={site.email(number)}&fresh=true"
                        for number, id in enumerate(people)
                    ]
                    panel.timed(blocks[-panel.READERS :], key)
                    before = site.cpu_s(process.pid)
                    took = panel.timed(blocks[:BLOCKS], key, panel.PAUSE_S)
                    used = site.cpu_s(process.pid) - before
                measured[variant].append(
                    {"p50_ms": took["p50_ms"], "processor_ms_each": used / BLOCKS * 1000}
                )
    return measured


def _turn(number: int) -> tuple[str, ...]:
    """The variants in another order each time, so that none is always the first."""
    place = number % len(VARIANTS)
    return (*VARIANTS[place:], *VARIANTS[:place])


async def _record(settings: Settings, enabled: bool) -> None:
    services = build_services(settings)
    async with answering(services):
        for each in {row.module_id for row in await services.modules.accounts.rows()}:
            await services.modules.workbench.set_recording(SYSTEM, each, enabled)
