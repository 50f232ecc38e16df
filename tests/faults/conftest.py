"""Installations and a sending service to break: each test ends exactly the processes that it started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.product import Desk, Product, Simulator

from vestnik_simulator import simulator_process

#: Events that a killed server could not take come again after a second.
IMPATIENT = ("--retry-interval-s", "1", "--calls-per-minute", "0", "--campaigns-per-minute", "0")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """The sending service."""
    with simulator_process(tmp_path / "simulator", *IMPATIENT) as running:
        service = Simulator(running)
        yield service
        service.close()


@pytest.fixture
def product(tmp_path: Path, empty_database_url: str) -> Iterator[Product]:
    """An installation after its first start, once on each kind of database; it must never write a fault."""
    made = Product(tmp_path, empty_database_url)
    made.found()
    yield made
    made.close()
    assert made.faults_in_log() == []


@pytest.fixture
def desk(product: Product, simulator: Simulator) -> Desk:
    """What a person does with them."""
    return Desk(product, simulator)
