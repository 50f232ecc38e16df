"""The pages for people."""

import re

from tests.simulator.conftest import Client


async def test_the_first_page_says_that_nobody_was_written_to_twice(simulator: Client) -> None:
    page = (await simulator.http.get("/")).text
    assert '<div class="figure twice good"><b>0</b><span>написано дважды: каждое письмо' in page
    assert "Имитатор Unisender" in page
    assert 'href="/campaign-monitor?lang=ru"' in page.replace("'", '"')
    english = (await simulator.http.get("/?lang=en")).text
    assert "<b>0</b><span>written to twice: every letter reached" in english


async def test_a_letter_written_twice_is_shown_on_every_page_that_counts(simulator: Client) -> None:
    list_id = await simulator.list_with("Список", "a@mail.example")
    keys = [await simulator.campaign(list_id, "Новости <1>") for _ in range(2)]
    for key in keys:
        await simulator.ended(key)
    for path in ("/", f"/campaigns/{keys[0]}"):
        assert '<div class="figure twice bad"><b>1</b>' in (await simulator.http.get(path)).text
    found = (await simulator.http.get("/sent?address=A@mail.example")).text
    assert "<span class=bad-text>2</span>" in found
    assert "Новости &lt;1&gt;" in found


async def test_recipients_come_in_pages(simulator: Client) -> None:
    emails = [f"p{index:03}@mail.example" for index in range(120)]
    key = await simulator.campaign(await simulator.list_with("Список", *emails))
    await simulator.ended(key)
    seen = []
    for offset in (0, 50, 100):
        page = (await simulator.http.get(f"/campaigns/{key}?offset={offset}")).text
        seen.append(len(re.findall(r"p\d{3}@mail\.example", page)))
    assert seen == [50, 50, 20]


async def test_moderation_is_decided_by_a_button(simulator: Client) -> None:
    list_id = await simulator.list_with("Список", "a@mail.example")
    key = await simulator.campaign(list_id, "[модерация] Письмо")
    page = (await simulator.http.get(f"/campaigns/{key}")).text
    assert "Пропустить" in page
    answer = await simulator.http.post(
        f"/campaigns/{key}/moderation?lang=en", data={"decision": "decline", "reason": "Нет согласия"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/campaigns/{key}?lang=en")
    assert "Нет согласия" in (await simulator.http.get(f"/campaigns/{key}")).text


async def test_pages_allow_no_foreign_resource(simulator: Client) -> None:
    answer = await simulator.http.get("/")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for name in ("style.css", "refresh.js"):
        assert (await simulator.http.get(f"/assets/{name}")).status_code == 200


async def test_a_template_is_edited_where_the_service_shows_it(simulator: Client) -> None:
    first = (await simulator.result("listTemplates", limit=1))[0]
    path = f"/templates/{first['id']}"
    page = (await simulator.http.get(path)).text
    assert "<h2>Шаблон: Приветственное письмо</h2>" in page
    assert "{{Name}}" in page
    sent = {"title": "Новое <имя>", "subject": "Тема", "body": "<p>Иначе</p>"}
    answer = await simulator.http.post(f"{path}?lang=en", data=sent)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}?lang=en&saved=1")
    changed = await simulator.result("getTemplate", template_id=first["id"])
    assert (changed["title"], changed["subject"], changed["body"]) == tuple(sent.values())
    assert changed["updated"] >= first["updated"]
    assert "Новое &lt;имя&gt;" in (await simulator.http.get(f"{path}?saved=1")).text
    assert (await simulator.http.post(path, data={"title": "x"})).status_code == 400
    assert (await simulator.http.get("/templates/9999")).status_code == 404
    assert (await simulator.http.post("/templates/9999", data=sent)).status_code == 404
