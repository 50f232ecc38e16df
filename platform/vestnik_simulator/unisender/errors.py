"""Errors of the API. The HTTP status of every one is 200, as at the real service."""

import html


class ApiError(Exception):
    """`{"error": text, "code": code}`: the text in the language of the URL, HTML-encoded."""

    def __init__(self, code: str, russian: str, english: str) -> None:
        super().__init__(english)
        self.code = code
        self._texts = {"ru": russian, "en": english}

    def body(self, language: str) -> dict[str, str]:
        """The answer's body."""
        text = self._texts["ru" if language == "ru" else "en"]
        return {"error": html.escape(text, quote=True), "code": self.code}


def invalid(name: str) -> ApiError:
    """The argument is missing or has a form that the method cannot read."""
    return ApiError("invalid_arg", f"Неверное значение аргумента {name}", f"Invalid value of argument {name}")


def not_found(what_russian: str, what_english: str, key: object) -> ApiError:
    """The method names something that this account does not have."""
    return ApiError("invalid_arg", f"{what_russian} {key}: не найдено", f"{what_english} {key} is not found")
