"""What can be wrong with modules and accounts. A call that fails has a tree of its own: failures.py.

Problem
├── ModuleNameTaken 409       ├── ArchiveInvalid 422       ├── SettingsInvalid 422
├── SourceRefused 422         ├── FileTooLarge 413         ├── AddressInvalid 422
├── ManifestInvalid 422       ├── CatalogueEmpty 404       ├── ModulesCantRun 503
├── ListsNotRead 502          ├── NothingToUpdate 409      ├── RehearsalShowsLosses 409
├── NothingToRehearse 409     ├── SourceUnreadable 422      ├── FormatterUnavailable 503
├── CallNotReplayable 409     ├── TestNameTaken 409         ├── TestNotUsable 422
├── TooManyTests 422          ├── SuspensionStands 403     ├── RehearsalGoesOn 409
├── ModuleHasAccounts 409     ├── AccountInUse 409
└── AccountConnectedAlready 409
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class ModuleNameTaken(Problem):
    code = "module_name_taken"
    status = 409
    title = {"ru": "Имя уже занято", "en": "Name already in use"}
    message = {
        "ru": "Модуль «{name}» уже есть. Выберите другое имя или сохраните новую версию этого модуля.",
        "en": "There is a module “{name}” already. Choose another name, or save a new version of it.",
    }
    fields = ("name",)


class SourceRefused(Problem):
    """The text has errors; `diagnostics` lists them as the editor shows them."""

    code = "source_refused"
    status = 422
    title = {"ru": "В коде ошибки", "en": "The code has errors"}
    message = {
        "ru": "Версия не сохранена. Строка {line}: {reason}",
        "en": "The version is not saved. Line {line}: {reason}",
    }
    fields = ("line", "reason", "diagnostics")


class ManifestInvalid(Problem):
    code = "manifest_invalid"
    status = 422
    title = {"ru": "Ошибка в module.json", "en": "Error in module.json"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("path", "reason", "expected", "got")


class ArchiveInvalid(Problem):
    code = "archive_invalid"
    status = 422
    title = {"ru": "Файл не подходит", "en": "The file can't be used"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("reason",)


class FileTooLarge(Problem):
    code = "file_too_large"
    status = 413
    title = {"ru": "Файл слишком большой", "en": "The file is too large"}
    message = {
        "ru": "«{name}» больше {limit_bytes} байт.",
        "en": "“{name}” is larger than {limit_bytes} bytes.",
    }
    fields = ("name", "limit_bytes")


class CatalogueEmpty(Problem):
    code = "catalogue_entry_missing"
    status = 404
    title = {"ru": "Нет в каталоге", "en": "Not in the catalogue"}
    message = {
        "ru": "В каталоге нет модуля «{name}».",
        "en": "The catalogue has no module “{name}”.",
    }
    fields = ("name",)


class SettingsInvalid(Problem):
    code = "settings_invalid"
    status = 422
    title = {"ru": "Проверьте настройки", "en": "Check the settings"}
    message = {"ru": "{reason}", "en": "{reason}"}
    fields = ("path", "reason", "expected", "got")


class AddressInvalid(Problem):
    code = "address_invalid"
    status = 422
    title = {"ru": "Проверьте адрес", "en": "Check the address"}
    message = {
        "ru": "«{pattern}» нельзя разрешить: {reason}",
        "en": "“{pattern}” can't be approved: {reason}",
    }
    fields = ("pattern", "reason")


class SourceUnreadable(Problem):
    """The text has a syntax error, so that nobody knows what it means to be."""

    code = "source_unreadable"
    status = 422
    title = {"ru": "Сначала исправьте синтаксис", "en": "Correct the syntax first"}
    message = {
        "ru": "Код не изменён. Строка {line}, столбец {column}: {reason}",
        "en": "The code is not changed. Line {line}, column {column}: {reason}",
    }
    fields = ("line", "column", "reason")


class FormatterUnavailable(Problem):
    code = "formatter_unavailable"
    status = 503
    title = {"ru": "Форматирование недоступно", "en": "The formatter is out of order"}
    message = {
        "ru": "Код не изменён: программа форматирования не ответила. Повторите; если не поможет, "
        "администратору нужно переустановить Vestnik.",
        "en": "The code is not changed: the formatter did not answer. Try again; if that does not help, "
        "an administrator has to install Vestnik anew.",
    }
    fields = ()


class ModulesCantRun(Problem):
    code = "modules_cant_run"
    status = 503
    title = {"ru": "Модули здесь не работают", "en": "Modules can't run here"}
    message = {
        "ru": "Защита, без которой модули не запускаются, не действует: {wall}. Подробности: vestnik doctor.",
        "en": "A wall without which modules do not run does not stand: {wall}. Details: vestnik doctor.",
    }
    fields = ("wall",)


class ListsNotRead(Problem):
    code = "lists_not_read"
    status = 502
    title = {"ru": "Списки не получены", "en": "The lists were not read"}
    message = {
        "ru": "Сервис не отдал списки до конца (страниц: {pages}). Ничего не изменено. Повторите позже.",
        "en": "The service did not give its lists to the end (pages: {pages}). Nothing is changed. "
        "Try again later.",
    }
    fields = ("pages",)


class NothingToUpdate(Problem):
    code = "nothing_to_update"
    status = 409
    title = {"ru": "Обновлять нечего", "en": "Nothing to update"}
    message = {
        "ru": "В каталоге нет версии модуля «{name}» новее вашей.",
        "en": "The catalogue has no newer version of the module “{name}” than yours.",
    }
    fields = ("name",)


class NothingToRehearse(Problem):
    code = "nothing_to_rehearse"
    status = 409
    title = {"ru": "Сравнивать не с чем", "en": "Nothing to compare with"}
    message = {
        "ru": "Прогон сравнивает черновик с действующей версией. У модуля «{name}» это одна "
        "и та же версия, или он ещё не опубликован.",
        "en": "A rehearsal compares a draft with the live version. For the module “{name}” both "
        "are the same, or it is not published yet.",
    }
    fields = ("name",)


class RehearsalShowsLosses(Problem):
    """Publishing was not confirmed though the version's last rehearsal shows what would be lost."""

    code = "rehearsal_shows_losses"
    status = 409
    title = {"ru": "Прогон показал потери", "en": "The rehearsal shows losses"}
    message = {
        "ru": "С новой версией часть действий пропадёт или изменится: потеряно {lost}, изменено {changed}, "
        "вызовов с ошибкой {failed}. Посмотрите прогон на реальных вызовах и подтвердите публикацию, "
        "если так и задумано.",
        "en": "With the new version some actions are lost or change: {lost} lost, {changed} changed, "
        "{failed} calls failed. Look at the rehearsal, and confirm the publishing if that is intended.",
    }
    fields = ("lost", "changed", "failed")


class ModuleHasAccounts(Problem):
    """A module is deleted after its accounts: with them go secrets, webhook addresses, what comes there."""

    code = "module_has_accounts"
    status = 409
    title = {"ru": "У модуля есть аккаунты", "en": "The module has accounts"}
    message = {
        "ru": "У модуля есть аккаунты: {accounts}. Сначала удалите их: с аккаунтом исчезают его секреты и "
        "адрес вебхука, и отписки по нему больше не придут.",
        "en": "The module has accounts: {accounts}. Delete them first: with an account go its secrets and "
        "its webhook address, and unsubscribes no longer come by it.",
    }
    fields = ("accounts", "count")


class AccountConnectedAlready(Problem):
    """Another account has the same key; connecting it again has to be confirmed."""

    code = "account_connected_already"
    status = 409
    title = {"ru": "Этот аккаунт уже подключён", "en": "This account is connected already"}
    message = {
        "ru": "Этот аккаунт сервиса уже подключён {known}. Если подключить его ещё раз, его списки и отписки "
        "будут вестись дважды, под двумя названиями. Подтвердите, если так и задумано.",
        "en": "This account of the service is already connected {known}. When it is connected again, its "
        "lists and unsubscriptions are kept twice, under two names. Confirm if that is intended.",
    }
    fields = ("known",)

    @classmethod
    def of(cls, title: str | None) -> AccountConnectedAlready:
        """The problem with the other account's title, or without it for who may not see that account."""
        if title is None:
            return cls(known={"ru": "кем-то из коллег", "en": "by a colleague"})
        return cls(known={"ru": f"как «{title}»", "en": f"as “{title}”"})


class AccountInUse(Problem):
    """Something that goes on needs the account."""

    code = "account_in_use"
    status = 409
    title = {"ru": "Аккаунт занят", "en": "The account is in use"}
    message = {
        "ru": "Через этот аккаунт идут рассылки: {uses}. Дождитесь их конца или отмените их.",
        "en": "Campaigns go through this account: {uses}. Wait for their end, or cancel them.",
    }
    fields = ("uses",)


class RehearsalGoesOn(Problem):
    """Publishing was not confirmed, and a rehearsal of the version is not done yet."""

    code = "rehearsal_goes_on"
    status = 409
    title = {"ru": "Прогон ещё идёт", "en": "The rehearsal is not done"}
    message = {
        "ru": "Прогон этой версии на реальных вызовах ещё идёт. Дождитесь его или подтвердите публикацию "
        "без него.",
        "en": "The rehearsal of this version goes on. Wait for its end, or confirm publishing without it.",
    }


class CallNotReplayable(Problem):
    code = "call_not_replayable"
    status = 409
    title = {"ru": "Вызов нельзя повторить", "en": "The call can't be replayed"}
    message = {
        "ru": "Этот вызов записан не целиком: он слишком велик, или его вебхук уже удалён. Посмотреть запись "
        "можно, повторить или сохранить как тест — нет.",
        "en": "This call was not recorded as a whole: it is too large, or its webhook is deleted by now. "
        "The recording can be looked at, but not replayed or kept as a test.",
    }


class TestNameTaken(Problem):
    code = "test_name_taken"
    status = 409
    title = {"ru": "Такой тест уже есть", "en": "There is such a test already"}
    message = {
        "ru": "У модуля уже есть тест «{name}». Выберите другое имя или удалите прежний.",
        "en": "The module has a test “{name}” already. Choose another name, or delete that one.",
    }
    fields = ("name",)


class TestNotUsable(Problem):
    code = "test_not_usable"
    status = 422
    title = {"ru": "Тест не годится", "en": "The test can't be used"}
    message = {
        "ru": "Тест «{name}» не сохранён: {reason}.",
        "en": "The test “{name}” is not kept: {reason}.",
    }
    fields = ("name", "reason")


class TooManyTests(Problem):
    """`name` is the first test for which there was no room."""

    code = "too_many_tests"
    status = 422
    title = {"ru": "Тестов слишком много", "en": "Too many tests"}
    message = {
        "ru": "Для теста «{name}» у модуля «{module}» нет места: {reason}. Ничего не сохранено. "
        "Удалите ненужные тесты модуля и повторите.",
        "en": "The module “{module}” has no room for the test “{name}”: {reason}. Nothing is saved. "
        "Delete tests of the module that are not needed, and try again.",
    }
    fields = ("module", "name", "reason")


class SuspensionStands(Problem):
    """Switching a module on that tried to leave the sandbox takes the right to approve addresses too."""

    code = "suspension_stands"
    status = 403
    title = {"ru": "Модуль включит администратор", "en": "An administrator has to switch it on"}
    message = {
        "ru": "Модуль «{name}» выключен, потому что его процесс сделал запрещённый системный вызов: так "
        "поступает код, который пытается выйти из песочницы. Проверить его и включить снова может только "
        "администратор.",
        "en": "The module “{name}” is off because its process made a forbidden system call: this is what "
        "code does that tries to leave the sandbox. Only an administrator can check it and switch it on "
        "again.",
    }
    fields = ("name",)
