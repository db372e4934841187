"""Campaigns, ad groups and ads as the rows of `/campaign/get/`, `/adgroup/get/`, `/ad/get/`, `/smart_plus/ad/get/`.

Field names: DOC, SDK. Each row starts with the field that is its id; `more` of a record goes over what stands here.
"""

from typing import Any

from sandbox.accounts.records import Ad, AdGroup, Advertiser, Campaign, Creative, Named, SmartPlusAd
from sandbox.accounts.tree import Place

Row = dict[str, Any]

_CREATIVE_TYPE = "UPGRADED_SMART_PLUS_CREATIVE"


def campaign_row(campaign: Campaign, advertiser: Advertiser) -> Row:
    upgraded = campaign.campaign_automation_type == "UPGRADED_SMART_PLUS"
    return {
        "campaign_id": campaign.campaign_id,
        "advertiser_id": advertiser.advertiser_id,
        "campaign_name": campaign.campaign_name,
        "objective_type": campaign.objective_type,
        "virtual_objective_type": "SALES" if upgraded else None,
        "sales_destination": "WEBSITE" if upgraded else None,
        "campaign_type": "REGULAR_CAMPAIGN",
        "campaign_automation_type": campaign.campaign_automation_type,
        # of Smart+ before its upgrade alone (SDK#98)
        "is_smart_performance_campaign": campaign.campaign_automation_type == "SMART_PLUS",
        "campaign_system_origin": "TT_ADS_PLATFORM",
        "budget": 0.0 if upgraded else campaign.budget,
        "budget_mode": "BUDGET_MODE_DAY" if campaign.budget and not upgraded else "BUDGET_MODE_INFINITE",
        **_state(campaign, "CAMPAIGN_STATUS", campaign.deleted),
        **campaign.more,
    }


def adgroup_row(adgroup: AdGroup, campaign: Campaign, advertiser: Advertiser) -> Row:
    systems = list(adgroup.operating_systems)
    manual = campaign.campaign_automation_type == "MANUAL"
    return {
        "adgroup_id": adgroup.adgroup_id,
        "advertiser_id": advertiser.advertiser_id,
        "campaign_id": campaign.campaign_id,
        "campaign_name": campaign.campaign_name,
        "campaign_automation_type": campaign.campaign_automation_type,
        "adgroup_name": adgroup.adgroup_name,
        "pixel_id": adgroup.pixel_id,
        "optimization_event": adgroup.optimization_event,
        "optimization_goal": adgroup.optimization_goal,
        "promotion_type": adgroup.promotion_type,
        "operating_systems": systems if manual else [],
        "targeting_spec": None if manual else {"operating_systems": systems},
        "click_attribution_window": adgroup.click_attribution_window,
        "view_attribution_window": adgroup.view_attribution_window,
        "attribution_event_count": "EVERY",
        "billing_event": "OCPM",
        "placements": ["PLACEMENT_TIKTOK"],
        "budget": adgroup.budget,
        "budget_mode": "BUDGET_MODE_DAY" if adgroup.budget else "BUDGET_MODE_INFINITE",
        "bid_price": 0.0,
        "conversion_bid_price": 0.0,
        "schedule_start_time": adgroup.create_time,
        "schedule_end_time": "2036-01-01 00:00:00",
        **_state(adgroup, "ADGROUP_STATUS", campaign.deleted or adgroup.deleted),
        **adgroup.more,
    }


def ad_row(place: Place, advertiser: Advertiser) -> Row:
    """A manual ad, or a creative of an Upgraded Smart+ ad: `ad_id` means either."""
    of: Named = place.creative or place.ad
    manual = isinstance(place.ad, Ad)
    return {
        "ad_id": place.ad_id,
        "advertiser_id": advertiser.advertiser_id,
        "campaign_id": place.campaign.campaign_id,
        "campaign_name": place.campaign.campaign_name,
        "adgroup_id": place.adgroup.adgroup_id,
        "adgroup_name": place.adgroup.adgroup_name,
        "ad_name": _name(place),
        "campaign_automation_type": place.campaign.campaign_automation_type if manual else _CREATIVE_TYPE,
        "smart_plus_ad_id": None if manual else place.ad_id_v2,
        "landing_page_url": _landing_pages(place.ad)[0] if _landing_pages(place.ad) else None,
        "landing_page_urls": None,
        "ad_format": "SINGLE_VIDEO",
        "video_id": "v10033g50000example",
        "image_ids": [],
        "tiktok_item_id": None,
        "identity_type": "CUSTOMIZED_USER",
        "call_to_action": "DOWNLOAD_NOW",
        "deeplink": "",
        "utm_params": [],
        "tracking_pixel_id": place.adgroup.pixel_id,
        "click_tracking_url": None,
        "impression_tracking_url": None,
        **_state(of, "AD_STATUS", place.deleted("ad")),
        **of.more,
    }


def ad_v2_row(place: Place, advertiser: Advertiser) -> Row:
    """What `/ad/get/` answers of an ad asked by `ad_ids_v2`: limited fields, no creatives (PD)."""
    return {
        "ad_id_v2": place.ad_id_v2,
        "advertiser_id": advertiser.advertiser_id,
        "campaign_id": place.campaign.campaign_id,
        "campaign_name": place.campaign.campaign_name,
        "adgroup_id": place.adgroup.adgroup_id,
        "adgroup_name": place.adgroup.adgroup_name,
        "ad_name": place.ad.ad_name,
        "campaign_automation_type": place.campaign.campaign_automation_type,
        **_state(place.ad, "AD_STATUS", place.deleted("ad")),
    }


def smart_plus_ad_row(place: Place, advertiser: Advertiser) -> Row:
    creatives: tuple[Creative, ...] = place.ad.creatives if isinstance(place.ad, SmartPlusAd) else ()
    return {
        "smart_plus_ad_id": place.ad_id_v2,
        "advertiser_id": advertiser.advertiser_id,
        "campaign_id": place.campaign.campaign_id,
        "campaign_name": place.campaign.campaign_name,
        "adgroup_id": place.adgroup.adgroup_id,
        "adgroup_name": place.adgroup.adgroup_name,
        "ad_name": place.ad.ad_name,
        "landing_page_url_list": [{"landing_page_url": url} for url in _landing_pages(place.ad)],
        "creative_list": [
            {"creative_info": {"material_name": one.ad_name}, "material_operation_status": one.operation_status}
            for one in creatives
        ],
        "deeplink_list": [],
        "ad_text_list": [],
        **_state(place.ad, "AD_STATUS", place.deleted("ad")),
        **place.ad.more,
    }


def _state(of: Named, prefix: str, deleted: bool) -> Row:
    if deleted:
        secondary = f"{prefix}_DELETE"
    elif of.operation_status == "ENABLE":
        secondary = f"{prefix}_DELIVERY_OK" if prefix != "CAMPAIGN_STATUS" else f"{prefix}_ENABLE"
    else:
        secondary = f"{prefix}_DISABLE"
    return {
        "operation_status": of.operation_status,
        "secondary_status": secondary,
        "create_time": of.create_time,
        "modify_time": of.modify_time,
    }


def _name(place: Place) -> str:
    return place.creative.ad_name if place.creative is not None else place.ad.ad_name


def _landing_pages(ad: Ad | SmartPlusAd) -> tuple[str, ...]:
    if isinstance(ad, SmartPlusAd):
        return ad.landing_page_urls
    return (ad.landing_page_url,) if ad.landing_page_url else ()


_ADVERTISER, _CAMPAIGN, _ADGROUP = Advertiser(advertiser_id="0"), Campaign(campaign_id="0"), AdGroup(adgroup_id="0")
_MANUAL = Place(_CAMPAIGN, _ADGROUP, Ad(ad_id="0"))
_SMART = Place(_CAMPAIGN, _ADGROUP, SmartPlusAd(smart_plus_ad_id="0"))

# What `fields` may name, whether there is a row or not; besides these what `more` of a record adds.
CAMPAIGN_FIELDS = frozenset(campaign_row(_CAMPAIGN, _ADVERTISER))
ADGROUP_FIELDS = frozenset(adgroup_row(_ADGROUP, _CAMPAIGN, _ADVERTISER))
AD_FIELDS = frozenset({*ad_row(_MANUAL, _ADVERTISER), *ad_v2_row(_MANUAL, _ADVERTISER)})
SMART_PLUS_AD_FIELDS = frozenset(smart_plus_ad_row(_SMART, _ADVERTISER))
