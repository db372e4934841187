"""A row of a report while it is added up: ours beside TikTok's, sums of money each in its currency."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ledger.report_dimensions import Key

Money = dict[str, Decimal]
"""Currency ('' = none was given) -> sum."""

COUNTED: Final = (
    "link_clicks", "visits", "wrong_os", "installs", "events", "sales", "trials", "registrations", "impressions",
    "clicks",
)  # fmt: skip
SAID: Final = ("tiktok_installs", "tiktok_purchases")
"""TikTok's own figures, which it may keep to itself: that is not 0."""
AMOUNTS: Final = ("spend", "revenue", "proceeds", "proceeds_of", "refunds", "tiktok_revenue")


@dataclass(slots=True)
class Tally:
    """One row, or the total."""

    link_clicks: int = 0
    visits: int = 0
    wrong_os: int = 0
    installs: int = 0
    events: int = 0
    sales: int = 0
    """Of the app's one source of revenue, as are trials."""
    trials: int = 0
    registrations: int = 0
    impressions: int = 0
    clicks: int = 0
    reach: int | None = None
    """People are never added up: of the one row of TikTok's that this is, if it is one."""
    tiktok_installs: Decimal | None = None
    tiktok_purchases: Decimal | None = None
    spend: Money = field(default_factory=dict)
    revenue: Money = field(default_factory=dict)
    proceeds: Money = field(default_factory=dict)
    proceeds_of: Money = field(default_factory=dict)
    """The part of the revenue whose proceeds are known."""
    refunds: Money = field(default_factory=dict)
    tiktok_revenue: Money = field(default_factory=dict)

    def count(self, row: Mapping[str, Any], columns: Iterable[str]) -> None:
        """Add the counts of a row that has these columns; NULL is nothing."""
        for column in columns:
            if value := row[column]:
                setattr(self, column, getattr(self, column) + value)

    def pay(self, amount: str, currency: str, value: Decimal | None) -> None:
        """Add to one of AMOUNTS. What adds up to nothing leaves nothing."""
        if value:
            sums: Money = getattr(self, amount)
            sums[currency] = sums.get(currency, Decimal(0)) + value
            if not sums[currency]:
                del sums[currency]

    def take_for(self, currency: str) -> None:
        """What came without a currency is in this one."""
        for amount in AMOUNTS:
            if value := getattr(self, amount).pop("", None):
                self.pay(amount, currency, value)

    def say(self, figure: str, value: Decimal | None) -> None:
        """Add to one of SAID; None = TikTok said nothing."""
        if value is not None:
            setattr(self, figure, (getattr(self, figure) or Decimal(0)) + value)

    def add(self, other: "Tally") -> None:
        """All but the reach."""
        # written out: a report adds thousands, and by name each would take three times as long
        self.link_clicks += other.link_clicks
        self.visits += other.visits
        self.wrong_os += other.wrong_os
        self.installs += other.installs
        self.events += other.events
        self.sales += other.sales
        self.trials += other.trials
        self.registrations += other.registrations
        self.impressions += other.impressions
        self.clicks += other.clicks
        for figure in SAID:
            self.say(figure, getattr(other, figure))
        for amount in AMOUNTS:
            if sums := getattr(other, amount):
                for currency, value in sums.items():
                    self.pay(amount, currency, value)

    @property
    def empty(self) -> bool:
        """Nothing was counted, or what was is taken away again."""
        return not (
            any(getattr(self, column) for column in (*COUNTED, *SAID, "reach"))
            or any(getattr(self, amount) for amount in AMOUNTS)
        )


def put_together(tallies: dict[Key, Tally], others: Mapping[Key, Tally]) -> None:
    """Add each to the one of its key; one whose key is new is taken as it is, and nobody else's from then on."""
    for key, tally in others.items():
        known = tallies.setdefault(key, tally)
        if known is not tally:
            known.add(tally)
