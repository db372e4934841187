"""What the Locust users saw, raw: Locust itself rounds latencies to two digits and counts them from the sending."""

import json
from array import array
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from loadtests.percentiles import latency_of


@dataclass(slots=True)
class Journal:
    """Every request of a run. Latencies in seconds."""

    offered: int = 0  # due according to the schedules of the users there were
    statuses: Counter[str] = field(default_factory=Counter)  # HTTP status, or the name of what went wrong
    from_due: "array[float]" = field(default_factory=lambda: array("d"))
    from_sending: "array[float]" = field(default_factory=lambda: array("d"))

    def note(self, status: str, due: float, sent: float, answered: float) -> None:
        """One request: its outcome, and the moments it was due, sent and answered."""
        self.statuses[status] += 1
        self.from_due.append(answered - due)
        self.from_sending.append(answered - sent)

    def summary(self, seconds: float) -> dict[str, Any]:
        """Counts and rates, and by percentile the latencies in ms: `from_due` and `from_sending`."""
        achieved = self.statuses.total()
        return {
            "offered": self.offered,
            "achieved": achieved,
            "seconds": seconds,
            "offered_per_s": self.offered / seconds,
            "achieved_per_s": achieved / seconds,
            "statuses": dict(self.statuses),
            "from_due": asdict(latency_of(self.from_due)),
            "from_sending": asdict(latency_of(self.from_sending)),
        }

    def write(self, path: Path, seconds: float) -> None:
        path.write_text(json.dumps(self.summary(seconds), indent=1))
