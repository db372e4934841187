"""The statistics as one app's matches see them: its own, shrunk to the whole, shrunk to the priors."""

from forwarder.matching import address_usage, calibration, hazard, priors
from forwarder.matching.address_usage import Family
from forwarder.matching.play_referrer import Kind
from forwarder.matching.referrer_rates import referrer_factor
from forwarder.matching.statistics import ANY, Outcomes, Statistics
from forwarder.matching.user_agents import OsVersion

MATCH_TABLE = {"android": "full", "ios": "address"}
"""Which reliability table speaks for a platform: iPhones are matched without a model."""


class Estimates:
    """What is expected of an app's installs at this moment. Cheap to make; computes what is asked, once."""

    def __init__(self, statistics: Statistics, app_id: str) -> None:
        self._statistics, self._app_id = statistics, app_id
        self._whole, self._own = statistics.whole, statistics.of(app_id)
        self._factors: dict[int, float] = {}
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
        density = hazard.prior_density(seconds)
        if seconds <= 0:
            return density
        bucket = hazard.bucket(seconds)
        if bucket not in self._factors:
            self._factors[bucket] = hazard.factor(bucket, self._whole.click_to_install, self._own.click_to_install)
        return density * self._factors[bucket]

    def accidental_devices(self, family: Family, others: int) -> float:
        """Accidental devices in 72 h on an address of this family where `others` were seen. The same for every app."""
        return address_usage.expected(others, family, self._whole.addresses.get(family))

    def same_os(self, os: str, region: str | None) -> float:
        """Share of the accidental devices that have an install's OS, behind the addresses of such installs: by the
        country the phone is set to, shrunk to all countries. The same for every app.
        """
        share = priors.expected_share("device", os)
        for group in accidental_device_groups(os, region):
            found = self._whole.values.get(group)
            if found is not None:
                share = found.share(os, share, priors.VALUE_STRENGTH)
        return share

    def homes(self, family: Family) -> float:
        """Installs from a device's home that no click brought, for each one that no click brought anywhere.

        Whoever else is met behind a /64 lives there, for no carrier shares one. Half of the /64s are a phone's own,
        while an IPv4 address with one device is mostly a home's.
        """
        met = self.accidental_devices("v6", 0)
        return met if family == "v6" else min(2 * met, self.accidental_devices("v4", 0))

    def referrer_factor(self, kind: Kind) -> float:
        """What this kind of referrer makes of the odds of each candidate, 0.01 to 1; 1 where it is none, or proof."""
        return referrer_factor(kind, self._whole.referrers, self._own.referrers)

    def calibrate(self, platform: str, probability: float, any_did: float) -> float:
        """What a prediction of this probability has turned out to be worth.

        Args:
            any_did: predicted probability that any of the candidates brought the install.
        """
        if not any_did:
            return 0.0
        table = MATCH_TABLE[platform]
        this_one = calibration.calibrate(min(probability / any_did, 1.0), self._curve(table))
        return this_one * calibration.calibrate(any_did, self._curve(table + ANY))

    def _curve(self, table: str) -> calibration.Curve:
        return self._statistics.curve(self._app_id, table)


def accidental_device_groups(os: str, region: str | None) -> tuple[str, str]:
    """The groups in which the OS of an accidental device is counted, the more general first."""
    return f"clicker:{os}", f"clicker:{os}:{region}"


def padded(version: OsVersion, depth: int) -> OsVersion:
    """The first `depth` numbers of a version: 18 is 18.0."""
    return (*version, 0, 0, 0)[:depth]


_NO_OUTCOMES = Outcomes()
