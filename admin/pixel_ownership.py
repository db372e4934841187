"""Whether a pixel is among those of the advertiser that an app is connected with."""

from datetime import UTC, datetime

from ad_accounts.access import open_access
from ad_accounts.importing import Imported, import_pixels
from admin.refusal import Refused
from admin.session import Session
from admin.tiktok_accounts import PIXELS_WITHIN_S, account_side
from ledger.advertiser_pixels import AdvertiserPixel, advertiser_pixels_of
from ledger.advertisers import selected_of

SHOWN = 10


async def check_pixel_is_ours(session: Session, app_id: str, code: str) -> None:
    """Nothing is checked where the app has chosen no advertiser; what TikTok does not tell is noted.

    Raises:
        Refused: TikTok lists the advertiser's pixels, and this is none of them.
    """
    chosen = await selected_of(session.database, app_id)
    if chosen is None:
        return
    untold: list[str] = []
    known = await _pixels(session, app_id, chosen.advertiser_id)
    if code not in known:
        untold = await _read(session, app_id, chosen.advertiser_id)
        known = await _pixels(session, app_id, chosen.advertiser_id)
    if code in known:
        if known[code].relation == "UNBOUND":
            session.note(f"TikTok says that pixel {code} is no longer linked to advertiser {chosen.advertiser_id}")
    elif untold:
        why = "; ".join(untold)
        session.note(f"whether the pixel is one of advertiser {chosen.advertiser_id} was not checked ({why})")
    else:
        there = ", ".join(f"{pixel.pixel_code} ({pixel.name})" for pixel in list(known.values())[:SHOWN]) or "none"
        raise Refused(
            f"code: {code} is not among the pixels of advertiser {chosen.advertiser_id} ({chosen.name}), which are: "
            f"{there}. Take one of them, or choose its advertiser (`signalpost tiktok use --app {app_id}`)"
        )


async def _pixels(session: Session, app_id: str, advertiser_id: str) -> dict[str, AdvertiserPixel]:
    return {
        pixel.pixel_code: pixel
        for pixel in await advertiser_pixels_of(session.database, app_id)
        if pixel.advertiser_id == advertiser_id
    }


async def _read(session: Session, app_id: str, advertiser_id: str) -> list[str]:
    """Read the advertiser's pixels anew; why they were not told, where they were not."""
    access = await open_access(session.database, session.keyring, app_id)
    if access is None:
        return ["the app is not connected"]
    imported = Imported([advertiser_id])
    async with account_side(session) as side:
        await import_pixels(side, access, imported, datetime.now(UTC), PIXELS_WITHIN_S)
    return imported.notes
