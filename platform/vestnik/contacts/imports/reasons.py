"""Why a row was rejected, a file not read, a contact not undone: in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

from vestnik.http.errors import Language, Text

#: Codes of rows; `{column}` is the column's title, or its number.
ROWS: Mapping[str, Text] = {
    "invalid_email": {
        "ru": "«{column}»: это не адрес почты",
        "en": "“{column}”: not an e-mail address",
    },
    "invalid_phone": {"ru": "«{column}»: это не номер телефона", "en": "“{column}”: not a phone number"},
    "invalid_inn": {
        "ru": "«{column}»: в ИНН ошибка, контрольная сумма не сходится",
        "en": "“{column}”: the INN has a mistake, its check digits don't fit",
    },
    "unknown_owner": {
        "ru": "«{column}»: пользователя с таким именем или почтой нет",
        "en": "“{column}”: there is no user of that name or e-mail address",
    },
    "not_a_number": {"ru": "«{column}»: это не число", "en": "“{column}”: not a number"},
    "not_a_date": {
        "ru": "«{column}»: это не дата, нужна 31.12.2026 или 2026-12-31",
        "en": "“{column}”: not a date, which is written 31.12.2026 or 2026-12-31",
    },
    "not_yes_or_no": {"ru": "«{column}»: нужно «да» или «нет»", "en": "“{column}”: it must be yes or no"},
    "not_an_option": {
        "ru": "«{column}»: такого варианта у поля нет",
        "en": "“{column}”: the field has no such option",
    },
    "too_long": {"ru": "«{column}»: текст слишком длинный", "en": "“{column}”: the text is too long"},
    "too_many_addresses": {"ru": "Слишком много адресов", "en": "Too many addresses"},
    "erased": {
        "ru": "Данные этого человека удалены после загрузки файла",
        "en": "This person's data was erased after the file was uploaded",
    },
    "nobody": {
        "ru": "В строке нет ни имени, ни адреса, ни внешнего номера",
        "en": "The row has no name, no address and no external number",
    },
}

#: Codes of whole files.
FILES: Mapping[str, Text] = {
    "unreadable": {
        "ru": "Файл не читается: нужен CSV или XLSX. Сохраните таблицу заново.",
        "en": "The file can't be read: it must be CSV or XLSX. Save the table anew.",
    },
    "empty_file": {"ru": "В файле нет строк.", "en": "The file has no rows."},
    "too_many_columns": {
        "ru": "В файле слишком много колонок.",
        "en": "The file has too many columns.",
    },
    "too_large_unpacked": {
        "ru": "Таблица XLSX слишком велика. Сохраните её как CSV: его размер ограничен меньше.",
        "en": "The XLSX table is too large. Save it as CSV, which may be larger.",
    },
    "broken_quotes": {
        "ru": "Около строки {row} кавычка открыта и не закрыта. Исправьте файл и загрузите его снова.",
        "en": "Near row {row} a quotation mark is opened and not closed. Mend the file and upload it again.",
    },
    "reader_failed": {
        "ru": "Чтение файла прервалось. Продолжите импорт; если это повторится, сохраните файл как CSV.",
        "en": "Reading the file broke off. Resume the import; if it happens again, save the file as CSV.",
    },
    "erased": {
        "ru": "В файле были данные человека, которые с тех пор удалены по его просьбе: удалён и файл. "
        "Загрузите его снова без этого человека.",
        "en": "The file held the data of a person that was erased since, so the file was erased, too. Upload "
        "it again without that person.",
    },
    "internal": {
        "ru": "Внутренняя ошибка, она записана под номером {reference}. Ничего не потеряно: импорт "
        "можно продолжить.",
        "en": "The fault is ours; it is recorded under number {reference}. Nothing is lost: the import "
        "can be resumed.",
    },
}

#: Why a contact stayed as the import had left it.
KEPT: Mapping[str, Text] = {
    "changed": {"ru": "Изменён после импорта", "en": "Changed after the import"},
    "used": {
        "ru": "Контакту уже отправлялась рассылка",
        "en": "The contact was in a campaign since",
    },
    "chose": {
        "ru": "Человек с тех пор выбрал подписки: его выбор не удаляется",
        "en": "The person has chosen subscriptions since, and that is not deleted",
    },
    "merged": {"ru": "Контакт объединён с другим", "en": "The contact was merged with another"},
    "gone": {"ru": "Контакта больше нет", "en": "The contact is gone"},
}


def words(texts: Mapping[str, Text], code: str, language: Language, **values: object) -> str:
    """The sentence for a code; a code of another version stands for itself."""
    text = texts.get(code)
    if text is None:
        return code
    return text[language].format_map(_Given(values))


class _Given(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
