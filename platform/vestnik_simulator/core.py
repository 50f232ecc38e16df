"""One simulator: its parts, how they are built, changed and reset."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request

from vestnik_simulator import seed
from vestnik_simulator.campaign_monitor import seed as list_seed
from vestnik_simulator.campaign_monitor.dispatch import ListApi
from vestnik_simulator.campaign_monitor.members import Members
from vestnik_simulator.campaign_monitor.outbox import ListOutbox
from vestnik_simulator.campaign_monitor.sending import ListSending
from vestnik_simulator.mailbox.folders import Folders
from vestnik_simulator.mailbox.post import Post
from vestnik_simulator.mailbox.server import MailServer
from vestnik_simulator.options import Options
from vestnik_simulator.storage import Storage
from vestnik_simulator.traffic import Traffic
from vestnik_simulator.unisender.dispatch import Api
from vestnik_simulator.unisender.files import Files
from vestnik_simulator.unisender.sending import Sending
from vestnik_simulator.unisender.webhooks import Attempts, Outbox, Pace


@dataclass
class Simulator:
    """The parts of one simulator."""

    options: Options
    storage: Storage
    traffic: Traffic
    outbox: Outbox
    files: Files
    sending: Sending
    api: Api
    members: Members
    list_outbox: ListOutbox
    list_sending: ListSending
    list_api: ListApi
    mail: MailServer
    post: Post

    def change(self, options: Options) -> None:
        """Take other settings from now on; the data folder stays."""
        self.options = self.outbox.options = self.sending.options = self.api.options = options
        self.list_outbox.options = self.list_sending.options = self.list_api.options = options
        self.outbox.pace = Pace(options.webhook_rate)

    def reset(self) -> None:
        """Forget everything and sow the seed again."""
        self.sending.forget()
        self.storage.clear()
        self.members.forget()
        self.files.forget()
        seed.sow(self.storage, self.options)
        list_seed.sow(self.storage, self.options)
        self.mail.folders = Folders()
        self.post.forget()
        self.traffic.reset()
        self.outbox.attempts = Attempts()
        self.outbox.hooks_changed()


@contextlib.asynccontextmanager
async def working_simulator(options: Options) -> AsyncIterator[Simulator]:
    """A simulator whose background work runs as long as the context."""
    storage = Storage(options.data)
    members = Members(storage)
    seed.sow(storage, options)
    list_seed.sow(storage, options)
    outbox = Outbox(storage, options)
    traffic = Traffic()
    files = Files(storage, options, traffic)
    sending = Sending(storage, options, outbox, files)
    list_outbox = ListOutbox(storage, options)
    list_sending = ListSending(storage, options, members, list_outbox)
    simulator = Simulator(
        options=options,
        storage=storage,
        traffic=traffic,
        outbox=outbox,
        files=files,
        sending=sending,
        api=Api(storage, options, traffic, sending),
        members=members,
        list_outbox=list_outbox,
        list_sending=list_sending,
        list_api=ListApi(storage, options, traffic, members, list_sending),
        mail=MailServer(),
        post=Post(),
    )
    outbox.refresh()
    works = [asyncio.create_task(each.run()) for each in (sending, files, list_sending, list_outbox)]
    try:
        async with simulator.mail.listening(), simulator.post.listening():
            yield simulator
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        await outbox.stop()
        files.close()
        storage.close()


def simulator_of(request: Request) -> Simulator:
    """The simulator that a request came to."""
    found: Simulator = request.app.state.simulator
    return found
