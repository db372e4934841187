"""What was learned from the installs before: one `Learned` for everything, one per app. Bounded, and small as JSON.

`learn` is the only way in: live, workers call it with what intake wrote down; a backtest calls it after each install.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from forwarder.matching import address_usage, calibration, hazard
from forwarder.matching.calibration import Bin
from forwarder.matching.frequencies import Frequencies
from forwarder.matching.observation import Observation
from forwarder.matching.referrer_rates import ReferrerRates

MAX_GROUPS = 400  # of values: a time zone, a language and two device groups per country
MAX_VALUES = 80
MAX_MODELS = 600
MAX_APPS = 1_000
MAX_OUTCOMES = 4_000.0  # installs per platform, beyond which older ones fade
MAX_ADDRESS_USAGE = 20_000.0
TABLES = ("full", "address")
ANY = ":any"  # behind a table's name: whether any candidate did it, else which of them
TRIED = (*TABLES, *(table + ANY for table in TABLES))


class Outcomes(msgspec.Struct):
    """Installs of one platform, by what explains them."""

    explained: float = 0.0
    """By a click behind one of their addresses: a sum of probabilities."""
    others: float = 0.0
    """Organic, from other channels, or from a click that is out of reach."""


class Learned(msgspec.Struct, kw_only=True):
    """What the installs of one app, or of all, have taught."""

    installs: int = 0
    values: dict[str, Frequencies] = {}
    """Group -> how often each value occurs among installs."""
    outcomes: dict[str, Outcomes] = {}
    """By platform."""
    click_to_install: list[float] = msgspec.field(default_factory=lambda: [0.0] * hazard.BUCKETS)
    """Installs whose click is known for certain, by `hazard.bucket`."""
    addresses: dict[str, list[float]] = msgspec.field(name="crowds", default_factory=dict)
    """v4 | v6 -> installs by the number of accidental devices on their address (`address_usage.bucket`)."""
    referrers: ReferrerRates = msgspec.field(default_factory=ReferrerRates)
    """Of Android installs."""
    trials: dict[str, list[Bin]] = msgspec.field(
        default_factory=lambda: {table: calibration.new_table() for table in TRIED}
    )
    """How right the engine was on installs whose truth is known for certain."""

    def observe(self, seen: Observation) -> None:
        """Add one install."""
        self.installs += 1
        for group, value in seen.values.items():
            if group in self.values or len(self.values) < MAX_GROUPS:
                most = MAX_MODELS if group == "model" else MAX_VALUES
                self.values.setdefault(group, Frequencies()).observe(value, most)
        if seen.explained is not None:
            self._observe_outcome(seen.platform, seen.explained)
            if seen.referrer is not None:
                hidden = seen.explained_without_referrer
                self.referrers.observe(seen.referrer, seen.explained if hidden is None else hidden)
        for usage in seen.addresses:
            self._observe_usage(usage.family, usage.devices, usage.explained)
        if seen.click_to_install_s is not None:
            self.click_to_install[hazard.bucket(seen.click_to_install_s)] += 1.0
        for trial in seen.trials:
            self.trials[trial.table][calibration.bin_of(trial.predicted)].observe(trial.predicted, trial.right)

    def _observe_outcome(self, platform: str, explained: float) -> None:
        outcomes = self.outcomes.setdefault(platform, Outcomes())
        outcomes.explained += explained
        outcomes.others += 1.0 - explained
        if outcomes.explained + outcomes.others > MAX_OUTCOMES:
            outcomes.explained /= 2
            outcomes.others /= 2

    def _observe_usage(self, family: str, devices: int, explained: float) -> None:
        met = self.addresses.setdefault(family, [0.0] * address_usage.BUCKETS)
        met[address_usage.bucket(devices)] += 1.0 - explained
        if devices:
            met[address_usage.bucket(devices - 1)] += explained
        if sum(met) > MAX_ADDRESS_USAGE:
            self.addresses[family] = [count / 2 for count in met]


class Statistics:
    """Everything learned so far; empty, it stands for the documented priors."""

    def __init__(self, whole: Learned | None = None, apps: dict[str, Learned] | None = None) -> None:
        self.whole = whole if whole is not None else Learned()
        self.apps = apps if apps is not None else {}
        self._curves: dict[tuple[str, str], calibration.Curve] = {}

    def observe(self, seen: Observation) -> None:
        """Add one install to the whole and to its app."""
        self.whole.observe(seen)
        if seen.app_id in self.apps or len(self.apps) < MAX_APPS:
            self.apps.setdefault(seen.app_id, Learned()).observe(seen)
        if seen.trials:
            self._curves.clear()

    def of(self, app_id: str) -> Learned:
        """What the app's own installs have taught; nothing where it has none."""
        return self.apps.get(app_id, _NOTHING)

    def curve(self, app_id: str, table: str) -> calibration.Curve:
        """The calibration of an app's matches: for one of TABLES which candidate did it, with ANY whether one did."""
        known = self._curves.get((app_id, table))
        if known is None:
            learned = (self.whole, self.of(app_id))
            known = self._curves[app_id, table] = (
                calibration.curve([_as_installs_are(one, table) for one in learned], calibration.ANY_STRENGTH)
                if table.endswith(ANY)
                else calibration.curve([one.trials[table] for one in learned])
            )
        return known


def _as_installs_are(learned: Learned, table: str) -> list[Bin]:
    """Installs that name another network are rarer, or commoner, than all that no candidate brought: weighted alike."""
    outcomes = learned.outcomes.get("android", Outcomes())
    odds = outcomes.others / outcomes.explained if outcomes.explained else 0.0
    return calibration.balanced(learned.trials[table], odds)


def learn(statistics: Statistics, seen: Iterable[Observation]) -> None:
    """Add installs in the order they came."""
    for one in seen:
        statistics.observe(one)


def learned_from(state: Any) -> Learned:
    """`Learned` as it was stored with `msgspec.to_builtins`.

    Raises:
        msgspec.ValidationError: it was stored by another version.
    """
    return msgspec.convert(state, Learned)


_NOTHING = Learned()
