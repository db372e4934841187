"""The metrics a report knows: their names, what they are made of, where they may be asked for (DOC, PD, calls seen).

A name that is not here fails the whole call, as at TikTok. Metrics of what the sandbox does not play (videos, apps,
views) are known and answered as zeros.
"""

import msgspec

from sandbox.accounts.event_metrics import CUSTOM, STANDARD

ADVERTISER, CAMPAIGN, ADGROUP, AD = "advertiser", "campaign", "adgroup", "ad"

# Names and settings of what a row is about, at the levels at which they may be asked for, and only beside an id.
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "advertiser_id": (ADVERTISER, CAMPAIGN, ADGROUP, AD),
    "advertiser_name": (ADVERTISER, CAMPAIGN, ADGROUP, AD),
    "currency": (ADVERTISER, CAMPAIGN, ADGROUP, AD),
    "campaign_id": (ADGROUP, AD),
    "campaign_name": (CAMPAIGN, ADGROUP, AD),
    "objective_type": (CAMPAIGN, ADGROUP, AD),
    "campaign_budget": (CAMPAIGN, ADGROUP, AD),
    "campaign_automation_type": (CAMPAIGN, ADGROUP, AD),
    "adgroup_id": (AD,),
    "adgroup_name": (ADGROUP, AD),
    "budget": (ADGROUP, AD),
    "promotion_type": (ADGROUP, AD),
    "smart_target": (ADGROUP, AD),
    "tt_app_id": (ADGROUP, AD),
    "ad_id": (AD,),
    "ad_id_v2": (AD,),
    "ad_name": (AD,),
    "ad_url_list": (AD,),
}

MONEY = frozenset({"spend", "billed_cost", "cash_spend", "voucher_spend", "total_purchase_value"})
VALUES = frozenset({"total_complete_payment_rate"})
"""Sums of money too: `total_complete_payment_rate` is the value of purchases, despite its name."""

_WEB = frozenset({metrics.count for metrics in (*STANDARD.values(), CUSTOM) if metrics.count})
_UNPLAYED = frozenset(
    {
        *("video_play_actions", "video_watched_2s", "video_watched_6s", "engaged_view", "average_video_play"),
        *("video_views_p25", "video_views_p50", "video_views_p75", "video_views_p100"),
        *("likes", "comments", "shares", "follows", "profile_visits", "engagements"),
        *("real_time_app_install", "real_time_app_install_cost", "app_install", "registration", "purchase"),
        *("start_trial", "subscribe", "total_landing_page_view", "total_pageview", "secondary_goal_result"),
        *("vta_conversion", "vta_complete_payment", "engaged_view_through_conversions", "skan_conversion"),
    }
)
COUNTS = frozenset(
    {
        *("impressions", "clicks", "reach"),
        *("conversion", "real_time_conversion", "result", "real_time_result"),
        *("cta_conversion", "cta_complete_payment"),
        *_WEB,
        *_UNPLAYED,
    }
)
SAME_AS = {
    "billed_cost": "spend",
    "cash_spend": "spend",
    "real_time_conversion": "conversion",
    "real_time_result": "result",
    "cta_conversion": "conversion",
    "cta_complete_payment": "complete_payment",
}
"""Metrics that in the sandbox always equal another: all its conversions follow a click, all its spend is cash."""

NEEDS_GOAL = frozenset({"conversion", "result"})
"""Null where no ad group of the row optimises for anything."""


class Ratio(msgspec.Struct, frozen=True):
    """`over / under * factor`, rounded."""

    over: str
    under: str
    factor: int = 1
    decimals: int = 2


RATIOS: dict[str, Ratio] = {
    "ctr": Ratio("clicks", "impressions", 100),
    "cpc": Ratio("spend", "clicks"),
    "cpm": Ratio("spend", "impressions", 1000),
    "frequency": Ratio("impressions", "reach"),
    "cost_per_1000_reached": Ratio("spend", "reach", 1000),
    "cost_per_conversion": Ratio("spend", "conversion"),
    "conversion_rate": Ratio("conversion", "impressions", 100),
    "conversion_rate_v2": Ratio("conversion", "impressions", 100),
    "real_time_cost_per_conversion": Ratio("spend", "conversion"),
    "real_time_conversion_rate": Ratio("conversion", "impressions", 100),
    "real_time_conversion_rate_v2": Ratio("conversion", "impressions", 100),
    "cost_per_result": Ratio("spend", "result", decimals=4),
    "result_rate": Ratio("result", "impressions", 100),
    "real_time_cost_per_result": Ratio("spend", "result", decimals=4),
    "real_time_result_rate": Ratio("result", "impressions", 100),
    "complete_payment_roas": Ratio("total_complete_payment_rate", "spend"),
    "value_per_complete_payment": Ratio("total_complete_payment_rate", "complete_payment"),
    **{f"cost_per_{name}": Ratio("spend", name) for name in sorted(_WEB)},
    **{f"{name}_rate": Ratio(name, "clicks", 100) for name in sorted(_WEB)},
}

KNOWN = frozenset({*ATTRIBUTES, *MONEY, *VALUES, *COUNTS, *RATIOS})

# Audience reports have fewer; people reached are not among them.
AUDIENCE = frozenset(
    {
        *("spend", "impressions", "clicks", "ctr", "cpc", "cpm", "conversion", "cost_per_conversion"),
        *("conversion_rate", "conversion_rate_v2", "real_time_conversion", "real_time_cost_per_conversion"),
        *("real_time_conversion_rate", "real_time_conversion_rate_v2", "result", "cost_per_result", "result_rate"),
        *("real_time_result", "real_time_cost_per_result", "real_time_result_rate", "currency"),
        *("campaign_id", "campaign_name", "adgroup_id", "adgroup_name", "ad_name"),
    }
)
# By day and advertiser only, neither by hour nor over a lifetime.
ADVERTISER_DAYS = frozenset({"cash_spend", "voucher_spend"})
