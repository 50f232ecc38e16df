"""The walls of a worker process, by ctypes: no launcher, no privilege, no dependency.

What children inherit (identity, namespaces, empty root, capabilities, no_new_privs, Landlock) is set up
once in the zygote; what must be each worker's own (limits, its Landlock domain, the seccomp filter) is set
after the fork. Order matters: Landlock needs a descriptor, so it comes before RLIMIT_NOFILE 0; seccomp
comes last.
"""

import ctypes
import errno
import os
import resource
import struct
from typing import Any, Final

from vestnik.sandbox import syscalls

_libc: Final = ctypes.CDLL(None, use_errno=True)
_syscall: Final = _libc.syscall
_syscall.restype = ctypes.c_long

NOBODY: Final = 65534
PAGE_BYTES: Final = resource.getpagesize()

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_SIGKILL: Final = 9
_NAMESPACES: Final = {
    "mnt": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_CLONE_NEWUSER: Final = 0x10000000


def _failed(what: str) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, os.strerror(code), what)


def _prctl(*arguments: int) -> None:
    padded = [ctypes.c_ulong(each) for each in (*arguments, *[0] * (5 - len(arguments)))]
    if _libc.prctl(*padded) != 0:
        raise _failed(f"prctl{arguments}")


def raw(name: str, *arguments: Any) -> int:
    """Makes a system call; returns its result or minus the error number."""
    number = syscalls.number(name)
    if number is None:
        return -errno.ENOSYS
    result = int(_syscall(ctypes.c_long(number), *arguments))
    return -ctypes.get_errno() if result == -1 else result


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends; setuid clears it, so it is set again after that."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def set_dumpable(dumpable: bool) -> None:
    """Non-dumpable: nobody of the same user may trace this process or read its memory."""
    _prctl(_PR_SET_DUMPABLE, int(dumpable))


def forbid_new_privileges() -> None:
    """no_new_privs: no set-uid program will ever help."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


# -- identity


def become_nobody() -> None:
    """As root: nobody's ids and no groups. Otherwise nothing: there is nothing to give up."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def drop_capabilities() -> None:
    """Empties every capability set, the bounding set too where that is allowed."""
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    header = _CapabilityHeader(0x20080522, 0)
    if _libc.capset(ctypes.byref(header), ctypes.byref((_CapabilityData * 2)())) != 0:
        raise _failed("capset")


# -- namespaces


def enter_namespaces() -> None:
    """New user, mount, network, IPC, UTS, cgroup and process namespaces; only children enter the last one."""
    uid, gid = os.getuid(), os.getgid()
    _unshare(_CLONE_NEWUSER)
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)
    _unshare(sum(_NAMESPACES.values()))


def _unshare(flags: int) -> None:
    if _libc.unshare(ctypes.c_int(flags)) != 0:
        raise _failed("unshare")


_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_REC, _MS_PRIVATE, _MNT_DETACH = 0x4000, 1 << 18, 2
_TMPFS_FLAGS: Final = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC


def empty_root() -> None:
    """Replaces the file system by an empty, read-only one."""
    _mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE)
    _mount(b"tmpfs", b"/tmp", b"tmpfs", _TMPFS_FLAGS, b"size=4k,nr_inodes=2,mode=0555")
    os.chdir("/tmp")  # noqa: S108
    if raw("pivot_root", b".", b".") < 0:
        raise _failed("pivot_root")
    if _libc.umount2(b".", _MNT_DETACH) != 0:
        raise _failed("umount2")
    _mount(None, b"/", None, _MS_REMOUNT | _MS_RDONLY | _TMPFS_FLAGS)
    os.chdir("/")


def _mount(source: bytes | None, target: bytes, kind: bytes | None, flags: int, data: bytes = b"") -> None:
    if _libc.mount(source, target, kind, ctypes.c_ulong(flags), data) != 0:
        raise _failed(f"mount {target.decode()}")


# -- Landlock


def landlock_version() -> int:
    """The kernel's Landlock version, 0 where it has none."""
    return max(raw("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint(1)), 0)


def deny_files() -> int:
    """A Landlock domain without a single rule: no file, no TCP port, no abstract socket, no signal out of it.

    Returns the version used, 0 where the kernel has no Landlock.
    """
    version = landlock_version()
    if not version:
        return 0
    files = (1 << 13) - 1
    files |= sum(1 << bit for bit, since in ((13, 2), (14, 3), (15, 5)) if version >= since)
    ports = 3 if version >= 4 else 0
    scopes = 3 if version >= 6 else 0
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("QQQ", files, ports, scopes)
    ruleset = raw("landlock_create_ruleset", attributes, ctypes.c_size_t(size), ctypes.c_uint(0))
    if ruleset < 0:
        raise OSError(-ruleset, os.strerror(-ruleset), "landlock_create_ruleset")
    restricted = raw("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint(0))
    os.close(ruleset)
    if restricted < 0:
        raise OSError(-restricted, os.strerror(-restricted), "landlock_restrict_self")
    return version


def files_are_denied() -> bool:
    """Tries what only Landlock refuses: an empty root directory can be listed without it."""
    try:
        os.close(os.open("/", os.O_RDONLY))
    except PermissionError:
        return True
    return False


# -- limits


def memory_in_use_bytes() -> int:
    """The size of this process's address space."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * PAGE_BYTES


def set_limits(address_space_bytes: int, cpu_life_s: int) -> None:
    """No files, no processes, no core; bounded memory, stack and CPU time for the worker's whole life."""
    for limit in (
        resource.RLIMIT_CORE,
        resource.RLIMIT_FSIZE,
        resource.RLIMIT_NPROC,
        resource.RLIMIT_MEMLOCK,
        resource.RLIMIT_MSGQUEUE,
        resource.RLIMIT_NOFILE,
    ):
        resource.setrlimit(limit, (0, 0))
    stack = 8 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_STACK, (stack, stack))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_life_s, cpu_life_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes, address_space_bytes))


# -- seccomp

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_X32_BIT: Final = 0x40000000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT, _THIRD_ARGUMENT_AT = 0, 4, 16, 32
_PROT_EXEC: Final = 4
_Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class Filter:
    """A seccomp filter built once, ready to be installed in every child."""

    def __init__(self, writable: tuple[int, ...]) -> None:
        instructions = build_filter(writable)
        code = b"".join(struct.pack("HBBI", *each) for each in instructions)
        self._code = ctypes.create_string_buffer(code, len(code))
        self._program = _Program(len(instructions), ctypes.addressof(self._code))

    def install(self) -> None:
        """From here on every system call of this process goes through the filter; there is no way back."""
        if raw("seccomp", 1, 0, ctypes.byref(self._program)) < 0:
            raise _failed("seccomp")


def build_filter(writable: tuple[int, ...]) -> list[_Instruction]:
    """Allow-list by number; writes only to `writable`; no executable memory; kill or EPERM for the rest."""
    refused = _ERROR | errno.EPERM
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, syscalls.audit_architecture()),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if syscalls.MACHINE == "x86_64":
        program += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    known = [(_EQUAL, len(writable) - index, 0, fd) for index, fd in enumerate(writable)]
    writes: list[_Instruction] = [
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        *known,
        (_RETURN, 0, 0, _ERROR | errno.EBADF),
        (_RETURN, 0, 0, _ALLOW),
    ]
    mappings: list[_Instruction] = [
        (_LOAD, 0, 0, _THIRD_ARGUMENT_AT),
        (_ANY_BIT, 0, 1, _PROT_EXEC),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for names, body in (
        (syscalls.WRITES, writes),
        (syscalls.MAPPINGS, mappings),
        (syscalls.ALLOWED, [(_RETURN, 0, 0, _ALLOW)]),
        (syscalls.KILLED, [(_RETURN, 0, 0, _KILL)]),
    ):
        for name in names:
            number = syscalls.number(name)
            if number is not None:
                program += [(_EQUAL, 0, len(body), number), *body]
    program.append((_RETURN, 0, 0, refused))
    return program
