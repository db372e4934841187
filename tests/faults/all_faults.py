"""Every fault of a whole machine, in the order in which `make faults` runs them, by the kind of machine they need."""

from itertools import groupby

from tests.faults.fault import Fault
from tests.faults.host_faults import HOST_FAULTS
from tests.faults.ledger_faults import LEDGER_FAULTS
from tests.faults.process_faults import PROCESS_FAULTS
from tests.faults.redis_faults import REDIS_FAULTS
from tests.faults.tiktok_faults import TIKTOK_FAULTS

ALL_FAULTS = (*REDIS_FAULTS, *LEDGER_FAULTS, *TIKTOK_FAULTS, *PROCESS_FAULTS, *HOST_FAULTS)


def by_kind(faults: tuple[Fault, ...]) -> list[tuple[str, list[Fault]]]:
    """(kind of machine, its faults); those that lose what the document says they may come one machine each."""
    ordered = sorted(faults, key=lambda fault: fault.needs)
    shared = [(kind, list(group)) for kind, group in groupby(ordered, lambda fault: fault.needs) if kind != "lossy"]
    return [*shared, *(("lossy", [fault]) for fault in ordered if fault.needs == "lossy")]
