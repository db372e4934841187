"""The Signal link as it is pasted into an ad: TikTok's macros and the query parameter each is read from.

Source of the macros: TikTok help, "Track offsite web events with UTM parameters" (the seven of website URLs, and
since February 2026 the two of Upgraded Smart+ campaigns) and "Supported macros for mobile measurement partners"
(CALLBACK_PARAM, IP, UA). TikTok appends `ttclid` by itself, so it
has no place here.
"""

from typing import Final
from urllib.parse import quote

# In the order the generated link shows them. AID is TikTok's name for the ad group and CID for the ad. In an Upgraded
# Smart+ campaign CID is the creative and ADID_V2 the ad: `clicks.macros` tells them apart.
LINK_PARAMETERS: Final[tuple[tuple[str, str], ...]] = (
    ("campaign_id", "__CAMPAIGN_ID__"),
    ("campaign_name", "__CAMPAIGN_NAME__"),
    ("adgroup_id", "__AID__"),
    ("adgroup_name", "__AID_NAME__"),
    ("ad_id", "__CID__"),
    ("ad_name", "__CID_NAME__"),
    ("ad_id_v2", "__ADID_V2__"),
    ("ad_name_v2", "__ADID_V2_NAME__"),
    ("placement", "__PLACEMENT__"),
    ("callback", "__CALLBACK_PARAM__"),
    ("ip", "__IP__"),
    ("ua", "__UA__"),
)

# Never percent-encoded: TikTok only replaces a macro that it finds spelled exactly so.
_QUERY: Final = "&".join(f"{parameter}={macro}" for parameter, macro in LINK_PARAMETERS)


def signal_link_url(public_url: str, slug: str) -> str:
    """What an ad's Website URL field takes; `public_url` is the redirector's base, with or without a closing slash."""
    return f"{public_url.rstrip('/')}/{quote(slug, safe='')}?{_QUERY}"
