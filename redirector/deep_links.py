"""The two files by which a phone knows that links of this host may open an app.

`apple-app-site-association`: Apple, "Supporting associated domains"; `assetlinks.json`: Google, "Digital Asset Links".
Both are fetched without redirects and as JSON. A domain of one app names that app alone, every other host all of them.
"""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from clicks.links import Site
from redirector.hosts import ANY_APP
from redirector.pages import not_found
from redirector.state import RedirectorState

HEADERS = {"cache-control": "public, max-age=300", "x-content-type-options": "nosniff"}


def apple_file(sites: Iterable[Site]) -> dict[str, Any]:
    """Every path of the host may open these apps."""
    identifiers = [identifier for site in sites for identifier in site.apple_app_ids]
    details = [{"appIDs": identifiers, "components": [{"/": "*"}]}] if identifiers else []
    return {"applinks": {"details": details}}


def android_file(sites: Iterable[Site]) -> list[dict[str, Any]]:
    return [
        {
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": site.android_package,
                "sha256_cert_fingerprints": site.android_cert_sha256,
            },
        }
        for site in sites
        if site.android_package and site.android_cert_sha256
    ]


async def apple(request: HttpRequest) -> Response:
    sites = _sites(request)
    return JSONResponse(apple_file(sites), headers=HEADERS) if sites is not None else not_found()


async def android(request: HttpRequest) -> Response:
    sites = _sites(request)
    return JSONResponse(android_file(sites), headers=HEADERS) if sites is not None else not_found()


def _sites(request: HttpRequest) -> list[Site] | None:
    state: RedirectorState = request.state.redirector
    hosts = state.links.hosts
    app_id = hosts.app_of(request.scope["headers"])
    if app_id is None:
        return None
    return [site for site in hosts.sites.values() if app_id in (ANY_APP, site.app_id)]
