"""What one ad did in one hour, and how that is changed afterwards: the JSON of `POST /_sandbox/spend`."""

from decimal import Decimal
from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d$")]


class SpendRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One hour of one ad, creative or Smart+ ad (spend of a Smart+ ad that belongs to none of its creatives)."""

    ad_id: str
    hour: str
    """`2026-10-25 01:00:00` in the account's zone, or with an offset or `Z` behind it, which tells the two hours of
    the day on which clocks go back apart."""
    spend: Decimal = Decimal(0)
    impressions: Count = 0
    clicks: Count = 0
    reach: Count | None = None
    """Absent = four fifths of the impressions (invented)."""
    country: str | None = None
    """Absent = the advertiser's."""
    platform: str = "NONE"
    """ANDROID, IOS or NONE."""
    metrics: dict[str, float] = {}
    """Conversion metrics by TikTok's name, besides those that follow from the events taken."""


class Removal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows vanish: those that fit all that is given."""

    ad_id: str | None = None
    day: Day | None = None
    hour: str | None = None

    def __post_init__(self) -> None:
        if self.ad_id is None and self.day is None and self.hour is None:
            raise ValueError("`ad_id` missing: give at least one of ad_id, day, hour")


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change of the past. In this order: `delete`, `set` (replaces all rows of its ad and hour), `add`."""

    after_pulls: Annotated[int, msgspec.Meta(ge=0)] = 0
    """It comes into force once so many reports of the advertiser have been answered; 0 = at once."""
    delete: tuple[Removal, ...] = ()
    set: tuple[SpendRow, ...] = ()
    add: tuple[SpendRow, ...] = ()
