"""A process that has ended and that nobody has asked for its exit status: the kernel still knows its number."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def dead_but_not_reaped() -> Iterator[int]:
    """Its process id; it is reaped at the end."""
    number = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 0"], {})
    os.waitid(os.P_PID, number, os.WEXITED | os.WNOWAIT)  # wait for its end, and leave it as it is
    try:
        yield number
    finally:
        os.waitpid(number, 0)
