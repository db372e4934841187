"""Reading what a grant reaches into the ledger: its advertisers, and the pixels of each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import anyio

from ad_accounts.access import Access
from ad_accounts.account_side import AccountSide
from ad_accounts.patience import patiently
from ledger.advertiser_pixels import SeenPixel, forget_other_pixels, put_pixels
from ledger.advertisers import SeenAdvertiser, advertisers_of, miss_advertisers, put_advertisers, set_advertiser_state
from ledger.local_time import zone_names
from tiktok.account_refusals import ApiRefused
from tiktok.accounts import AdvertiserInfo, AdvertiserInfos, advertiser_infos
from tiktok.oauth import ListedAdvertiser, listed_advertisers
from tiktok.pixel_list import ListedPixel, listed_pixels

AT_ONCE: Final = 4  # advertisers whose pixels are read side by side; TikTok takes ten calls a second
VANISHED: Final = "TikTok no longer lists it for the connected login"
_INFO_REFUSED: Final = "TikTok does not tell of it"


@dataclass(slots=True)
class Imported:
    """What was read."""

    advertiser_ids: list[str] = field(default_factory=list)
    """Those that TikTok lists."""
    vanished: list[str] = field(default_factory=list)
    """Those that it listed before."""
    pixels: int = 0
    complete: bool = True
    """Everything was read; else the next probe reads on."""
    notes: list[str] = field(default_factory=list)
    """What TikTok did not tell, in its words."""


async def import_advertisers(side: AccountSide, access: Access, now: datetime, known: Sequence[str] = ()) -> Imported:
    """The advertisers the grant reaches; those it no longer reaches are missing from here on. `known`: the ids that the
    exchange named, for a grant that may not ask for the list.

    Raises:
        ApiRefused: the list itself is refused.
    """
    assert side.app is not None  # noqa: S101 - nobody lists without it
    app_id, app, imported = access.grant.app_id, side.app, Imported()
    try:
        listed = await patiently(lambda: listed_advertisers(side.api, app, access.token))
    except ApiRefused as error:
        if error.kind != "permission" or not known:
            raise
        imported.notes.append(f"names of advertisers: {error.words}")
        listed = [ListedAdvertiser(advertiser_id, "") for advertiser_id in known]
    imported.advertiser_ids = [one.advertiser_id for one in listed]
    infos = await _infos(side, access, imported)
    by_id = {info.advertiser_id: info for info in infos.infos}
    seen = [_seen(one, by_id.get(one.advertiser_id)) for one in listed]
    await put_advertisers(side.pool, app_id, seen, now)
    imported.vanished = await miss_advertisers(side.pool, app_id, imported.advertiser_ids, VANISHED)
    await _keep_refusals(side, app_id, infos)
    return imported


async def _infos(side: AccountSide, access: Access, imported: Imported) -> AdvertiserInfos:
    """Without this permission names and pixels are read all the same."""
    if not imported.advertiser_ids:
        return AdvertiserInfos([], {})
    try:
        return await patiently(lambda: advertiser_infos(side.api, access.token, imported.advertiser_ids))
    except ApiRefused as error:
        if error.kind == "reconnect":
            raise
        imported.notes.append(f"time zone and currency of advertisers: {error.words}. {error.remedy}")
        imported.complete = error.kind == "permission"
        return AdvertiserInfos([], {})


def _seen(listed: ListedAdvertiser, info: AdvertiserInfo | None) -> SeenAdvertiser:
    if info is None:
        return SeenAdvertiser(listed.advertiser_id, listed.name)
    return SeenAdvertiser(
        advertiser_id=listed.advertiser_id,
        name=info.name or listed.name,
        currency=info.currency,
        timezone=_zone(info),
        status=info.status,
        opened_at=info.opened_at,
    )


def _zone(info: AdvertiserInfo) -> str:
    """The zone that its days are counted in, as far as our time zone database knows it."""
    return next((name for name in (info.display_timezone, info.timezone) if name in zone_names()), "")


async def _keep_refusals(side: AccountSide, app_id: str, infos: AdvertiserInfos) -> None:
    """An advertiser that is closed by itself is red by itself, until TikTok tells of it again."""
    told = {info.advertiser_id for info in infos.infos}
    for one in await advertisers_of(side.pool, app_id):
        if (error := infos.refused.get(one.advertiser_id)) is not None:
            reason = f"{_INFO_REFUSED} ({error.words}). {error.remedy}"
            await set_advertiser_state(side.pool, app_id, one.advertiser_id, "refused", reason)
        elif one.advertiser_id in told and one.state == "refused" and one.reason.startswith(_INFO_REFUSED):
            await set_advertiser_state(side.pool, app_id, one.advertiser_id, "ok")


async def import_pixels(side: AccountSide, access: Access, imported: Imported, now: datetime, within_s: float) -> None:
    """The pixels of every advertiser; those that are not read `within_s` seconds are read by the next probe."""
    waiting = list(imported.advertiser_ids)

    async def read_on() -> None:
        while waiting:
            advertiser_id = waiting.pop(0)
            if not await _import_pixels_of(side, access, advertiser_id, imported, now):
                waiting.clear()  # the endpoint is closed, or TikTok asks for a pause: so it is for the others

    with anyio.move_on_after(within_s) as scope:
        async with anyio.create_task_group() as readers:
            for _ in range(AT_ONCE):
                readers.start_soon(read_on)
    if scope.cancelled_caught:
        imported.complete = False
        imported.notes.append("pixels: there are too many to read at once; the rest follows by itself")


async def _import_pixels_of(
    side: AccountSide, access: Access, advertiser_id: str, imported: Imported, now: datetime
) -> bool:
    """False where asking for others is of no use."""
    app_id = access.grant.app_id
    try:
        listed = await patiently(lambda: listed_pixels(side.api, access.token, advertiser_id))
    except ApiRefused as error:
        imported.notes.append(f"pixels of {advertiser_id}: {error.words}. {error.remedy}")
        imported.complete = imported.complete and error.kind == "permission"
        return error.kind in {"missing", "transient", "invalid"} or _about(advertiser_id, error)
    await put_pixels(side.pool, app_id, advertiser_id, [_seen_pixel(pixel) for pixel in listed], now)
    await forget_other_pixels(side.pool, app_id, advertiser_id, [pixel.code for pixel in listed])
    imported.pixels += len(listed)
    return True


def _about(advertiser_id: str, error: ApiRefused) -> bool:
    return error.kind == "permission" and advertiser_id in error.verdict.message


def _seen_pixel(pixel: ListedPixel) -> SeenPixel:
    return SeenPixel(pixel.code, pixel.number, pixel.name, pixel.relation, pixel.optimization_events)
