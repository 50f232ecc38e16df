"""Campaigns: sending, moderation, statistics, and the count of who was written to how often."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from tests.simulator.conftest import Client

from vestnik_simulator import running_simulator

FATES = {
    "a+delivered@mail.example": "ok_delivered",
    "b+read@mail.example": "ok_read",
    "c+click@mail.example": "ok_link_visited",
    "d+unsubscribe@mail.example": "ok_unsubscribed",
    "e+spam@mail.example": "ok_fbl",
    "f+unknown@mail.example": "err_user_unknown",
    "g+full@mail.example": "err_mailbox_full",
}


async def test_a_campaign_is_sent_once_to_everyone_and_counted(simulator: Client) -> None:
    key = await simulator.campaign(await simulator.list_with("Список", *FATES), track_read=1, track_links=1)
    await simulator.ended(key)
    assert await simulator.result("getCampaignCommonStats", campaign_id=key) == {
        "total": 7,
        "sent": 7,
        "delivered": 5,
        "read_unique": 4,
        "read_all": 4,
        "clicked_unique": 1,
        "clicked_all": 1,
        "unsubscribed": 1,
        "spam": 1,
    }
    stats = await simulator.result("getCampaignDeliveryStats", campaign_id=key)
    assert {row[0]: row[1] for row in stats["data"]} == FATES
    links = await simulator.result("getVisitedLinks", campaign_id=key)
    assert [row[:2] for row in links["data"]] == [["c+click@mail.example", "https://mayak-books.example/new"]]
    sent = await simulator.seen(f"sent?campaign={key}")
    assert (sent["recipients"], sent["letters"], sent["duplicates"]) == (7, 7, 0)


async def test_delivery_results_come_as_a_file_too(simulator: Client) -> None:
    await simulator.set(export_s=0)
    key = await simulator.campaign(await simulator.list_with("Список", *FATES), track_read=1, track_links=1)
    await simulator.ended(key)
    task = await simulator.result("async/getCampaignDeliveryStats", campaign_id=key)
    rows = csv.DictReader(io.StringIO(await simulator.file(task)))
    assert {row["email"]: row["send_result"] for row in rows} == FATES


PAST = {
    "id": 7,
    "kind": "email",
    "subject": "Итоги",
    "sender_name": "Маяк",
    "sender": "news@mayak-books.example",
    "list_title": "Итоги квартала",
    "status": "completed",
    "start": 1_760_000_000.0,
    "finished": 1_760_002_400.0,
    "figures": {"total": 3, "sent": 2, "delivered": 2, "read_unique": 1, "read_all": 1},
    "recipients": [
        ["anna@mail.example", "ok_delivered", 1_760_000_100.0],
        ["boris@mail.example", "ok_read", 1_760_000_200.0],
        ["vera@mail.example", "not_sent", None],
    ],
    "visits": [],
}


async def test_a_campaign_of_the_past_is_known_once_however_often_it_is_told(simulator: Client) -> None:
    for _ in range(2):
        kept = await simulator.http.post(
            "/_simulator/campaigns", json={"account": "mayak", "campaigns": [PAST]}
        )
        assert (kept.status_code, kept.json()) == (200, {"campaigns": 1})
    unknown = await simulator.http.post(
        "/_simulator/campaigns", json={"account": "nobody", "campaigns": [PAST]}
    )
    assert unknown.status_code == 404
    late = {"campaign_id": "7", "email": "anna@mail.example", "status": "ok_link_visited"}
    strange = {"campaign_id": "unknown-1", "email": "anna@mail.example", "status": "ok_read"}
    events = [{"name": "email_status", "data": data} for data in (late, strange)]
    await simulator.http.post("/_simulator/events", json={"account": "mayak", "events": events})

    assert await simulator.result("getCampaignCommonStats", campaign_id=7) == {
        "total": 3,
        "sent": 2,
        "delivered": 2,
        "read_unique": 2,
        "read_all": 2,
        "clicked_unique": 1,
        "clicked_all": 1,
        "unsubscribed": 0,
        "spam": 0,
    }
    stats = await simulator.result("getCampaignDeliveryStats", campaign_id=7)
    assert [row[:2] for row in stats["data"]] == [
        ["anna@mail.example", "ok_link_visited"],
        ["boris@mail.example", "ok_read"],
        ["vera@mail.example", "not_sent"],
    ]
    state = await simulator.seen("state")
    assert (state["campaigns"], state["letters"], state["twice"]) == (1, 2, 0)
    key = await simulator.campaign(await simulator.list_with("Список", "a@mail.example"))
    assert key == 8


async def test_without_tracking_nothing_is_read_or_followed(simulator: Client) -> None:
    key = await simulator.campaign(await simulator.list_with("Список", *FATES))
    card = await simulator.ended(key)
    assert (card["delivered"], card["read_unique"], card["clicked_unique"]) == (5, 0, 0)


async def test_the_same_letter_sent_again_is_counted_as_written_twice(simulator: Client) -> None:
    emails = [f"person{index}@mail.example" for index in range(3)]
    list_id = await simulator.list_with("Список", *emails)
    await simulator.ended(await simulator.campaign(list_id, "Новости"))
    assert (await simulator.seen("state"))["twice"] == 0
    await simulator.ended(await simulator.campaign(list_id, "Другое письмо"))
    assert (await simulator.seen("state"))["twice"] == 0
    await simulator.ended(await simulator.campaign(list_id, "Новости"))
    assert (await simulator.seen("sent?twice=1"))["duplicates"] == 3
    assert (await simulator.seen("state"))["twice"] == 3


async def test_the_same_message_is_refused_within_an_hour(simulator: Client) -> None:
    list_id = await simulator.list_with("Список", "a@mail.example")
    await simulator.campaign(list_id)
    assert (await simulator.call("createCampaign", message_id=1))["code"] == "invalid_arg"


async def test_a_letter_needs_a_verified_sender_and_a_list_with_people(simulator: Client) -> None:
    list_id = (await simulator.result("createList", title="Пустой"))["id"]
    letter = {"sender_name": "x", "subject": "Тема", "body": "текст", "list_id": list_id}
    refused = await simulator.call("createEmailMessage", sender_email="draft@mayak.example", **letter)
    assert refused["error"] == "Адрес отправителя draft@mayak.example не подтверждён"
    message = await simulator.result("createEmailMessage", sender_email="news@mayak-books.example", **letter)
    empty = await simulator.call("createCampaign", message_id=message["message_id"])
    assert empty["error"] == "В списке нет получателей"


async def test_moderation_holds_declines_and_lets_pass(simulator: Client) -> None:
    await simulator.set(moderation_s=0.02)
    list_id = await simulator.list_with("Список", "a@mail.example")
    waiting = await simulator.campaign(list_id, "[модерация] Первое")
    assert (await simulator.result("getCampaignStatus", campaign_id=waiting))["status"] == "waits_censor"
    held = await simulator.campaign(list_id, "[задержать] Второе")
    assert (await simulator.ended(held, "censor_hold"))["sent"] == 0
    declined = await simulator.campaign(list_id, "[отклонить] Третье")
    await simulator.ended(declined, "declined")
    status = await simulator.result("getCampaignStatus", campaign_id=declined)
    assert status["reason"].startswith("Письмо похоже на рассылку без согласия")
    for key in (waiting, held):
        path = f"/_simulator/campaigns/{key}/moderation"
        assert (await simulator.http.post(path, json={"decision": "approve"})).status_code == 200
        assert (await simulator.ended(key))["sent"] == 1
    path = f"/_simulator/campaigns/{declined}/moderation"
    assert (await simulator.http.post(path, json={"decision": "approve"})).status_code == 400


async def test_a_scheduled_campaign_can_be_cancelled_and_a_finished_one_cannot(simulator: Client) -> None:
    list_id = await simulator.list_with("Список", "a@mail.example")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    later = await simulator.campaign(list_id, "Завтра", start_time=tomorrow, timezone="UTC")
    assert (await simulator.result("getCampaignStatus", campaign_id=later))["status"] == "scheduled"
    await simulator.result("cancelCampaign", campaign_id=later)
    assert (await simulator.result("getCampaignStatus", campaign_id=later))["status"] == "canceled"
    sent = await simulator.campaign(list_id)
    await simulator.ended(sent)
    assert (await simulator.call("cancelCampaign", campaign_id=sent))["code"] == "invalid_arg"


async def test_text_messages_go_the_same_way_by_phone(simulator: Client) -> None:
    list_id = (await simulator.result("createList", title="Телефоны"))["id"]
    rows = [[f"+7 (911) 000-00-0{index}", list_id] for index in range(3)] + [["12", list_id]]
    answer = await simulator.result(
        "importContacts", field_names=["phone", "phone_list_ids"], data=rows, overwrite_lists=0
    )
    assert (answer["inserted"], [entry["code"] for entry in answer["log"]]) == (3, ["invalid_phone"])
    message = await simulator.result("createSmsMessage", sender="Mayak", body="Скидки", list_id=list_id)
    key = (await simulator.result("createCampaign", message_id=message["message_id"]))["campaign_id"]
    await simulator.ended(key)
    assert [item["address"] for item in (await simulator.seen(f"sent?campaign={key}"))["items"]] == [
        "79110000000",
        "79110000001",
        "79110000002",
    ]


async def test_the_same_seed_gives_the_same_fates(tmp_path: Path) -> None:
    results = []
    for _ in range(2):
        async with running_simulator(None, "--seed", "7", "--start-delay-s", "0") as running:
            async with httpx.AsyncClient(base_url=running.url) as http:
                client = Client(http, running.api_keys["mayak"])
                emails = [f"person{index}@mail.example" for index in range(400)]
                key = await client.campaign(await client.list_with("Список", *emails), track_read=1)
                await client.ended(key)
                stats = await client.result("getCampaignDeliveryStats", campaign_id=key)
                results.append(Counter((row[0], row[1]) for row in stats["data"]))
    assert results[0] == results[1]
    kinds = Counter(status for _, status in results[0])
    assert kinds["ok_delivered"] > kinds["ok_read"] > sum(kinds[name] for name in kinds if name[:3] == "err")


async def test_a_campaign_goes_on_after_the_simulator_was_stopped(tmp_path: Path) -> None:
    slow = ("--send-rate", "200", "--start-delay-s", "0")
    emails = [f"person{index}@mail.example" for index in range(1000)]
    async with running_simulator(tmp_path, *slow) as running:
        async with httpx.AsyncClient(base_url=running.url) as http:
            client = Client(http, running.api_keys["mayak"])
            key = await client.campaign(await client.list_with("Список", *emails))
            await client.ended(key, "in_progress")
    async with running_simulator(tmp_path, "--start-delay-s", "0") as running:
        async with httpx.AsyncClient(base_url=running.url) as http:
            client = Client(http, running.api_keys["mayak"])
            before = await client.seen(f"campaigns/{key}")
            assert before["sent"] <= 1000
            card = await client.ended(key)
            assert (card["total"], card["sent"]) == (1000, 1000)
            sent = await client.seen(f"sent?campaign={key}")
            assert (sent["recipients"], sent["duplicates"]) == (1000, 0)
