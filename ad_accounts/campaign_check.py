"""Whether campaigns can use what an app sends: objective, goal, landing URL, systems, placements, pixel. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ad_accounts.landing_links import landing_link
from ledger.adgroups import StoredAdGroup
from ledger.ads import StoredAd
from ledger.campaigns import StoredCampaign
from tiktok.optimization_events import (
    EVENT_OF_CODE,
    GOALS_WITHOUT_EVENTS,
    OBJECTIVE_NAMES,
    START_TRIAL,
    START_TRIAL_OBJECTIVES,
    TIKTOK_PLACEMENT,
    USES_WEB_EVENTS,
    is_trial,
)

Code = Literal[
    "objective_without_events", "objective_without_start_trial", "event_not_mapped", "goal_without_events",
    "both_systems", "other_placements", "foreign_pixel", "landing_not_a_link", "link_of_another_app", "macros_missing",
]  # fmt: skip
_DELETED: Final = "DELETE"  # part of the secondary_status of what is deleted: AD_STATUS_DELETE, ..._CAMPAIGN_DELETE
_BOTH: Final = frozenset({"ANDROID", "IOS"})


@dataclass(frozen=True, slots=True)
class CampaignWarning:
    """One thing that keeps an entity from using the app's events."""

    code: Code
    level: Literal["campaign", "adgroup", "ad"]
    entity_id: str
    name: str
    message: str
    """What is wrong, in a sentence."""
    fix: str
    """The way out, in another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFacts:
    """What a check knows of an advertiser and an app."""

    app_id: str
    campaigns: Sequence[StoredCampaign]
    adgroups: Sequence[StoredAdGroup]
    ads: Sequence[StoredAd]
    targets: frozenset[str]
    """TikTok's events that the app's events become."""
    pixel_numbers: set[str] | None
    """TikTok's numbers of the app's pixels; None = not known."""
    link_apps: Mapping[str, str]
    """Slug of every Signal link -> its app."""
    bases: Sequence[str]
    """Where the app's Signal links stand."""
    sharing: frozenset[str] = frozenset()
    """Other apps whose ad account it is, too: what leads to their links is theirs."""
    their_bases: Sequence[str] = ()
    """Where else their links stand."""


def check_campaigns(facts: CampaignFacts) -> list[CampaignWarning]:
    """Of everything that is not deleted, nor another app's, campaigns first."""
    campaigns = {one.campaign_id: one for one in facts.campaigns if _living(one)}
    adgroups = {one.adgroup_id: one for one in facts.adgroups if _living(one) and one.campaign_id in campaigns}
    ads = [one for one in facts.ads if _living(one) and one.adgroup_id in adgroups]
    theirs = {ad.ad_id for ad in ads if _is_of_another(ad, facts)}
    groups_of_theirs = _all_theirs((ad.adgroup_id, ad.ad_id in theirs) for ad in ads)
    campaigns_of_theirs = _all_theirs(
        (one.campaign_id, one.adgroup_id in groups_of_theirs) for one in adgroups.values()
    )
    campaigns = {key: one for key, one in campaigns.items() if key not in campaigns_of_theirs}
    adgroups = {key: one for key, one in adgroups.items() if key not in groups_of_theirs}
    ads = [one for one in ads if one.ad_id not in theirs]
    warnings = [warning for campaign in campaigns.values() for warning in _of_campaign(campaign)]
    for adgroup in adgroups.values():
        warnings += _of_adgroup(adgroup, campaigns[adgroup.campaign_id], facts)
    return warnings + [warning for ad in ads for warning in _of_ad(ad, facts)]


def _is_of_another(ad: StoredAd, facts: CampaignFacts) -> bool:
    """Whether an ad leads to Signal links of other apps that share the ad account, and nowhere else."""
    links = [landing_link(url, (*facts.bases, *facts.their_bases)) for url in ad.landing_urls]
    owners = {facts.link_apps.get(link.slug) if link is not None else None for link in links}
    return bool(owners) and owners <= facts.sharing


def _all_theirs(parts: Iterable[tuple[str, bool]]) -> set[str]:
    """Keys of which every part is another app's; each part is (key, whether it is)."""
    found: dict[str, bool] = {}
    for key, is_theirs in parts:
        found[key] = found.get(key, True) and is_theirs
    return {key for key, whole in found.items() if whole}


def _living(entity: StoredCampaign | StoredAdGroup | StoredAd) -> bool:
    return _DELETED not in entity.secondary_status and entity.operation_status != _DELETED


def _of_campaign(campaign: StoredCampaign) -> Iterator[CampaignWarning]:
    if campaign.objective and campaign.objective not in USES_WEB_EVENTS:
        named = OBJECTIVE_NAMES.get(campaign.objective, campaign.objective)
        yield CampaignWarning(
            "objective_without_events", "campaign", campaign.campaign_id, campaign.name,
            f"The objective {named} does not optimise for events of a web pixel, which is where the app's events go.",
            "Make a campaign with the objective Sales (website conversions) or Lead generation.",
        )  # fmt: skip


def _of_adgroup(adgroup: StoredAdGroup, campaign: StoredCampaign, facts: CampaignFacts) -> Iterator[CampaignWarning]:
    def warning(code: Code, message: str, fix: str) -> CampaignWarning:
        return CampaignWarning(code, "adgroup", adgroup.adgroup_id, adgroup.name, message, fix)

    if (found := _event_problem(adgroup, campaign, facts.targets)) is not None:
        yield warning(*found)
    if adgroup.optimization_goal in GOALS_WITHOUT_EVENTS:
        yield warning(
            "goal_without_events",
            f"It is optimised for {GOALS_WITHOUT_EVENTS[adgroup.optimization_goal]}, so TikTok looks at no event.",
            "Choose the goal Conversion (or Value) and one of the app's events.",
        )
    if not _BOTH - set(adgroup.operating_systems) or not adgroup.operating_systems:
        yield warning(
            "both_systems",
            "It is shown on Android and on iOS: an app has one store for each, and results cannot be told apart.",
            "Make one ad group for each operating system, each with a Signal link of its own.",
        )
    if adgroup.placements and set(adgroup.placements) != {TIKTOK_PLACEMENT}:
        others = ", ".join(sorted(set(adgroup.placements) - {TIKTOK_PLACEMENT}))
        yield warning(
            "other_placements",
            f"It is also shown outside TikTok ({others}), where clicks carry no ttclid that an event could bring back.",
            "Choose the placement TikTok alone.",
        )
    known = facts.pixel_numbers
    if known is not None and adgroup.pixel_number and adgroup.pixel_number not in known:
        yield warning(
            "foreign_pixel",
            f"Its pixel {adgroup.pixel_number} is none of the app's: what the app sends never reaches it.",
            "Choose the app's pixel in the ad group, or add that one: `signalpost pixel add`.",
        )


def _event_problem(
    adgroup: StoredAdGroup, campaign: StoredCampaign, targets: frozenset[str]
) -> tuple[Code, str, str] | None:
    if campaign.objective not in USES_WEB_EVENTS or adgroup.optimization_goal in GOALS_WITHOUT_EVENTS:
        return None
    code = adgroup.optimization_event
    event = START_TRIAL if is_trial(code) else EVENT_OF_CODE.get(code)
    if event is not None and event != START_TRIAL:
        if event in targets:
            return None
        return (
            "event_not_mapped",
            f"It is optimised for {event}, which none of the app's events becomes.",
            f"Map one to it (`signalpost mapping set ... SOURCE={event}`), or choose another event in the ad group.",
        )
    if START_TRIAL in targets and campaign.objective not in START_TRIAL_OBJECTIVES:
        named = OBJECTIVE_NAMES.get(campaign.objective, campaign.objective)
        return (
            "objective_without_start_trial",
            f"The app's trials become {START_TRIAL}, which a campaign with the objective {named} cannot optimise for.",
            f"Use the objective Lead generation, or map trials to an event of {named} such as Subscribe.",
        )
    return None


def _of_ad(ad: StoredAd, facts: CampaignFacts) -> Iterator[CampaignWarning]:
    for url in ad.landing_urls:
        link = landing_link(url, facts.bases)
        owner = facts.link_apps.get(link.slug) if link is not None else None
        if link is None or owner is None:
            yield CampaignWarning(
                "landing_not_a_link", "ad", ad.ad_id, ad.name,
                f"Its landing URL {url[:200]} is no Signal link: neither clicks nor installs of it are seen.",
                "Paste the link that `signalpost link show` prints as the ad's URL.",
            )  # fmt: skip
        elif owner != facts.app_id:
            yield CampaignWarning(
                "link_of_another_app", "ad", ad.ad_id, ad.name,
                f"Its Signal link {link.slug} is that of another app, {owner}.",
                f"Paste a link of {facts.app_id} (`signalpost link list`).",
            )  # fmt: skip
        elif link.missing:
            yield CampaignWarning(
                "macros_missing", "ad", ad.ad_id, ad.name,
                f"Its link lacks {', '.join(link.missing)}: clicks cannot be told by campaign, ad group and ad.",
                f"Paste the whole link: `signalpost link show {link.slug}`.",
            )  # fmt: skip
