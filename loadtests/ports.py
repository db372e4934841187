"""Free ports on 127.0.0.1 for the servers that tests and benchmarks start: no two are ever given the same.

A port the kernel picks (`bind` to 0) is free only until somebody else asks: the next `bind` or any outgoing connection
may get it before our server listens. So ours lie below the ports kernels pick from (Linux: from 32768), and each
process hands out those of a block nobody else has.
"""

import itertools
import socket
import threading
from collections.abc import Iterator
from functools import cache

FIRST, END = 11_000, 31_000  # browsers open no page at some ports, the highest of which is 10080
METRICS_OFFSET = 1000  # each process of ours also listens at its own port + 1000
BLOCK = METRICS_OFFSET // 2  # ports of a block; those of their metrics lie METRICS_OFFSET above


class NoPortsError(Exception):
    """Everything between FIRST and END is taken."""


def free_ports(count: int) -> list[int]:
    """Different ports; nothing listens on them, nor METRICS_OFFSET above them.

    Raises:
        NoPortsError: fewer are free.
    """
    return [free_port() for _ in range(count)]


def free_port() -> int:
    """The same for one."""
    with _turn:
        for port in itertools.islice(_ports(), BLOCK):
            if _is_free(port) and _is_free(port + METRICS_OFFSET):
                return port
    raise NoPortsError("no free ports in this process's block on 127.0.0.1")


_turn = threading.Lock()


@cache
def _ports() -> Iterator[int]:
    """Those of this process, over and over: the longest ago handed out comes next."""
    first = _claimed_block()
    return itertools.cycle(range(first + 1, first + BLOCK))


def _claimed_block() -> int:
    """The first port of a block; it stays bound until this process ends, so no other process takes the block."""
    for pair in range(FIRST, END, 2 * METRICS_OFFSET):
        for first in (pair, pair + BLOCK):
            claim = socket.socket()
            try:
                claim.bind(("127.0.0.1", first))
            except OSError:
                claim.close()
                continue
            _claims.append(claim)
            return first
    raise NoPortsError(f"every block of ports between {FIRST} and {END} on 127.0.0.1 is taken")


_claims: list[socket.socket] = []  # kept, or they would be closed


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: what was closed just now is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
