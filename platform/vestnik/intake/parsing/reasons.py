"""What warnings and reasons of reading mean: stored as a code with its facts, shown as a sentence.

`where` is the place in what was sent, by the sender's own names.
"""

from __future__ import annotations

from collections.abc import Mapping

from vestnik.http.errors import Language, Text
from vestnik.intake.fields import Warned

#: Why an input is unreadable, or an attachment was not taken.
REASONS: Mapping[str, Text] = {
    "taken": {"ru": "Прочитан.", "en": "It was read."},
    "empty": {"ru": "Прислано пустое сообщение.", "en": "What was sent is empty."},
    "letter_broken": {
        "ru": "Письмо повреждено: его структуру не удаётся разобрать.",
        "en": "The letter is damaged: its structure can't be read.",
    },
    "letter_too_large": {
        "ru": "Письмо больше {limit} байт: оно не загружено из ящика.",
        "en": "The letter is larger than {limit} bytes: it was not fetched from the mailbox.",
    },
    "no_attachment": {
        "ru": "В письме нет вложенного файла с данными.",
        "en": "The letter has no attached file with data.",
    },
    "none_readable": {
        "ru": "Ни один из вложенных файлов ({count}) не прочитан как заявка; почему — у каждого файла.",
        "en": "None of the attached files ({count}) reads as a lead; each file says why.",
    },
    "not_text": {
        "ru": "Файл не текстовый ({type}).",
        "en": "The file is no text ({type}).",
    },
    "not_needed": {
        "ru": "Не понадобился: заявка прочитана из другого файла.",
        "en": "Not needed: the lead was read from another file.",
    },
    "too_large": {
        "ru": "Данные длиннее {limit} байт.",
        "en": "The data have more than {limit} bytes.",
    },
    "json_too_long": {"ru": "JSON слишком длинный.", "en": "The JSON is too long."},
    "json_too_many_values": {"ru": "В JSON слишком много значений.", "en": "The JSON has too many values."},
    "json_too_deep": {
        "ru": "В JSON слишком глубокая вложенность (строка {line}).",
        "en": "The JSON is nested too deep (line {line}).",
    },
    "json_breaks_off": {
        "ru": "JSON обрывается (строка {line}): не хватает закрывающей скобки или конца файла.",
        "en": "The JSON breaks off (line {line}): a closing bracket or the end of the file is missing.",
    },
    "json_text_open": {
        "ru": "В JSON не закрыта кавычка (строка {line}).",
        "en": "A quotation mark of the JSON is left open (line {line}).",
    },
    "json_comma_missing": {
        "ru": "В JSON не хватает запятой или лишняя кавычка внутри текста (строка {line}).",
        "en": "The JSON lacks a comma, or has a quotation mark too many within a text (line {line}).",
    },
    "json_colon_missing": {
        "ru": "В JSON после имени нет двоеточия (строка {line}).",
        "en": "The JSON lacks a colon after a name (line {line}).",
    },
    "json_name_missing": {
        "ru": "В JSON ожидалось имя в кавычках (строка {line}).",
        "en": "The JSON should have a name in quotation marks (line {line}).",
    },
    "json_value_missing": {
        "ru": "В JSON ожидалось значение (строка {line}).",
        "en": "The JSON should have a value (line {line}).",
    },
    "json_bare_text": {
        "ru": "В JSON текст стоит без кавычек (строка {line}).",
        "en": "The JSON has a text without quotation marks (line {line}).",
    },
    "json_more_after_end": {
        "ru": "После конца JSON есть что-то ещё (строка {line}): в одном сообщении — одна заявка.",
        "en": "There is more after the end of the JSON (line {line}): one message is one lead.",
    },
    "not_an_object": {
        "ru": "JSON должен быть объектом «{{…}}», а здесь {kind}.",
        "en": "The JSON must be an object “{{…}}”, and here is {kind}.",
    },
    "several_orders": {
        "ru": "В одном сообщении несколько заявок ({count}): присылайте каждую отдельно.",
        "en": "One message holds several leads ({count}): send each one by itself.",
    },
    "nothing_known": {
        "ru": "Ни одно поле не узнано. Прислано: {names}. Задайте соответствие полей и разберите ещё раз.",
        "en": "No field is known. There came: {names}. Map the fields and read it again.",
    },
    "form_broken": {
        "ru": "Форма не читается: тело запроса не соответствует его типу.",
        "en": "The form can't be read: the body is not of the type that the request states.",
    },
    "unknown_type": {
        "ru": "Тип «{type}» не поддерживается: нужен JSON или поля формы.",
        "en": "The type “{type}” is not supported: it must be JSON or fields of a form.",
    },
    "trap": {
        "ru": "Заполнено поле-ловушка «{name}», которого люди не видят: похоже на спам.",
        "en": "The trap field “{name}”, which people don't see, is filled in: it looks like spam.",
    },
    "too_heavy": {
        "ru": "Разбор занял слишком много времени или памяти и остановлен.",
        "en": "Reading took too much time or memory, and was stopped.",
    },
    "internal": {
        "ru": "Ошибка на нашей стороне, запись {reference}. Данные целы; разберите ещё раз.",
        "en": "The fault is ours; it is recorded under number {reference}. The data are safe; read it again.",
    },
    "set_aside": {"ru": "Отложено: это не заявка.", "en": "Set aside: it is no lead."},
}

#: What a person should know of a lead that was read.
WARNINGS: Mapping[str, Text] = {
    "encoding_assumed": {
        "ru": "Кодировка не определилась, текст прочитан как {encoding}.",
        "en": "The encoding could not be told; the text was read as {encoding}.",
    },
    "encoding_differs": {
        "ru": "Заявлена кодировка {declared}, а на деле {encoding}.",
        "en": "The encoding {declared} was declared, and it is {encoding}.",
    },
    "characters_lost": {
        "ru": "Не прочитано символов: {count} (кодировка {encoding}).",
        "en": "{count} characters could not be read (encoding {encoding}).",
    },
    "json_comment": {
        "ru": "В JSON есть комментарий (строка {line}).",
        "en": "The JSON has a comment (line {line}).",
    },
    "json_comma": {
        "ru": "В JSON лишняя запятая (строка {line}).",
        "en": "The JSON has a comma too many (line {line}).",
    },
    "json_bare_name": {
        "ru": "В JSON имя без кавычек (строка {line}).",
        "en": "The JSON has a name without quotation marks (line {line}).",
    },
    "json_equals": {
        "ru": "В JSON «=» вместо двоеточия (строка {line}).",
        "en": "The JSON has “=” for a colon (line {line}).",
    },
    "json_word": {
        "ru": "В JSON слово, которого в нём не бывает, например NaN (строка {line}).",
        "en": "The JSON has a word that JSON does not know, such as NaN (line {line}).",
    },
    "json_number": {
        "ru": "В JSON число записано не по правилам, например 2,5 (строка {line}).",
        "en": "The JSON has a number against its rules, such as 2,5 (line {line}).",
    },
    "json_quotes": {
        "ru": "В JSON другие кавычки (строка {line}).",
        "en": "The JSON has other quotation marks (line {line}).",
    },
    "json_control": {
        "ru": "В JSON текст перенесён на новую строку без «\\n» (строка {line}).",
        "en": "The JSON has a text that goes on in the next line without “\\n” (line {line}).",
    },
    "json_escape": {
        "ru": "В JSON лишняя обратная черта (строка {line}).",
        "en": "The JSON has a backslash too many (line {line}).",
    },
    "json_repeated_key": {
        "ru": "В JSON имя повторяется; взято последнее.",
        "en": "The JSON has a name twice; the last one was taken.",
    },
    "list_of_one": {
        "ru": "Заявка прислана списком из одной; она и взята.",
        "en": "The lead came as a list of one; that one was taken.",
    },
    "other_attachments": {
        "ru": "Данные есть и в других файлах: {names}. Взят первый.",
        "en": "Other files hold data, too: {names}. The first was taken.",
    },
    "files_ignored": {
        "ru": "Файлы формы не принимаются: {names}.",
        "en": "Files of a form are not taken: {names}.",
    },
    "wrong_kind": {
        "ru": "{where}: «{value}» не подходит этому полю; значение сохранено рядом.",
        "en": "{where}: “{value}” does not fit this field; the value is kept beside it.",
    },
    "no_link": {
        "ru": "{where}: «{value}» — не ссылка http или https.",
        "en": "{where}: “{value}” is no http or https link.",
    },
    "near_name": {
        "ru": "Поле «{where}» неизвестно; похоже на «{like}».",
        "en": "The field “{where}” is unknown; it resembles “{like}”.",
    },
    "said_twice": {
        "ru": "«{where}» говорит о том же, что «{other}»; взято первое.",
        "en": "“{where}” tells the same as “{other}”; the first was taken.",
    },
    "left_out": {
        "ru": "«{where}» не сохранено рядом с заявкой: слишком много лишнего. Всё есть в исходных данных.",
        "en": "“{where}” is not kept beside the lead: there is too much. The raw data have all of it.",
    },
    "too_many": {
        "ru": "«{where}»: прислано {count}, взяты первые {limit}. Все есть в исходных данных.",
        "en": "“{where}”: {count} came, the first {limit} were taken. The raw data have all.",
    },
    "cut": {
        "ru": "«{where}» длиннее {limit} знаков и обрезано. Целиком — в исходных данных.",
        "en": "“{where}” is longer than {limit} characters and was cut. The raw data have all of it.",
    },
    "more_warnings": {"ru": "Есть и другие замечания.", "en": "There are more remarks."},
}

SENTENCES: Mapping[str, Text] = {**REASONS, **WARNINGS}


def sentence(warned: Warned, language: Language) -> str:
    """The warning or reason for a reader of `language`."""
    facts = {name: _in_language(value, language) for name, value in warned.facts.items()}
    return SENTENCES[warned.code][language].format(where=warned.field, **facts)


def _in_language(value: object, language: Language) -> object:
    return value[language] if isinstance(value, Mapping) and set(value) == {"ru", "en"} else value
