"""System call numbers by architecture and the three lists that the seccomp filter is made of."""

import platform
from typing import Final

# name: (x86_64, aarch64); None where the architecture has no such call
NUMBERS: Final[dict[str, tuple[int | None, int | None]]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62),
    "mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "mremap": (25, 216),
    "madvise": (28, 233), "sched_yield": (24, 124), "getpid": (39, 172), "gettid": (186, 178),
    "futex": (202, 98), "getrandom": (318, 278), "clock_gettime": (228, 113), "clock_getres": (229, 114),
    "gettimeofday": (96, 169), "time": (201, None), "exit": (60, 93), "exit_group": (231, 94),
    "restart_syscall": (219, 128), "sigaltstack": (131, 132), "rseq": (334, 293), "membarrier": (324, 283),
    "getrusage": (98, 165), "recvfrom": (45, 207), "sendto": (44, 206),
    # never legitimate
    "socket": (41, 198), "connect": (42, 203), "socketpair": (53, 199), "clone": (56, 220),
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "kill": (62, 129), "ptrace": (101, 117),
    "prctl": (157, 167), "mount": (165, 40), "umount2": (166, 39), "init_module": (175, 105),
    "finit_module": (313, 273), "unshare": (272, 97), "execveat": (322, 281), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "clone3": (435, 435),
    "setns": (308, 268), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "memfd_create": (319, 279),
    "seccomp": (317, 277), "chroot": (161, 51), "pivot_root": (155, 41), "open_by_handle_at": (304, 265),
    "modify_ldt": (154, None), "kexec_load": (246, 104), "personality": (135, 92), "bind": (49, 200),
    "listen": (50, 201), "accept4": (288, 242), "sendmsg": (46, 211), "recvmsg": (47, 212),
    "prlimit64": (302, 261), "fsopen": (430, 430), "open_tree": (428, 428), "move_mount": (429, 429),
    # tried by the self-test, refused by default
    "open": (2, None), "openat": (257, 56), "openat2": (437, 437), "creat": (85, None), "mkdir": (83, None),
    "mkdirat": (258, 34), "unlinkat": (263, 35), "newfstatat": (262, 79), "tgkill": (234, 131),
    "setuid": (105, 146), "setrlimit": (160, 164), "dup": (32, 23), "pipe2": (293, 59),
    "eventfd2": (290, 19), "shmget": (29, 194), "semget": (64, 190), "mq_open": (240, 180),
    "inotify_init1": (294, 26), "sched_setaffinity": (203, 122), "setpriority": (141, 140),
    "uname": (63, 160), "getdents64": (217, 61), "sysinfo": (99, 179), "reboot": (169, 142),
    "fcntl": (72, 25), "ioctl": (16, 29), "getcwd": (79, 17), "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip

# What a running interpreter needs; write, sendto, mmap and mprotect with conditions (jail.build_filter).
ALLOWED: Final = (
    "read close fstat lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise "
    "sched_yield getpid gettid futex getrandom clock_gettime clock_getres gettimeofday time exit "
    "exit_group restart_syscall sigaltstack rseq membarrier getrusage recvfrom"
).split()
WRITES: Final = ("write", "sendto")
MAPPINGS: Final = ("mmap", "mprotect")

# No library asks for these by accident: the process is killed, so that an escape is seen as SIGSYS.
# Everything else fails with EPERM, because libraries do try things (a lazy import, a terminal check).
KILLED: Final = (
    "socket connect socketpair clone clone3 fork vfork execve execveat kill ptrace prctl mount umount2 "
    "init_module finit_module unshare setns bpf perf_event_open userfaultfd io_uring_setup "
    "io_uring_enter io_uring_register process_vm_readv process_vm_writev keyctl add_key request_key "
    "pidfd_open pidfd_getfd pidfd_send_signal memfd_create seccomp chroot pivot_root open_by_handle_at "
    "modify_ldt kexec_load personality bind listen accept4 sendmsg recvmsg prlimit64 fsopen open_tree "
    "move_mount"
).split()

_AUDIT: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
MACHINE: Final = platform.machine()


class UnknownArchitecture(OSError):
    """There is no table of system calls for this machine."""


def audit_architecture() -> int:
    """The constant by which the kernel names this architecture to a filter."""
    if MACHINE not in _AUDIT:
        raise UnknownArchitecture(f"no system call table for {MACHINE}")
    return _AUDIT[MACHINE]


def number(name: str) -> int | None:
    """The number of a call here, or None where it does not exist."""
    return NUMBERS[name][0 if MACHINE == "x86_64" else 1]
