"""The child process that reads large inputs: a job comes by stdin, the reading goes by stdout.

Reading 30 MB of a letter takes seconds of a processor and hundreds of megabytes: in the server it would hold
up everybody's answers, and a letter made to break its reader would take the server with it.
"""

from __future__ import annotations

import os
import resource
import sys

import msgspec

from vestnik.intake.parsing.jobs import Job, run, run_shown

MEMORY_BYTES = 1 << 30
PROCESSOR_S = 60
_NICENESS = 5


def main() -> None:
    """Do one job."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(run_shown(job) if job.is_shown else run(job)))


if __name__ == "__main__":
    main()
