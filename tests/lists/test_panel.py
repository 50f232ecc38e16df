"""The contact's provider panel: blocks, their age and their trouble, and what is changed in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.application import settings  # noqa: F401
from tests.lists.panel_site import ANNA, OTHER, SILENT, Site, ok, open_site

from vestnik.audit.tables import audit_row
from vestnik.campaigns.statuses import CLICKED, COUNTERS, DELIVERED, HARD_BOUNCED, OPENED, SENT
from vestnik.campaigns.tables import campaign, delivery
from vestnik.contacts.addresses import normalise
from vestnik.contacts.tables import address, consent
from vestnik.db import new_key, now
from vestnik.lists import panel
from vestnik.modules.tables import account
from vestnik.settings import Settings

#: What is no matter of the database.
ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:  # noqa: F811
    async with open_site(settings) as site:
        yield site


async def test_the_panel_opens_without_asking_anybody(site: Site) -> None:
    card = ok(await site.desk.get(f"/contacts/{site.contact_id}/panel"))

    assert card == {
        "contactId": site.contact_id,
        "name": "Анна",
        "emails": [{"address": ANNA, "primary": True}, {"address": OTHER, "primary": False}],
        "accounts": [
            {
                "id": site.account_id,
                "title": "Club",
                "moduleName": "club",
                "moduleTitle": {"ru": "Клуб", "en": "Club"},
                "teller": "service",
                "mayChange": True,
                "mayMend": True,
                "failing": False,
            }
        ],
    }
    assert site.club.asked == []


async def test_a_block_shows_lists_campaigns_and_activity_in_the_services_words(site: Site) -> None:
    received = [
        {"name": f"Письмо {number}", "sentAt": "2026-11-01T09:00:00Z", "opens": number, "clicks": 0}
        for number in range(5)
    ]
    activity = {"averageOpens": 2.0, "averageClicks": 0.5, "lastOpenedAt": "2026-11-02T09:00:00Z"}
    statuses = {"1": "subscribed", "2": "unsubscribed"}
    site.club.knows(ANNA, statuses, recentCampaigns=received, activity=activity)

    block = await site.block()

    fetched_at = block.pop("fetchedAt")
    assert fetched_at is not None
    assert block == {
        "accountId": site.account_id,
        "email": ANNA,
        "found": True,
        "lists": [
            {"externalId": "1", "title": "Новости", "status": "subscribed", "changedAt": None},
            {"externalId": "2", "title": "Акции", "status": "unsubscribed", "changedAt": None},
        ],
        "recentCampaigns": [{**each, "source": "service", "campaignId": None} for each in received[:3]],
        "activity": {
            "averageOpens": 2.0,
            "averageClicks": 0.5,
            "source": "service",
            "lastOpenedAt": "2026-11-02T09:00:00Z",
            "lastClickedAt": None,
            "lastSource": "service",
        },
        "ageS": 0,
        "problem": None,
    }


@ONE_DATABASE
async def test_somebody_in_no_list_is_not_found_and_has_no_activity(site: Site) -> None:
    block = await site.block()

    assert (block["found"], block["lists"], block["recentCampaigns"], block["activity"]) == (
        False,
        [],
        [],
        None,
    )


@ONE_DATABASE
async def test_each_address_is_asked_for_itself_and_no_other_address_is_answered(site: Site) -> None:
    site.club.knows(OTHER, {"2": "pending"})

    assert (await site.block(ANNA))["found"] is False
    assert (await site.block(OTHER))["lists"][0]["status"] == "pending"
    stranger = await site.desk.get(f"{site.path()}?email=boris@example.com")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")


@ONE_DATABASE
async def test_readers_at_once_ask_once_and_later_ones_are_told_the_age(site: Site) -> None:
    site.club.knows(ANNA, {"1": "subscribed"})
    site.club.open.clear()
    reading = asyncio.gather(*(site.block() for _ in range(5)))
    while not site.club.asked:
        await asyncio.sleep(0.01)
    site.club.open.set()

    blocks = await reading
    again = await site.block()
    site.club.knows(ANNA, {"1": "deleted"})
    anew = await site.block(fresh=True)

    assert {each["fetchedAt"] for each in blocks} == {again["fetchedAt"]}
    assert anew["lists"][0]["status"] == "deleted"
    assert site.club.calls("/person") == 2


@ONE_DATABASE
async def test_a_broken_service_is_a_problem_of_its_block_with_what_was_known_before(site: Site) -> None:
    site.club.trouble = "we are being rebuilt"
    broken = await site.block()
    other = await site.block(OTHER, fresh=True)
    asked = len(site.club.asked)
    await site.block()

    assert (broken["found"], broken["lists"], broken["problem"]["code"]) == (None, [], "module_raised")
    assert other["problem"]["code"] == "module_raised"
    # Others leave it in peace for some seconds.
    assert len(site.club.asked) == asked

    site.club.trouble = None
    site.club.knows(ANNA, {"1": "subscribed"})
    assert (await site.block(fresh=True))["problem"] is None
    site.club.trouble = "again"
    stale = await site.block(fresh=True)
    assert (stale["found"], len(stale["lists"]), stale["problem"]["code"]) == (True, 1, "module_raised")
    assert stale["ageS"] is not None


@ONE_DATABASE
async def test_a_slow_service_does_not_keep_the_page_and_its_answer_is_there_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.services.panel.profiles, "_deadline_s", 0.05)
    site.club.knows(ANNA, {"1": "subscribed"})
    site.club.open.clear()

    slow = await site.block()
    assert (slow["found"], slow["problem"]["code"]) == (None, "panel_service_slow")

    site.club.open.set()
    monkeypatch.setattr(site.services.panel.profiles, "_deadline_s", panel.DEADLINE_S)
    late = await site.block()
    assert (late["found"], late["problem"], site.club.calls("/person")) == (True, None, 1)


async def test_where_a_service_cannot_tell_vestniks_own_letters_do_and_say_so(site: Site) -> None:
    campaign_id = await _received(site, opened=True)
    site.club.knows(ANNA, {"1": "subscribed"}, activity={"lastClickedAt": "2026-11-03T10:00:00Z"})

    block = await site.block()

    [letter] = block["recentCampaigns"]
    assert (letter["name"], letter["source"], letter["campaignId"]) == ("Осень", "vestnik", str(campaign_id))
    assert (letter["opens"], letter["clicks"]) == (1, 0)
    activity = block["activity"]
    assert (activity["averageOpens"], activity["source"]) == (1.0, "vestnik")
    assert (activity["lastClickedAt"], activity["lastSource"]) == ("2026-11-03T10:00:00Z", "service")


async def test_a_module_that_knows_nobody_has_a_block_of_our_own_letters(site: Site) -> None:
    silent = await site.add_module("silent", SILENT, "http://127.0.0.1:9")
    await _received(site, account_id=int(silent), opened=False)

    card = ok(await site.desk.get(f"/contacts/{site.contact_id}/panel"))
    block = ok(await site.desk.get(f"{site.path(silent)}?email={ANNA}"))

    assert [(each["teller"], each["mayChange"]) for each in card["accounts"]] == [
        ("service", True),
        ("vestnik", False),
    ]
    assert (block["found"], block["lists"], block["problem"]) == (None, [], None)
    assert [each["source"] for each in block["recentCampaigns"]] == ["vestnik"]
    refused = await site.desk.post(
        f"{site.path(silent)}/subscriptions",
        {"email": ANNA, "changes": [{"listExternalId": "1", "subscribed": True}]},
    )
    assert (refused.status_code, refused.json()["code"]) == (501, "module_not_implemented")


async def test_accounts_that_do_not_work_come_last(site: Site) -> None:
    other = await site.add_module("silent", SILENT, "http://127.0.0.1:9")
    await site.services.modules.accounts.checked(int(site.account_id), "failing", None)

    card = ok(await site.desk.get(f"/contacts/{site.contact_id}/panel"))

    shown = [(each["id"], each["failing"]) for each in card["accounts"]]
    assert shown == [(other, False), (site.account_id, True)]


async def test_a_key_that_the_service_refuses_is_told_as_that(site: Site) -> None:
    source = SILENT.replace("GetSenders():\n    return []", "GetSubscriber(contact):\n    raise KeyRefused()")
    source = f"from vestnik_sdk import KeyRefused\n{source}"
    account_id = await site.add_module("shut", source, "http://127.0.0.1:9")

    block = ok(await site.desk.get(f"{site.path(account_id)}?email={ANNA}"))

    assert (block["problem"]["code"], block["problem"]["title"]) == (
        "module_key_refused",
        "Сервис не принимает ключ",
    )


async def test_a_letter_that_came_back_was_not_received(site: Site) -> None:
    await _received(site, opened=False, flags=SENT | DELIVERED | HARD_BOUNCED)
    site.club.knows(ANNA, {"1": "subscribed"})

    block = await site.block()

    assert (block["recentCampaigns"], block["activity"]) == ([], None)


async def test_lists_are_chosen_saved_and_told_one_by_one(site: Site) -> None:
    site.club.lists["3"] = "Закрытый клуб"
    site.club.refuses["3"] = "Members only"
    site.club.knows(ANNA, {"1": "subscribed"})

    choices = await site.choices()
    assert {key: (each["title"], each["subscribed"]) for key, each in choices.items()} == {
        "2": ("Акции", False),
        "3": ("Закрытый клуб", False),
        "1": ("Новости", True),
    }
    results = await site.save({"1": False, "2": True, "3": True})

    assert [(each["title"], each["ok"], each["code"], each["reason"]) for each in results] == [
        ("Новости", True, None, None),
        ("Акции", True, None, None),
        ("Закрытый клуб", False, "refused", "Members only"),
    ]
    # What was known is forgotten by the change.
    assert [each["title"] for each in (await site.block())["lists"]] == ["Акции"]
    [handed] = [body for path, body in site.club.asked if path == "/change"]
    assert handed["subscriber"] == {"email": ANNA, "contactId": site.contact_id, "name": "Анна"}
    async with site.services.database.read() as connection:
        row = (
            await connection.execute(
                sa.select(audit_row).where(audit_row.c.action == "contact.lists_changed")
            )
        ).one()
    assert (str(row.object_id), row.fields) == (site.contact_id, ["Акции", "Закрытый клуб", "Новости"])


async def test_a_list_that_the_person_left_opens_by_fresh_consent_alone(site: Site) -> None:
    category_id = await site.category("Новости месяца", "1")
    site.club.knows(ANNA, {"1": "unsubscribed"})
    site.club.people[ANNA]["lists"][0]["changedAt"] = "2026-11-01T10:00:00Z"

    lock = (await site.choices())["1"]["lock"]
    assert (lock["code"], lock["since"], lock["opensByConsent"]) == ("left", "2026-11-01T10:00:00Z", True)
    [refused] = await site.save({"1": True})
    [too_old] = await site.save({"1": True}, {"how": "по телефону", "when": "2026-10-01T10:00:00Z"})
    assert (refused["code"], too_old["code"]) == ("left", "consent_too_old")
    assert site.club.calls("/change") == 0

    when = (now() - timedelta(minutes=5)).isoformat()
    [result] = await site.save({"1": True}, {"how": "по телефону", "when": when})
    assert (result["ok"], site.club.calls("/change")) == (True, 1)
    async with site.services.database.read() as connection:
        [row] = (await connection.execute(sa.select(consent))).all()
    assert (str(row.contact_id), str(row.category_id)) == (site.contact_id, category_id)
    assert (row.state, row.how, row.from_where.partition(":")[0]) == ("given", "по телефону", "user")


async def test_consent_for_a_list_without_category_has_to_name_one(site: Site) -> None:
    site.club.knows(ANNA, {"2": "unsubscribed"})
    told = {"how": "на выставке", "when": now().isoformat()}

    [refused] = await site.save({"2": True}, told)
    assert refused["code"] == "no_category"
    category_id = ok(await site.desk.post("/categories", {"title": "Акции"}))["id"]
    [result] = await site.save({"2": True}, {**told, "categoryId": category_id})
    assert result["ok"] is True


async def test_who_unsubscribed_here_comes_back_by_consent_and_leaves_the_stop_list(site: Site) -> None:
    category_id = await site.category("Новости месяца", "1")
    await _unsubscribed_here(site, int(category_id))

    assert (await site.choices())["1"]["lock"]["code"] == "left_here"
    [refused] = await site.save({"1": True})
    assert refused["code"] == "left_here"
    [result] = await site.save({"1": True}, {"how": "лично", "when": now().isoformat()})
    assert result["ok"] is True
    assert ok(await site.desk.post("/stop-list/find", {"address": ANNA}))["items"] == []
    assert (await site.choices())["1"]["lock"] is None


async def test_no_to_a_category_locks_its_list_wherever_it_came_from(site: Site) -> None:
    category_id = await site.category("Новости месяца", "1")
    refusal = {"categoryId": category_id, "state": "withdrawn", "how": "по телефону"}
    ok(await site.desk.post(f"/contacts/{site.contact_id}/consents", refusal))

    assert (await site.choices())["1"]["lock"]["code"] == "left_here"
    [refused] = await site.save({"1": True})
    assert refused["code"] == "left_here"


async def test_a_complaint_a_block_and_a_no_to_everything_stay_whatever_is_said(site: Site) -> None:
    consent_now = {"how": "лично", "when": now().isoformat()}
    ok(await site.desk.post(f"/contacts/{site.contact_id}/consents", {**_NO_TO_ALL}))
    [all_of_it] = await site.save({"1": True}, consent_now)
    ok(await site.desk.post("/stop-list", {"address": ANNA}))
    [stopped] = await site.save({"1": True}, consent_now)
    ok(await site.desk.patch(f"/contacts/{site.contact_id}", {"blocked": True}))
    [blocked] = await site.save({"1": True}, consent_now)

    assert [each["code"] for each in (all_of_it, stopped, blocked)] == [
        "unsubscribed_all",
        "stop_list",
        "blocked",
    ]
    assert site.club.calls("/change") == 0


@pytest.mark.parametrize("key", ["1 ", "new", "1\u200b"])
async def test_a_list_that_the_service_did_not_tell_of_is_locked_like_any_other(site: Site, key: str) -> None:
    ok(await site.desk.post("/stop-list", {"address": ANNA}))
    [refused] = await site.save({key: True}, {"how": "лично", "when": now().isoformat()})
    [taken_out] = await site.save({key: False})
    assert (refused["code"], refused["title"], taken_out["ok"]) == ("stop_list", key, True)
    assert site.club.calls("/change") == 1


async def test_taking_out_is_never_locked(site: Site) -> None:
    ok(await site.desk.post("/stop-list", {"address": ANNA}))
    site.club.knows(ANNA, {"1": "subscribed"})

    [result] = await site.save({"1": False})

    assert (result["ok"], site.club.people[ANNA]["lists"]) == (True, [])


@ONE_DATABASE
async def test_a_service_that_fails_changes_nothing_and_says_so(site: Site) -> None:
    site.club.trouble = "closed"
    told = {"email": ANNA, "changes": [{"listExternalId": "1", "subscribed": True}]}

    answer = await site.desk.post(f"{site.path()}/subscriptions", told)

    assert (answer.status_code, answer.json()["code"]) == (502, "module_raised")
    assert site.club.calls("/change") == 0


@ONE_DATABASE
@pytest.mark.parametrize(
    "body",
    [
        {"changes": []},
        {"changes": [{"listExternalId": "1", "subscribed": True}] * 2},
        {
            "changes": [{"listExternalId": "1", "subscribed": True}],
            "consent": {"how": "лично", "when": "2090-01-01T00:00:00Z"},
        },
        {
            "changes": [{"listExternalId": "1", "subscribed": True}],
            "consent": {"how": "лично", "when": "2026-01-01T00:00:00"},
        },
        {
            "changes": [{"listExternalId": "1", "subscribed": True}],
            "consent": {"how": "лично", "when": "2026-01-01T00:00:00Z", "categoryId": "99"},
        },
    ],
    ids=["nothing", "twice", "future", "zoneless", "no such category"],
)
async def test_changes_that_make_no_sense_are_refused(site: Site, body: dict[str, object]) -> None:
    answer = await site.desk.post(f"{site.path()}/subscriptions", {"email": ANNA, **body})

    assert (answer.status_code, site.club.calls("/change")) == (422, 0)


async def test_an_account_that_is_for_others_has_no_block(site: Site) -> None:
    only_me = account.update().values(open_to=[0])
    await site.services.database.write(lambda connection: connection.execute(only_me))
    seller = await site.installation.signed_in("sales_manager")

    card = ok(await seller.get(f"/contacts/{site.contact_id}/panel"))
    block = await seller.get(f"{site.path()}?email={ANNA}")

    assert (card["accounts"], block.status_code) == ([], 404)
    assert (await site.block())["found"] is False


async def test_a_machine_reads_the_whole_panel_of_an_address_with_one_request(site: Site) -> None:
    await site.add_module("silent", SILENT, "http://127.0.0.1:9")
    site.club.knows(ANNA, {"1": "subscribed"})
    made = ok(await site.desk.post("/keys", {"name": "CRM", "rights": ["contacts.read"]}))
    machine = await site.installation.browser()
    machine.headers = {"authorization": f"Bearer {made['key']}"}

    known = ok(await machine.get("/panel?email=Anna@Example.com"))
    unknown = ok(await machine.get("/panel?email=nobody@example.com"))

    assert (known["contactId"], known["email"]) == (site.contact_id, ANNA)
    assert [(each["found"], len(each["lists"])) for each in known["blocks"]] == [(True, 1), (None, 0)]
    assert (unknown["contactId"], unknown["blocks"][0]["found"]) == (None, False)


_NO_TO_ALL = {"categoryId": None, "state": "withdrawn", "how": "письмо", "fromWhere": "почта"}


async def _unsubscribed_here(site: Site, category_id: int) -> None:
    """Anna unsubscribed by a letter's link."""

    contacts = site.services.contacts

    def stop(connection: sa.Connection) -> None:
        anna = [normalise("email", ANNA)]
        at = now() - timedelta(days=1)
        contacts.suppress(
            connection, anna, reason="unsubscribe", category_id=category_id, source="webhook:1", at=at
        )

    await site.services.database.write(stop)


async def _received(
    site: Site, *, opened: bool, account_id: int | None = None, flags: int | None = None
) -> int:
    """A campaign of the account of which Anna got a letter."""

    campaign_id, at = new_key(), now()
    facts = flags if flags is not None else SENT | DELIVERED | (OPENED if opened else 0)

    def keep(connection: sa.Connection) -> None:
        texts = ("subject", "preview_text", "sender_name", "sender_email", "reply_to", "text")
        values = dict.fromkeys(texts, "") | dict.fromkeys(COUNTERS, 0)
        connection.execute(
            campaign.insert().values(
                **values,
                id=campaign_id,
                name="Осень",
                name_folded="осень",
                type="email",
                account_id=account_id or int(site.account_id),
                state="sent",
                run=1,
                created_at=at,
                updated_at=at,
                launched_at=at,
                planned_to=0,
                attempts=0,
                recipients=1,
            )
        )
        address_id = connection.scalar(sa.select(address.c.id).where(address.c.normalised == ANNA))
        connection.execute(
            delivery.insert().values(
                campaign_id=campaign_id,
                address_id=address_id,
                contact_id=int(site.contact_id),
                flags=facts,
                at=at,
                opened_at=at if facts & OPENED else None,
                clicked_at=at if facts & CLICKED else None,
            )
        )

    await site.services.database.write(keep)
    return campaign_id
