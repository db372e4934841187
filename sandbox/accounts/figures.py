"""Sums as the texts of a report's `metrics`: every value is a string, null is `-`."""

from decimal import ROUND_HALF_UP, Decimal

import msgspec

from sandbox.accounts.metrics import ATTRIBUTES, MONEY, NEEDS_GOAL, RATIOS, SAME_AS, VALUES
from sandbox.accounts.records import Advertiser, SmartPlusAd
from sandbox.accounts.spend import Amounts
from sandbox.accounts.tree import Place

NULL = "-"
# of people reached over several hours or days, this share is counted once: 33,556 lifetime to 37,925 daily (seen live)
_DISTINCT = Decimal("0.885")
_PROMOTIONS = {"WEBSITE": "Website", "APP_ANDROID": "App", "APP_IOS": "App", "LEAD_GENERATION": "Lead generation"}
_CLICK_GOALS = frozenset({"CLICK", "TRAFFIC_LANDING_PAGE_VIEW"})


class Sum(msgspec.Struct):
    """What one row adds up, and one of the ads it is about."""

    place: Place | None = None
    amounts: Amounts = msgspec.field(default_factory=Amounts)
    has_goal: bool = False
    results: Decimal = Decimal(0)

    def name(self, place: Place) -> None:
        """Say that the row is about this ad, among others."""
        self.place = place
        self.has_goal |= place.adgroup.optimization_event is not None

    def add(self, place: Place, amounts: Amounts) -> None:
        self.name(place)
        self.amounts.add(amounts)
        by_click = place.adgroup.optimization_goal in _CLICK_GOALS
        self.has_goal |= by_click or "conversion" in amounts.metrics
        self.results += amounts.clicks if by_click else amounts.metrics.get("conversion", Decimal(0))


def figure(name: str, total: Sum, advertiser: Advertiser) -> str:
    """One metric of a row."""
    if name in ATTRIBUTES:
        return _attribute(name, total.place, advertiser)
    ratio = RATIOS.get(name)
    if ratio is None:
        value = _value(name, total)
        if value is None:
            return NULL
        return _rounded(value, 2) if name in MONEY | VALUES else _plain(value)
    over, under = _value(ratio.over, total), _value(ratio.under, total)
    if over is None or under is None:
        return NULL
    return _rounded(over * ratio.factor / under if under else Decimal(0), ratio.decimals)


def order_of(text: str) -> tuple[bool, Decimal, str]:
    """What a figure is sorted by: null last, then its number, then its text."""
    try:
        return text != NULL, Decimal(text), text
    except ArithmeticError:
        return text != NULL, Decimal(0), text


def _value(name: str, total: Sum) -> Decimal | None:
    name = SAME_AS.get(name, name)
    if name in NEEDS_GOAL and not total.has_goal:
        return None
    amounts = total.amounts
    if name == "result":
        return total.results
    if name == "spend":
        return amounts.spend
    if name == "reach":
        return _reach(amounts.reach)
    if name in {"impressions", "video_play_actions"}:
        return Decimal(amounts.impressions)
    return Decimal(amounts.clicks) if name == "clicks" else amounts.metrics.get(name, Decimal(0))


def _reach(parts: list[int]) -> Decimal:
    if len(parts) < 2:
        return Decimal(sum(parts))
    return Decimal(max(*parts, int(sum(parts) * _DISTINCT)))


def _rounded(value: Decimal, decimals: int) -> str:
    return str(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _plain(value: Decimal) -> str:
    """A count; one that TikTok models rather than counts may have decimals."""
    return str(int(value)) if value == int(value) else str(value.normalize())


def _attribute(name: str, place: Place | None, advertiser: Advertiser) -> str:
    of_advertiser = {
        "advertiser_id": advertiser.advertiser_id,
        "advertiser_name": advertiser.name,
        "currency": advertiser.currency,
    }
    if name in of_advertiser or place is None:
        return of_advertiser.get(name, NULL)
    return _of_ad(place)[name] or NULL


def _of_ad(place: Place) -> dict[str, str | None]:
    campaign, adgroup, ad = place.campaign, place.adgroup, place.ad
    creative = place.creative
    urls = ad.landing_page_urls if isinstance(ad, SmartPlusAd) else (ad.landing_page_url,)
    return {
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.campaign_name,
        "objective_type": campaign.objective_type,
        "campaign_budget": _rounded(Decimal(str(campaign.budget)), 2),
        "campaign_automation_type": campaign.campaign_automation_type + ("_CREATIVE" if creative is not None else ""),
        "adgroup_id": adgroup.adgroup_id,
        "adgroup_name": adgroup.adgroup_name,
        "budget": _rounded(Decimal(str(adgroup.budget)), 2),
        "promotion_type": _PROMOTIONS.get(adgroup.promotion_type, adgroup.promotion_type),
        "smart_target": adgroup.optimization_goal,
        "tt_app_id": "0",
        "ad_id": place.ad_id,
        "ad_id_v2": place.ad_id_v2,
        "ad_name": creative.ad_name if creative is not None else ad.ad_name,
        "ad_url_list": msgspec.json.encode([url for url in urls if url]).decode(),
    }
