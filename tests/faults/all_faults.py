"""Every fault of a whole machine, in the order in which `make faults` runs them, by the kind of machine they need."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby

from tests.faults.fault import Fault
from tests.faults.host_faults import HOST_FAULTS
from tests.faults.ledger_faults import LEDGER_FAULTS
from tests.faults.process_faults import PROCESS_FAULTS
from tests.faults.redis_faults import REDIS_FAULTS
from tests.faults.tiktok_faults import TIKTOK_FAULTS
from tests.faults.whole_machine import WholeMachine

AT_ONCE = 3
APART_S = 1.0


@contextmanager
def at_random(machine: WholeMachine) -> Iterator[None]:
    """Three different faults, one beginning while the others last, chosen by the run's seed."""
    possible = [fault for fault in (*REDIS_FAULTS, *LEDGER_FAULTS, *TIKTOK_FAULTS[:7]) if not fault.needs]
    chosen = {fault.rows: fault for fault in machine.chance.sample(possible, len(possible))}  # not two of one kind
    with ExitStack() as stack:
        for fault in list(chosen.values())[:AT_ONCE]:
            stack.enter_context(fault.breaks(machine))
            time.sleep(machine.chance.random() * APART_S)
        yield


RANDOM = tuple(Fault(f"three faults at random, {turn}", (31,), at_random) for turn in ("first", "second", "third"))
ALL_FAULTS = (*REDIS_FAULTS, *LEDGER_FAULTS, *TIKTOK_FAULTS, *PROCESS_FAULTS, *HOST_FAULTS, *RANDOM)


def by_kind(faults: tuple[Fault, ...]) -> list[tuple[str, list[Fault]]]:
    """(kind of machine, its faults); those that lose what the document says they may come one machine each."""
    ordered = sorted(faults, key=lambda fault: fault.needs)
    shared = [(kind, list(group)) for kind, group in groupby(ordered, lambda fault: fault.needs) if kind != "lossy"]
    return [*shared, *(("lossy", [fault]) for fault in ordered if fault.needs == "lossy")]
