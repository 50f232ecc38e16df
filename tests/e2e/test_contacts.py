"""A marketer's way with contacts: found, filtered, imported, merged, changed and let go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect
from tests.e2e.conftest import Site

pytestmark = pytest.mark.slow

PEOPLE = "ФИО;Почта;Мобильный;Откуда"
FILE = (
    f"{PEOPLE}\r\n"
    "Браузерова Алла Петровна;alla@import.example.org;8 (946) 000-00-01;Тверь\r\n"
    "Браузеров Борис Ильич;boris@import.example.org;;Казань\r\n"
    "Браузеров Виктор Ильич;не почта;;Казань\r\n"
)


def test_contacts_are_found_filtered_kept_as_a_view_and_put_into_a_segment(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/contacts")
    people = page.get_by_role("table", name="Контакты")
    page.get_by_role("searchbox", name="Имя, адрес, телефон или клиент").press_sequentially("абрамов")
    expect(page.get_by_text(re.compile(r"^Показано 25 из \d{2,3}$"))).to_be_visible()
    page.get_by_role("button", name="Фильтры").click()
    page.get_by_role("combobox", name="Фильтр по дополнительному полю").click()
    page.get_by_role("option", name="Этап").click()
    page.get_by_role("combobox", name="Этап").click()
    page.get_by_role("option", name="переговоры").click()
    expect(page.get_by_text("Этап: переговоры")).to_be_visible()
    expect(people.get_by_role("row")).not_to_have_count(26)

    page.get_by_role("button", name="Виды").click()
    page.get_by_role("menuitem", name="Сохранить как вид…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название вида").fill("Абрамовы на переговорах")
    dialog.get_by_role("button", name="Сохранить").click()
    views = page.get_by_role("button", name="Абрамовы на переговорах")
    expect(views).to_be_focused()
    found = people.get_by_role("link").all_inner_texts()

    demo.open(page, "/contacts")
    page.get_by_role("button", name="Виды").click()
    page.get_by_role("menuitem", name="Абрамовы на переговорах").click()
    expect(page.get_by_text("Этап: переговоры")).to_be_visible()
    expect(people.get_by_role("link")).to_have_text(found)

    page.get_by_label("Выбрать всех на странице").check()
    bar = page.get_by_role("region", name="Действия с выбранными")
    bar.get_by_role("button", name="Действия", exact=True).click()
    page.get_by_role("menuitem", name="Добавить в сегмент").click()
    dialog.get_by_role("combobox").click()
    page.get_by_role("option", name="Гости выставки").click()
    dialog.get_by_role("button", name="Выполнить").click()
    expect(dialog).to_contain_text(f"Изменено: {len(found)}.")
    page.keyboard.press("Escape")

    demo.open(page, "/segments?search=")
    page.get_by_role("link", name="Гости выставки", exact=True).click()
    page.get_by_role("searchbox").fill("абрамов")
    expect(page.get_by_role("table", name="Контакты")).to_contain_text(found[0])

    demo.open(page, "/contacts")
    page.get_by_role("button", name="Виды").click()
    page.get_by_role("button", name="Удалить вид «Абрамовы на переговорах»").click()
    expect(page.get_by_text("Вид удалён")).to_be_visible()


def test_file_in_windows_1251_is_imported_with_its_rejects_and_taken_back(
    demo: Site, page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "Гости ярмарки.csv"
    path.write_bytes(FILE.encode("cp1251"))
    demo.enter(page, "marketer")
    demo.open(page, "/imports")
    page.locator("input[type=file]").first.set_input_files(path)
    page.wait_for_url(re.compile(r"/imports/\d+$"))
    expect(page.get_by_role("combobox", name="Кодировка")).to_have_value("WINDOWS-1251")
    columns = page.get_by_role("table", name="Колонки")
    expect(columns).to_contain_text("Браузерова Алла Петровна")
    expect(columns).to_contain_text("это не адрес почты")
    page.get_by_role("combobox", name="Чем станет колонка «Откуда»").click()
    page.get_by_role("option", name="Город").click()
    page.get_by_role("button", name="Начать импорт").click()

    result = page.get_by_role("region", name="Итог")
    expect(page.get_by_text("Завершён", exact=True)).to_be_visible()
    expect(result).to_contain_text("Создано2")
    expect(result).to_contain_text("Не взято1")
    with page.expect_download() as waiting:
        result.get_by_role("link", name="Строки, которые не взяты").click()
    rows = text_of(waiting.value).splitlines()
    assert rows[0] == f"Строка;Почему не взята;{PEOPLE}"
    assert rows[1:] == ["4;«Почта»: это не адрес почты;Браузеров Виктор Ильич;не почта;;Казань"]

    demo.open(page, "/contacts?search=Браузеров")
    table = page.get_by_role("table", name="Контакты")
    expect(table.get_by_role("link")).to_have_text(["Браузеров Борис Ильич", "Браузерова Алла Петровна"])
    expect(table).to_contain_text("+7\u00a0946\u00a0000-00-01")
    page.get_by_role("button", name="Выгрузить").click()
    with page.expect_download() as waiting:
        page.get_by_role("menuitem", name=re.compile("CSV")).click()
    titles, *people = (row.split(";") for row in text_of(waiting.value).splitlines())
    names = [person[titles.index("Имя")] for person in people]
    assert sorted(names) == ["Браузеров Борис Ильич", "Браузерова Алла Петровна"]

    demo.open(page, "/imports")
    page.get_by_role("link", name="Гости ярмарки.csv").click()
    page.get_by_role("button", name="Отменить импорт").click()
    page.get_by_role("dialog").get_by_role("button", name="Отменить импорт").click()
    expect(page.get_by_text("Отменён", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Отмена импорта")).to_contain_text("Отменено2")
    demo.open(page, "/contacts?search=Браузеров")
    expect(page.get_by_text("Никого не нашлось")).to_be_visible()


def test_two_contacts_of_one_person_become_one(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/contacts/duplicates")
    page.get_by_text("Одно имя у клиента").click()
    merge = page.get_by_role("button", name=re.compile("^Объединить: ")).first
    name = (merge.get_attribute("aria-label") or "").removeprefix("Объединить: ")
    merge.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("combobox", name="Основная почта")).to_be_visible()
    dialog.get_by_role("button", name="Объединить").click()
    expect(page.get_by_text("Контакты объединены")).to_be_visible()
    expect(page.get_by_role("button", name=f"Объединить: {name}")).to_have_count(0)

    demo.open(page, f"/contacts?search={name}")
    page.get_by_role("table", name="Контакты").get_by_role("link", name=name).first.click()
    expect(page.get_by_role("region", name="Адреса").get_by_text("@")).to_have_count(2)
    expect(page.get_by_role("region", name="Активность")).to_contain_text("бъедин")


def test_contact_is_made_by_keyboard_and_its_card_keeps_what_is_told(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/contacts")
    page.get_by_role("button", name="Новый контакт").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Имя")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Новый контакт")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("Имя")).to_be_focused()
    page.keyboard.type("Клавишина Анна")
    page.keyboard.press("Tab")
    page.keyboard.type("anna@keys.example.org,")
    page.keyboard.type("second@keys.example.org,")
    page.get_by_role("button", name="Создать").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/contacts/\d+$"))
    expect(page).to_have_title("Клавишина Анна · Vestnik")

    page.get_by_role("button", name="Изменить", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Телефоны").fill("8 946 000 00 02")
    dialog.get_by_label("День рождения").fill("05.11.1990")
    dialog.get_by_label("Заказов").fill("7")
    dialog.get_by_role("button", name="Сохранить").click()
    addresses = page.get_by_role("region", name="Адреса")
    expect(addresses).to_contain_text("+7\u00a0946\u00a0000-00-02")
    expect(page.get_by_role("button", name="Изменить", exact=True)).to_be_focused()
    expect(page.get_by_text(re.compile("5 нояб. 1990"))).to_be_visible()

    addresses.get_by_role("button", name="Сделать основным: second@keys.example.org").click()
    expect(page.get_by_text("second@keys.example.org — теперь основной")).to_be_visible()
    expect(page.get_by_text("second@keys.example.org · ")).to_be_visible()

    page.get_by_role("switch", name="Подписка «Акции»").locator("xpath=..").click()
    dialog.get_by_label("Как человек это выбрал").fill("Сказала по телефону")
    dialog.get_by_role("button", name="Записать").click()
    expect(page.get_by_role("region", name="Активность")).to_contain_text("Сказала по телефону")
    page.get_by_role("button", name="Журнал согласий").click()
    expect(dialog.get_by_role("table")).to_contain_text("Сказала по телефону")


def test_administrator_adds_a_field_and_erases_a_contact_for_good(demo: Site, page: Page) -> None:
    demo.enter(page, "admin")
    demo.open(page, "/fields")
    page.get_by_role("button", name="Новое поле").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Название по-русски").fill("Размер футболки")
    dialog.get_by_label("Название по-английски").fill("Size of shirt")
    dialog.get_by_label("Ключ").fill("shirt")
    dialog.get_by_role("button", name="Создать").click()
    row = page.get_by_role("row", name=re.compile("Размер футболки"))
    expect(row).to_contain_text("Текст")

    demo.open(page, "/contacts")
    page.get_by_role("button", name="Новый контакт").click()
    dialog.get_by_label("Имя").fill("Забытов Пётр")
    dialog.get_by_label("Адреса почты").fill("forgotten@keys.example.org")
    dialog.get_by_role("button", name="Создать").click()
    page.get_by_role("button", name="Изменить", exact=True).click()
    dialog.get_by_label("Размер футболки").fill("XL")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.get_by_text("XL", exact=True)).to_be_visible()
    card = page.url

    page.get_by_role("button", name="Ещё действия").click()
    page.get_by_role("menuitem", name="Удалить данные человека").click()
    erase = dialog.get_by_role("button", name="Удалить навсегда")
    expect(erase).to_be_disabled()
    dialog.get_by_label(re.compile("введите имя")).fill("Забытов Пётр")
    erase.click()
    page.wait_for_url("**/erasures")
    expect(page.get_by_role("table", name="Удаление данных")).to_contain_text(card.rpartition("/")[2])
    page.goto(card)
    expect(page.get_by_role("heading", level=1)).to_have_text("Не найдено")

    demo.open(page, "/fields")
    page.get_by_role("button", name="Отправить в архив поле «Размер футболки»").click()
    page.get_by_role("dialog").get_by_role("button", name="В архив").click()
    expect(row).to_contain_text("В архиве")


def text_of(download: Download) -> str:
    """What a downloaded file says."""
    return download.path().read_text(encoding="utf-8-sig")


def test_all_that_were_found_but_some_go_into_a_new_segment(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/contacts?search=абрамов&sort=-lastActivity")
    page.get_by_label("Выбрать всех на странице").check()
    page.get_by_role("button", name="Выбрать всех найденных").click()
    rows = page.get_by_role("checkbox", name=re.compile("^Выбрать: "))
    left_out = [rows.nth(n).get_attribute("aria-label") or "" for n in (0, 2)]
    for n in (0, 2):
        rows.nth(n).uncheck()
    bar = page.get_by_role("region", name="Действия с выбранными")
    expect(bar).to_contain_text(re.compile(r"Выбраны все найденные: \d+, кроме 2"))
    total = int(re.findall(r"найденные: (\d+)", bar.inner_text())[0])
    bar.get_by_role("button", name="Действия", exact=True).click()
    page.get_by_role("menuitem", name="Добавить в сегмент").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox").click()
    page.get_by_role("option", name="Новый сегмент…").click()
    dialog.get_by_label("Название нового сегмента").fill("Абрамовы, кроме двоих")
    dialog.get_by_role("button", name="Выполнить").click()
    expect(dialog).to_contain_text(f"Изменено: {total - 2}.")
    page.keyboard.press("Escape")
    demo.open(page, "/segments")
    page.get_by_role("link", name="Абрамовы, кроме двоих", exact=True).click()
    members = page.get_by_role("table", name="Контакты")
    expect(members).to_contain_text("Абрамов")
    for name in left_out:
        expect(members).not_to_contain_text(name.removeprefix("Выбрать: "))


def test_different_people_leave_the_duplicates_and_come_back(demo: Site, page: Page) -> None:
    demo.enter(page, "marketer")
    demo.open(page, "/contacts/duplicates")
    different = page.get_by_role("button", name=re.compile("^Разные люди: "))
    shared = (different.first.get_attribute("aria-label") or "").removeprefix("Разные люди: ")
    page.get_by_role("button", name=f"Разные люди: {shared}").click()
    expect(page.get_by_role("button", name=f"Разные люди: {shared}")).to_have_count(0)
    page.get_by_text("Отмеченные как разные").click()
    page.get_by_role("button", name=f"Вернуть в дубли: {shared}").click()
    expect(page.get_by_text("Отметок нет")).to_be_visible()
    page.get_by_text("Один адрес").click()
    expect(page.get_by_role("button", name=f"Разные люди: {shared}")).to_be_visible()
