"""What redirectors serve: the links, and of each app its name, its host names and deep-link files."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from ledger.apps import App, all_apps
from ledger.links import capped_clicks, effective_links

TEAM_ID_CHARS = 10


LOCK_PUBLISHING = "SELECT pg_advisory_xact_lock(hashtext('signalpost links'))"


async def lock_publishing(connection: Any) -> None:
    """Until the caller's transaction ends nobody else reads the table to publish it: what was read earlier would be
    published over what has changed since.
    """
    await connection.execute(LOCK_PUBLISHING)


async def published_table(connection: Any) -> dict[str, Any]:
    """Everything as redirectors serve it: the fields of `clicks.links.Table`."""
    return {
        "links": await effective_links(connection),
        "sites": [_site(app) for app in await all_apps(connection)],
        "clicks": await capped_clicks(connection),
    }


async def domain_owner(connection: Any, domain: str) -> str | None:
    """The id of the app that has this host name; None where it is free."""
    return next((app.app_id for app in await all_apps(connection) if domain in app.settings.domains), None)


def link_bases(public_url: str, domains: Iterable[str]) -> list[str]:
    """Where an app's links stand: on its own domains, with PUBLIC_URL's scheme and port, then on PUBLIC_URL itself.

    The first one is the one to advertise.
    """
    return list(_link_bases(public_url, tuple(domains)))


@lru_cache(maxsize=1_024)  # each event of a click asks
def _link_bases(public_url: str, domains: tuple[str, ...]) -> list[str]:
    public = urlsplit(public_url)
    port = f":{public.port}" if public.port else ""
    return [*(f"{public.scheme}://{domain}{port}" for domain in domains), public_url]


def _site(app: App) -> dict[str, Any]:
    """The fields of `clicks.links.Site`, those that are empty left out."""
    settings = app.settings
    fields = {
        "app_id": app.app_id,
        "name": app.name,
        "domains": settings.domains,
        "apple_app_ids": _apple_app_ids(settings.apple_app_id_prefix, settings.android_package),
        "android_cert_sha256": settings.android_cert_sha256 if settings.android_package else (),
    }
    site = {key: value for key, value in fields.items() if value}
    return site | {"android_package": settings.android_package} if "android_cert_sha256" in site else site


def _apple_app_ids(prefixes: tuple[str, ...], android_package: str) -> tuple[str, ...]:
    completed = (
        prefix if len(prefix) > TEAM_ID_CHARS else f"{prefix}.{android_package}" if android_package else ""
        for prefix in prefixes
    )
    return tuple(identifier for identifier in completed if identifier)
