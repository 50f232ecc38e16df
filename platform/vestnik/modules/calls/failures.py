"""A call of a module that gave no valid result.

ModuleCallFailed        kind             the module …
├── FunctionMissing     not_implemented  does not have the function
├── ArgumentsBroken     arguments        was not called: what it was to be given breaks the contract
├── ResultBroken        contract         returned what the contract refuses; path, expected, got
├── Refused             syntax, policy   has a text that may not run
├── Raised              raised           let an exception out
├── TimedOut            timeout          took longer than the function may
├── OutOfMemory         memory           needed more memory than it may have
├── Crashed             crashed          ended in the middle
├── Escaped             crashed          made a forbidden system call; a live version is switched off
├── Busy                busy             was not called: every worker was taken
├── HostForbidden       forbidden_host   asked for an address that is not approved
├── FetchFailed         fetch            got no usable answer from its service
├── BudgetSpent         retry_later      used up the service's budget of calls; retry_after_s
├── NeedsConsent        needs_consent    was tried, and would change something at the service; method, url
├── AskedToWait         retry_later      was told by its service to come back later; retry_after_s or None
├── ServiceDown         service_down     found its service out of order; retry_after_s or None
├── KeyRefused          key_refused      was told by its service that the account's key is not accepted
├── SwitchedOff         disabled         is switched off, or the account is gone
└── Unavailable         unavailable      can't run: no sandbox, or a sealed secret

Every class has the fields `module`, `function`, `action` (the title of the function), `reason` (for the
integrator) and `line`; a marketer reads the sentence, an integrator everything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from vestnik.contract import ContractViolation, functions
from vestnik.egress import ExchangeTrace, ForbiddenHost, SecretNotAllowed
from vestnik.http.errors import Language, Problem, Text
from vestnik.modules.ports import LogLine
from vestnik.sandbox import (
    RetryLaterByModule,
    SandboxError,
    ServiceDownByModule,
    WorkerCrashed,
    WorkerLost,
)

_FIELDS = ("module", "function", "action", "reason", "line")


class ModuleCallFailed(Problem):
    """Base of the tree. What is known of the call besides its fields is set by `with_call`."""

    kind: ClassVar[str] = "crashed"
    code = "module_call_failed"
    status = 502
    title = {"ru": "Модуль не справился", "en": "The module failed"}
    fields: ClassVar[tuple[str, ...]] = _FIELDS
    log: Sequence[LogLine] = ()
    exchanges: Sequence[ExchangeTrace] = ()
    cpu_ms = 0.0
    wall_ms = 0.0
    version_id: int | None = None
    #: Its recording, where there is one.
    call_id: int | None = None
    #: True where the reason is in the module's own words, for whoever reads of the failure.
    in_own_words: ClassVar[bool] = False
    #: False only where surely no request of the call went out.
    reached_service = True
    #: True where the call was cut by the machine, or by us: that says nothing about the module.
    cut_from_outside = False
    #: What the function gave where the contract refuses that; only an inspector shows it.
    returned: Any = None

    def with_call(
        self,
        version_id: int | None,
        log: Sequence[LogLine],
        exchanges: Sequence[ExchangeTrace],
        cpu_ms: float,
        wall_ms: float,
    ) -> ModuleCallFailed:
        """This failure with the call's version, log, exchanges and cost."""
        self.version_id, self.log, self.exchanges = version_id, log, exchanges
        self.cpu_ms, self.wall_ms = cpu_ms, wall_ms
        return self

    def for_integrator(self, language: Language = "en") -> dict[str, Any]:
        """Kind, message and line, and where the contract was broken: what an inspector shows."""
        shown = {name: _shown(self.values.get(name), language) for name in ("path", "expected", "got")}
        message = _shown(self.values["reason"], language) or self.detail(language)
        return {"kind": self.shown_kind, "message": message, "line": self.values["line"], **shown}

    def as_record(self) -> dict[str, Any]:
        """The same for keeping, with the sentence in both languages."""
        return self.for_integrator() | {"sentence": {"ru": self.detail("ru"), "en": self.detail("en")}}

    @property
    def shown_kind(self) -> str:
        """The kind; a text that may not run has two of them."""
        return self.kind


class FunctionMissing(ModuleCallFailed):
    kind = "not_implemented"
    code = "module_not_implemented"
    status = 501
    title = {"ru": "Модуль этого не умеет", "en": "The module can't do this"}
    message = {
        "ru": "Модуль «{module}» не умеет: {action}. Обратитесь к тому, кто его настраивает.",
        "en": "The module “{module}” does not implement: {action}. Ask the person who maintains it.",
    }


class ArgumentsBroken(ModuleCallFailed):
    kind = "arguments"
    code = "module_arguments_broken"
    message = {
        "ru": "Модуль «{module}» не вызван ({action}): переданы неверные данные. {reason}",
        "en": "The module “{module}” was not called ({action}): it was to be given invalid data. {reason}",
    }
    fields = (*_FIELDS, "path", "expected", "got")


class ResultBroken(ModuleCallFailed):
    kind = "contract"
    code = "module_result_broken"
    title = {"ru": "Модуль ответил не по контракту", "en": "The module broke the contract"}
    message = {
        "ru": "Модуль «{module}» ({action}) вернул не то, что должен: {path} — ожидалось {expected}. "
        "Ничего не применено. Передайте это тому, кто настраивает модуль.",
        "en": "The module “{module}” ({action}) returned what it should not: {path}, expected {expected}. "
        "Nothing was applied. Tell the person who maintains the module.",
    }
    fields = (*_FIELDS, "path", "expected", "got")


class Refused(ModuleCallFailed):
    kind = "policy"
    code = "module_refused"
    message = {
        "ru": "Модуль «{module}» не запускается: в его коде ошибка или недопустимая конструкция "
        "(строка {line}).",
        "en": "The module “{module}” does not run: its code has an error or a forbidden construct "
        "(line {line}).",
    }
    fields = (*_FIELDS, "refused")

    @property
    def shown_kind(self) -> str:
        return str(self.values["refused"])


class Raised(ModuleCallFailed):
    kind = "raised"
    in_own_words = True
    code = "module_raised"
    message = {
        "ru": "Модуль «{module}» остановился с ошибкой ({action}). Передайте это тому, "
        "кто настраивает модуль.",
        "en": "The module “{module}” stopped with an error ({action}). Tell the person who maintains it.",
    }


class TimedOut(ModuleCallFailed):
    kind = "timeout"
    code = "module_timeout"
    status = 504
    title = {"ru": "Модуль не успел", "en": "The module took too long"}
    message = {
        "ru": "Модуль «{module}» не уложился в отведённое время ({action}). Повторите позже.",
        "en": "The module “{module}” did not finish in time ({action}). Try again later.",
    }


class OutOfMemory(ModuleCallFailed):
    kind = "memory"
    code = "module_out_of_memory"
    message = {
        "ru": "Модулю «{module}» не хватило памяти ({action}). Передайте это тому, кто настраивает модуль.",
        "en": "The module “{module}” ran out of memory ({action}). Tell the person who maintains it.",
    }


class Crashed(ModuleCallFailed):
    kind = "crashed"
    code = "module_crashed"
    message = {
        "ru": "Процесс модуля «{module}» прервался ({action}). Повторите; если повторится, нужен тот, "
        "кто настраивает модуль.",
        "en": "The process of the module “{module}” ended in the middle ({action}). Try again; if it happens "
        "again, tell the person who maintains it.",
    }


class Escaped(Crashed):
    """Its process made a system call that no honest module makes: a live version is switched off."""

    code = "module_suspended"
    title = {"ru": "Модуль остановлен", "en": "The module was stopped"}
    message = {
        "ru": "Процесс модуля «{module}» сделал запрещённый системный вызов и был остановлен ({action}). "
        "Так поступает код, который пытается выйти из песочницы. Действующая версия вместе с этим "
        "выключается, и включить модуль снова может только администратор.",
        "en": "The process of the module “{module}” made a forbidden system call and was stopped ({action}). "
        "This is what code does that tries to leave the sandbox. A live version is switched off by that, and "
        "only an administrator can switch the module on again.",
    }


class Busy(ModuleCallFailed):
    kind = "busy"
    code = "module_busy"
    status = 503
    title = {"ru": "Очередь заполнена", "en": "The queue is full"}
    message = {
        "ru": "Сейчас выполняется слишком много вызовов, и модуль «{module}» не вызван ({action}). "
        "Повторите через минуту.",
        "en": "Too many calls are under way, and the module “{module}” was not called ({action}). "
        "Try again in a minute.",
    }


class HostForbidden(ModuleCallFailed):
    kind = "forbidden_host"
    code = "module_host_forbidden"
    title = {"ru": "Адрес не разрешён", "en": "Address not approved"}
    message = {
        "ru": "Модуль «{module}» обратился по адресу {scheme}://{host}:{port}, который не разрешён "
        "({action}). Разрешить его может администратор на странице аккаунта.",
        "en": "The module “{module}” asked for {scheme}://{host}:{port}, which is not approved ({action}). "
        "An administrator can approve it on the account's page.",
    }
    fields = (*_FIELDS, "scheme", "host", "port", "why")


class FetchFailed(ModuleCallFailed):
    kind = "fetch"
    code = "module_fetch_failed"
    title = {"ru": "Сервис не ответил", "en": "The service did not answer"}
    message = {
        "ru": "Модуль «{module}» не смог обратиться к сервису ({action}). Повторите позже.",
        "en": "The module “{module}” could not reach its service ({action}). Try again later.",
    }


class BudgetSpent(ModuleCallFailed):
    kind = "retry_later"
    code = "module_retry_later"
    status = 503
    title = {"ru": "Сервис просит подождать", "en": "The service asks to wait"}
    message = {
        "ru": "Сервис модуля «{module}» принимает запросы реже ({action}). "
        "Повторите через {retry_after_s} с.",
        "en": "The service of the module “{module}” takes fewer requests ({action}). "
        "Try again in {retry_after_s} s.",
    }
    fields = (*_FIELDS, "retry_after_s")

    @property
    def retry_after_s(self) -> int:
        """When the budget allows the next call."""
        return int(self.values["retry_after_s"])


class NeedsConsent(ModuleCallFailed):
    kind = "needs_consent"
    code = "module_needs_consent"
    status = 409
    title = {"ru": "Нужно согласие", "en": "Consent needed"}
    message = {
        "ru": "Модуль «{module}» хочет отправить сервису запрос, который может что-то изменить: "
        "{method} {url} ({action}). Ничего не отправлено. Подтвердите, чтобы повторить с отправкой.",
        "en": "The module “{module}” is about to send a request that may change something at the service: "
        "{method} {url} ({action}). Nothing was sent. Confirm to repeat it and send.",
    }
    fields = (*_FIELDS, "method", "url")


class AskedToWait(ModuleCallFailed):
    kind = "retry_later"
    in_own_words = True
    code = "module_asked_to_wait"
    status = 503
    title = {"ru": "Сервис просит подождать", "en": "The service asks to wait"}
    message = {
        "ru": "Сервис модуля «{module}» сейчас не принимает запросы ({action}). Повторите {when}.",
        "en": "The service of the module “{module}” takes no requests now ({action}). Try again {when}.",
    }
    fields = (*_FIELDS, "when", "retry_after_s")
    #: The service refused a call that was made: whoever repeats it by itself counts it.
    is_failed_attempt = True

    @property
    def retry_after_s(self) -> int | None:
        """When the service may take the next call; None: it does not say."""
        told = self.values["retry_after_s"]
        return None if told is None else int(told)


class ServiceDown(AskedToWait):
    kind = "service_down"
    code = "module_service_down"
    status = 502
    title = {"ru": "Сервис не работает", "en": "The service is out of order"}
    message = {
        "ru": "Сервис модуля «{module}» ответил ошибкой на своей стороне ({action}). Повторите {when}.",
        "en": "The service of the module “{module}” answered with an error of its own ({action}). "
        "Try again {when}.",
    }


class KeyRefused(ModuleCallFailed):
    kind = "key_refused"
    in_own_words = True
    code = "module_key_refused"
    title = {"ru": "Сервис не принимает ключ", "en": "The service does not accept the key"}
    message = {
        "ru": "Сервис модуля «{module}» не принимает ключ аккаунта ({action}). Проверьте ключ в настройках "
        "аккаунта: возможно, его отозвали или срок его действия истёк.",
        "en": "The service of the module “{module}” does not accept the account's key ({action}). Check the "
        "key in the account's settings: it may have been revoked, or have expired.",
    }


class SwitchedOff(ModuleCallFailed):
    kind = "disabled"
    code = "module_switched_off"
    status = 409
    title = {"ru": "Модуль выключен", "en": "The module is off"}
    message = {
        "ru": "Модуль «{module}» выключен или его аккаунт удалён ({action}).",
        "en": "The module “{module}” is switched off, or its account is deleted ({action}).",
    }


class Unavailable(ModuleCallFailed):
    kind = "unavailable"
    code = "module_unavailable"
    status = 503
    title = {"ru": "Модули здесь не работают", "en": "Modules can't run here"}
    message = {
        "ru": "Модуль «{module}» нельзя запустить ({action}): {reason}. Сообщите администратору.",
        "en": "The module “{module}” can't be run ({action}): {reason}. Tell the administrator.",
    }


_BY_KIND: dict[str, type[ModuleCallFailed]] = {
    each.kind: each for each in (FunctionMissing, Raised, TimedOut, OutOfMemory, Crashed, Busy, KeyRefused)
}


def title_of(kind: str | None) -> Text:
    """What a recorded kind of failure is called; the general name for one that this version lacks."""
    named: dict[str, Text] = {}
    classes: list[type[ModuleCallFailed]] = [*ModuleCallFailed.__subclasses__(), ServiceDown]
    for each in classes:
        named.setdefault(each.kind, each.title)
    return named.get(kind or "", ModuleCallFailed.title)


def of_sandbox(error: SandboxError, module: Mapping[str, str], function: str) -> ModuleCallFailed:
    """The failure that a sandbox's error means."""
    if isinstance(error, RetryLaterByModule):
        return _asked_to_wait(error, module, function)
    common = _common(module, function, error.message, error.line)
    if error.kind in ("syntax", "policy"):
        return Refused(**common, refused=error.kind)
    if error.host_kind is not None and error.host_kind not in NOT_THE_SERVICE:
        return FetchFailed(**common)
    if isinstance(error, WorkerCrashed) and error.forbidden_call:
        return Escaped(**common)
    failure = _BY_KIND[error.kind](**common)
    failure.cut_from_outside = isinstance(error, WorkerLost)
    return failure


def _asked_to_wait(error: RetryLaterByModule, module: Mapping[str, str], function: str) -> ModuleCallFailed:
    seconds = None if error.retry_after_s is None else max(1, math.ceil(error.retry_after_s))
    when = {"ru": "позже", "en": "later"}
    if seconds is not None:
        when = {"ru": f"через {seconds} с", "en": f"in {seconds} s"}
    common = _common(module, function, error.message, error.line)
    failure = ServiceDown if isinstance(error, ServiceDownByModule) else AskedToWait
    return failure(**common, when=when, retry_after_s=seconds)


#: Kinds of a refused operation that say nothing about the service.
NOT_THE_SERVICE = frozenset(
    {"storage", "sealed_refused", "contacts", "limit", "unavailable", "invalid_request", "spool_gone"}
)


def of_violation(violation: ContractViolation, module: Mapping[str, str]) -> ModuleCallFailed:
    """The failure of arguments or of a result that the contract refuses."""
    finding = violation.finding
    sentence = {"ru": violation.sentence("ru"), "en": violation.sentence("en")}
    failure = ResultBroken if violation.side == "result" else ArgumentsBroken
    return failure(
        **_common(module, violation.function, sentence, None),
        path=finding.path,
        expected={"ru": finding.expected.ru, "en": finding.expected.en},
        got={"ru": finding.got.ru, "en": finding.got.en},
    )


def of_forbidden_host(
    error: ForbiddenHost | SecretNotAllowed, module: Mapping[str, str], function: str, line: int | None
) -> ModuleCallFailed:
    """The failure of a request to an address that is not approved, or not for the secret in the request."""
    fields = {"reason": error.code, **error.fields}
    return HostForbidden(
        **_common(module, function, error.message, line),
        scheme=fields["scheme"],
        host=fields["host"],
        port=fields["port"],
        why=fields["reason"],
    )


def switched_off(module: Mapping[str, str], function: str) -> ModuleCallFailed:
    """The failure of a call that may not be made."""
    return SwitchedOff(
        **_common(module, function, "the module is switched off or the account is deleted", None)
    )


def not_implemented(module: Mapping[str, str], function: str) -> ModuleCallFailed:
    """The failure of a call whose function the version does not define."""
    return FunctionMissing(**_common(module, function, f"the module does not define {function}", None))


def budget_spent(module: Mapping[str, str], function: str, retry_after_s: float) -> ModuleCallFailed:
    """The failure of a call that would wait too long for the service's budget."""
    seconds = max(1, round(retry_after_s))
    return BudgetSpent(
        **_common(module, function, "the budget of calls to the service is used up", None),
        retry_after_s=seconds,
    )


def needs_consent(module: Mapping[str, str], function: str, method: str, url: str) -> ModuleCallFailed:
    """The failure of a try whose request may change something, and that nobody agreed to."""
    reason = {
        "ru": f"{method} {url} не отправлен: он может что-то изменить, а согласия никто не дал",
        "en": f"{method} {url} was not sent: it may change something, and nobody agreed to it",
    }
    return NeedsConsent(**_common(module, function, reason, None), method=method, url=url)


def refused(
    module: Mapping[str, str], function: str, reason: Mapping[str, str], line: int, kind: str
) -> ModuleCallFailed:
    """The failure of a text that may not run; `kind` is syntax or policy."""
    return Refused(**_common(module, function, reason, line), refused=kind)


def unavailable(module: Mapping[str, str], function: str, reason: str) -> ModuleCallFailed:
    """The failure of a call on a machine that can't run modules, or can't open their secrets."""
    return Unavailable(**_common(module, function, reason, None))


def crashed(module: Mapping[str, str], function: str, reason: str) -> ModuleCallFailed:
    """The failure of a call for a reason that no other class names."""
    return Crashed(**_common(module, function, reason, None))


def _common(
    module: Mapping[str, str], function: str, reason: str | Mapping[str, str], line: int | None
) -> dict[str, Any]:
    declared = functions().get(function)
    title = {"ru": function, "en": function}
    if declared is not None:
        title = {"ru": declared.title.ru, "en": declared.title.en}
    return {"module": dict(module), "function": function, "action": title, "reason": reason, "line": line}


def _shown(value: Any, language: Language) -> Any:
    return value[language] if isinstance(value, Mapping) else value
