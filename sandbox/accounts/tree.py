"""Where each ad and creative of an advertiser stands."""

from collections.abc import Iterator

import msgspec

from sandbox.accounts.records import Ad, AdGroup, Advertiser, Campaign, Creative, SmartPlusAd


class Place(msgspec.Struct, frozen=True):
    """One thing that can spend: a manual ad, a creative, or a Smart+ ad beside its creatives."""

    campaign: Campaign
    adgroup: AdGroup
    ad: Ad | SmartPlusAd
    creative: Creative | None = None

    @property
    def ad_id(self) -> str | None:
        """What reports by `ad_id` call it: of an Upgraded Smart+ ad they know the creatives only."""
        if isinstance(self.ad, Ad):
            return self.ad.ad_id
        return self.creative.ad_id if self.creative is not None else None

    @property
    def ad_id_v2(self) -> str:
        return self.ad.ad_id if isinstance(self.ad, Ad) else self.ad.smart_plus_ad_id

    @property
    def spends_as(self) -> str:
        """The id its spend rows name."""
        return self.ad_id or self.ad_id_v2

    @property
    def created(self) -> str:
        return (self.creative or self.ad).create_time

    def deleted(self, level: str) -> bool:
        """Whether what it belongs to at a level (`campaign`, `adgroup`, `ad`) is deleted, or anything above that."""
        above = {"campaign": 1, "adgroup": 2, "ad": 4}[level]
        return any(
            one is not None and one.deleted for one in (self.campaign, self.adgroup, self.ad, self.creative)[:above]
        )


class AdTree:
    """The campaigns, ad groups and ads of one advertiser, and where each ad stands."""

    def __init__(self, advertiser: Advertiser) -> None:
        self._places: dict[str, Place] = {}
        for place in _places(advertiser):
            if place.spends_as in self._places:
                raise ValueError(f"`campaigns` hold the ad {place.spends_as} twice")
            self._places[place.spends_as] = place

    def place(self, spends_as: str) -> Place | None:
        return self._places.get(spends_as)

    def places(self) -> list[Place]:
        return list(self._places.values())


def _places(advertiser: Advertiser) -> Iterator[Place]:
    for campaign in advertiser.campaigns:
        for adgroup in campaign.adgroups:
            for ad in adgroup.ads:
                yield Place(campaign, adgroup, ad)
            for smart_ad in adgroup.smart_plus_ads:
                yield Place(campaign, adgroup, smart_ad)
                for creative in smart_ad.creatives:
                    yield Place(campaign, adgroup, smart_ad, creative)
