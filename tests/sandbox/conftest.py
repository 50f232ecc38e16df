"""One sandbox for each test file: its event loop is the file's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from vestnik.sandbox import Sandbox


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    """A started sandbox; every test leaves it able to run the next one."""
    async with Sandbox() as started:
        yield started
