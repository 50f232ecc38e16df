"""What can be wrong with an import.

Problem
├── UnreadableFile 422        neither CSV nor XLSX, empty, or too wide
├── FileTooLarge 413
├── NoMapping 422             no column says who a row is
├── NoAddressColumn 422       no column has addresses for the stop-list
├── UnknownTarget 422         a column mapped to what there is not
├── NotNow 409                the import is in another state
├── SegmentGone 404           a segment that was deleted
├── NotStaticSegment 422      contacts can't be added to it
├── EvidenceNeeded 422        consent without how it was given
├── TooLateToUndo 409
├── ScheduleBusy 409          a run of it is under way
├── ScheduleNotSetUp 409      nobody said yet what its columns become
├── AddressRefused 422        no file can be fetched from there
├── SecretNeeded 422          a stored secret goes only where it went before
└── Nobody 422               a contact without anything to find it by
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class UnreadableFile(Problem):
    code = "unreadable_file"
    status = 422
    title = {"ru": "Файл не подходит", "en": "The file does not fit"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("reason",)


class FileTooLarge(Problem):
    code = "import_file_too_large"
    status = 413
    title = {"ru": "Файл слишком большой", "en": "The file is too large"}
    message = {
        "ru": "Файл больше {limit_mb} МБ. Разделите его на части.",
        "en": "The file is larger than {limit_mb} MB. Divide it into parts.",
    }
    fields = ("limit_mb",)


class NoMapping(Problem):
    code = "no_mapping"
    status = 422
    title = {"ru": "Не выбраны колонки", "en": "No columns are chosen"}
    message = {
        "ru": "Укажите хотя бы одну колонку с почтой, телефоном, внешним номером или именем.",
        "en": "Choose at least one column with an e-mail address, phone, external number or name.",
    }


class NoAddressColumn(Problem):
    code = "no_address_column"
    status = 422
    title = {"ru": "Не выбрана колонка с адресами", "en": "No column with addresses is chosen"}
    message = {
        "ru": "Укажите колонку, в которой почта или телефон: по ним адрес попадёт в стоп-лист.",
        "en": "Choose the column with the e-mail addresses or phones that are to be suppressed.",
    }


class UnknownTarget(Problem):
    code = "unknown_target"
    status = 422
    title = {"ru": "Нет такого поля", "en": "No such field"}
    message = {
        "ru": "Колонку нельзя перенести в «{target}»: такого поля у контакта нет.",
        "en": "A column can't become “{target}”: contacts have no such field.",
    }
    fields = ("target",)


class NotNow(Problem):
    code = "import_not_now"
    status = 409
    title = {"ru": "Сейчас это невозможно", "en": "Not possible now"}
    message = {
        "ru": "Импорт уже в другом состоянии. Обновите страницу.",
        "en": "The import is in another state by now. Reload the page.",
    }


class NotStaticSegment(Problem):
    code = "not_static_segment"
    status = 422
    title = {"ru": "Сегмент не подходит", "en": "The segment does not fit"}
    message = {
        "ru": "Добавлять контакты можно только в список: сегмент по условиям собирает их сам.",
        "en": "Contacts can be added only to a static segment: one with rules collects them by itself.",
    }


class SegmentGone(Problem):
    code = "segment_gone"
    status = 404
    title = {"ru": "Сегмента больше нет", "en": "The segment is gone"}
    message = {
        "ru": "Этот сегмент удалили. Выберите другой или импортируйте без сегмента.",
        "en": "This segment was deleted. Choose another one, or import without a segment.",
    }


class EvidenceNeeded(Problem):
    code = "evidence_needed"
    status = 422
    title = {"ru": "Нужно основание", "en": "The ground is needed"}
    message = {
        "ru": "Напишите, как эти люди дали согласие: оно сохранится как подтверждение.",
        "en": "Write how these people gave their consent: it is kept as its evidence.",
    }


class TooLateToUndo(Problem):
    code = "too_late_to_undo"
    status = 409
    title = {"ru": "Отменить уже нельзя", "en": "Too late to undo"}
    message = {
        "ru": "Сведения о том, как было до импорта, хранятся {days} дней и уже удалены.",
        "en": "What there was before an import is kept for {days} days, and is gone by now.",
    }
    fields = ("days",)


class ScheduleBusy(Problem):
    code = "import_schedule_busy"
    status = 409
    title = {"ru": "Импорт уже идёт", "en": "The import is under way"}
    message = {
        "ru": "Файл этого расписания уже загружается или импортируется. Дождитесь конца.",
        "en": "A file of this schedule is being fetched or imported. Wait until that ends.",
    }


class ScheduleNotSetUp(Problem):
    code = "import_schedule_not_set_up"
    status = 409
    title = {"ru": "Колонки не настроены", "en": "The columns are not set up"}
    message = {
        "ru": "Сначала загрузите файл и укажите, чем станет каждая колонка.",
        "en": "First fetch the file and say what each column becomes.",
    }


class AddressRefused(Problem):
    code = "import_address_refused"
    status = 422
    title = {"ru": "Адрес не подходит", "en": "The address does not fit"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("reason",)


class SecretNeeded(Problem):
    code = "import_secret_needed"
    status = 422
    title = {"ru": "Введите секрет ещё раз", "en": "Enter the secret again"}
    message = {
        "ru": "Сохранённый секрет уходит только туда, куда уходил раньше. Для нового сервера или способа "
        "входа введите его снова.",
        "en": "A stored secret goes only where it went before. For another server or kind of sign-in "
        "enter it again.",
    }


class Nobody(Problem):
    code = "nobody"
    status = 422
    title = {"ru": "Контакт не определить", "en": "Nobody to be found"}
    message = {
        "ru": "Нужен внешний номер, адрес почты или телефон: по ним контакт находят.",
        "en": "An external number, an e-mail address or a phone is needed: contacts are found by them.",
    }
