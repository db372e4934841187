"""Campaigns, ad groups and ads of an advertiser, deleted ones too.

`/ad/get/` lists the creatives of Upgraded Smart+ campaigns as if they were ads; the ads stand in
`/smart_plus/ad/get/`. Reports by `ad_id_v2` name ads in both cases, and so do these records: no creative is one.
Source: the developer portal on Upgraded Smart+, and accounts read with both endpoints in 2026-10.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from tiktok.account_refusals import ApiRefused
from tiktok.answer_text import storable
from tiktok.figures import id_of, moment_of, text_of, texts_of
from tiktok.pages import Ask, read_pages

_ALL: Final = {"primary_status": "STATUS_ALL"}  # without it deleted ones are hidden
_CREATIVE: Final = "UPGRADED_SMART_PLUS"  # how campaign_automation_type of a creative's row begins
_OPTIONAL: Final = ("permission", "invalid", "missing")
"""What an account without the permission "Upgraded Smart Plus Ads" is told."""

_CAMPAIGN_BODY: Final = ("virtual_objective_type", "sales_destination", "campaign_type", "app_promotion_type")
_ADGROUP_BODY: Final = (
    "promotion_type", "promotion_target_type", "billing_event", "app_id", "click_attribution_window",
    "view_attribution_window",
)  # fmt: skip
_AD_BODY: Final = ("ad_format", "tiktok_item_id", "utm_params", "tracking_pixel_id")


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """What the three have alike."""

    name: str
    operation_status: str
    """TikTok's: ENABLE, DISABLE, FROZEN."""
    secondary_status: str
    """TikTok's finer word, such as AD_STATUS_DELETE; empty where it said none."""
    body: dict[str, Any]
    """Further fields, as TikTok named them, that a check or a person reads."""
    modified_at: datetime | None


class Campaign(Entity, frozen=True, kw_only=True):
    campaign_id: str
    objective: str
    automation: str
    """MANUAL, SMART_PLUS or UPGRADED_SMART_PLUS."""


class AdGroup(Entity, frozen=True, kw_only=True):
    adgroup_id: str
    campaign_id: str
    optimization_goal: str
    optimization_event: str
    pixel_number: str
    """TikTok's number of the pixel, not its code."""
    operating_systems: tuple[str, ...]
    """Empty = both."""
    placements: tuple[str, ...]
    """Empty = TikTok chooses."""


class Ad(Entity, frozen=True, kw_only=True):
    ad_id: str
    """What reports call `ad_id_v2`."""
    adgroup_id: str
    campaign_id: str
    landing_urls: tuple[str, ...]


async def read_campaigns(ask: Ask, advertiser_id: str) -> list[Campaign]:
    """Raises:
    ApiRefused: TikTok refused.
    """
    rows = await _rows(ask, "/campaign/get/", advertiser_id)
    return list({one.campaign_id: one for one in map(_campaign, rows) if one.campaign_id}.values())


async def read_adgroups(ask: Ask, advertiser_id: str) -> list[AdGroup]:
    """Raises:
    ApiRefused: TikTok refused.
    """
    rows = await _rows(ask, "/adgroup/get/", advertiser_id)
    return list({one.adgroup_id: one for one in map(_adgroup, rows) if one.adgroup_id}.values())


async def read_ads(ask: Ask, advertiser_id: str) -> list[Ad]:
    """Ads of every kind. Where Upgraded Smart+ ads cannot be read they are put together from their creatives.

    Raises:
        ApiRefused: TikTok refused the plain ads.
    """
    rows = await _rows(ask, "/ad/get/", advertiser_id)
    creatives = [row for row in rows if _is_creative(row)]
    manual = [_ad(row, id_of(row.get("ad_id"))) for row in rows if not _is_creative(row)]
    try:
        smart_rows = await _rows(ask, "/smart_plus/ad/get/", advertiser_id)
    except ApiRefused as refused:
        if refused.kind not in _OPTIONAL:
            raise
        smart_rows = []
    of_creatives = _ads_of_creatives(creatives)
    smart = [_completed(_smart_ad(row), of_creatives) for row in smart_rows]
    found = {ad.ad_id: ad for ad in (*manual, *of_creatives.values(), *smart)}
    return [ad for ad_id, ad in found.items() if ad_id]


async def _rows(ask: Ask, path: str, advertiser_id: str) -> list[dict[str, Any]]:
    parameters = {"advertiser_id": advertiser_id, "filtering": _ALL}
    return (await read_pages(ask, "entities", path, parameters)).rows


def _common(row: Mapping[str, Any], name: str, body: Iterable[str]) -> dict[str, Any]:
    return {
        "name": text_of(row.get(name)),
        "operation_status": text_of(row.get("operation_status")),
        "secondary_status": text_of(row.get("secondary_status")),
        "body": storable({field: row[field] for field in body if row.get(field) not in (None, "", [], {})}),
        "modified_at": moment_of(row.get("modify_time")),
    }


def _campaign(row: Mapping[str, Any]) -> Campaign:
    return Campaign(
        campaign_id=id_of(row.get("campaign_id")),
        objective=text_of(row.get("objective_type")),
        automation=_automation(row),
        **_common(row, "campaign_name", _CAMPAIGN_BODY),
    )


def _automation(row: Mapping[str, Any]) -> str:
    """The older of the two Smart+ kinds is also told by a flag alone, in rows of before 2025."""
    named = text_of(row.get("campaign_automation_type"))
    return named or ("SMART_PLUS" if row.get("is_smart_performance_campaign") is True else "")


def _adgroup(row: Mapping[str, Any]) -> AdGroup:
    return AdGroup(
        adgroup_id=id_of(row.get("adgroup_id")),
        campaign_id=id_of(row.get("campaign_id")),
        optimization_goal=text_of(row.get("optimization_goal")),
        optimization_event=text_of(row.get("optimization_event")),
        pixel_number=id_of(row.get("pixel_id")),
        operating_systems=_targeted(row, "operating_systems"),
        placements=_targeted(row, "placements"),
        **_common(row, "adgroup_name", _ADGROUP_BODY),
    )


def _targeted(row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Smart+ says it under `targeting_spec`."""
    spec = row.get("targeting_spec")
    return texts_of(row.get(field)) or (texts_of(spec.get(field)) if isinstance(spec, dict) else ())


def _is_creative(row: Mapping[str, Any]) -> bool:
    return bool(id_of(row.get("smart_plus_ad_id"))) or text_of(row.get("campaign_automation_type")).startswith(
        _CREATIVE
    )


def _ad(row: Mapping[str, Any], ad_id: str) -> Ad:
    return Ad(
        ad_id=ad_id,
        adgroup_id=id_of(row.get("adgroup_id")),
        campaign_id=id_of(row.get("campaign_id")),
        landing_urls=_landing_urls(row),
        **_common(row, "ad_name", _AD_BODY),
    )


def _landing_urls(row: Mapping[str, Any]) -> tuple[str, ...]:
    listed = row.get("landing_page_url_list")
    urls = [one.get("landing_page_url") if isinstance(one, dict) else one for one in listed or []]
    found = filter(None, map(text_of, [row.get("landing_page_url"), *urls, *texts_of(row.get("landing_page_urls"))]))
    return tuple(dict.fromkeys(found))


def _ads_of_creatives(creatives: Iterable[Mapping[str, Any]]) -> dict[str, Ad]:
    """What the creatives of an ad say of it: where it stands, and the landing URLs of all of them. Not its name."""
    ads: dict[str, Ad] = {}
    for row in creatives:
        ad = _ad(row, id_of(row.get("smart_plus_ad_id")))
        before = ads.get(ad.ad_id)
        creative = {"creative_id": id_of(row.get("ad_id")), "name": ad.name}
        known = [*before.body["creatives"], creative] if before else [creative]
        urls = (*before.landing_urls, *ad.landing_urls) if before else ad.landing_urls
        ads[ad.ad_id] = msgspec.structs.replace(
            ad,
            name="",
            operation_status="",
            secondary_status="",
            body={"creatives": known},
            landing_urls=tuple(dict.fromkeys(urls)),
        )
    return ads


def _smart_ad(row: Mapping[str, Any]) -> Ad:
    ad_id = id_of(row.get("smart_plus_ad_id")) or id_of(row.get("ad_id"))
    return _ad(row, ad_id)


def _completed(ad: Ad, of_creatives: Mapping[str, Ad]) -> Ad:
    """With what only its creatives told."""
    other = of_creatives.get(ad.ad_id)
    if other is None:
        return ad
    return msgspec.structs.replace(
        ad,
        adgroup_id=ad.adgroup_id or other.adgroup_id,
        campaign_id=ad.campaign_id or other.campaign_id,
        landing_urls=ad.landing_urls or other.landing_urls,
        body={**ad.body, **other.body},
    )
