"""OAuth at TikTok: the page where an advertiser lets us in, the token that follows, and its end.

Source: TikTok's developer portal ("Authorization", v1.3). An advertiser's token has, as a rule, neither an end nor a
refresh token; both are taken where they come, and none is waited for.
"""

from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from tiktok.account_values import id_list, id_text, rows_of, text
from tiktok.business_api import BusinessApi

_PORTAL_PATH: Final = "/portal/auth"

# Ids of permissions, TikTok's numbers as text; a parent grants its children (developer portal, 2026).
SCOPES: Final[dict[str, str]] = {
    "1": "Ad account management",
    "10": "Ad account information",
    "100": "Ad account information: read",
    "15": "Business Center",
    "150": "Business Center: read",
    "153": "Business Center assets",
    "2": "Ads management",
    "20": "Campaigns",
    "200": "Campaigns: read",
    "21": "Ad groups",
    "210": "Ad groups: read",
    "22": "Ads",
    "220": "Ads: read",
    "4": "Reporting",
    "44": "Reports",
    "5": "Measurement",
    "51": "Pixel events",
    "7224195155857866754": "Events API",
    "8": "Pixel management",
    "80": "Pixels",
    "800": "Pixels: read",
    "801": "Pixels: create",
    "802": "Pixel statistics",
    "7294180478502830081": "CRM events",
}
EVENT_SCOPES: Final = frozenset({"5", "7224195155857866754"})
"""Any of them lets the token send a pixel's events."""


class DeveloperApp(msgspec.Struct, frozen=True):
    """The app in TikTok's developer portal that logins are for."""

    app_id: str
    secret: str

    def __repr__(self) -> str:
        return f"DeveloperApp({self.app_id})"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What TikTok gives for a code. Never log or print it."""

    access_token: str
    refresh_token: str | None = None
    expires_in_s: int | None = None
    """None = TikTok named no end."""
    scopes: tuple[str, ...] = ()
    advertiser_ids: tuple[str, ...] = ()
    """As of this moment: `listed_advertisers` has the truth."""

    def __repr__(self) -> str:
        return f"Token(scopes={self.scopes})"


class NoToken(Exception):
    """TikTok said that all is well, and gave no token."""


class ListedAdvertiser(msgspec.Struct, frozen=True):
    advertiser_id: str
    name: str


def portal_url(base_url: str, app: DeveloperApp, state: str, redirect_uri: str) -> str:
    """Where the advertiser logs in. `base_url` is TIKTOK_API_URL; what is asked for is set in the developer portal."""
    query = urlencode({"app_id": app.app_id, "state": state, "redirect_uri": redirect_uri})
    return f"{base_url.rstrip('/')}{_PORTAL_PATH}?{query}"


async def exchange(api: BusinessApi, app: DeveloperApp, auth_code: str) -> Token:
    """The token for a code, which is good once.

    Raises:
        ApiRefused: the code is wrong, used or expired, the secret is wrong, or TikTok did not answer.
        NoToken: there is none in the answer.
    """
    return await _token(api, "/oauth2/access_token/", app, {"auth_code": auth_code})


async def refresh(api: BusinessApi, app: DeveloperApp, refresh_token: str) -> Token:
    """The next token; the old pair may have ended with it. Only for a grant that came with a refresh token: for others
    TikTok answers 40107.

    Raises:
        ApiRefused, NoToken: as `exchange`.
    """
    return await _token(api, "/oauth2/refresh_token/", app, {"refresh_token": refresh_token})


async def revoke(api: BusinessApi, app: DeveloperApp, access_token: str) -> None:
    """End the token at TikTok.

    Raises:
        ApiRefused: it was not good any more, or TikTok did not answer.
    """
    body = {"app_id": app.app_id, "secret": app.secret, "access_token": access_token}
    await api.post("oauth", "/oauth2/revoke_token/", "", body)


async def listed_advertisers(api: BusinessApi, app: DeveloperApp, token: str) -> list[ListedAdvertiser]:
    """Those the token reaches now; what was shared later is among them. One list, not paged.

    Raises:
        ApiRefused: TikTok refused, or did not answer.
    """
    asked = {"app_id": app.app_id, "secret": app.secret}
    data = (await api.get("oauth", "/oauth2/advertiser/get/", token, asked)).data
    rows = ((id_text(row.get("advertiser_id")), text(row.get("advertiser_name"))) for row in rows_of(data, "list"))
    return [ListedAdvertiser(advertiser_id, name) for advertiser_id, name in dict(rows).items() if advertiser_id]


async def _token(api: BusinessApi, path: str, app: DeveloperApp, asked: dict[str, str]) -> Token:
    data = (await api.post("oauth", path, "", {"app_id": app.app_id, "secret": app.secret, **asked})).data
    access_token = data.get("access_token") if isinstance(data, dict) else None
    if not isinstance(access_token, str) or not access_token.strip():
        raise NoToken("TikTok answered without a token")
    return Token(
        access_token=access_token,
        refresh_token=_written(data.get("refresh_token")),
        expires_in_s=_seconds(data.get("expires_in")),
        scopes=_scopes(data.get("scope")),
        advertiser_ids=id_list(data.get("advertiser_ids")),
    )


def _written(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _seconds(value: object) -> int | None:
    """0 and what is no number are no end."""
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(digits) or None if digits.isascii() and digits.isdigit() and len(digits) <= 10 else None


def _scopes(value: Any) -> tuple[str, ...]:
    """A list of numbers, as TikTok answers; other accounts of TikTok's write a list in one text."""
    return id_list(value.replace(",", " ").split() if isinstance(value, str) else value)
