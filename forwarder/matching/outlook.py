"""The statistics as one app's matches see them: its own, shrunk to the whole, shrunk to the priors."""

from forwarder.matching import calibration, crowding, hazard, priors
from forwarder.matching.crowding import Family
from forwarder.matching.statistics import Learned, Outcomes, Statistics
from forwarder.matching.user_agents import OsVersion

MATCH_TABLE = {"android": "full", "ios": "address"}
"""Which reliability table speaks for a platform: iPhones are matched without a model."""


class Outlook:
    """What is expected of an app's installs at this moment. Cheap to make; computes what is asked, once."""

    def __init__(self, statistics: Statistics, app_id: str) -> None:
        self._whole, self._own = statistics.whole, statistics.of(app_id)
        self._curves: dict[str, calibration.Curve] = {}
        self._factors: list[float] | None = None
        self._versions: dict[tuple[str, int], dict[OsVersion, float]] = {}

    def share(self, group: str, value: str) -> float:
        """Share of installs with this value."""
        share = priors.expected_share(group, value)
        for learned, strength in ((self._whole, priors.VALUE_STRENGTH), (self._own, priors.APP_STRENGTH)):
            found = learned.values.get(group)
            if found is not None:
                share = found.share(value, share, strength)
        return share

    def versions(self, group: str, depth: int) -> dict[OsVersion, float]:
        """Share of installs by OS version, cut or filled up to `depth` numbers."""
        known = self._versions.get((group, depth))
        if known is None:
            known = self._versions[group, depth] = {}
            for text in self._values(group):
                version = padded(tuple(int(part) for part in text.split(".")), depth)
                known[version] = min(1.0, known.get(version, 0.0) + self.share(group, text))
        return known

    def _values(self, group: str) -> list[str]:
        values: dict[str, None] = dict.fromkeys(priors.SHARES.get(group, {}))
        for learned in (self._whole, self._own):
            if group in learned.values:
                values |= dict.fromkeys(learned.values[group].counts)
        return [value for value in values if value != "*"]

    def odds(self, platform: str) -> float:
        """Installs brought by clicks, for each one that is not."""
        explained, others = priors.AD_INSTALLS, priors.OTHER_INSTALLS
        for learned in (self._whole, self._own):
            outcomes = learned.outcomes.get(platform, _NO_OUTCOMES)
            weight = min(1.0, priors.APP_STRENGTH / (explained + others))
            explained = explained * weight + outcomes.explained
            others = others * weight + outcomes.others
        return explained / priors.REACH / others

    def density(self, seconds: float) -> float:
        """Installs per second at this time after their click."""
        if self._factors is None:
            self._factors = hazard.factors(
                (self._whole.click_to_install, hazard.STRENGTH), (self._own.click_to_install, hazard.STRENGTH)
            )
        density = hazard.prior_density(seconds)
        return density if seconds <= 0 else density * self._factors[hazard.bucket(seconds)]

    def crowd(self, family: Family, others: int) -> float:
        """Accidental clickers in 72 h on an address of this family where `others` were seen. The same for every app."""
        return crowding.expected(others, family, self._whole.crowds.get(family))

    def calibrate(self, platform: str, probability: float) -> float:
        """What a prediction of this probability has turned out to be worth."""
        table = MATCH_TABLE[platform]
        if table not in self._curves:
            self._curves[table] = calibration.curve(*(_reliability(one, table) for one in (self._whole, self._own)))
        return calibration.calibrate(probability, self._curves[table])


def padded(version: OsVersion, depth: int) -> OsVersion:
    """The first `depth` numbers of a version: 18 is 18.0."""
    return (*version, 0, 0, 0)[:depth]


def _reliability(learned: Learned, table: str) -> list[calibration.Bin]:
    return learned.reliability.get(table, _NO_ANSWERS)


_NO_OUTCOMES = Outcomes()
_NO_ANSWERS = calibration.new_table()
