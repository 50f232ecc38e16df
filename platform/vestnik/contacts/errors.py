"""What can be wrong with contacts.

Problem
├── InvalidAddress 422       an e-mail address or phone number that can't be one
├── UnassignedNumber 422     a phone number that nobody is given
├── UnknownField 422         a custom field nobody defined
├── InvalidFieldValue 422    a value of another type than its field
├── CategoryExists 409
├── UnknownCategory 422
├── ExternalIdTaken 409
├── FieldExists 409          a key of a custom field is never given twice
├── FieldOptionTwice 422     two options of a choice that are one
├── FieldOptionUsed 409      an option to be taken away that contacts or rules have
├── FieldOptionsMissing 422  a choice without anything to choose
├── FieldKindFixed 422       options for a field that is no choice
├── TooManyFields 409
├── UnknownOwner 422         nobody, or somebody who may no longer sign in
├── NotAlike 409             contacts that share nothing any more
└── CannotMerge 409          contacts that are not there any more, or one of them twice
"""

from __future__ import annotations

from vestnik.addresses import InvalidAddress as InvalidAddress
from vestnik.addresses import UnassignedNumber as UnassignedNumber
from vestnik.http.errors import Problem


class UnknownField(Problem):
    code = "unknown_field"
    status = 422
    title = {"ru": "Нет такого поля", "en": "No such field"}
    message = {
        "ru": "Дополнительного поля «{field}» нет. Его добавляет администратор.",
        "en": "There is no custom field “{field}”. An administrator adds it.",
    }
    fields = ("field",)


class InvalidFieldValue(Problem):
    code = "invalid_field_value"
    status = 422
    title = {"ru": "Значение не подходит", "en": "The value does not fit"}
    message = {
        "ru": "Значение не подходит полю «{field}»: нужно другое — {kind}.",
        "en": "The value does not fit the field “{field}”: it must be {kind}.",
    }
    fields = ("field", "kind")


class CategoryExists(Problem):
    code = "category_exists"
    status = 409
    title = {"ru": "Такая категория уже есть", "en": "The category exists already"}
    message = {
        "ru": "Категория рассылок «{name}» уже есть. Выберите другое название.",
        "en": "There is already a category “{name}”. Choose another name.",
    }
    fields = ("name",)


class UnknownCategory(Problem):
    code = "unknown_category"
    status = 422
    title = {"ru": "Нет такой категории", "en": "No such category"}
    message = {
        "ru": "Этой категории рассылок нет. Выберите категорию из списка.",
        "en": "There is no such category. Choose one from the list.",
    }


class ExternalIdTaken(Problem):
    code = "external_id_taken"
    status = 409
    title = {"ru": "Внешний номер занят", "en": "External number is taken"}
    message = {
        "ru": "Внешний номер «{external_id}» уже у другого контакта.",
        "en": "Another contact already has the external number “{external_id}”.",
    }
    fields = ("external_id",)


class FieldExists(Problem):
    code = "field_exists"
    status = 409
    title = {"ru": "Такое поле уже есть", "en": "The field exists already"}
    message = {
        "ru": "Поле с ключом «{field}» уже есть, возможно в архиве. Верните его или выберите другой ключ.",
        "en": "There is already a field with the key “{field}”, perhaps an archived one. "
        "Take it back, or choose another key.",
    }
    fields = ("field",)


class FieldOptionsMissing(Problem):
    code = "field_options_missing"
    status = 422
    title = {"ru": "Не из чего выбирать", "en": "Nothing to choose from"}
    message = {
        "ru": "Полю «Выбор из списка» нужен хотя бы один вариант.",
        "en": "A field with a choice needs at least one option.",
    }


class FieldOptionTwice(Problem):
    code = "field_option_twice"
    status = 422
    title = {"ru": "Вариант повторяется", "en": "An option is there twice"}
    message = {
        "ru": "{path}: вариант «{option}» уже есть в списке. Оставьте один.",
        "en": "{path}: the option “{option}” is in the list already. Leave one of them.",
    }
    fields = ("path", "option")


class FieldOptionUsed(Problem):
    code = "field_option_used"
    status = 409
    title = {"ru": "Вариант используется", "en": "The option is used"}
    message = {
        "ru": "Вариант «{option}» убрать нельзя: он стоит у контактов ({contacts}) и в правилах сегментов "
        "({segments}). Сначала замените его там.",
        "en": "The option “{option}” can't be taken away: contacts have it ({contacts}), and rules of "
        "segments ({segments}). Replace it there first.",
    }
    fields = ("option", "contacts", "segments")


class FieldKindFixed(Problem):
    code = "field_kind_fixed"
    status = 422
    title = {"ru": "Варианты есть только у выбора", "en": "Only a choice has options"}
    message = {
        "ru": "У поля типа {kind} вариантов не бывает. Для выбора из списка создайте новое поле.",
        "en": "A field of the type {kind} has no options. Create a new field for a choice.",
    }
    fields = ("kind",)


class TooManyFields(Problem):
    code = "too_many_fields"
    status = 409
    title = {"ru": "Слишком много полей", "en": "Too many fields"}
    message = {
        "ru": "Полей может быть не больше {limit}. Отправьте в архив те, которые не нужны.",
        "en": "There can be no more than {limit} fields. Archive those that nobody needs.",
    }
    fields = ("limit",)


class UnknownOwner(Problem):
    code = "unknown_owner"
    status = 422
    title = {"ru": "Нет такого ответственного", "en": "No such owner"}
    message = {
        "ru": "Этого пользователя нет или он отключён. Выберите ответственного из списка.",
        "en": "There is no such user, or the user is disabled. Choose an owner from the list.",
    }


class NotAlike(Problem):
    code = "not_alike"
    status = 409
    title = {"ru": "Эти контакты уже не похожи", "en": "These contacts are not alike any more"}
    message = {
        "ru": "Адрес, имя или клиент у них с тех пор изменились. Обновите страницу.",
        "en": "Their address, name or client has changed since. Reload the page.",
    }


class CannotMerge(Problem):
    code = "cannot_merge"
    status = 409
    title = {"ru": "Объединить не получится", "en": "These can't be merged"}
    message = {
        "ru": "Один из контактов уже объединён с другим или удалён. Обновите страницу и выберите заново.",
        "en": "One of the contacts was merged or removed meanwhile. Reload the page and choose again.",
    }
