"""What everything of the account side works with: the ledger, the keys, and the way to TikTok."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, get_args

import httpx

from config.secrets import Keyring
from config.settings import TikTokSettings
from tiktok.business_api import BusinessApi, Group, Versions, business_client
from tiktok.oauth import DeveloperApp

CALLBACK_PATH: Final = "/oauth/tiktok/callback"


@dataclass(frozen=True, slots=True)
class AccountSide:
    """Opened by an entry file or for the length of an act."""

    pool: Any
    """An asyncpg pool or connection."""
    keyring: Keyring
    api: BusinessApi
    app: DeveloperApp | None
    """Of TikTok's developer portal; None = TIKTOK_APP_ID and TIKTOK_APP_SECRET are not set."""


def developer_app(settings: TikTokSettings) -> DeveloperApp | None:
    """None where one of the two settings is missing."""
    app_id, secret = settings.tiktok_app_id.strip(), settings.tiktok_app_secret.strip()
    return DeveloperApp(app_id, secret) if app_id and secret else None


def business_api(client: httpx.AsyncClient, settings: TikTokSettings) -> BusinessApi:
    """In the versions of the settings."""
    groups: dict[Group, str] = {group: settings.tiktok_version(group) for group in get_args(Group)}
    return BusinessApi(client, settings.tiktok_api_url, Versions(settings.tiktok_api_version, groups))


@asynccontextmanager
async def opened_side(pool: Any, keyring: Keyring, settings: TikTokSettings) -> AsyncIterator[AccountSide]:
    """With connections of its own to TikTok."""
    async with business_client() as client:
        yield AccountSide(pool, keyring, business_api(client, settings), developer_app(settings))


def redirect_uri(settings: TikTokSettings) -> str:
    """Where TikTok sends whoever logged in; the developer portal has to name it to the letter."""
    return f"{settings.console_base}{CALLBACK_PATH}"
