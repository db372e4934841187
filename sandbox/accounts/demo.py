"""The account of `signalpost up --demo`: invented, the same on every machine, and spending while it runs.

Two advertisers: one in euros, which owns the demo pixel and the ad that the demo's click line names, and one in US
dollars. Among the ads are an Upgraded Smart+ one with creatives, a deleted one with a history, one whose link lacks
`__ADID_V2__`, two that promote an app, and an ad group for both systems.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sandbox.accounts.demo_spend import WEEKS, DemoSpend
from sandbox.accounts.grants import Grants
from sandbox.accounts.loaded import Accounts
from sandbox.accounts.records import (
    Account,
    Ad,
    AdGroup,
    Advertiser,
    BusinessCenter,
    Campaign,
    Creative,
    Pixel,
    SmartPlusAd,
)
from sandbox.tokens import Pixel as KnownPixel

ACCOUNT = "demo"
EUROPE, AMERICA = "7290000000000000001", "7290000000000000002"
_PIXEL, _PIXEL_US = "7290000000000000101", "7290000000000000102"

LINK = "http://127.0.0.1:8000/demo"
"""Of the ads, without its macros, where nobody says another."""
_MACROS = (
    "campaign_id=__CAMPAIGN_ID__&campaign_name=__CAMPAIGN_NAME__&adgroup_id=__AID__&adgroup_name=__AID_NAME__"
    "&ad_id=__CID__&ad_name=__CID_NAME__"
)


@dataclass(frozen=True, slots=True)
class DemoPixel:
    """What the demo account is made around."""

    pixel: KnownPixel
    """Becomes the first advertiser's."""
    link: str = LINK
    """Where its ads lead, without the macros."""

    @property
    def old_url(self) -> str:
        """Without the macro of Upgraded Smart+ ads."""
        return f"{self.link}?{_MACROS}"

    @property
    def url(self) -> str:
        return f"{self.old_url}&ad_id_v2=__ADID_V2__&ad_name_v2=__ADID_V2_NAME__"


def load_demo_account(accounts: Accounts, grants: Grants, demo: DemoPixel, now: float) -> None:
    """Put the demo account in; `now` (Unix seconds) is when its weeks end.

    Its logins are given one token, made of the pixel's: as the sandbox forgets everything with a restart, what was
    connected to the demo would else have to be connected again each time.
    """
    pixel = demo.pixel
    digest = hmac.new(pixel.token.encode(), b"access token of the demo account", hashlib.sha256).hexdigest()
    grants.stand(ACCOUNT, f"a{digest[:39]}")
    began = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(weeks=WEEKS)
    since = began.strftime("%Y-%m-%d %H:%M:%S")
    european = Advertiser(
        advertiser_id=EUROPE,
        name="Demo Europe",
        currency="EUR",
        display_timezone="Europe/Berlin",
        country="DE",
        create_time=int(began.timestamp()),
        pixels=(Pixel(pixel_id=_PIXEL, pixel_code=pixel.code, pixel_name="Demo pixel", token=pixel.token),),
        campaigns=(_summer_launch(since, demo), _always_on(since, demo)),
    )
    american = Advertiser(
        advertiser_id=AMERICA,
        name="Demo US",
        currency="USD",
        display_timezone="America/Los_Angeles",
        country="US",
        create_time=int(began.timestamp()),
        pixels=(Pixel(pixel_id=_PIXEL_US, pixel_code="C4DEMOUSPIXEL0000001", pixel_name="Demo pixel US"),),
        campaigns=(_sign_ups(since, demo.url), _app_installs(since)),
    )
    account = Account(
        account_id=ACCOUNT,
        display_name="Demo",
        email="demo@example.com",
        advertisers=(european, american),
        business_centers=(BusinessCenter(bc_id="7290000000000000201", name="Demo Business Center"),),
    )
    accounts.load(account, partial(DemoSpend, since=began.timestamp()))


def _summer_launch(since: str, demo: DemoPixel) -> Campaign:
    """The one that the demo's click line names."""
    ad = partial(Ad, create_time=since, modify_time=since)
    adgroup = partial(AdGroup, create_time=since, modify_time=since, pixel_id=_PIXEL, optimization_event="SHOPPING")
    dutch = adgroup(
        adgroup_id="1790000000000002",
        adgroup_name="NL 18-34",
        operating_systems=("IOS",),
        ads=(
            ad(ad_id="1790000000000003", ad_name="Video A", landing_page_url=demo.url),
            ad(ad_id="1790000000000004", ad_name="Video B", landing_page_url=demo.old_url),
        ),
    )
    german = adgroup(
        adgroup_id="1790000000000005",
        adgroup_name="DE broad",
        ads=(
            ad(ad_id="1790000000000006", ad_name="Video C", landing_page_url=demo.url),
            ad(ad_id="1790000000000007", ad_name="Old hook", landing_page_url=demo.url, deleted=True),
            ad(ad_id="1790000000000008", ad_name="Carousel", landing_page_url=demo.url),
        ),
    )
    return Campaign(
        campaign_id="1790000000000001",
        campaign_name="Summer launch",
        budget=150.0,
        create_time=since,
        modify_time=since,
        adgroups=(dutch, german),
    )


def _always_on(since: str, demo: DemoPixel) -> Campaign:
    creative = partial(Creative, create_time=since, modify_time=None)
    ad = SmartPlusAd(
        smart_plus_ad_id="1790000000000012",
        ad_name="Smart ad",
        landing_page_urls=(demo.url,),
        create_time=since,
        modify_time=None,
        creatives=(
            creative(ad_id="1790000000000013", ad_name="Cut 1"),
            creative(ad_id="1790000000000014", ad_name="Cut 2"),
            creative(ad_id="1790000000000015", ad_name="Cut 3"),
        ),
    )
    adgroup = AdGroup(
        adgroup_id="1790000000000011",
        adgroup_name="Smart+ DE",
        pixel_id=_PIXEL,
        optimization_event="SHOPPING",
        optimization_goal="VALUE",
        create_time=since,
        modify_time=since,
        smart_plus_ads=(ad,),
    )
    return Campaign(
        campaign_id="1790000000000010",
        campaign_name="Always on",
        campaign_automation_type="UPGRADED_SMART_PLUS",
        create_time=since,
        modify_time=since,
        adgroups=(adgroup,),
    )


def _sign_ups(since: str, url: str) -> Campaign:
    ad = partial(Ad, create_time=since, modify_time=since, landing_page_url=url)
    adgroup = partial(
        AdGroup, create_time=since, modify_time=since, pixel_id=_PIXEL_US, optimization_event="ON_WEB_REGISTER"
    )
    ios = adgroup(
        adgroup_id="1790000000000021",
        adgroup_name="US iPhone",
        operating_systems=("IOS",),
        ads=(ad(ad_id="1790000000000022", ad_name="Hook 1"), ad(ad_id="1790000000000023", ad_name="Hook 2")),
    )
    android = adgroup(
        adgroup_id="1790000000000024",
        adgroup_name="US Android",
        operating_systems=("ANDROID",),
        ads=(ad(ad_id="1790000000000025", ad_name="Hook 3"), ad(ad_id="1790000000000026", ad_name="Hook 4")),
    )
    return Campaign(
        campaign_id="1790000000000020",
        campaign_name="Sign-ups",
        budget=200.0,
        create_time=since,
        modify_time=since,
        adgroups=(ios, android),
    )


def _app_installs(since: str) -> Campaign:
    ad = partial(Ad, create_time=since, modify_time=since)
    adgroup = AdGroup(
        adgroup_id="1790000000000031",
        adgroup_name="App, Android",
        promotion_type="APP_ANDROID",
        optimization_goal="INSTALL",
        operating_systems=("ANDROID",),
        create_time=since,
        modify_time=since,
        ads=(ad(ad_id="1790000000000032", ad_name="App 1"), ad(ad_id="1790000000000033", ad_name="App 2")),
    )
    return Campaign(
        campaign_id="1790000000000030",
        campaign_name="App installs",
        objective_type="APP_PROMOTION",
        create_time=since,
        modify_time=since,
        adgroups=(adgroup,),
    )
