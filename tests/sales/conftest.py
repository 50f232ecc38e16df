"""Deals, orders and job tickets on a database of each kind."""

from __future__ import annotations

import pytest
from tests.application import installation, settings

from vestnik.db import Database
from vestnik.sales.service import Sales

__all__ = ["installation", "sales", "settings"]


@pytest.fixture
def sales(database: Database) -> Sales:
    return Sales(database)
