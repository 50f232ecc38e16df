"""A person's authenticator app, as tests hold it in their hands."""

from __future__ import annotations

import base64
import hmac
import struct
import time
from typing import Any

from tests.application import PASSWORD, Browser, Installation

from vestnik.people.factor_tables import second_factor


def code_of(secret: str, steps_later: int = 0) -> str:
    """The code that an app shows for a secret in letters, by RFC 6238."""
    step = int(time.time()) // 30 + steps_later
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


class App:
    """The secret that the app has, and the recovery codes on paper."""

    def __init__(self, secret: str, recovery: list[str]) -> None:
        self.secret, self.recovery = secret, recovery

    def code(self, steps_later: int = 0) -> str:
        return code_of(self.secret, steps_later)


async def enrolled(browser: Browser, code: str | None = None) -> App:
    """The app of a person who is signed in and turns on the second factor, or moves it here by a code."""
    begun = await browser.post("/session/factor", {"password": PASSWORD, "code": code})
    assert begun.status_code == 200, begun.text
    secret = begun.json()["secret"]
    done = await browser.post("/session/factor/confirm", {"code": code_of(secret)})
    assert done.status_code == 200, done.text
    return App(secret, done.json()["codes"])


async def some_time_later(installation: Installation) -> None:
    """So long after the last code that the present ones are new."""
    later = second_factor.update().values(last_step=0)
    await installation.services.database.write(lambda connection: connection.execute(later))


async def password_entered(installation: Installation, email: str, ip: str = "203.0.113.7") -> Browser:
    """A browser whose sign-in waits for what follows the password."""
    browser = await installation.browser(ip)
    answer = await browser.post("/session", {"email": email, "password": PASSWORD})
    assert answer.status_code == 403, answer.text
    return browser


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
