"""What a person or a machine may be told about a campaign.

Problem
├── CampaignNotEditable 409      ├── CampaignNotReady 409       ├── TooLateToPause 409
├── CampaignStateForbids 409     ├── ScheduleInThePast 422      ├── CannotCancelAtService 409
├── ServiceDidNotAnswer 502      └── UnknownReference 422       ├── CampaignNotAtService 409
├── CannotSendTest 409         ├── CannotAskService 409
└── RecipientIsBeingWrittenTo 409
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class CampaignNotEditable(Problem):
    code = "campaign_not_editable"
    status = 409
    title = {"ru": "Рассылка уже запущена", "en": "The campaign has begun"}
    message = {
        "ru": "Изменить или удалить можно только черновик. Создайте копию рассылки.",
        "en": "Only a draft can be changed or deleted. Make a copy of the campaign.",
    }


class CampaignStateForbids(Problem):
    code = "campaign_state_forbids"
    status = 409
    title = {"ru": "Сейчас это невозможно", "en": "Not possible now"}
    message = {
        "ru": "Рассылка в состоянии «{state}»: это действие сейчас невозможно. Обновите страницу.",
        "en": "The campaign is in the state “{state}”: that can't be done now. Reload the page.",
    }
    fields = ("state", "action")


class CampaignNotReady(Problem):
    code = "campaign_not_ready"
    status = 409
    title = {"ru": "Рассылка не готова", "en": "The campaign is not ready"}
    message = {
        "ru": "Рассылку пока нельзя отправить: {problems}",
        "en": "The campaign can't be sent yet: {problems}",
    }
    fields = ("problems", "checks")


class ScheduleInThePast(Problem):
    code = "schedule_in_the_past"
    status = 422
    title = {"ru": "Время уже прошло", "en": "That time has passed"}
    message = {
        "ru": "Назначьте время в будущем или отправьте рассылку сейчас.",
        "en": "Choose a time in the future, or send the campaign now.",
    }


class TooLateToPause(Problem):
    code = "too_late_to_pause"
    status = 409
    title = {"ru": "Остановить здесь уже нельзя", "en": "It can't be stopped here any more"}
    message = {
        "ru": "Рассылка уже передаётся сервису. Когда он её примет, воспользуйтесь «Отменить в сервисе».",
        "en": "The campaign is being handed to the service. Once it is there, use “Cancel at the service”.",
    }


class CannotCancelAtService(Problem):
    code = "cannot_cancel_at_service"
    status = 409
    title = {"ru": "Отменить отсюда нельзя", "en": "It can't be cancelled from here"}
    message = {
        "ru": "Модуль сервиса не умеет отменять рассылки. Остановите её в личном кабинете сервиса.",
        "en": "The service's module can't cancel campaigns. Stop it in the service's own interface.",
    }


class CampaignNotAtService(Problem):
    code = "campaign_not_at_service"
    status = 409
    title = {"ru": "Рассылки ещё нет в сервисе", "en": "The campaign is not at the service yet"}
    message = {
        "ru": "Сервис ещё не принял эту рассылку: её можно приостановить или отменить здесь.",
        "en": "The service has not taken this campaign yet: pause or cancel it here.",
    }


class CannotSendTest(Problem):
    code = "cannot_send_test"
    status = 409
    title = {"ru": "Тестовое письмо отправить нельзя", "en": "A test letter can't be sent"}
    message = {
        "ru": "Модуль сервиса не умеет отправлять тестовые письма. Попросите интегратора дополнить модуль.",
        "en": "The service's module can't send test letters. Ask the integrator to complete the module.",
    }


class CannotCheckAtService(Problem):
    code = "cannot_check_at_service"
    status = 409
    title = {"ru": "Проверить отсюда нельзя", "en": "It can't be checked from here"}
    message = {
        "ru": "Модуль сервиса не умеет искать рассылки. Проверьте в личном кабинете сервиса.",
        "en": "The service's module can't look for campaigns. Check in the service's own interface.",
    }


class CannotAskService(Problem):
    code = "cannot_ask_service"
    status = 409
    title = {"ru": "Спросить сервис нельзя", "en": "The service can't be asked"}
    message = {
        "ru": "Модуль сервиса не умеет сообщать о рассылках: результаты приходят только вебхуками.",
        "en": "The service's module can't tell of campaigns: results come by webhooks alone.",
    }


class ServiceDidNotAnswer(Problem):
    code = "service_did_not_answer"
    status = 502
    title = {"ru": "Сервис не ответил", "en": "The service did not answer"}
    message = {
        "ru": "Сервис рассылки не выполнил запрос: {text}. Попробуйте ещё раз позже.",
        "en": "The sending service did not do it: {text}. Try again later.",
    }
    fields = ("text",)


class UnknownReference(Problem):
    code = "unknown_reference"
    status = 422
    title = {"ru": "Нет такой записи", "en": "There is no such record"}
    message = {
        "ru": "Поле «{field}» указывает на то, чего нет. Выберите значение из списка.",
        "en": "The field “{field}” names something that does not exist. Choose from the list.",
    }
    fields = ("field",)


class RecipientIsBeingWrittenTo(Problem):
    code = "recipient_is_being_written_to"
    status = 409
    title = {"ru": "Этому человеку идёт рассылка", "en": "This person is being written to"}
    message = {
        "ru": "Рассылка «{campaign}» ещё не передана сервису. Дождитесь её отправки или отмените её, затем "
        "удалите данные.",
        "en": "The campaign “{campaign}” is not at the service yet. Wait until it is sent, or cancel it; "
        "then erase the data.",
    }
    fields = ("campaign", "id")
