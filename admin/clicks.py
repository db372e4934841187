"""Clicks: what is stored of one, and all clicks behind an address."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from admin.refusal import Refused
from admin.session import Session, open_redis
from admin.stored_clicks import stored_clicks
from admin.times import parse_time
from clicks.address import address_key
from clicks.click_id import parse_click_id
from clicks.record import Click
from ledger.apps import all_apps
from ledger.matches import installs_of_clicks, matched_click
from tiktok.redaction import mask_ip

MAX_FOUND = 1_000


async def show_click(session: Session, click_id: str) -> dict[str, Any]:
    """What is stored of a click, in Redis, in the ledger or with its install.

    Raises:
        Refused: it is no click id, or nothing is stored under it.
    """
    if parse_click_id(click_id) is None:
        raise Refused(f"click: {click_id[:60]!r} is no click id; one has 22 letters and digits")
    click = await _stored(session, click_id)
    if click is None:
        raise Refused(f"click: {click_id} is not stored; it was erased, or is older than CLICK_RETENTION_DAYS")
    return _shown(click, await _consumers(session, [click]))


async def find_clicks(session: Session, ip: str, since: str = "") -> list[dict[str, Any]]:
    """The clicks behind an address, newest first, since a time (`24h`: a day ago), else all that are kept.

    Raises:
        Refused: the address or the time cannot be one.
    """
    if address_key(ip) is None:
        raise Refused(f"ip: {ip[:60]!r} is not an IPv4 or IPv6 address")
    now = datetime.now(UTC)
    since_ms = int(parse_time("since", since, now).timestamp() * 1000) if since else 0
    async with open_redis(session.settings) as redis:
        clicks = await stored_clicks(session, redis).find(ip, since_ms, int(now.timestamp() * 1000) + 1, MAX_FOUND)
    consumers = await _consumers(session, clicks)
    return [_shown(click, consumers) for click in clicks]


async def app_click(session: Session, app_id: str, click_id: str, whole: bool = True) -> dict[str, Any]:
    """`show_click` of one app's click.

    Args:
        whole: False = of addresses the network alone.

    Raises:
        Refused: it is no click id, or the app has no such click.
    """
    shown = await show_click(session, click_id)
    if shown["app_id"] not in ("", app_id):  # "": Redis has lost its ad
        raise Refused(f"click: {click_id} is not stored")
    if whole:
        return shown
    masked = {name: mask_ip(shown[name]) for name in ("ip", "macro_ip") if shown[name]}
    return {**shown, **masked}


async def app_clicks_behind(session: Session, app_id: str, ip: str) -> list[dict[str, Any]]:
    """The app's clicks behind an address, newest first.

    Raises:
        Refused: the address cannot be one.
    """
    return [click for click in await find_clicks(session, ip) if click["app_id"] == app_id]


def is_address(text: str) -> bool:
    return address_key(text) is not None


def is_click_id(text: str) -> bool:
    return parse_click_id(text) is not None


async def _stored(session: Session, click_id: str) -> Click | None:
    """From Redis or the ledger, else as a matched install keeps it."""
    async with open_redis(session.settings) as redis:
        click = await stored_clicks(session, redis).get(click_id)
    if click is not None:
        return click
    kept = await matched_click(session.database, click_id)
    return msgspec.convert(kept, Click) if kept is not None else None


async def _consumers(session: Session, clicks: Sequence[Click]) -> dict[str, str]:
    """click_id -> the install that it was credited to. A click whose app is lost may be any app's."""
    named = [(click.app_id, click.click_id) for click in clicks if click.app_id]
    lost = [click.click_id for click in clicks if not click.app_id]
    apps = await all_apps(session.database) if lost else []
    return await installs_of_clicks(session.database, [*named, *((app.app_id, one) for one in lost for app in apps)])


def _shown(click: Click, consumers: dict[str, str]) -> dict[str, Any]:
    told = msgspec.to_builtins(click)
    return {
        "click_id": told.pop("click_id"),
        "clicked_at": datetime.fromtimestamp(told.pop("at_ms") / 1000, UTC),
        "kind": "click",  # the other kinds are counted, never stored
        **told,
        "consumed_by": consumers.get(click.click_id),
    }
