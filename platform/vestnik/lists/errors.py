"""What a person or a machine may be told about a sync.

Problem
├── SyncExists 409           ├── RunUnderWay 409        ├── NothingToRetry 409
├── ListExists 409           ├── NothingToConfirm 409   └── CannotSync 409
├── PlanGrew 409             └── NoRunUnderWay 409
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class SyncExists(Problem):
    code = "sync_exists"
    status = 409
    title = {"ru": "У этого списка уже есть синхронизация", "en": "The list has a sync already"}
    message = {
        "ru": "Список «{list}» уже синхронизируется. Измените ту синхронизацию или удалите её.",
        "en": "The list “{list}” is being synced already. Change that sync, or delete it.",
    }
    fields = ("list", "id")


class ListExists(Problem):
    code = "list_exists"
    status = 409
    title = {"ru": "Такой список уже есть", "en": "There is such a list"}
    message = {
        "ru": "В сервисе уже есть список «{list}». Выберите его или назовите новый иначе.",
        "en": "The service has a list “{list}” already. Choose it, or give the new one another name.",
    }
    fields = ("list", "externalId")


class CannotSync(Problem):
    code = "cannot_sync"
    status = 409
    title = {"ru": "Этот аккаунт не синхронизируется", "en": "This account can't be synced"}
    message = {
        "ru": "Модуль аккаунта «{account}» не умеет: {functions}. Попросите интегратора дополнить модуль.",
        "en": "The module of “{account}” does not implement: {functions}. Ask the integrator to complete it.",
    }
    fields = ("account", "functions")


class RunUnderWay(Problem):
    code = "sync_run_under_way"
    status = 409
    title = {"ru": "Запуск ещё идёт", "en": "A run is under way"}
    message = {
        "ru": "Запуск {number} этой синхронизации ещё не завершён. Дождитесь его или остановите.",
        "en": "Run {number} of this sync has not ended. Wait for it, or stop it.",
    }
    fields = ("number", "id")


class NoRunUnderWay(Problem):
    code = "no_sync_run_under_way"
    status = 409
    title = {"ru": "Останавливать нечего", "en": "Nothing to stop"}
    message = {
        "ru": "Сейчас эта синхронизация не выполняется. Обновите страницу.",
        "en": "This sync is not running now. Reload the page.",
    }


class NothingToConfirm(Problem):
    code = "nothing_to_confirm"
    status = 409
    title = {"ru": "Подтверждать нечего", "en": "Nothing to confirm"}
    message = {
        "ru": "Ни один план этой синхронизации не ждёт подтверждения. Обновите страницу.",
        "en": "No plan of this sync waits for a confirmation. Reload the page.",
    }


class PlanGrew(Problem):
    code = "plan_grew"
    status = 409
    title = {"ru": "План изменился", "en": "The plan has changed"}
    message = {
        "ru": "Теперь из списка будет исключено: {removals}. Посмотрите план и подтвердите его снова.",
        "en": "By now the plan removes {removals} from the list. Look at it and confirm it again.",
    }
    fields = ("removals",)


class NothingToRetry(Problem):
    code = "nothing_to_retry"
    status = 409
    title = {"ru": "Повторять нечего", "en": "Nothing to retry"}
    message = {
        "ru": "У этого запуска нет отклонённых строк: сервис принял все, или строки уже удалены.",
        "en": "This run has no refused rows: the service took all of them, or the rows were deleted since.",
    }
