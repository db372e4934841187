"""Every fault of a whole machine, in the order in which `make faults` runs them, by the kind of machine they need."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import groupby

from tests.faults.fault import NOTHING_LOST, Fault
from tests.faults.host_faults import HOST_FAULTS
from tests.faults.ledger_faults import LEDGER_FAULTS
from tests.faults.process_faults import PROCESS_FAULTS
from tests.faults.redis_faults import REDIS_FAULTS
from tests.faults.tiktok_faults import TIKTOK_FAULTS
from tests.faults.whole_machine import WholeMachine

APART_S = 1.0


@contextmanager
def at_random(machine: WholeMachine) -> Iterator[None]:
    """One of each side, the next beginning while the others last: which, and in which order, the run's seed says."""
    sides = [[fault for fault in side if not fault.needs and fault.losses == NOTHING_LOST] for side in SIDES]
    chosen = [machine.chance.choice(side) for side in sides]
    machine.chance.shuffle(chosen)
    with ExitStack() as stack:
        for fault in chosen:
            stack.enter_context(fault.breaks(machine))
            time.sleep(machine.chance.random() * APART_S)
        yield


SIDES = (REDIS_FAULTS, LEDGER_FAULTS, TIKTOK_FAULTS)
RANDOM = tuple(Fault(f"three faults at random, {turn}", (31,), at_random) for turn in ("first", "second", "third"))
ALL_FAULTS = (*REDIS_FAULTS, *LEDGER_FAULTS, *TIKTOK_FAULTS, *PROCESS_FAULTS, *HOST_FAULTS, *RANDOM)


def by_kind(faults: tuple[Fault, ...]) -> list[tuple[str, list[Fault]]]:
    """(kind of machine, its faults); those that lose what the document says they may come one machine each."""
    ordered = sorted(faults, key=lambda fault: fault.needs)
    shared = [(kind, list(group)) for kind, group in groupby(ordered, lambda fault: fault.needs) if kind != "lossy"]
    return [*shared, *(("lossy", [fault]) for fault in ordered if fault.needs == "lossy")]
