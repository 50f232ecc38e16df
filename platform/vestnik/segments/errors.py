"""What can be wrong with segments.

Problem
├── InvalidRule 422      a rule that can't be understood: where in it, and why
├── SegmentExists 409
├── UnknownMember 422
├── NotStatic 409        members given to a dynamic segment
├── NotDynamic 409       a rule given to a static one
├── SegmentArchived 409  a bulk run that was adding to it, or taking out of it, ends here
├── SegmentInUse 409     can't be archived
└── CountTakesTooLong 503
"""

from __future__ import annotations

from collections.abc import Mapping

from vestnik.http.errors import Problem, Text

_REASONS: Mapping[str, Mapping[str, str]] = {
    "not_a_rule": {"ru": "здесь нужна группа или условие", "en": "a group or a condition is needed here"},
    "combinator": {"ru": "группа соединяется через and или or", "en": "a group is joined by and or by or"},
    "too_deep": {"ru": "слишком много вложенных групп", "en": "groups are nested too deep"},
    "too_many": {"ru": "слишком много условий", "en": "too many conditions"},
    "field": {"ru": "такого поля у контактов нет", "en": "contacts have no such field"},
    "operator": {"ru": "это поле так не сравнивают", "en": "this field is not compared in this way"},
    "value": {"ru": "значение не подходит условию", "en": "the value does not fit the condition"},
}


#: Where in a rule something is wrong.
_RULE: Text = {"ru": "Правило", "en": "The rule"}
_GROUP: Text = {"ru": "Группа условий", "en": "A group of conditions"}
_CONDITION: Text = {"ru": "Условие «{title}»", "en": "The condition “{title}”"}


class InvalidRule(Problem):
    code = "invalid_rule"
    status = 422
    title = {"ru": "Проверьте правило сегмента", "en": "Check the rule of the segment"}
    message = {"ru": "{where}: {reason}.", "en": "{where}: {reason}."}
    fields = ("path", "where", "reason")
    #: The field that a condition names and nothing knows.
    field = ""

    @classmethod
    def at(cls, path: str, reason: str, title: Mapping[str, str] | None = None) -> InvalidRule:
        """The problem at a JSON path of the rule, for one of the reasons above; `title` is a condition's."""
        where = _CONDITION if title is not None else _GROUP if ".rules[" in path else _RULE
        return cls(path=path, where=_with_title(where, title or {}), reason=_REASONS[reason])

    def named(self, title: Mapping[str, str]) -> InvalidRule:
        """The same of a condition that has this title."""
        return InvalidRule(**{**self.values, "where": _with_title(_CONDITION, title)})


def _with_title(where: Text, title: Mapping[str, str]) -> Text:
    other = next(iter(title.values()), "")
    return {
        "ru": where["ru"].format(title=title.get("ru", other)),
        "en": where["en"].format(title=title.get("en", other)),
    }


class SegmentExists(Problem):
    code = "segment_exists"
    status = 409
    title = {"ru": "Такой сегмент уже есть", "en": "The segment exists already"}
    message = {
        "ru": "Сегмент «{name}» уже есть. Выберите другое название.",
        "en": "There is already a segment “{name}”. Choose another name.",
    }
    fields = ("name",)


class UnknownMember(Problem):
    code = "unknown_member"
    status = 422
    title = {"ru": "Нет такого контакта", "en": "No such contact"}
    message = {
        "ru": "Среди выбранных есть контакты, которых уже нет: {count}. Обновите список и выберите снова.",
        "en": "Some of the chosen contacts are gone: {count}. Reload the list and choose again.",
    }
    fields = ("count",)


class NotStatic(Problem):
    code = "segment_not_static"
    status = 409
    title = {"ru": "Состав задаёт правило", "en": "A rule decides who is in it"}
    message = {
        "ru": "Сегмент «{name}» собирается по правилу: измените правило.",
        "en": "The segment “{name}” is made by a rule: change the rule.",
    }
    fields = ("name",)


class NotDynamic(Problem):
    code = "segment_not_dynamic"
    status = 409
    title = {"ru": "Состав задан списком", "en": "A list decides who is in it"}
    message = {
        "ru": "Сегмент «{name}» собран вручную: у него нет правила.",
        "en": "The segment “{name}” is made by hand: it has no rule.",
    }
    fields = ("name",)


class SegmentArchived(Problem):
    code = "segment_archived"
    status = 409
    title = {"ru": "Сегмент в архиве", "en": "The segment is archived"}
    message = {
        "ru": "Сегмент «{name}» отправили в архив: с этого места его состав больше не меняется.",
        "en": "The segment “{name}” was archived: from here on its members stay as they are.",
    }
    fields = ("name",)


class CountTakesTooLong(Problem):
    code = "count_takes_too_long"
    status = 503
    title = {"ru": "Подсчёт занял слишком много времени", "en": "Counting took too long"}
    message = {
        "ru": "За {seconds} с контакты не сосчитаны. Сегмент можно сохранить: правило верно.",
        "en": "The contacts were not counted in {seconds} s. The rule is right: the segment can be saved.",
    }
    fields = ("seconds",)


class SegmentInUse(Problem):
    code = "segment_in_use"
    status = 409
    title = {"ru": "Сегмент используется", "en": "The segment is in use"}
    message = {
        "ru": "Сегмент «{name}» синхронизируется со списками сервиса: {uses}. Сначала удалите эти "
        "синхронизации.",
        "en": "The segment “{name}” is synced to lists of a service: {uses}. Delete these syncs first.",
    }
    fields = ("name", "uses")
