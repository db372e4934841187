"""What PostgreSQL may do to a whole machine."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.faults.fault import Fault, Says
from tests.faults.whole_machine import WholeMachine

AWAY = {
    "forwarder": "away: nothing is taken",
    "worker": "away: nothing is delivered",
    "console": "away: no page can be shown",
}

TAKES_NO_ROWS = {
    "forwarder": "takes no rows: nothing is taken",
    "worker": "takes no rows: nothing is delivered",
}


@contextmanager
def killed(machine: WholeMachine) -> Iterator[None]:
    machine.kill_engine("postgresql")
    yield
    machine.start_engine("postgresql")


@contextmanager
def hung(machine: WholeMachine) -> Iterator[None]:
    server = psutil.Process(machine.engine_processes["postgresql"].pid)
    stopped = [server, *server.children(recursive=True)]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in stopped:
            process.send_signal(signal.SIGCONT)


@contextmanager
def restarted(machine: WholeMachine) -> Iterator[None]:
    """As an upgrade does it: `pg_ctl restart -m fast`."""
    process = machine.engine_processes["postgresql"]
    process.send_signal(signal.SIGINT)
    process.wait(60)
    machine.start_engine("postgresql")
    yield


@contextmanager
def read_only(machine: WholeMachine) -> Iterator[None]:
    _set_read_only(machine, "on")
    try:
        yield
    finally:
        _set_read_only(machine, "off")


def _set_read_only(machine: WholeMachine, value: str) -> None:
    machine.sql("SET default_transaction_read_only = off")
    machine.sql(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
    machine.sql("SELECT pg_reload_conf()")


LEDGER_FAULTS = (
    Fault("PostgreSQL killed, started again later", (23,), killed, Says(AWAY, "postgresql", "engine away")),
    Fault("PostgreSQL hangs", (23,), hung, Says(AWAY, "postgresql", "engine away")),
    Fault("PostgreSQL restarted", (23,), restarted),
    Fault(
        "PostgreSQL takes no writes", (23,), read_only,
        Says(TAKES_NO_ROWS, "postgresql writes", "engine away"),
    ),
)  # fmt: skip
