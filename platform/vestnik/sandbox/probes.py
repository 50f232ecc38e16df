"""System calls that a worker must not be able to make, each tried for real inside a throwaway worker.

Made with ctypes, as if the language wall had been broken already. Every one is harmless should it be allowed:
signals are number 0, addresses are empty, a forked child ends at once.
"""

import ctypes
import errno
import mmap
import os
import threading
from collections.abc import Callable
from typing import Any, Final

from vestnik.sandbox.jail import raw

_NULL: Final = ctypes.c_void_p(0)
_ABSENT: Final = b"/etc/passwd"
ALLOWED: Final = "allowed"


def _call(name: str, *arguments: Any) -> Callable[[], int]:
    converted = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return lambda: raw(name, *converted)


def _python_open() -> int:
    with open("/etc/passwd", "rb"):
        return 0


def _thread() -> int:
    threading.Thread(target=int).start()
    return 0


def _fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return child


def _executable_memory() -> int:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC).close()
    return 0


def _forked(name: str) -> Callable[[], int]:
    def call() -> int:
        child = raw(name, *[ctypes.c_long(0)] * 5)
        if child == 0:
            os._exit(0)
        return child

    return call


# Refused with an error; all of them are tried in one worker.
REFUSED: Final[dict[str, Callable[[], int]]] = {
    "open": _call("open", _ABSENT, 0),
    "openat": _call("openat", -100, _ABSENT, 0),
    "openat2": _call("openat2", -100, _ABSENT, ctypes.create_string_buffer(24), 24),
    "open /proc/self/environ": _call("open", b"/proc/self/environ", 0),
    "python open()": _python_open,
    "open the root": _call("openat", -100, b"/", 0o200000),
    "creat": _call("creat", b"/created", 0o600),
    "creat in shared memory": _call("creat", b"/dev/shm/created", 0o600),
    "mkdir": _call("mkdirat", -100, b"/made", 0o700),
    "unlink": _call("unlinkat", -100, b"/absent", 0),
    "stat": _call("newfstatat", -100, _ABSENT, ctypes.create_string_buffer(256), 0),
    "tgkill": _call("tgkill", 1, 1, 0),
    "executable memory": _executable_memory,
    "mprotect executable": _call("mprotect", _NULL, 0, 4),
    "setuid": _call("setuid", 0),
    "setrlimit": _call("setrlimit", 9, _NULL),
    "dup": _call("dup", 3),
    "pipe": _call("pipe2", ctypes.create_string_buffer(8), 0),
    "eventfd": _call("eventfd2", 0, 0),
    "write to descriptor 1": _call("write", 1, b"", 0),
    "write to descriptor 9": _call("write", 9, b"", 0),
    "shmget": _call("shmget", 0, 4096, 0o1600),
    "semget": _call("semget", 0, 1, 0o1600),
    "mq_open": _call("mq_open", b"queue", 0o102, 0o600, _NULL),
    "inotify": _call("inotify_init1", 0),
    "sched_setaffinity": _call("sched_setaffinity", 0, 8, ctypes.create_string_buffer(b"\xff" * 8, 8)),
    "setpriority": _call("setpriority", 0, 0, -20),
    "uname": _call("uname", ctypes.create_string_buffer(512)),
    "getdents": _call("getdents64", 3, ctypes.create_string_buffer(64), 64),
    "sysinfo": _call("sysinfo", ctypes.create_string_buffer(256)),
    "reboot": _call("reboot", 0, 0, 0, _NULL),
    "fcntl": _call("fcntl", 3, 3, 0),
    "ioctl": _call("ioctl", 3, 0x5401, _NULL),
    "landlock": _call("landlock_create_ruleset", _NULL, 0, 1),
}

# End the process; each takes a worker of its own.
KILLED: Final[dict[str, Callable[[], int]]] = {
    "socket inet": _call("socket", 2, 1, 0),
    "socket unix": _call("socket", 1, 1, 0),
    "socket netlink": _call("socket", 16, 3, 0),
    "socketpair": _call("socketpair", 1, 1, 0, ctypes.create_string_buffer(8)),
    "connect": _call("connect", 3, _NULL, 0),
    "sendmsg": _call("sendmsg", 3, _NULL, 0),
    "execve": _call("execve", b"/absent", _NULL, _NULL),
    "fork": _fork,
    "clone": _forked("clone"),
    "clone3": _call("clone3", _NULL, 0),
    "vfork": _forked("vfork"),
    "thread": _thread,
    "ptrace": _call("ptrace", 16, 1, 0, 0),
    "kill zygote": _call("kill", 1, 0),
    "kill all": _call("kill", -1, 0),
    "pidfd_open": _call("pidfd_open", 1, 0),
    "process_vm_readv": _call("process_vm_readv", 1, _NULL, 0, _NULL, 0, 0),
    "memfd_create": _call("memfd_create", b"x", 0),
    "io_uring_setup": _call("io_uring_setup", 1, ctypes.create_string_buffer(256)),
    "bpf": _call("bpf", 0, _NULL, 0),
    "perf_event_open": _call("perf_event_open", _NULL, 0, -1, -1, 0),
    "userfaultfd": _call("userfaultfd", 1),
    "keyctl": _call("keyctl", 0, -3, 0),
    "unshare": _call("unshare", 0x10000000),
    "setns": _call("setns", 3, 0),
    "mount": _call("mount", _NULL, b"/", _NULL, 0, _NULL),
    "chroot": _call("chroot", b"/"),
    "prctl": _call("prctl", 39, 0, 0, 0, 0),
    "seccomp": _call("seccomp", 2, 0, _NULL),
    "prlimit": _call("prlimit64", 0, 9, _NULL, _NULL),
}


def attempt(name: str) -> str:
    """Tries one call and says "allowed" or the error's name; "*" tries all of REFUSED, lists the allowed."""
    if name == "*":
        allowed = [each for each in REFUSED if _outcome(REFUSED[each]) == ALLOWED]
        return ", ".join(allowed) or "refused"
    return _outcome(REFUSED[name] if name in REFUSED else KILLED[name])


def _outcome(call: Callable[[], int]) -> str:
    try:
        result = call()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "error")
    except RuntimeError:
        return "error"
    if result >= 0:
        return ALLOWED
    if -result == errno.ENOSYS:
        return "ENOSYS"
    return errno.errorcode.get(-result, "error")
