"""HTTP of the sandbox's walls: which stand on this machine, and what a missing one means."""

from __future__ import annotations

from vestnik.http.api import Context, Router, Shape
from vestnik.sandbox import Sandbox

router = Router("walls")


class BothLanguages(Shape):
    ru: str
    en: str


class MissingWall(Shape):
    """A wall that does not stand; `reason` is the kernel's word for it."""

    wall: str
    reason: str
    mandatory: bool
    meaning: BothLanguages


class WallsCard(Shape):
    """`running` is false where a mandatory wall is missing: no module runs then."""

    running: bool
    strict: bool
    walls: dict[str, bool]
    mandatory: list[str]
    missing: list[MissingWall]


MEANINGS = {
    "policy": BothLanguages(
        ru="язык модулей не ограничен: модуль мог бы назвать запрещённое",
        en="the language of modules is not limited: a module could name what is forbidden",
    ),
    "process": BothLanguages(
        ru="процесс модуля не отделён: он работает с правами сервера или виден своему пользователю",
        en="a module's process is not apart: it has the server's rights, or its own user can trace it",
    ),
    "rlimits": BothLanguages(
        ru="процессу модуля не ограничены память, файлы и дочерние процессы",
        en="memory, files and children of a module's process are not limited",
    ),
    "no_new_privs": BothLanguages(
        ru="процесс модуля мог бы получить новые права",
        en="a module's process could gain new privileges",
    ),
    "seccomp": BothLanguages(
        ru="системные вызовы процесса модуля не отобраны: это главная граница",
        en="the system calls of a module's process are not selected: this is the main boundary",
    ),
    "landlock": BothLanguages(
        ru="файлы и порты закрыты только отбором системных вызовов, второй преграды за ним нет",
        en="files and ports are closed by the choice of system calls alone, with no second barrier behind it",
    ),
    "namespaces": BothLanguages(
        ru="у процесса модуля нет своих сети, файлов и процессов: за отбором системных вызовов одной "
        "преградой меньше (обычное дело в контейнере)",
        en="a module's process has no network, files and processes of its own: one barrier less behind the "
        "choice of system calls (usual in a container)",
    ),
}


def card(sandbox: Sandbox) -> WallsCard:
    """What stands, what must stand, and what is missing.

    Where the first wall failed at the start the others were not examined: only that one is missing then.
    """
    missing = [
        MissingWall(
            wall=wall,
            reason=sandbox.reasons.get(wall, ""),
            mandatory=wall in sandbox.mandatory,
            meaning=MEANINGS[wall],
        )
        for wall, stands in sandbox.walls.items()
        if not stands and (sandbox.running or wall in sandbox.reasons)
    ]
    return WallsCard(
        running=sandbox.running,
        strict=sandbox.options.strict,
        walls=dict(sandbox.walls),
        mandatory=list(sandbox.mandatory),
        missing=missing,
    )


@router.get("/settings/walls", returns=WallsCard, right="settings.manage")
async def get_walls(context: Context) -> WallsCard:
    """Which walls of the sandbox stand on this machine, as the start has proved, and what is missing."""
    return card(context.services.sandbox)
