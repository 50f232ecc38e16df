"""What was expected, what came, and where: the errors of this room.

Violation                 a value that its schema refuses
├── ContractViolation     an argument or a result of a CRM_Marketing_* function
├── ManifestError         a `module.json`
└── SettingsError         the settings of an account
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

Language = Literal["ru", "en"]
Side = Literal["arguments", "result"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    ru: str
    en: str

    def of(self, language: Language) -> str:
        """The text in a language."""
        return self.ru if language == "ru" else self.en


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with a value. `hint` says what to do about it, where that is known."""

    path: str
    expected: Text
    got: Text
    hint: Text | None = None


class Violation(Exception):
    """A value that its schema refuses; `path` is like `$.actions[2].status`, `$` being the whole value."""

    lead: ClassVar[Text] = Text("Неверное значение.", "Invalid value.")

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding

    @property
    def path(self) -> str:
        """Where it is wrong."""
        return self.finding.path

    @property
    def expected(self) -> str:
        """What was expected there, in English."""
        return self.finding.expected.en

    @property
    def got(self) -> str:
        """What stood there, in English."""
        return self.finding.got.en

    def sentence(self, language: Language) -> str:
        """What happened, where, and what to do, for a person."""
        finding = self.finding
        parts = [self._lead().of(language)]
        if language == "ru":
            parts.append(f"{finding.path}: ожидалось: {finding.expected.ru}; получено: {finding.got.ru}.")
        else:
            parts.append(f"{finding.path}: expected {finding.expected.en}; got {finding.got.en}.")
        if finding.hint is not None:
            parts.append(finding.hint.of(language))
        return " ".join(parts)

    def __str__(self) -> str:
        return self.sentence("en")

    def _lead(self) -> Text:
        return self.lead


class ContractViolation(Violation):
    """An argument or a result of a function that the contract refuses."""

    def __init__(self, function: str, side: Side, finding: Finding) -> None:
        super().__init__(finding)
        self.function = function
        self.side = side

    def _lead(self) -> Text:
        if self.side == "result":
            return Text(
                f"Функция {self.function} вернула неверное значение.",
                f"The function {self.function} returned an invalid value.",
            )
        return Text(
            f"Функции {self.function} передан неверный аргумент.",
            f"The function {self.function} was given an invalid argument.",
        )


class ManifestError(Violation):
    """A manifest that its schema or a rule refuses."""

    lead = Text("В файле module.json ошибка.", "The file module.json has an error.")


class SettingsError(Violation):
    """Settings of an account that the module's manifest refuses."""

    lead = Text("Настройки аккаунта заполнены неверно.", "The account's settings are invalid.")
