"""Every endpoint of TikTok's account side."""

from starlette.routing import BaseRoute, Route

from sandbox.accounts import advertisers, business_centers, entities, oauth, pixels
from sandbox.accounts.endpoint import Reader, endpoint
from sandbox.accounts.portal import portal
from sandbox.accounts.report import report, report_task
from sandbox.gate import Gate
from sandbox.memory import Memory

_PREFIX = "/open_api/{version}"

_POSTS: dict[str, Reader] = {
    "/oauth2/access_token/": oauth.access_token,
    "/oauth2/refresh_token/": oauth.refresh_token,
    "/oauth2/revoke_token/": oauth.revoke_token,
    "/report/task/create/": report_task,
}
_GETS: dict[str, Reader] = {
    "/oauth2/advertiser/get/": oauth.advertisers,
    "/user/info/": advertisers.user_info,
    "/advertiser/info/": advertisers.advertiser_info,
    "/bc/get/": business_centers.business_centers,
    "/bc/asset/get/": business_centers.assets,
    "/bc/pixel/link/get/": business_centers.pixel_links,
    "/pixel/list/": pixels.pixel_list,
    "/pixel/event/stats/": pixels.event_stats,
    "/campaign/get/": entities.campaigns,
    "/adgroup/get/": entities.adgroups,
    "/ad/get/": entities.ads,
    "/smart_plus/ad/get/": entities.smart_plus_ads,
    "/report/integrated/get/": report,
}


def account_routes(memory: Memory) -> list[BaseRoute]:
    """The endpoints under `/open_api/`, and the portal, whose pages no limit of the API counts."""
    return [
        *(Route(_PREFIX + path, Gate(endpoint(reader), memory, "POST")) for path, reader in _POSTS.items()),
        *(Route(_PREFIX + path, Gate(endpoint(reader), memory, "GET")) for path, reader in _GETS.items()),
        Route("/portal/auth", Gate(portal, memory, "GET", limited=False)),
    ]
