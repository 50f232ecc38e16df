"""The form in which text is searched and compared, for whoever needs it without a database."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """NFKC, casefold, ё as е.

    SQLite's lower() and LIKE know ASCII only, so every searched column has a twin in this form.
    """
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
