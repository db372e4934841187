"""The demo's ad account: connected to TikTok's stand-in as a person would, and its last four weeks of spend read."""

from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from admin.demo import Demo
from admin.refusal import Refused
from admin.session import Session
from admin.spend import DayRange, sync_spend, utc_now
from admin.tiktok_accounts import begin_connect, use_advertiser
from admin.tiktok_callback import Callback, finish_connect
from ledger.advertiser_pixels import advertiser_pixels_of
from ledger.advertisers import selected_of
from ledger.grants import get_grant
from ledger.local_time import local_day
from tiktok.http_client import http_client

DAYS: Final = 28


async def connect_account(session: Session, demo: Demo) -> None:
    """Nothing happens where it is connected already, or was disconnected after it had been.

    Raises:
        Refused: the stand-in did not do what it should.
    """
    if await selected_of(session.database, demo.app_id) is not None:
        return
    if await get_grant(session.database, demo.app_id) is None:
        await finish_connect(session, await _consent(session, demo))
    # the one that owns the pixel: the other is there to be chosen from
    owners = [
        pixel.advertiser_id
        for pixel in await advertiser_pixels_of(session.database, demo.app_id)
        if pixel.pixel_code == demo.pixel_code
    ]
    if not owners:
        raise Refused("the sandbox's demo account has no pixel of this demo")
    await use_advertiser(session, demo.app_id, owners[0])


async def read_spend(session: Session, demo: Demo) -> None:
    """Its last four weeks, at once: the worker's own import begins with today and comes to them later.

    Raises:
        Refused: the stand-in did not do what it should.
    """
    advertiser = await selected_of(session.database, demo.app_id)
    if advertiser is None:
        raise Refused("the demo's app has no advertiser")
    today = local_day(advertiser.timezone, utc_now())
    await sync_spend(session, demo.app_id, DayRange(today - timedelta(days=DAYS - 1), today), lambda _done, _all: None)


async def _consent(session: Session, demo: Demo) -> Callback:
    """What TikTok's page sends a browser back with, once someone has pressed Allow."""
    url = (await begin_connect(session, demo.app_id))["url"]
    async with http_client() as client:
        answer = await client.get(url, params={**_query(url), "decision": "allow"})
    query = _query(answer.headers.get("location", ""))
    return Callback(state=query.get("state", ""), code=query.get("auth_code", ""), error=query.get("error", ""))


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
