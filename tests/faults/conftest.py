"""Installations and a sending service to break: each test ends exactly the processes that it started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.product import Desk, Product, Simulator

from vestnik_simulator import simulator_process

#: Events that a killed server could not take come again after a second.
IMPATIENT = ("--retry-interval-s", "1", "--calls-per-minute", "0", "--campaigns-per-minute", "0")


@contextmanager
def at_service(folder: Path, *arguments: str) -> Iterator[Simulator]:
    """A sending service of its own."""
    with simulator_process(folder / "simulator", *IMPATIENT, *arguments) as running:
        service = Simulator(running)
        yield service
        service.close()


@contextmanager
def installed(folder: Path, database_url: str | None = None, **environ: str) -> Iterator[Product]:
    """An installation after its first start; whatever happens to it, it writes no fault into its log."""
    product = Product(folder, database_url, **environ)
    try:
        product.found()
        yield product
    finally:
        product.close()
    assert product.faults_in_log() == []


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """The sending service."""
    with at_service(tmp_path) as service:
        yield service


@pytest.fixture
def product(tmp_path: Path, empty_database_url: str) -> Iterator[Product]:
    """An installation, once on each kind of database."""
    with installed(tmp_path, empty_database_url) as product:
        yield product


@pytest.fixture
def desk(product: Product, simulator: Simulator) -> Desk:
    """What a person does with them."""
    return Desk(product, simulator)
