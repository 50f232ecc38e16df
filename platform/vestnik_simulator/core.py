"""One simulator: its parts, how they are built, changed and reset."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request

from vestnik_simulator import seed
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Storage
from vestnik_simulator.traffic import Traffic
from vestnik_simulator.unisender.dispatch import Api
from vestnik_simulator.unisender.sending import Sending
from vestnik_simulator.unisender.webhooks import Attempts, Outbox, Pace


@dataclass
class Simulator:
    """The parts of one simulator."""

    options: Options
    storage: Storage
    traffic: Traffic
    outbox: Outbox
    sending: Sending
    api: Api

    def change(self, options: Options) -> None:
        """Take other settings from now on; the data folder stays."""
        self.options = self.outbox.options = self.sending.options = self.api.options = options
        self.outbox.pace = Pace(options.webhook_rate)

    def reset(self) -> None:
        """Forget everything and sow the seed again."""
        self.sending.forget()
        self.storage.clear()
        seed.sow(self.storage, self.options)
        self.traffic.reset()
        self.outbox.attempts = Attempts()
        self.outbox.hooks_changed()


@contextlib.asynccontextmanager
async def working_simulator(options: Options) -> AsyncIterator[Simulator]:
    """A simulator whose background work runs as long as the context."""
    storage = Storage(options.data)
    seed.sow(storage, options)
    outbox = Outbox(storage, options)
    sending = Sending(storage, options, outbox)
    traffic = Traffic()
    simulator = Simulator(options, storage, traffic, outbox, sending, Api(storage, options, traffic, sending))
    outbox.refresh()
    work = asyncio.create_task(sending.run())
    try:
        yield simulator
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await outbox.stop()
        storage.close()


def simulator_of(request: Request) -> Simulator:
    """The simulator that a request came to."""
    found: Simulator = request.app.state.simulator
    return found
