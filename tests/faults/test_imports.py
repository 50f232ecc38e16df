"""`kill -9` of the server while a file comes in: the result is that of a server nobody killed."""

from __future__ import annotations

import csv
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.contacts.imports.file_server import FileServer, serving
from tests.faults.product import Product
from tests.processes import until

pytestmark = pytest.mark.slow

SEED = os.environ.get("VESTNIK_FAULT_SEED", "1")
PEOPLE = 5_000
#: Every so many rows one is refused, one names a person for the second time, one an unsubscribed person.
REFUSED, AGAIN, LEFT = 100, 40, 500
KILLS = 3
COUNTS = ("created", "updated", "unchanged", "skipped", "rejected", "keptUnsubscribed")
TITLES = ["ФИО", "E-mail", "Компания", "Внешний номер"]


def rows(prefix: str) -> list[list[str]]:
    """A file's rows: people of some companies, with what real files have of mistakes and repetitions."""
    found = []
    for number in range(PEOPLE):
        email = f"{prefix}{number}@example.com"
        if number % REFUSED == 7:
            email = "не адрес"
        if number % AGAIN == 11:
            email = f"{prefix}{number - 5}@example.com"
        key = "" if number % AGAIN == 11 else f"{prefix}-{number}"
        found.append([f"Человек {prefix} {number:05d}", email, f"Компания {number % 30}", key])
    return found


def text_of(file: list[list[str]]) -> str:
    return "\n".join(";".join(row) for row in [TITLES, *file]) + "\n"


class Importer:
    """A person who imports files through the API."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.chance = random.Random(SEED)  # noqa: S311
        self.category_id = str(product.post("/categories", {"title": "Новости"})["id"])
        self.segment_id = str(product.post("/segments", {"name": "Из файла", "members": []})["id"])

    def leave(self, prefix: str) -> None:
        """Some of the people of a file are here before it, and have unsubscribed."""
        people = [
            {
                "externalId": f"{prefix}-{number}",
                "name": "Отписался",
                "emails": [f"{prefix}{number}@example.com"],
            }
            for number in range(0, PEOPLE, LEFT)
        ]
        made = self.product.post("/contacts/batch", {"contacts": people})["results"]
        for each in made:
            left = {"categoryId": self.category_id, "state": "withdrawn", "how": "По телефону"}
            self.product.post(f"/contacts/{each['id']}/consents", left)

    def begin(self, text: str) -> str:
        """Upload a file and start its import; its key."""
        answer = self.product.api.post("/imports", params={"fileName": "people.csv"}, content=text.encode())
        assert answer.is_success, answer.text
        return self.start(answer.json())

    def start(self, card: dict[str, Any]) -> str:
        """Start an import as it was guessed."""
        body = {
            "reading": card["reading"],
            "columns": card["columns"],
            "titles": card["titles"],
            "policy": {
                "duplicates": "update",
                "segmentId": self.segment_id,
                "categoryId": self.category_id,
                "how": "Анкета",
            },
        }
        self.product.post(f"/imports/{card['id']}/start", body)
        return str(card["id"])

    def card(self, import_id: str) -> Any:
        return self.product.get(f"/imports/{import_id}")

    def kill_in_the_middle(self, import_id: str, part: float) -> None:
        """Kill the server when about this part of the rows is in, and start it again."""
        until(lambda: self.card(import_id)["doneRows"] >= part * PEOPLE, f"{part:.0%} of the rows are in")
        self.product.kill()
        self.product.start()

    def done(self, import_id: str) -> Any:
        """Wait until the import ended well; its card."""
        until(lambda: self.card(import_id)["state"] in ("done", "failed"), "the import ends")
        card = self.card(import_id)
        assert card["state"] == "done", card["reason"]
        return card

    def rejects(self, import_id: str) -> list[str]:
        """The numbers of the rows that were not taken."""
        answer = self.product.api.get(f"/imports/{import_id}/rejects")
        lines = csv.reader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";")
        return [line[0] for line in lines][1:]

    def people(self, **selection: Any) -> list[tuple[str, ...]]:
        """Contacts as an export tells of them."""
        body = {"selection": selection, "format": "csv"}
        answer = self.product.api.post("/contacts/export", json=body)
        assert answer.is_success, answer.text
        lines = answer.content.decode("utf-8-sig").splitlines()
        return sorted(tuple(line) for line in csv.reader(lines, delimiter=";"))[:-1]

    def members(self) -> int:
        """How many are in the segment."""
        return len(self.people(filters={"segmentId": self.segment_id}))


@pytest.fixture
def importer(product: Product) -> Importer:
    return Importer(product)


@pytest.fixture
def files() -> Iterator[FileServer]:
    with serving() as files:
        yield files


def counts(card: Any) -> dict[str, int]:
    return {name: card[name] for name in (*COUNTS, "doneRows", "totalRows")}


def as_if_unkilled(importer: Importer, run: Callable[[str, str], Any]) -> None:
    """Import a file in peace, then one like it while the server is killed: nothing tells them apart."""
    importer.leave("calm")
    calm = importer.done(importer.begin(text_of(rows("calm"))))
    in_segment = importer.members()
    importer.leave("wild")
    wild = run("wild", text_of(rows("wild")))
    assert counts(wild) == counts(calm)
    assert importer.rejects(wild["id"]) == importer.rejects(calm["id"])
    assert importer.members() == 2 * in_segment
    expected = {"rejected": PEOPLE // REFUSED, "keptUnsubscribed": PEOPLE // LEFT}
    assert {name: calm[name] for name in expected} == expected
    assert calm["created"] + calm["updated"] + calm["unchanged"] + calm["rejected"] == PEOPLE
    people = importer.people(search="calm")
    assert len(people) == calm["created"] + PEOPLE // LEFT
    others = [tuple(value.replace("wild", "calm") for value in row) for row in importer.people(search="wild")]
    assert sorted(others) == people


def test_an_import_of_a_killed_server_ends_as_if_nobody_had_killed_it(importer: Importer) -> None:
    def killed(_: str, text: str) -> Any:
        import_id = importer.begin(text)
        for number in range(KILLS):
            importer.kill_in_the_middle(import_id, (number + importer.chance.random()) / (KILLS + 1))
        return importer.done(import_id)

    as_if_unkilled(importer, killed)


def test_a_scheduled_import_killed_while_it_fetches_and_while_it_imports_runs_once(
    importer: Importer, files: FileServer
) -> None:
    product = importer.product

    def newest(schedule_id: str) -> Any:
        return product.get(f"/imports/schedules/{schedule_id}")["run"]

    def scheduled(_: str, text: str) -> Any:
        files.serve(text)
        files.flows.clear()
        body = {"name": "Сайт", "url": files.url, "everyHours": 1, "privateAllowed": True}
        schedule_id = product.post("/imports/schedules", body)["id"]
        assert files.half_way.wait(60)
        product.kill()
        files.flows.set()
        product.start()
        until(lambda: newest(schedule_id)["state"] == "fetched", "the file is fetched anew")
        import_id = importer.start(importer.card(newest(schedule_id)["importId"]))
        importer.kill_in_the_middle(import_id, importer.chance.uniform(0.1, 0.6))
        card = importer.done(import_id)
        product.post(f"/imports/schedules/{schedule_id}/run", {})
        until(lambda: newest(schedule_id)["state"] == "unchanged", "the same file is skipped")
        made = product.get("/imports")
        assert [each["state"] for each in made["items"]] == ["done", "done"]
        assert product.get(f"/imports/schedules/{schedule_id}/runs")["total"] == 2
        return card

    as_if_unkilled(importer, scheduled)
