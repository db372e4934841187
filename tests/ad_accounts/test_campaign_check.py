"""What keeps campaigns from using an app's events."""

from typing import Any

import pytest

from ad_accounts.campaign_check import CampaignFacts, check_campaigns
from ledger.adgroups import StoredAdGroup
from ledger.ads import StoredAd
from ledger.campaigns import StoredCampaign
from tiktok.macros import signal_link_url

BASE = "https://go.example.com"
GOOD_URL = signal_link_url(BASE, "spring")
STATE: dict[str, Any] = {
    "name": "N", "operation_status": "ENABLE", "secondary_status": "", "body": {}, "modified_at": None,
}  # fmt: skip


def campaign(**fields: Any) -> StoredCampaign:
    return StoredCampaign(
        **{**STATE, "campaign_id": "1", "objective": "WEB_CONVERSIONS", "automation": "MANUAL", **fields}
    )


def adgroup(**fields: Any) -> StoredAdGroup:
    good = {
        "adgroup_id": "11", "campaign_id": "1", "optimization_goal": "CONVERT", "optimization_event": "SHOPPING",
        "pixel_number": "77", "operating_systems": ("IOS",), "placements": ("PLACEMENT_TIKTOK",),
    }  # fmt: skip
    return StoredAdGroup(**{**STATE, **good, **fields})


def ad(*urls: str, **fields: Any) -> StoredAd:
    good = {"ad_id": "111", "adgroup_id": "11", "campaign_id": "1", "landing_urls": urls or (GOOD_URL,), "link": ""}
    return StoredAd(**{**STATE, **good, **fields})


def codes(
    *entities: StoredCampaign | StoredAdGroup | StoredAd,
    targets: set[str] | None = None,
    pixels: Any = frozenset({"77"}),
    sharing: tuple[str, ...] = (),
) -> list[tuple[str, str]]:
    """(code, entity) of each warning; what is not given is as it should be."""

    def given(kind: Any, default: Any) -> list[Any]:
        return [one for one in entities if isinstance(one, kind)] or [default]

    facts = CampaignFacts(
        app_id="tea",
        campaigns=given(StoredCampaign, campaign()),
        adgroups=given(StoredAdGroup, adgroup()),
        ads=given(StoredAd, ad()),
        targets=frozenset({"Purchase", "StartTrial"} if targets is None else targets),
        pixel_numbers=None if pixels is None else set(pixels),
        link_apps={"spring": "tea", "summer": "coffee"},
        bases=[BASE],
        sharing=frozenset(sharing),
        their_bases=["https://coffee.example.com"],
    )
    warnings = check_campaigns(facts)
    assert all(one.message.endswith(".") and one.fix.endswith(".") for one in warnings)
    return [(one.code, one.entity_id) for one in warnings]


def test_a_campaign_that_is_as_it_should_be_has_no_warning() -> None:
    assert codes() == []


def test_start_trial_is_for_lead_generation_alone() -> None:
    trial = adgroup(optimization_event="ON_WEB_START_TRIAL")
    assert codes(trial) == [("objective_without_start_trial", "11")]
    assert codes(trial, campaign(objective="LEAD_GENERATION")) == []
    assert codes(adgroup(optimization_event="")) == [("objective_without_start_trial", "11")]
    assert codes(adgroup(optimization_event=""), targets={"Purchase"}) == []


@pytest.mark.parametrize("objective", ["TRAFFIC", "REACH", "VIDEO_VIEWS", "APP_PROMOTION", "ENGAGEMENT"])
def test_an_objective_without_web_events_is_told_once(objective: str) -> None:
    assert codes(campaign(objective=objective)) == [("objective_without_events", "1")]


def test_the_old_name_of_web_conversions_is_the_same_objective() -> None:
    assert codes(campaign(objective="CONVERSIONS")) == []


def test_an_event_that_nothing_becomes() -> None:
    assert codes(targets={"Subscribe"}) == [("event_not_mapped", "11")]


@pytest.mark.parametrize(("code", "event"), [("ON_WEB_SEARCH", "Search"), ("ON_WEB_ADD_TO_WISHLIST", "AddToWishlist")])
def test_an_ad_group_that_optimises_for_another_event_is_not_told_of_trials(code: str, event: str) -> None:
    assert codes(adgroup(optimization_event=code), targets={"StartTrial", event}) == []
    assert codes(adgroup(optimization_event=code), targets={"StartTrial"}) == [("event_not_mapped", "11")]


@pytest.mark.parametrize("goal", ["CLICK", "TRAFFIC_LANDING_PAGE_VIEW"])
def test_goals_that_look_at_no_event(goal: str) -> None:
    assert codes(adgroup(optimization_goal=goal)) == [("goal_without_events", "11")]


@pytest.mark.parametrize("systems", [(), ("ANDROID", "IOS"), ("IOS", "ANDROID")])
def test_both_systems(systems: tuple[str, ...]) -> None:
    """`[]` is both, not none."""
    assert codes(adgroup(operating_systems=systems)) == [("both_systems", "11")]


def test_other_placements_than_tiktok() -> None:
    assert codes(adgroup(placements=("PLACEMENT_TIKTOK", "PLACEMENT_PANGLE"))) == [("other_placements", "11")]
    assert codes(adgroup(placements=())) == []


def test_a_pixel_that_is_none_of_the_apps() -> None:
    assert codes(adgroup(pixel_number="78")) == [("foreign_pixel", "11")]
    assert codes(adgroup(pixel_number="78"), pixels=None) == []
    assert codes(adgroup(pixel_number="")) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://apps.apple.com/app/id1", "landing_not_a_link"),
        (f"{BASE}/unknown", "landing_not_a_link"),
        (signal_link_url(BASE, "summer"), "link_of_another_app"),
        (f"{BASE}/spring", "macros_missing"),
        (GOOD_URL.replace("&ad_id_v2=__ADID_V2__", ""), "macros_missing"),
    ],
)
def test_landing_urls(url: str, code: str) -> None:
    assert codes(ad(url)) == [(code, "111")]


def test_each_landing_url_of_a_smart_plus_ad_is_looked_at() -> None:
    assert codes(ad(GOOD_URL, "https://tea.example")) == [("landing_not_a_link", "111")]


@pytest.mark.parametrize(
    "entity",
    [
        campaign(objective="TRAFFIC", secondary_status="CAMPAIGN_STATUS_DELETE"),
        adgroup(optimization_goal="CLICK", secondary_status="ADGROUP_STATUS_DELETE"),
        ad("https://tea.example", secondary_status="AD_STATUS_CAMPAIGN_DELETE"),
    ],
)
def test_what_is_deleted_is_left_alone(entity: StoredCampaign | StoredAdGroup | StoredAd) -> None:
    assert codes(entity) == []


THEIR_URLS = [signal_link_url(BASE, "summer"), signal_link_url("https://coffee.example.com", "summer")]


@pytest.mark.parametrize("url", THEIR_URLS)
def test_what_leads_to_links_of_another_app_of_the_ad_account_is_that_apps(url: str) -> None:
    theirs = campaign(objective="TRAFFIC"), adgroup(pixel_number="78", placements=("PLACEMENT_PANGLE",)), ad(url)
    assert codes(*theirs, sharing=("coffee",)) == []
    assert {code for code, _ in codes(*theirs)} > {"objective_without_events", "foreign_pixel"}


def test_an_ad_group_with_ads_of_two_apps_is_judged_for_both_and_each_ad_for_its_own() -> None:
    mixed = ad(THEIR_URLS[0]), ad("https://tea.example", ad_id="112"), adgroup(pixel_number="78")
    assert codes(*mixed, sharing=("coffee",)) == [("foreign_pixel", "11"), ("landing_not_a_link", "112")]


def test_what_has_no_ad_yet_and_an_ad_of_both_apps_are_judged_for_each() -> None:
    assert codes(adgroup(pixel_number="78"), ad(adgroup_id="99"), sharing=("coffee",)) == [("foreign_pixel", "11")]
    assert codes(ad(GOOD_URL, THEIR_URLS[0]), sharing=("coffee",)) == [("link_of_another_app", "111")]
