"""Texts of this service's pages, beside those of the first one's."""

from vestnik_simulator.words import Language

_RUSSIAN = {
    "title": "Имитатор Campaign Monitor",
    "lists": "Списки",
    "no_lists": "Списков пока нет.",
    "key": "Ключ",
    "active": "Подписаны",
    "unconfirmed": "Не подтвердили",
    "unsubscribed": "Отписались",
    "bounced": "Недоступны",
    "deleted": "Удалены",
    "campaign_draft": "Черновик",
    "campaign_scheduled": "Запланирована",
    "campaign_sending": "Отправляется",
    "campaign_sent": "Отправлена",
    "clients": "Клиенты",
    "client": "Клиент",
    "client_id": "ID клиента",
}
_ENGLISH = {
    "title": "Campaign Monitor simulator",
    "lists": "Lists",
    "no_lists": "There are no lists yet.",
    "key": "Key",
    "active": "Active",
    "unconfirmed": "Unconfirmed",
    "unsubscribed": "Unsubscribed",
    "bounced": "Bounced",
    "deleted": "Deleted",
    "campaign_draft": "Draft",
    "campaign_scheduled": "Scheduled",
    "campaign_sending": "Being sent",
    "campaign_sent": "Sent",
    "clients": "Clients",
    "client": "Client",
    "client_id": "Client ID",
}


def words(language: Language) -> dict[str, str]:
    """All texts of a language."""
    return _ENGLISH if language == "en" else _RUSSIAN
