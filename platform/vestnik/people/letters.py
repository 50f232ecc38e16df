"""The words of letters about the way in, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vestnik.http.errors import Language, Text
from vestnik.mail import Letter

_SIGNED: Text = {"ru": "Вестник, {organisation}", "en": "Vestnik, {organisation}"}

_RESET_SUBJECT: Text = {"ru": "Новый пароль в Вестнике", "en": "A new password for Vestnik"}
_RESET: Text = {
    "ru": "Кто-то, вероятно вы, попросил новый пароль для входа в Вестник с адресом {email}.",
    "en": "Somebody, probably you, asked for a new password to sign in to Vestnik as {email}.",
}
_RESET_OPEN: Text = {"ru": "Задать пароль: {url}", "en": "Set a password: {url}"}
_RESET_LASTS: Text = {
    "ru": "Ссылка действует {minutes} минут и только один раз.",
    "en": "The link is valid for {minutes} minutes, and once.",
}
_RESET_NOT_YOU: Text = {
    "ru": "Если это были не вы, ничего не делайте: без ссылки пароль не изменится. Никому её не пересылайте.",
    "en": "If it was not you, do nothing: without the link the password stays. Pass it on to nobody.",
}


_INVITED_SUBJECT: Text = {"ru": "Приглашение в Вестник", "en": "An invitation to Vestnik"}
_INVITED_BY: Text = {
    "ru": "{inviter} приглашает вас в Вестник ({organisation}).",
    "en": "{inviter} invites you to Vestnik ({organisation}).",
}
_INVITED: Text = {
    "ru": "Вас приглашают в Вестник ({organisation}).",
    "en": "You are invited to Vestnik ({organisation}).",
}
_INVITED_OPEN: Text = {"ru": "Задать имя и пароль: {url}", "en": "Set your name and a password: {url}"}
_INVITED_LASTS: Text = {
    "ru": "Ссылка действует {days} дней и только один раз. Никому её не пересылайте.",
    "en": "The link is valid for {days} days, and once. Pass it on to nobody.",
}
_INVITED_NOT_YOU: Text = {
    "ru": "Если вы не ждали приглашения, ничего не делайте.",
    "en": "If you did not expect an invitation, do nothing.",
}


_TAKEN_SUBJECT: Text = {
    "ru": "Второй фактор в Вестнике выключен",
    "en": "Your second factor for Vestnik was turned off",
}
_TAKEN: Text = {
    "ru": "Администратор {at} (UTC) выключил второй фактор для входа в Вестник с адресом {email}.",
    "en": "An administrator turned off the second factor for signing in to Vestnik as {email} at {at} (UTC).",
}
_TAKEN_MEANS: Text = {
    "ru": "Теперь для входа достаточно пароля. Включите второй фактор снова в своём профиле: {url}",
    "en": "The password alone is enough now. Turn the second factor on again in your profile: {url}",
}
_TAKEN_NOT_ASKED: Text = {
    "ru": "Если вы об этом не просили, смените пароль и спросите администратора, что случилось.",
    "en": "If you did not ask for it, change your password and ask an administrator what happened.",
}


def factor_taken_off(to: str, language: Language, at: datetime, url: str, organisation: str) -> Letter:
    """The letter to whose second factor an administrator took off."""
    lines = [
        _TAKEN[language].format(email=to, at=f"{at:%Y-%m-%d %H:%M}"),
        "",
        _TAKEN_MEANS[language].format(url=url),
        _TAKEN_NOT_ASKED[language],
    ]
    return _letter(to, language, _TAKEN_SUBJECT[language], lines, organisation)


def reset(to: str, language: Language, url: str, minutes: int, organisation: str) -> Letter:
    """The letter to who forgot the password."""
    lines = [
        _RESET[language].format(email=to),
        "",
        _RESET_OPEN[language].format(url=url),
        "",
        _RESET_LASTS[language].format(minutes=minutes),
        _RESET_NOT_YOU[language],
    ]
    return _letter(to, language, _RESET_SUBJECT[language], lines, organisation)


def invitation(
    to: str, language: Language, url: str, inviter: str | None, days: int, organisation: str
) -> Letter:
    """The letter to who is invited; `inviter` is a name, None for the installation itself."""
    by = _INVITED if inviter is None else _INVITED_BY
    lines = [
        by[language].format(inviter=" ".join((inviter or "").split()), organisation=organisation),
        "",
        _INVITED_OPEN[language].format(url=url),
        "",
        _INVITED_LASTS[language].format(days=days),
        _INVITED_NOT_YOU[language],
    ]
    return _letter(to, language, _INVITED_SUBJECT[language], lines, organisation)


def _letter(to: str, language: Language, subject: str, lines: Sequence[str], organisation: str) -> Letter:
    signed = _SIGNED[language].format(organisation=organisation)
    return Letter(to=to, subject=subject, text="\n".join([*lines, "", "--", signed, ""]))
