"""Campaigns, ad groups and ads of one advertiser, read whole and kept under their ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ad_accounts.landing_links import landing_link
from ledger.adgroups import StoredAdGroup, put_adgroups
from ledger.ads import StoredAd, put_ads
from ledger.apps import all_apps
from ledger.campaigns import StoredCampaign, put_campaigns
from ledger.links import all_links
from ledger.sites import link_bases
from tiktok.entities import Ad, read_adgroups, read_ads, read_campaigns
from tiktok.pages import Ask


async def import_entities(pool: Any, ask: Ask, advertiser_id: str, public_base: str, now: datetime) -> int:
    """How many TikTok listed. Each of the three lists is kept as soon as it is there.

    Raises:
        ApiRefused: TikTok refused a list.
    """
    campaigns = await read_campaigns(ask, advertiser_id)
    await put_campaigns(pool, advertiser_id, [_stored(one, StoredCampaign) for one in campaigns], now)
    adgroups = await read_adgroups(ask, advertiser_id)
    await put_adgroups(pool, advertiser_id, [_stored(one, StoredAdGroup) for one in adgroups], now)
    ads = await read_ads(ask, advertiser_id)
    known = await _known_links(pool, public_base)
    await put_ads(pool, advertiser_id, [_stored(one, StoredAd, link=known.of(one)) for one in ads], now)
    return len(campaigns) + len(adgroups) + len(ads)


class KnownLinks:
    """Every Signal link, and the bases they stand on."""

    def __init__(self, slugs: set[str], bases: Sequence[str]) -> None:
        self._slugs = slugs
        self._bases = bases

    def of(self, ad: Ad) -> str:
        """The slug of the first landing URL that is a link; empty where none is."""
        found = (landing_link(url, self._bases) for url in ad.landing_urls)
        return next((one.slug for one in found if one is not None and one.slug in self._slugs), "")


async def _known_links(pool: Any, public_base: str) -> KnownLinks:
    domains = [domain for app in await all_apps(pool) for domain in app.settings.domains]
    return KnownLinks({link.slug for link in await all_links(pool)}, link_bases(public_base, domains))


def _stored(entity: Any, kind: Any, **more: Any) -> Any:
    """The ledger's record of the same fields."""
    return kind(**{name: getattr(entity, name) for name in kind.__slots__ if name not in more}, **more)
