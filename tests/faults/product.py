"""An installation as people run it: `vestnik` as a process of its own, used through its HTTP API alone."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from tests.processes import WITHIN_S, Command, Running, until

from vestnik.people.access import RIGHTS
from vestnik_simulator import RunningSimulator

ROOT = Path(__file__).parents[2]
UNISENDER = ROOT / "user_modules" / "unisender"
PASSWORD = "a long pass phrase"
#: Recipients of one call of ExportContacts or PrepareCampaign: launches of a few people have many steps.
CHUNK = 10
SENDER = "news@mayak-books.example"


class Product:
    """One installation: its process is started, killed and started again on the same port and data."""

    def __init__(self, folder: Path, database_url: str | None = None, **environ: str) -> None:
        self.data_dir = folder / "data"
        self.command = Command(self.data_dir, database_url, **environ)
        self.address = self.command.address
        self.log: list[str] = []
        #: Words of the faults that a test brings about itself.
        self.tolerates: tuple[str, ...] = ()
        self.running: Running | None = None
        self.api = httpx.Client(base_url=f"{self.address}/api/v1", timeout=WITHIN_S, trust_env=False)

    def found(self) -> None:
        """The first start: the link, the organisation, an API key with every right."""
        self.running = self.command.start("up")
        link = self.running.line("First start: open")
        form = {
            "token": link.partition("token=")[2],
            "organisation": "Ромашка",
            "language": "en",
            "timezone": "Europe/Moscow",
            "baseUrl": self.address,
            "name": "Ольга",
            "email": "olga@example.org",
            "password": PASSWORD,
        }
        session = self.post("/setup", form)
        confirmed = {"x-csrf-token": session["csrf"], "origin": self.address}
        rights = sorted(RIGHTS - {"demo.play"})
        made = self.post("/keys", {"name": "Tests", "rights": rights}, headers=confirmed)
        self.api.cookies.clear()
        self.api.headers["authorization"] = f"Bearer {made['key']}"

    def start(self) -> None:
        """Serve again; returns when it is ready."""
        self.running = self.command.start("serve")
        self.running.line("Vestnik is ready")

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End the process by a signal; its exit status."""
        assert self.running is not None
        status = self.running.stop(by)
        self.log += self.running.said
        self.running = None
        return status

    def kill(self) -> None:
        """`kill -9`, and nothing else ended it before."""
        assert self.end(signal.SIGKILL) == -signal.SIGKILL, self.log[-5:]

    def close(self) -> None:
        """End whatever still runs."""
        if self.running is not None:
            self.end()
        self.api.close()

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self.running is not None
        return self.running.process.pid

    # The HTTP API

    def request(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """One request to the API."""
        return self.api.request(method, path, json=body, **options)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer of a request that must succeed."""
        answer = self.request(method, path, body, **options)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        return self.call("GET", path, params=query)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.call("POST", path, body, **options)

    def faults_in_log(self) -> list[str]:
        """What no server may ever write: errors of the platform, tracebacks beside the log."""
        return [line for line in self.log if self._is_fault(line)]

    def _is_fault(self, line: str) -> bool:
        if any(words in line for words in self.tolerates):
            return False
        if line.startswith("Traceback"):
            return not self.tolerates
        return '"level": "error"' in line or '"level": "critical"' in line


class Simulator:
    """The sending service's own record, and what is to go wrong there."""

    def __init__(self, running: RunningSimulator) -> None:
        self.url, self.api_key = running.url, running.api_keys["mayak"]
        self.client = httpx.Client(base_url=f"{running.url}/_simulator/", timeout=WITHIN_S, trust_env=False)

    def close(self) -> None:
        """Let go of the connection."""
        self.client.close()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def fault(self, method: str, kind: str, **more: Any) -> None:
        """Have the next call of a method go wrong."""
        self.post("faults", {"method": method, "kind": kind, **more})

    def mend(self) -> None:
        """Forget the faults that nothing ran into."""
        self.client.delete("faults")

    def awaits(self, method: str) -> bool:
        """True while a fault waits for its call of `method`."""
        return any(fault["method"] == method for fault in self.get("faults")["items"])

    def calls(self, method: str) -> int:
        """How often a method was called and answered."""
        methods = self.get("requests")["methods"]
        return int(methods.get(method, {"calls": 0})["calls"])

    def change(self, **options: Any) -> None:
        """Change rates, limits, moderation."""
        answer = self.client.patch("options", json=options)
        assert answer.is_success, answer.text

    def written(self, campaign_id: str) -> dict[str, int]:
        """Who was written to for one of our campaigns, how often."""
        sent = self.get("sent", list=f"Vestnik campaign {campaign_id}", limit=10_000)
        return {item["address"]: item["times"] for item in sent["items"]}

    def campaigns(self, campaign_id: str) -> list[dict[str, Any]]:
        """The service's campaigns on the list of one of ours."""
        title = f"Vestnik campaign {campaign_id}"
        return [each for each in self.get("campaigns")["items"] if each["list_title"] == title]

    def create_campaign_of_latest_message(self) -> None:
        """Carry out the call that a campaign's creation ends in, for the latest message that was made."""
        message_id = self.calls("createEmailMessage")
        form = {"api_key": self.api_key, "message_id": message_id, "track_read": 1, "track_links": 1}
        answer = httpx.post(f"{self.url}/ru/api/createCampaign?format=json", data=form, timeout=WITHIN_S)
        assert "campaign_id" in answer.json()["result"], answer.text

    def told(self) -> None:
        """Wait until every event was taken by whom it is for."""
        until(lambda: self.get("webhooks")["waiting"]["events"] == 0, "the service's events are delivered")


#: The service's word for a letter -> the status that we show.
STATUSES = {
    "not_sent": "handed_over",
    "ok_sent": "sent",
    "ok_delivered": "delivered",
    "ok_read": "opened",
    "ok_link_visited": "clicked",
    "ok_unsubscribed": "unsubscribed",
    "ok_fbl": "spam",
    "err_user_unknown": "hard_bounced",
    "err_mailbox_full": "soft_bounced",
    "err_spam_rejected": "soft_bounced",
}


class Desk:
    """What a person does: connects a service, collects people, writes campaigns and sends them."""

    def __init__(self, product: Product, simulator: Simulator) -> None:
        self.product, self.simulator = product, simulator
        self.module_id = self.account_id = self.template_id = self.category_id = self.segment_id = ""

    def connect(self, *, chunk: int = CHUNK, source: str | None = None) -> None:
        """Install the module `unisender`, add an account, approve its addresses, check the connection."""
        product = self.product
        self.module_id = product.post("/modules/catalogue/unisender/install")["id"]
        self.save_version(source or (UNISENDER / "module.py").read_text(), chunk=chunk)
        product.post(f"/modules/{self.module_id}/enable")
        settings = {"base_url": self.simulator.url, "api_key": self.simulator.api_key}
        body = {"moduleId": self.module_id, "title": "Маяк", "settings": settings}
        self.account_id = product.post("/accounts", body)["id"]
        self.approve_hosts(self.account_id)
        checked = product.post(f"/accounts/{self.account_id}/check")
        assert checked["ok"], checked

    def install(self, filename: str, source: str, settings: Mapping[str, Any] | None = None) -> None:
        """Upload a module that is one file, switch it on, add an account."""
        file = {"file": (filename, source.encode())}
        answer = self.product.api.post("/modules/upload", files=file)
        assert answer.is_success, answer.text
        self.module_id = answer.json()["id"]
        self.product.post(f"/modules/{self.module_id}/enable")
        body = {"moduleId": self.module_id, "title": filename, "settings": settings or {}}
        self.account_id = self.product.post("/accounts", body)["id"]

    def approve_hosts(self, account_id: str) -> None:
        """Approve every address that the module asks for, by name in the private network too."""
        items = self.product.get(f"/accounts/{account_id}/hosts")["items"]
        choices = [
            {name: item[name] for name in ("pattern", "scheme", "port")}
            | {"privateNetwork": "*" not in item["pattern"], "approved": True}
            for item in items
        ]
        self.product.call("PUT", f"/accounts/{account_id}/hosts", {"items": choices})

    def save_version(self, source: str, *, chunk: int = CHUNK) -> str:
        """Publish a text of the module, with small batches; its version's id."""
        manifest = json.loads((UNISENDER / "module.json").read_text())
        del manifest["$schema"]
        functions = ("exportContacts", "prepareCampaign", "addSubscribers", "removeSubscribers")
        manifest["batchSizes"] |= dict.fromkeys(functions, chunk)
        body = {"source": source, "manifest": manifest, "note": "for tests"}
        version_id = str(self.product.post(f"/modules/{self.module_id}/versions", body)["id"])
        publish = f"/modules/{self.module_id}/versions/{version_id}/publish"
        self.product.post(publish, {"confirmed": True})
        return version_id

    def import_templates(self) -> int:
        """Import the account's templates to the end; how many. The first is the one to send."""
        started = self.product.post("/templates/import", {"accountId": self.account_id})
        path = f"/templates/imports/{started['id']}"
        until(lambda: self.product.get(path)["state"] != "running", "templates are imported")
        found = self.product.get(path)
        page = self.product.get("/templates", accountId=self.account_id, limit=1)
        self.template_id = page["items"][0]["id"]
        return int(found["imported"])

    def gather(self, emails: Iterable[str]) -> tuple[list[str], str]:
        """Create a contact for each address, and a segment of them; the contacts' ids, and the segment's."""
        contacts = [self.product.post("/contacts", {"name": each, "emails": [each]})["id"] for each in emails]
        segment = self.product.post("/segments", {"name": f"Читатели с {contacts[0]}", "members": contacts})
        return contacts, str(segment["id"])

    def prepare(self, emails: Iterable[str], *, chunk: int = CHUNK) -> None:
        """Everything before a first campaign."""
        self.connect(chunk=chunk)
        assert self.import_templates() > 0
        self.category_id = self.product.post("/categories", {"title": "Новости"})["id"]
        _, self.segment_id = self.gather(emails)

    def draft(self, name: str, subject: str = "Осенние новости", **more: Any) -> str:
        """A campaign to the segment; its id."""
        body = {
            "name": name,
            "subject": subject,
            "senderName": "Книжный дом «Маяк»",
            "senderEmail": SENDER,
            "accountId": self.account_id,
            "templateId": self.template_id,
            "segmentId": self.segment_id,
            "categoryId": self.category_id,
        }
        return str(self.product.post("/campaigns", body | more)["id"])

    def send(self, name: str, **more: Any) -> str:
        """Write a campaign and send it; its id."""
        campaign_id = self.draft(name, **more)
        self.act(campaign_id, "send", {})
        return campaign_id

    def act(self, campaign_id: str, action: str, body: Any = None) -> Any:
        """Press a button of the campaign's page."""
        return self.product.post(f"/campaigns/{campaign_id}/{action}", body)

    def card(self, campaign_id: str) -> Any:
        """The campaign's page."""
        return self.product.get(f"/campaigns/{campaign_id}")

    def follow(self, campaign_id: str, *states: str) -> Any:
        """Wait until the campaign is in one of `states`; its card."""
        deadline = time.monotonic() + WITHIN_S
        while (card := self.card(campaign_id))["state"] not in states:
            if time.monotonic() > deadline:
                raise AssertionError(f"never {states}: {card['state']} {card['reason']} {card['progress']}")
            time.sleep(0.02)
        return card

    def settle(self, campaign_ids: Sequence[str]) -> None:
        """Wait until each campaign is sent, and all that happened to its letters is told and counted."""
        for campaign_id in campaign_ids:
            self.follow(campaign_id, "sent")
        self.simulator.told()
        for campaign_id in campaign_ids:
            until(
                lambda id=campaign_id: self.figures(id) == self.figures_of_service(id),  # type: ignore[misc]
                f"figures of {campaign_id}: {self.figures(campaign_id)}"
                f" as the service's {self.figures_of_service(campaign_id)}",
            )

    def figures(self, campaign_id: str) -> dict[str, int]:
        """Our own numbers, of those that the service counts too."""
        told = self.product.get(f"/campaigns/{campaign_id}/stats")["figures"]
        names = ("sent", "delivered", "opened", "clicked", "unsubscribed", "bounced", "spam")
        return {name: told[name] for name in names}

    def figures_of_service(self, campaign_id: str) -> dict[str, int]:
        """The same from the service's record."""
        names = {
            "sent": "sent",
            "delivered": "delivered",
            "read_unique": "opened",
            "clicked_unique": "clicked",
            "unsubscribed": "unsubscribed",
            "failed": "bounced",
            "spam": "spam",
        }
        found = self.simulator.campaigns(campaign_id)
        return {ours: sum(each[theirs] for each in found) for theirs, ours in names.items()}

    def deliveries_at_service(self, campaign_id: str) -> dict[str, str]:
        """What became of each letter by the service's record, in our words."""
        return {
            item["address"]: STATUSES[item["result"]]
            for found in self.simulator.campaigns(campaign_id)
            for item in self.simulator.get(f"campaigns/{found['id']}/recipients", limit=1000)["items"]
        }

    def deliveries(self, campaign_id: str) -> dict[str, str]:
        """Each recipient's status."""
        page = self.product.get(f"/campaigns/{campaign_id}/deliveries", limit=1000)
        assert page["next"] is None
        return {item["address"]: item["status"] for item in page["items"]}


def once(emails: Collection[str]) -> dict[str, int]:
    """What a service's record looks like when everybody was written to exactly once."""
    return dict.fromkeys(emails, 1)
