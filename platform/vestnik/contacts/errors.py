"""What can be wrong with contacts.

Problem
├── InvalidAddress 422       an e-mail address or phone number that can't be one
├── UnknownField 422         a custom field nobody defined
├── InvalidFieldValue 422    a value of another type than its field
├── CategoryExists 409
├── UnknownCategory 422
└── ExternalIdTaken 409
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class InvalidAddress(Problem):
    code = "invalid_address"
    status = 422
    title = {"ru": "Адрес с ошибкой", "en": "Address has a mistake"}
    message = {
        "ru": "«{address}» не может быть адресом. Исправьте его или уберите из карточки.",
        "en": "“{address}” can't be an address. Correct it, or remove it from the card.",
    }
    fields = ("kind", "address")


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
        "ru": "Значение не подходит полю «{field}»: нужен тип {kind}.",
        "en": "The value does not fit the field “{field}”, whose type is {kind}.",
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
