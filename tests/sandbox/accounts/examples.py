"""Accounts the tests of the account side start from."""

from typing import Any

ACCESS = "access-token-of-the-tests"
ADVERTISER = "7000000000000000101"
OTHER = "7000000000000000102"
PIXEL_ID = "7000000000000000201"
PIXEL_CODE = "C4ACCOUNTPIXEL000001"
PIXEL_TOKEN = "token-of-the-account-pixel"
BC = "7000000000000000301"
CAMPAIGN = "1800000000000001"
ADGROUP = "1800000000000002"
AD = "1800000000000003"
SMART_AD = "1800000000000004"
CREATIVE = "1800000000000005"
CREATIVE_2 = "1800000000000006"
DELETED_AD = "1800000000000007"
SMART_CAMPAIGN = "1800000000000011"
SMART_ADGROUP = "1800000000000012"


def a_pixel(**changes: Any) -> dict[str, Any]:
    return {"pixel_id": PIXEL_ID, "pixel_code": PIXEL_CODE, "pixel_name": "Tea shop", "token": PIXEL_TOKEN, **changes}


def a_campaign() -> dict[str, Any]:
    """A manual one, with one living and one deleted ad."""
    adgroup = {
        "adgroup_id": ADGROUP,
        "adgroup_name": "Berlin 18-34",
        "pixel_id": PIXEL_ID,
        "optimization_event": "SHOPPING",
        "ads": [
            {"ad_id": AD, "ad_name": "Video A", "landing_page_url": "https://go.example.com/a"},
            {"ad_id": DELETED_AD, "ad_name": "Old video", "deleted": True},
        ],
    }
    return {"campaign_id": CAMPAIGN, "campaign_name": "Spring", "budget": 50.0, "adgroups": [adgroup]}


def a_smart_campaign() -> dict[str, Any]:
    """An Upgraded Smart+ one: an ad with two creatives."""
    ad = {
        "smart_plus_ad_id": SMART_AD,
        "ad_name": "Smart ad",
        "landing_page_urls": ["https://go.example.com/s"],
        "creatives": [{"ad_id": CREATIVE, "ad_name": "Cut 1"}, {"ad_id": CREATIVE_2, "ad_name": "Cut 2"}],
    }
    adgroup = {"adgroup_id": SMART_ADGROUP, "adgroup_name": "Broad", "smart_plus_ads": [ad]}
    return {
        "campaign_id": SMART_CAMPAIGN,
        "campaign_name": "Smart",
        "campaign_automation_type": "UPGRADED_SMART_PLUS",
        "adgroups": [adgroup],
    }


def an_advertiser(**changes: Any) -> dict[str, Any]:
    return {
        "advertiser_id": ADVERTISER,
        "name": "Tea Timer DE",
        "currency": "EUR",
        "display_timezone": "Europe/Berlin",
        "country": "DE",
        "pixels": [a_pixel()],
        "campaigns": [a_campaign(), a_smart_campaign()],
        "zero_rows": "none",
        **changes,
    }


def an_account(*advertisers: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A whole account around the advertisers: two of them where none is given."""
    other = {"advertiser_id": OTHER, "name": "Tea Timer US", "display_timezone": "America/Los_Angeles"}
    return {"advertisers": list(advertisers) or [an_advertiser(), other], **changes}
