"""What can be wrong with the provider panel and with its embedding.

Problem
├── ServiceSlow 504          the service has not answered within the panel's deadline; it is still asked
├── PanelUnavailable 502     for a visitor of another system: the service can't be asked now
├── PanelToMend 502          for a visitor: the account's connection has to be mended here
├── EmbedLinkInvalid 403     a link that nobody signed so, or whose key is none any more
├── EmbedLinkExpired 403     a link whose time is over, or lies too far ahead
├── EmbedTokenInvalid 401    a page whose token has run out, or is none
└── OriginInvalid 422        an origin that a key can't allow
"""

from __future__ import annotations

from vestnik.http.errors import Problem
from vestnik.modules.calls.failures import ModuleCallFailed

#: Kinds of a failed call that pass by themselves.
_PASSING = frozenset({"retry_later", "service_down", "timeout", "fetch", "busy", "crashed"})


class ServiceSlow(Problem):
    code = "panel_service_slow"
    status = 504
    title = {"ru": "Сервис отвечает медленно", "en": "The service is slow"}
    message = {
        "ru": "Сервис не ответил за {seconds} с; ответа ещё ждём. Обновите блок чуть позже.",
        "en": "The service did not answer within {seconds} s; it is still waited for. Refresh in a while.",
    }
    fields = ("seconds",)


class PanelUnavailable(Problem):
    code = "panel_unavailable"
    status = 502
    title = {"ru": "Сервис сейчас недоступен", "en": "The service can't be reached now"}
    message = {
        "ru": "Узнать у этого сервиса о подписках сейчас не получилось. Повторите через несколько минут.",
        "en": "This service could not be asked about subscriptions. Try again in a few minutes.",
    }


class PanelToMend(Problem):
    code = "panel_to_mend"
    status = 502
    title = {"ru": "Подключение сервиса не работает", "en": "The service's connection does not work"}
    message = {
        "ru": "Сообщите тому, кто ведёт Вестник: подключение этого сервиса нужно проверить.",
        "en": "Tell whoever runs Vestnik: the connection of this service has to be checked.",
    }


def for_visitor(problem: Problem) -> Problem:
    """A problem as a visitor of another system reads it: without addresses and without words of modules."""
    if not isinstance(problem, ModuleCallFailed):
        return problem
    return PanelUnavailable() if problem.kind in _PASSING else PanelToMend()


class EmbedLinkInvalid(Problem):
    code = "embed_link_invalid"
    status = 403
    title = {"ru": "Ссылка недействительна", "en": "The link is not valid"}
    message = {
        "ru": "Подпись ссылки не сходится, или её ключ отозван. Сообщите тому, кто встраивал панель.",
        "en": "The link's signature does not match, or its key was revoked. Tell whoever embedded the panel.",
    }


class EmbedLinkExpired(Problem):
    code = "embed_link_expired"
    status = 403
    title = {"ru": "Срок ссылки истёк", "en": "The link has expired"}
    message = {
        "ru": "Обновите страницу, в которую встроена панель: она создаст новую ссылку. Ссылка действует "
        "не дольше {hours} ч.",
        "en": "Reload the page that has the panel in it: it makes a new link. A link is good for at most "
        "{hours} h.",
    }
    fields = ("hours",)


class EmbedTokenInvalid(Problem):
    code = "embed_token_invalid"
    status = 401
    title = {"ru": "Панель устарела", "en": "The panel is out of date"}
    message = {
        "ru": "Время этой панели вышло. Обновите страницу, в которую она встроена.",
        "en": "This panel's time is over. Reload the page that it is in.",
    }


class OriginInvalid(Problem):
    code = "embed_origin_invalid"
    status = 422
    title = {"ru": "Проверьте адрес сайта", "en": "Check the site's address"}
    message = {
        "ru": "«{origin}» не подходит. Нужен адрес вида https://crm.example.ru без пути; звёздочка — "
        "только вместо первого имени, https://*.crm.example.ru.",
        "en": "“{origin}” can't be used. It has to look like https://crm.example.com, without a path; an "
        "asterisk only for the first name, https://*.crm.example.com.",
    }
    fields = ("origin",)
