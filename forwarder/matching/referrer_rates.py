"""What a referrer that proves nothing is worth: how often it comes with installs that a click in reach brought, against
all others.

Play loses referrers: after an in-app browser, or when somebody searches the store after the click, an ad install says
`organic`, `(not set)` or nothing. How often is another number in each app, so it is learned, from a start of 0.3.
"""

from typing import Final

import msgspec

from forwarder.matching.play_referrer import Kind

PROVES_NOTHING: Final[tuple[Kind, ...]] = ("organic", "lost", "unnamed", "absent")
START: Final = 0.3
"""How likely such a referrer is after a click, against its likelihood without one, before anything was learned."""
STRENGTH: Final = 40.0
"""Installs that the start, or the whole installation, counts for."""
LEAST: Final = 0.01  # no referrer is proof
SENT_STRENGTH: Final = 5.0  # installs before an app that sends referrers is taken for one
MAX_INSTALLS: Final = 4_000.0  # beyond which older ones fade


class ReferrerRates(msgspec.Struct):
    """Android installs by the kind of their referrer: sums of probabilities."""

    explained: dict[str, float] = {}
    """A click behind one of their addresses brought them. Those with an unproven referrer count as if it were hidden: a
    rate must not confirm itself."""
    others: dict[str, float] = {}

    def observe(self, kind: str, explained: float) -> None:
        """Add one install."""
        self.explained[kind] = self.explained.get(kind, 0.0) + explained
        self.others[kind] = self.others.get(kind, 0.0) + 1.0 - explained
        if sum(self.explained.values()) + sum(self.others.values()) > MAX_INSTALLS:
            for counts in (self.explained, self.others):
                counts.update({name: count / 2 for name, count in counts.items()})

    def factor(self, kind: Kind, expected: float) -> float:
        """P(kind | a click in reach brought it) / P(kind | none did), where `expected` was assumed."""
        explained, others = sum(self.explained.values()), sum(self.others.values())
        if explained + others == 0.0:
            return expected
        with_click, without = self.explained.get(kind, 0.0), self.others.get(kind, 0.0)
        share = (with_click + without) / (explained + others)
        if share == 0.0:
            return expected
        if kind == "absent":  # an app that never reads the referrer says nothing by not sending it
            expected = 1.0 - (1.0 - expected) * self._share_that_sends(explained + others)
        after_a_click = (with_click + STRENGTH * expected * share) / (explained + STRENGTH)
        after_none = (without + STRENGTH * share) / (others + STRENGTH)
        return min(max(after_a_click / after_none, LEAST), 1.0)

    def _share_that_sends(self, installs: float) -> float:
        absent = self.explained.get("absent", 0.0) + self.others.get("absent", 0.0)
        return (installs - absent) / (installs + SENT_STRENGTH)


def referrer_factor(kind: Kind, whole: ReferrerRates, own: ReferrerRates) -> float:
    """What the odds of each candidate are multiplied with, 0.01 to 1: an app's own rate, shrunk to the whole's."""
    if kind not in PROVES_NOTHING:
        return 1.0
    if kind == "absent" and not own.explained:
        return 1.0
    return own.factor(kind, whole.factor(kind, START))
