"""What an app lacks before its numbers mean something: the first thing missing or broken, in order of work."""

from dataclasses import dataclass
from typing import Literal

from admin.connection_health import connection_status
from admin.session import Session
from ledger.beginnings import Beginnings, beginnings
from ledger.pixels import all_pixels

Kind = Literal["link", "pixel", "held", "connection", "click", "install"]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing, and the way on."""

    kind: Kind
    sentence: str
    action: str
    """A verb and its object, as a button says it."""


async def missing(session: Session, app_id: str) -> Missing | None:
    """None where everything is there and in order."""
    there = await beginnings(session.database, app_id)
    if not there.has_link:
        return Missing("link", "No link leads to the stores yet: ads have nothing to point at.", "Make a link")
    if not there.has_pixel:
        return Missing("pixel", "No pixel yet: TikTok learns of no install and no event.", "Add a pixel")
    return await _broken(session, app_id) or _nothing_came(there)


async def _broken(session: Session, app_id: str) -> Missing | None:
    for pixel in await all_pixels(session.database):
        if pixel.app_id == app_id and pixel.enabled and pixel.state == "held":
            reason = f"Pixel {pixel.name or pixel.code} is held, nothing is sent to it: {pixel.held_reason}"
            return Missing("held", reason, "Mend the pixel")
    status = await connection_status(session, app_id)
    if status["health"] == "off":
        return Missing("connection", "TikTok is not connected, so spend is not known.", "Connect TikTok")
    if status["health"] == "red":
        return Missing("connection", f"TikTok is connected no longer: {status['reason']}", "Reconnect TikTok")
    return None


def _nothing_came(there: Beginnings) -> Missing | None:
    if not there.has_click:
        return Missing("click", "No click yet: put the link into an ad, or open it on a phone.", "Test the link")
    if not there.has_install:
        return Missing("install", "No install yet: the app has not told of its first start.", "See how apps report")
    return None
