"""What can be wrong with what people do to leads.

Problem
├── LeadIsOver 409            the lead is processed or closed: it is reopened first
├── LeadIsNotOver 409         there is nothing to reopen
├── UnknownChannel 422        there is no such source
├── UnknownPartner 422        there is no such partner
├── ChannelTitleTaken 409     a source has this title already
├── ChannelNotMergeable 409   a source goes into another one that is there
├── PartnerSiteTaken 409      a partner has this site already
├── PartnerSiteInvalid 422    the site names no host
├── RuleNeedsPeople 422       nobody of an assignment rule may sign in
├── RuleNeedsSource 422       a rule by source names none
└── NothingToConvert 422      a deal or an order needs a client
"""

from __future__ import annotations

from vestnik.http.errors import Problem


class LeadIsOver(Problem):
    code = "lead_is_over"
    status = 409
    title = {"ru": "Заявка уже завершена", "en": "The lead is over"}
    message = {
        "ru": "Заявка № {number} обработана или закрыта. Откройте её заново, чтобы продолжить работу.",
        "en": "Lead no. {number} is processed or closed. Reopen it to go on.",
    }
    fields = ("number",)


class LeadIsNotOver(Problem):
    code = "lead_is_not_over"
    status = 409
    title = {"ru": "Заявка не завершена", "en": "The lead is not over"}
    message = {
        "ru": "Заявка № {number} открыта или в работе: открывать заново нечего.",
        "en": "Lead no. {number} is open or in work: there is nothing to reopen.",
    }
    fields = ("number",)


class UnknownChannel(Problem):
    code = "unknown_channel"
    status = 422
    title = {"ru": "Нет такого источника", "en": "No such source"}
    message = {
        "ru": "Этого источника нет. Выберите источник из справочника.",
        "en": "There is no such source. Choose one from the directory.",
    }


class UnknownPartner(Problem):
    code = "unknown_partner"
    status = 422
    title = {"ru": "Нет такого партнёра", "en": "No such partner"}
    message = {
        "ru": "Этого партнёра нет. Выберите партнёра из справочника.",
        "en": "There is no such partner. Choose one from the directory.",
    }


class ChannelTitleTaken(Problem):
    code = "channel_title_taken"
    status = 409
    title = {"ru": "Такой источник уже есть", "en": "The source exists already"}
    message = {
        "ru": "Источник «{name}» уже есть в справочнике.",
        "en": "The directory has a source “{name}” already.",
    }
    fields = ("name",)


class ChannelNotMergeable(Problem):
    code = "channel_not_mergeable"
    status = 409
    title = {"ru": "Источники не объединить", "en": "The sources can't be merged"}
    message = {
        "ru": "Источник объединяют с другим действующим источником. Выберите его из справочника.",
        "en": "A source is merged into another one that is in use. Choose it from the directory.",
    }


class PartnerSiteTaken(Problem):
    code = "partner_site_taken"
    status = 409
    title = {"ru": "Этот сайт уже зарегистрирован", "en": "The site is registered already"}
    message = {
        "ru": "Сайт {site} уже записан за партнёром «{name}».",
        "en": "The site {site} belongs to the partner “{name}” already.",
    }
    fields = ("site", "name")


class PartnerSiteInvalid(Problem):
    code = "partner_site_invalid"
    status = 422
    title = {"ru": "Это не сайт", "en": "Not a site"}
    message = {
        "ru": "«{site}» не похоже на адрес сайта. Напишите его так: example.ru.",
        "en": "“{site}” does not look like a site's address. Write it as example.com.",
    }
    fields = ("site",)


class RuleNeedsPeople(Problem):
    code = "rule_needs_people"
    status = 422
    title = {"ru": "Некому назначать", "en": "Nobody to assign to"}
    message = {
        "ru": "Выберите хотя бы одного сотрудника, который может войти.",
        "en": "Choose at least one person who may sign in.",
    }


class RuleNeedsSource(Problem):
    code = "rule_needs_source"
    status = 422
    title = {"ru": "Не выбран источник", "en": "No source chosen"}
    message = {
        "ru": "Правилу «по источнику» нужен хотя бы один источник или партнёр.",
        "en": "A rule by source needs at least one source or partner.",
    }


class NothingToConvert(Problem):
    code = "nothing_to_convert"
    status = 422
    title = {"ru": "Нужен клиент", "en": "A client is needed"}
    message = {
        "ru": "Сделке и заказу нужен клиент или контакт: выберите его или создайте нового.",
        "en": "A deal and an order need a client or a contact: choose one, or make a new one.",
    }
