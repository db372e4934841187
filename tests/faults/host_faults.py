"""What may happen to the whole host: its power, its clock, its disks."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.fault import Fault, Says
from tests.faults.machine_oracle import Losses
from tests.faults.machines import CLOCK, SLOW_SYNC
from tests.faults.redis_faults import SPOOLED, Breaks
from tests.faults.whole_machine import WholeMachine

TORN_BYTES = 7
TORN_CLICKS = 512  # of one batch, at most


@contextmanager
def power_cut(machine: WholeMachine) -> Iterator[None]:
    machine.power_cut()
    machine.power_on()
    yield


@contextmanager
def power_cut_with_torn_spool(machine: WholeMachine) -> Iterator[None]:
    """Redis has been away, and the last record of the spool did not reach the disk whole."""
    machine.kill_engine("redis")
    machine.until(lambda: sum(path.stat().st_size for path in machine.spool()) > 10_000)
    machine.power_cut()
    newest = max(machine.spool(), key=lambda path: path.stat().st_mtime)
    with newest.open("r+b") as file:
        file.truncate(newest.stat().st_size - TORN_BYTES)
    machine.power_on()
    yield


def clock_jumps(seconds: int) -> Breaks:
    """Of every process and engine here; TikTok's and the visitors' go on."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        _set_clock(machine, seconds)
        try:
            yield
        finally:
            _set_clock(machine, 0)

    return broken


def _set_clock(machine: WholeMachine, offset_s: int) -> None:
    clock = machine.directory / CLOCK
    new = clock.with_suffix(".new")
    new.write_text(f"{offset_s:+d}\n")
    new.replace(clock)


@contextmanager
def slow_disk(machine: WholeMachine) -> Iterator[None]:
    """Every sync takes 300 ms longer."""
    slow = machine.directory / SLOW_SYNC
    slow.write_text("300")
    try:
        yield
    finally:
        slow.write_text("0")


def disk_full(folder: str) -> Breaks:
    """The disk under one engine has no byte left; an engine that ends of it is started again when there is room."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        ballast = machine.data_dir / folder / "ballast"
        _fill(ballast)
        try:
            yield
        finally:
            ballast.unlink()
            for name, process in machine.engine_processes.items():
                if process.poll() is not None:
                    machine.start_engine(name)

    return broken


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(65_536)):
            pass
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(bytes(1)):
            pass


UNANSWERED = Losses(unanswered=True)
HOST_FAULTS = (
    Fault("power cut", (9, 101), power_cut, losses=UNANSWERED),
    Fault(
        "power cut, the spool torn", (9, 102), power_cut_with_torn_spool,
        losses=Losses(clicks=TORN_CLICKS, unanswered=True), needs="lossy",
    ),
    Fault("the clock jumps 5 h ahead", (20, 103), clock_jumps(5 * 3600), needs="strange"),
    Fault("the clock jumps 3 h back", (20, 103), clock_jumps(-3 * 3600), needs="strange"),
    Fault("a slow disk: each sync 300 ms", (105,), slow_disk, needs="strange"),
    Fault(
        "the disk under PostgreSQL is full", (21, 104), disk_full("postgresql"),
        Says({"forwarder": "nothing is taken"}, "process forwarder", "engine away"), needs="small",
    ),
    Fault(
        "the disk under Redis is full", (21,), disk_full("valkey"), Says(SPOOLED, "redis writes"), needs="small",
    ),
)  # fmt: skip
