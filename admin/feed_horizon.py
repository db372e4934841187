"""Up to which numbers a feed may be shown: those below which nothing can appear any more.

Pure: given what can be seen and who is still writing, it says what is final.
"""

from dataclasses import dataclass, field
from typing import Final

PATIENCE_S: Final = 15.0
"""Who writes for longer brings no news: an import, an erasure. It is no longer waited for."""

Numbers = tuple[int, int]
"""(event_key, attempt_id)."""


@dataclass(slots=True)
class Horizon:
    """Grows by the numbers that were visible when the writers of that moment have all ended."""

    final: Numbers = (0, 0)
    is_known: bool = False
    """Whether `final` says anything yet."""
    _began: bool = False
    _seen: Numbers = (0, 0)
    _waits_for: frozenset[str] = frozenset()
    _since: float = 0.0
    _given_up: frozenset[str] = field(default_factory=frozenset)

    def advance(self, newest: Numbers, writers: frozenset[str], now: float) -> Numbers:
        """Given `newest`, and the writers as they were found AFTER it: up to where rows are final.

        Rows up to there have to be read after this call, as some of them ended their transaction in between.
        """
        self._given_up &= writers
        still = writers - self._given_up
        if self._waits_for and now - self._since > PATIENCE_S:
            self._given_up |= self._waits_for & writers
            still -= self._given_up
        if not self._waits_for & still:
            self.is_known = self.is_known or self._began or not still
            self._settle(newest if not still else self._seen)
            self._seen, self._waits_for, self._since, self._began = newest, still, now, True
        return self.final

    def _settle(self, numbers: Numbers) -> None:
        self.final = (max(self.final[0], numbers[0]), max(self.final[1], numbers[1]))
