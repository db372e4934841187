"""What a token reaches: the user it is of, advertisers in detail, and the Business Centers that say by which right."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from tiktok.account_refusals import ApiRefused
from tiktok.account_values import id_text, moment, rows_of, text
from tiktok.business_api import BusinessApi
from tiktok.listing import Listing, read_listing

IDS_AT_ONCE: Final = 100  # 40011 beyond
# With `fields` a row holds those alone: without the id nothing tells the rows apart.
_FIELDS: Final = (
    "advertiser_id", "name", "currency", "timezone", "display_timezone", "status", "create_time",
)  # fmt: skip
# a missing permission closes the endpoint, whichever advertiser is asked for
_ENDPOINT_CLOSED: Final = re.compile(r"does not grant|scope", re.IGNORECASE)

_CENTERS: Final = Listing("entities", "/bc/get/", "list", 50)
_ASSETS: Final = Listing("entities", "/bc/asset/get/", "list", 50)
_LINKS: Final = Listing("pixel", "/bc/pixel/link/get/", "list", 100)


class AdvertiserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """An advertiser in detail; an empty field is one that TikTok left out."""

    advertiser_id: str
    name: str
    currency: str
    display_timezone: str
    """IANA name: the zone that its days are counted in."""
    timezone: str
    """The same as `Etc/GMT+8`, in the sign of POSIX and without summer time."""
    status: str
    opened_at: datetime | None


class AdvertiserInfos(msgspec.Struct, frozen=True):
    infos: list[AdvertiserInfo]
    refused: dict[str, ApiRefused]
    """Advertiser id -> why TikTok does not tell of it alone."""


class BusinessCenter(msgspec.Struct, frozen=True):
    bc_id: str
    name: str
    user_role: str
    """ADMIN, STANDARD."""


class AdvertiserAsset(msgspec.Struct, frozen=True):
    """An advertiser in a Business Center."""

    advertiser_id: str
    role: str
    """The user's: ADMIN, OPERATOR, ANALYST."""
    relation_status: str
    """BOUND, UNBOUND, PENDING, REJECTED."""


async def probe(api: BusinessApi, token: str) -> str:
    """Whether the token lives: the name of its user. It needs no permission.

    Raises:
        ApiRefused: a dead token answers 40105, under HTTP 200.
    """
    data = (await api.get("oauth", "/user/info/", token, {})).data
    return text(data.get("display_name")) if isinstance(data, dict) else ""


async def advertiser_infos(api: BusinessApi, token: str, advertiser_ids: Sequence[str]) -> AdvertiserInfos:
    """Of each advertiser. One that is closed to the token does not hide the others of its batch.

    Raises:
        ApiRefused: the endpoint as a whole is closed to the token, or TikTok did not answer.
    """
    found = AdvertiserInfos([], {})
    for start in range(0, len(advertiser_ids), IDS_AT_ONCE):
        await _add_infos(api, token, advertiser_ids[start : start + IDS_AT_ONCE], found)
    return found


async def _add_infos(api: BusinessApi, token: str, ids: Sequence[str], found: AdvertiserInfos) -> None:
    asked = {"advertiser_ids": list(ids), "fields": list(_FIELDS)}
    try:
        data = (await api.get("entities", "/advertiser/info/", token, asked)).data
    except ApiRefused as error:
        if error.kind not in {"permission", "missing"} or _ENDPOINT_CLOSED.search(error.verdict.message):
            raise
        if len(ids) == 1:
            found.refused[ids[0]] = error
            return
        for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
            await _add_infos(api, token, half, found)
        return
    found.infos.extend(info for row in rows_of(data, "list") if (info := _info(row)).advertiser_id)


def _info(row: dict[str, Any]) -> AdvertiserInfo:
    return AdvertiserInfo(
        advertiser_id=id_text(row.get("advertiser_id")),
        name=text(row.get("name")),
        currency=text(row.get("currency")),
        display_timezone=text(row.get("display_timezone")),
        timezone=text(row.get("timezone")),
        status=text(row.get("status")),
        opened_at=moment(row.get("create_time")),
    )


async def business_centers(api: BusinessApi, token: str) -> list[BusinessCenter]:
    """Those the user belongs to.

    Raises:
        ApiRefused: TikTok refused, or did not answer.
    """
    found = []
    for row in await read_listing(api, _CENTERS, token, {}):
        info = row["bc_info"] if isinstance(row.get("bc_info"), dict) else {}
        if bc_id := id_text(info.get("bc_id")):
            found.append(BusinessCenter(bc_id, text(info.get("name")), text(row.get("user_role"))))
    return found


async def advertiser_assets(api: BusinessApi, token: str, bc_id: str) -> list[AdvertiserAsset]:
    """The advertisers of a Business Center, with the user's role in each.

    Raises:
        ApiRefused: TikTok refused, or did not answer.
    """
    rows = await read_listing(api, _ASSETS, token, {"bc_id": bc_id, "asset_type": "ADVERTISER"})
    return [
        AdvertiserAsset(asset_id, text(row.get("advertiser_role")), text(row.get("relation_status")))
        for row in rows
        if (asset_id := id_text(row.get("asset_id")))
    ]


async def linked_advertisers(api: BusinessApi, token: str, bc_id: str, pixel_code: str) -> list[str]:
    """The advertisers that may use a pixel of the Business Center.

    Raises:
        ApiRefused: TikTok refused (the pixel may be none of that Business Center's), or did not answer.
    """
    rows = await read_listing(api, _LINKS, token, {"bc_id": bc_id, "pixel_code": pixel_code})
    return [found for row in rows if (found := id_text(row.get("advertiser_id")))]
