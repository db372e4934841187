"""How often a value occurs among installs: bounded counts that forget slowly."""

import msgspec

MAX_TOTAL = 20_000.0
"""Beyond it every count is halved, so that what was seen last weighs most."""


class Frequencies(msgspec.Struct):
    """Counts of the commonest values; what is too rare to be kept counts in the total alone."""

    counts: dict[str, float] = {}
    total: float = 0.0

    def observe(self, value: str, most: int) -> None:
        """Count one more; at most `most` values are kept."""
        self.counts[value] = self.counts.get(value, 0.0) + 1.0
        self.total += 1.0
        if self.total > MAX_TOTAL:
            self.counts = {value: count / 2 for value, count in self.counts.items() if count > 1.0}
            self.total /= 2
        if len(self.counts) > most:
            kept = sorted(self.counts.items(), key=lambda entry: (-entry[1], entry[0]))[: most * 3 // 4]
            self.counts = dict(kept)

    def share(self, value: str, expected: float, strength: float) -> float:
        """The value's share, where `expected` was assumed with the weight of `strength` installs."""
        return (self.counts.get(value, 0.0) + strength * expected) / (self.total + strength)
