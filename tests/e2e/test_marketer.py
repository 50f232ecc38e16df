"""A marketer's way through the web application, from letters to the statistics of a campaign."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

LONG_MS = 90_000


def test_marketer_imports_letters_sends_a_campaign_and_watches_it_go(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")

    demo.open(page, "/templates")
    page.get_by_role("button", name="Импортировать").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Начать импорт").click()
    expect(dialog.get_by_role("status")).to_contain_text("Импортировано 66 шаблонов")
    dialog.get_by_role("button", name="Закрыть").last.click()

    demo.open(page, "/campaigns/new")
    page.get_by_label("Название рассылки").fill("Проба из браузера")
    page.get_by_role("radio", name=re.compile("Основной аккаунт")).click()
    page.get_by_role("button", name="Далее").click()
    page.get_by_role("radio", name=re.compile("^Пробная группа")).check()
    page.get_by_role("radio", name=re.compile("^Новости")).check()
    page.get_by_role("button", name="Далее").click()
    page.get_by_role("button", name=re.compile("^Возвращение")).click()
    expect(page.get_by_label("Тема", exact=True)).to_have_value(re.compile("скучали"))
    page.get_by_label("Имя отправителя").fill("Книжный дом")
    page.get_by_role("combobox", name="Адрес отправителя").fill("stranger@mayak-books.example")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Далее").click()

    audience = page.get_by_role("region", name="Получатели")
    expect(audience).to_contain_text("В сегменте")
    expect(audience).to_contain_text("Почему исключены")
    page.get_by_role("button", name="Отправить от news@mayak-books.example").click()
    expect(page.get_by_text("подключён")).to_be_visible()
    page.get_by_label("Кому").fill("marketer@mayak-books.example")
    page.get_by_role("button", name="Отправить тест").click()
    expect(page.get_by_text("Отправлено: marketer@mayak-books.example")).to_be_visible()
    page.get_by_role("button", name="Далее").click()
    send = page.get_by_role("button", name=re.compile(r"^Отправить \d+ получател"))
    send.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))

    page.get_by_role("button", name="Отменить отправку").click()
    expect(page.get_by_text("Это черновик")).to_be_visible()
    page.get_by_role("link", name="Продолжить").click()
    page.get_by_role("button", name="Далее").click()
    send.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))

    expect(page.get_by_text("Отправлена", exact=True)).to_be_visible(timeout=LONG_MS)
    delivered = page.get_by_text("Доставлено", exact=True).first.locator("xpath=..")
    expect(delivered).to_contain_text(re.compile(r"[1-9]\d"), timeout=LONG_MS)
    expect(page.get_by_role("region", name="События по времени").locator("svg").first).to_be_visible()

    page.get_by_role("tab", name="Получатели").click()
    expect(page.get_by_role("table", name="Получатели").get_by_role("row")).not_to_have_count(1)
    page.get_by_role("tab", name="Письмо и история").click()
    history = page.get_by_role("region", name="История")
    for state in ("Черновик", "Подготовка", "Отправляется", "Отправлена"):
        expect(history.get_by_text(state, exact=True).first).to_be_visible()


def test_letter_is_shown_in_a_frame_that_may_do_nothing(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/templates?search=Возвращение")
    page.get_by_role("link", name=re.compile("^Возвращение")).click()
    frame = page.get_by_title("Просмотр письма")
    expect(frame.content_frame.get_by_text("Давно не виделись").first).to_be_visible()
    assert frame.get_attribute("sandbox") == ""
    page.get_by_text("Телефон", exact=True).click()
    box = frame.bounding_box()
    assert box is not None and box["width"] <= 390


def test_letter_is_changed_at_the_service_and_refreshed_here(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/templates?search=Опрос")
    page.get_by_role("link", name=re.compile("^Опрос")).click()
    fields = page.get_by_role("region", name="Персонализация").get_by_role("listitem")
    expect(fields.first).to_contain_text("Name")
    expect(fields.first).to_contain_text("Имя контакта")
    frame = page.get_by_title("Просмотр письма").content_frame
    expect(frame.get_by_text("Один вопрос").first).to_be_visible()

    with page.expect_popup() as opened:
        page.get_by_role("link", name="Открыть в сервисе").click()
    editor = opened.value
    body = editor.get_by_label("HTML письма")
    body.fill(body.input_value().replace("Один вопрос", "Единственный вопрос"))
    editor.get_by_role("button", name="Сохранить").click()
    expect(editor.get_by_role("status")).to_contain_text("Сохранено")
    editor.close()

    expect(frame.get_by_text("Один вопрос").first).to_be_visible()
    page.get_by_role("button", name="Обновить", exact=True).click()
    expect(frame.get_by_text("Единственный вопрос").first).to_be_visible()


def test_archived_letter_is_kept_and_the_last_imports_are_told(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/templates")
    last = page.get_by_role("region", name="Последний импорт")
    expect(last).to_contain_text("66 шаблонов")
    last.get_by_role("button", name="Начать импорт: Пробный аккаунт").click()
    expect(last).to_contain_text("5 шаблонов")
    picture = page.locator("a.choice img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 540

    page.get_by_text("Архив", exact=True).click()
    page.get_by_role("link", name=re.compile("Летняя распродажа")).click()
    expect(page.get_by_text("В сервисе этого шаблона больше нет")).to_be_visible()
    expect(page.get_by_title("Просмотр письма").content_frame.get_by_text("дешевле на треть")).to_be_visible()
    expect(page.get_by_role("link", name="Создать рассылку")).to_have_count(0)


def test_statistics_of_past_campaigns_stand_in_the_list_and_on_their_pages(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns?state=sent")
    row = page.get_by_role("row", name=re.compile("Скидка 20 % на визитки"))
    expect(row).to_contain_text(re.compile(r"\d+,\d\s%"))
    row.get_by_role("link").click()
    expect(page.get_by_role("region", name="Воронка").get_by_role("listitem")).to_have_count(5)


def test_declined_campaign_gives_the_services_reason(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/campaigns?state=declined")
    page.get_by_role("link", name="Горящее предложение!!!").click()
    expect(page.get_by_role("alert")).to_contain_text("Сервис отклонил рассылку")
    expect(page.get_by_role("alert")).to_contain_text("похожа на спам")


def test_segment_is_built_and_counted_while_it_is_built(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/segments")
    page.get_by_role("link", name="Новый сегмент").click()
    now = page.get_by_role("region", name="Сейчас в сегменте")
    expect(now).to_contain_text(re.compile(r"10\s\d{3}\sконтакт"))
    page.get_by_label("Название").fill("Казань")
    page.get_by_role("button", name="Добавить условие").click()
    choose(page, "Поле", "Город")
    page.get_by_label("Значение").fill("Казань")
    page.get_by_role("button", name="Добавить группу").click()
    group = page.get_by_role("group", name="Группа условий").nth(1)
    choose(group, "Поле", "Открывал письма")
    group.get_by_label("Кроме тех, кто подходит").check()
    expect(now).to_contain_text(re.compile(r"^Сейчас в сегменте\d{1,3} контакт"))
    expect(now).to_contain_text("Например")
    why = page.get_by_role("region", name="Почему контакт в сегменте или нет")
    why.get_by_role("combobox", name="Контакт").fill("Абрамов")
    page.get_by_role("option", name=re.compile("Абрамов")).first.click()
    expect(why.get_by_role("alert")).to_contain_text("входит в сегмент")
    expect(why.get_by_role("listitem").first).to_contain_text("Город = Казань")
    page.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Казань")
    demo.open(page, "/segments")
    row = page.get_by_role("row", name=re.compile("Казань"))
    expect(row).to_contain_text("Город = Казань и не (Открывал письма из последних 3 рассылок)")


def test_people_are_put_into_a_segment_by_hand_and_taken_out(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/segments/new")
    page.get_by_label("Название").fill("Гости вебинара")
    page.get_by_text("Список вручную").click()
    page.get_by_role("button", name="Сохранить").click()
    page.get_by_role("combobox", name="Добавить контакт").fill("Абрамов")
    option = page.get_by_role("option").first
    name = option.inner_text().split(" · ")[0]
    option.click()
    members = page.get_by_role("table", name="Контакты")
    expect(members).to_contain_text(name)
    members.get_by_role("button", name=f"Убрать {name} из сегмента").click()
    expect(page.get_by_role("main")).to_contain_text("В сегменте пока никого")


def choose(place: Page | Locator, label: str, option: str) -> None:
    """Choose from a drop-down list."""
    place.get_by_role("combobox", name=label).first.click()
    page = place if isinstance(place, Page) else place.page
    page.get_by_role("option", name=option, exact=True).click()


def test_contact_shows_subscriptions_and_takes_a_choice_back(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    # Somebody of our own: who is in a campaign of the demo may bounce, and is written to no more then.
    person = {"name": "Вера Выборова", "emails": ["v.vyborova@example.com"]}
    demo.open(page, f"/contacts/{demo.asks(page, 'POST', '/contacts', person)['id']}")
    choice = page.get_by_role("switch", name="Подписка «Новости»")
    for ground, subscribed in (("По телефону, 5 мая", False), ("Письмом", True)):
        expect(choice).to_be_checked(checked=not subscribed)
        choice.locator("xpath=..").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Записать").click()
        expect(dialog).to_contain_text("Напишите, как это стало известно")
        expect(choice).to_be_checked(checked=not subscribed)
        dialog.get_by_label("Как человек это выбрал").fill(ground)
        dialog.get_by_role("button", name="Записать").click()
        expect(choice).to_be_checked(checked=subscribed)
        expect(page.get_by_role("region", name="Подписки")).to_contain_text(ground)
