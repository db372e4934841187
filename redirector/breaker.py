"""Keeps a Redis that does not answer from costing every click its budget."""

FAILURES_TO_OPEN = 3
PROBE_EVERY_S = 0.5


class Breaker:
    """Opens after three failures in a row; while open, one probe each half second asks whether Redis is back.

    Times are seconds of a monotonic clock, given by the caller.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._next_probe: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether clicks should go to the spool without asking Redis."""
        return self._next_probe is not None

    def failed(self, now: float) -> None:
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._next_probe = now + PROBE_EVERY_S

    def succeeded(self) -> None:
        self._failures = 0
        self._next_probe = None

    def probe_is_due(self, now: float) -> bool:
        """Whether to ask Redis now; the next time is set at once, so that one caller asks."""
        if self._next_probe is None or now < self._next_probe:
            return False
        self._next_probe = now + PROBE_EVERY_S
        return True
