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
    "invalid_phone": {
        "ru": "«{column}»: такого номера телефона не бывает",
        "en": "“{column}”: there is no such phone number",
    },
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
    "no_such_address": {
        "ru": "«{column}»: это не почта и не телефон",
        "en": "“{column}”: neither an e-mail address nor a phone",
    },
    "unknown_reason": {
        "ru": "«{column}»: такая причина неизвестна. Подойдут «отписка», «недоставка», «жалоба» и «вручную»",
        "en": "“{column}”: the reason is not known. Write unsubscribed, hard bounce, complaint or manual",
    },
    "no_address": {
        "ru": "В строке нет ни почты, ни телефона",
        "en": "The row has no e-mail address and no phone",
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
        "ru": "В файле слишком много колонок: можно не больше {limit}.",
        "en": "The file has too many columns: {limit} are the most.",
    },
    "cell_too_long": {
        "ru": "В строке {row} ячейка длиннее {limit} символов. Сократите её и загрузите файл снова.",
        "en": "In row {row} a cell is longer than {limit} characters. Shorten it and upload the file again.",
    },
    "compressed": {
        "ru": "Файл сжат (gzip или zip). Распакуйте его: нужен сам CSV или XLSX.",
        "en": "The file is compressed (gzip or zip). Unpack it: the CSV or XLSX itself is needed.",
    },
    "utf16_unmarked": {
        "ru": "Файл в кодировке UTF-16 без её отметки (BOM). Сохраните его в UTF-8.",
        "en": "The file is UTF-16 without its mark (BOM). Save it as UTF-8.",
    },
    "unknown_encoding": {
        "ru": "Строка {row} записана не в UTF-8 и не в WINDOWS-1251. Сохраните файл целиком в UTF-8.",
        "en": "Row {row} is neither UTF-8 nor WINDOWS-1251. Save the whole file as UTF-8.",
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
        "ru": "Чтение файла прервалось по нашей вине, ошибка записана под номером {reference}. Ничего не "
        "потеряно: импорт можно продолжить.",
        "en": "Reading the file broke off. The fault is ours; it is recorded under number {reference}. "
        "Nothing is lost: the import can be resumed.",
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

#: Codes of files that did not come by their address, or came otherwise than was agreed.
FETCHES: Mapping[str, Text] = {
    "not_https": {
        "ru": "Адрес {host} без https. Возьмите адрес, который начинается с https://.",
        "en": "The address at {host} has no https. Take one that begins with https://.",
    },
    "bad_address": {
        "ru": "Это не адрес файла. Он начинается с https://, имя и пароль указывают отдельно.",
        "en": "This is no address of a file. It begins with https://; name and password are given apart.",
    },
    "private_address": {
        "ru": "Адрес {host} находится во внутренней сети. Разрешить его может администратор.",
        "en": "{host} is in a private network. An administrator may allow it.",
    },
    "own_address": {
        "ru": "{host} — это адрес самого Вестника. С него файлы не загружаются.",
        "en": "{host} is Vestnik itself. No files are fetched from there.",
    },
    "unusable_address": {
        "ru": "По адресу {host} файлов быть не может.",
        "en": "There can be no files at {host}.",
    },
    "fetch_dns": {
        "ru": "Сервер {host} не найден. Проверьте адрес.",
        "en": "The server {host} was not found. Check the address.",
    },
    "fetch_connect": {
        "ru": "Сервер {host} не принимает соединение.",
        "en": "The server {host} takes no connection.",
    },
    "fetch_tls": {
        "ru": "Защищённое соединение с {host} не установлено: проверьте его сертификат.",
        "en": "There is no secure connection to {host}: check its certificate.",
    },
    "fetch_timeout": {
        "ru": "Сервер {host} не передал файл вовремя.",
        "en": "The server {host} did not send the file in time.",
    },
    "fetch_protocol": {
        "ru": "Передача файла с {host} оборвалась.",
        "en": "The file from {host} broke off.",
    },
    "fetch_busy": {
        "ru": "Сейчас загружается слишком много файлов.",
        "en": "Too many files are being fetched now.",
    },
    "fetch_redirect": {
        "ru": "Сервер {host} ведёт на адрес, который нельзя открыть.",
        "en": "The server {host} leads to an address that can't be opened.",
    },
    "fetch_redirects": {
        "ru": "Адрес перенаправляет больше {count} раз подряд.",
        "en": "The address redirects more than {count} times in a row.",
    },
    "too_large": {
        "ru": "Файл больше {limit_mb} МБ.",
        "en": "The file is larger than {limit_mb} MB.",
    },
    "a_page": {
        "ru": "По адресу открывается страница сайта, а не файл. Нужна прямая ссылка на CSV или XLSX.",
        "en": "The address opens a web page, not a file. A direct link to CSV or XLSX is needed.",
    },
    "denied": {
        "ru": "Сервер не пускает к файлу (ответ {status}). Проверьте имя и пароль.",
        "en": "The server does not let us at the file (answer {status}). Check the name and the password.",
    },
    "not_there": {
        "ru": "Файла по этому адресу нет (ответ {status}).",
        "en": "There is no file at this address (answer {status}).",
    },
    "answered": {
        "ru": "Вместо файла сервер ответил: {status}.",
        "en": "Instead of the file the server answered {status}.",
    },
    "columns_missing": {
        "ru": "В файле больше нет колонок: {columns}. Верните их в файл или настройте колонки заново.",
        "en": "The file no longer has these columns: {columns}. Bring them back or set the columns up anew.",
    },
    "too_few_columns": {
        "ru": "В файле колонок: {found}, а настроено {needed}. Настройте колонки заново.",
        "en": "The file has {found} columns where {needed} are set up. Set the columns up anew.",
    },
    "refused": {"ru": "{text}", "en": "{text}"},
}

#: Why a contact stayed as the import had left it.
KEPT: Mapping[str, Text] = {
    "changed": {"ru": "Изменён после импорта", "en": "Changed after the import"},
    "used": {
        "ru": "Контакту уже отправлялась рассылка, или от него есть заявка",
        "en": "The contact was in a campaign since, or sent a lead",
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


def why(reason: Mapping[str, object], language: Language) -> str:
    """The sentence for a stored reason: its code, and its values beside it."""
    code = str(reason["code"])
    values = {
        name: value[language] if isinstance(value, Mapping) else value
        for name, value in reason.items()
        if name != "code"
    }
    return words(FETCHES if code in FETCHES else FILES, code, language, **values)


class _Given(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
