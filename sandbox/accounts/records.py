"""What an account holds: the JSON of `POST /_sandbox/accounts`, as records.

Every object may carry `more`: further fields of TikTok's that its rows answer as they are, over ours. Times are as
TikTok writes them, `YYYY-MM-DD HH:MM:SS` in UTC, except `create_time` of an advertiser: Unix seconds.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from sandbox.accounts.grants import DeveloperApp
from sandbox.accounts.spend_row import Correction, SpendRow

Text = Annotated[str, msgspec.Meta(min_length=1)]
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,19}$")]
Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")]
More = dict[str, Any]

_LONG_AGO = "2026-01-01 00:00:00"


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Building one from JSON raises `msgspec.ValidationError` naming the wrong field."""


class Named(Record, frozen=True, kw_only=True):
    """What campaigns, ad groups, ads and creatives have alike."""

    operation_status: Literal["ENABLE", "DISABLE", "FROZEN"] = "ENABLE"
    deleted: bool = False
    """Hidden from lists and reports unless they are asked with STATUS_ALL."""
    gone: bool = False
    """So long dead that no list names it any more, whatever is asked; its spend stays."""
    create_time: Time = _LONG_AGO
    modify_time: Time | None = _LONG_AGO
    more: More = {}


class Creative(Named, frozen=True, kw_only=True):
    """One creative of an Upgraded Smart+ ad: what `__CID__` and `ad_id` mean there."""

    ad_id: Id
    ad_name: str = "Creative"


class Ad(Named, frozen=True, kw_only=True):
    """A manual ad: its `ad_id` and `ad_id_v2` are the same."""

    ad_id: Id
    ad_name: str = "Ad"
    landing_page_url: str = ""


class SmartPlusAd(Named, frozen=True, kw_only=True):
    """An Upgraded Smart+ ad: what `__ADID_V2__` and `ad_id_v2` mean."""

    smart_plus_ad_id: Id
    ad_name: str = "Smart+ ad"
    landing_page_urls: tuple[str, ...] = ()
    creatives: tuple[Creative, ...] = ()


class AdGroup(Named, frozen=True, kw_only=True):
    adgroup_id: Id
    adgroup_name: str = "Ad group"
    pixel_id: Id | None = None
    """The number, not the code."""
    optimization_event: str | None = None
    """The code of `pixel/list`: SHOPPING, FORM ... What it counts is the ad group's `conversion`."""
    optimization_goal: str = "CONVERT"
    promotion_type: str = "WEBSITE"
    operating_systems: tuple[str, ...] = ()
    """Empty = all."""
    click_attribution_window: str = "SEVEN_DAYS"
    view_attribution_window: str = "ONE_DAY"
    budget: float = 0.0
    ads: tuple[Ad, ...] = ()
    smart_plus_ads: tuple[SmartPlusAd, ...] = ()


class Campaign(Named, frozen=True, kw_only=True):
    campaign_id: Id
    campaign_name: str = "Campaign"
    objective_type: str = "WEB_CONVERSIONS"
    campaign_automation_type: Literal["MANUAL", "SMART_PLUS", "UPGRADED_SMART_PLUS"] = "MANUAL"
    budget: float = 0.0
    """0 for Upgraded Smart+, whose budget stands elsewhere."""
    adgroups: tuple[AdGroup, ...] = ()


class Pixel(Record, frozen=True, kw_only=True):
    pixel_id: Id
    pixel_code: Text
    pixel_name: str = "Pixel"
    token: Text | None = None
    """Made in Events Manager: it may send this pixel's events and nothing else."""
    create_time: str = "2026-01-01T00:00:00Z"
    asset_relation_status: Literal["TRANSFERRED", "SHARED", "UNBOUND"] | None = None
    linked_advertiser_ids: tuple[Id, ...] = ()
    """Further advertisers of the Business Center that may use it."""
    events: tuple[dict[str, Any], ...] | None = None
    """`{"event_type", "optimization_event", "event_id", "name"}`; absent = every standard event."""
    more: More = {}


class Advertiser(Record, frozen=True, kw_only=True):
    advertiser_id: Id
    name: str = "Advertiser"
    currency: str = "USD"
    display_timezone: str = "UTC"
    create_time: int = 1_767_225_600
    status: str = "STATUS_ENABLE"
    country: str = "US"
    """Where spend rows without a country of their own are."""
    pixels: tuple[Pixel, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    spend: tuple[SpendRow, ...] = ()
    corrections: tuple[Correction, ...] = ()
    ttclids: dict[str, str] = {}
    """The start of a ttclid -> the ad or creative it was a click on: what TikTok knows and a link need not say."""
    rates: dict[str, float] = {}
    """What one unit of an event's currency is worth in the account's; a currency not named counts one to one."""
    zero_rows: Literal["none", "some", "all"] = "some"
    """How many ads without spend are answered as rows of zeros: TikTok does now one, now the other (PD, FAQ)."""
    repeated_hour: Literal["merged", "doubled", "first"] = "merged"
    """The hour that comes twice when clocks go back; how TikTok reports it is documented nowhere. `first`: an hourly
    report lacks the second one, a daily report has both."""
    ad_limit: Annotated[int, msgspec.Meta(ge=1)] = 20_000
    """From how many ads on a report is cut, silently but for a header."""
    basic_delay_s: Annotated[int, msgspec.Meta(ge=0)] = 0
    country_delay_s: Annotated[int, msgspec.Meta(ge=0)] = 11 * 3600
    """How late rows by country come (PD, FAQ: about 11 h)."""
    audience_delay_s: Annotated[int, msgspec.Meta(ge=0)] = 8 * 3600
    more: More = {}

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.display_timezone)
        except (ValueError, OSError, LookupError):
            raise ValueError("`display_timezone` is not a time zone of the tz database") from None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.display_timezone)

    @property
    def timezone(self) -> str:
        """As TikTok names it beside `display_timezone`: without summer time and with the sign of POSIX."""
        winter = min(datetime(2026, month, 1, tzinfo=self.zone).utcoffset() or timedelta() for month in (1, 7))
        hours = round(winter / timedelta(hours=1))
        return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


class Asset(Record, frozen=True, kw_only=True):
    """What a Business Center holds, and by which right."""

    asset_id: Id
    asset_type: Literal["ADVERTISER", "PIXEL"] = "ADVERTISER"
    asset_name: str = ""
    advertiser_role: Literal["ADMIN", "OPERATOR", "ANALYST"] | None = "ADMIN"
    relation_type: Literal["OWNER_BC", "OWNER_PARTNER", "OWNER_INDIVIDUAL"] = "OWNER_BC"
    relation_status: Literal["BOUND", "UNBOUND", "PENDING", "REJECTED"] = "BOUND"


class BusinessCenter(Record, frozen=True, kw_only=True):
    bc_id: Id
    name: str = "Business Center"
    user_role: Literal["ADMIN", "STANDARD"] = "ADMIN"
    assets: tuple[Asset, ...] | None = None
    """Absent = all advertisers and pixels of the account, as their admin."""
    more: More = {}


class Account(Record, frozen=True, kw_only=True):
    """What one person who logs in at TikTok can reach."""

    account_id: Text = "account"
    """Ours: loading it again replaces what was there."""
    email: str = "ada@example.com"
    display_name: str = "Ada"
    advertisers: tuple[Advertiser, ...] = ()
    business_centers: tuple[BusinessCenter, ...] = ()
    apps: tuple[DeveloperApp, ...] = ()
    """Developer apps that become known with it, beside the sandbox's own."""
