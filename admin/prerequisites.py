"""What TikTok wants before its ads can use what is sent: a reviewed developer app, a role, a pixel that is linked.

What TikTok can be asked for is asked, and its own words are shown; the rest says where to look.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from ad_accounts.access import Access, open_access
from ad_accounts.account_side import AccountSide
from admin.apps import require_app
from admin.session import Session
from admin.tiktok_accounts import account_side
from ledger.advertisers import Advertiser, selected_of, set_advertiser_role
from ledger.pixels import Pixel, all_pixels
from tiktok.account_refusals import ApiRefused
from tiktok.accounts import advertiser_assets, business_centers, linked_advertisers, probe
from tiktok.oauth import listed_advertisers
from tiktok.pixel_list import listed_pixels

ROLES: Final = frozenset({"ADMIN", "OPERATOR"})
_SHARE: Final = (
    "TikTok Business Center, Assets, Advertiser accounts: the login has to be Admin or Operator (without a Business "
    "Center: Ads Manager, Account, User management)"
)
_REVIEW: Final = "TikTok's developer portal shows whether the app is reviewed: before, everything is refused."


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """One thing that was looked at."""

    name: str
    ok: bool | None
    """None = TikTok does not tell: `fix` says where to look."""
    detail: str
    """What was found, in TikTok's words where it refused."""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the checks ask with."""

    session: Session
    side: AccountSide
    access: Access
    chosen: Advertiser


async def check_prerequisites(session: Session, app_id: str) -> list[dict[str, Any]]:
    """{"name", "ok", "detail", "fix"} of each, in the order in which they are to be mended.

    Raises:
        Refused: there is no such app.
        SecretError: the connection's token does not open with the present SECRET_KEY.
    """
    await require_app(session, app_id)
    access = await open_access(session.database, session.keyring, app_id)
    async with account_side(session) as side:
        return [asdict(found) for found in await _found(session, side, access, app_id)]


async def _found(session: Session, side: AccountSide, access: Access | None, app_id: str) -> list[Prerequisite]:
    if side.app is None:
        fix = "set TIKTOK_APP_ID and TIKTOK_APP_SECRET to those of your app in TikTok's developer portal"
        return [Prerequisite("developer app", False, "not set", fix)]
    found = [Prerequisite("developer app", True, f"app {side.app.app_id}")]
    if access is None:
        fix = f"`signalpost tiktok connect --app {app_id}`"
        return [*found, Prerequisite("connection", False, "the app is not connected", fix)]
    found += await _connection(side, access)
    chosen = await selected_of(session.database, app_id)
    if chosen is None:
        fix = f"`signalpost tiktok use --app {app_id} --advertiser X`"
        return [*found, Prerequisite("advertiser", False, "none is chosen", fix)]
    asked = _Asked(session, side, access, chosen)
    found.append(Prerequisite("advertiser", chosen.state == "ok", _named(chosen), chosen.reason))
    found.append(await _role(asked))
    pixels = [one for one in await all_pixels(session.database) if one.app_id == app_id and one.enabled]
    return [*found, *[await _pixel(asked, one) for one in pixels]]


async def _connection(side: AccountSide, access: Access) -> list[Prerequisite]:
    """The login lives, and the developer app was reviewed: before, every call but the login's own is refused."""
    app = side.app
    assert app is not None  # noqa: S101 - the caller looked
    alive = await _answer("connection", lambda: probe(side.api, access.token), "the login works")
    listed = lambda: listed_advertisers(side.api, app, access.token)  # noqa: E731
    return [alive, await _answer("developer app's permissions", listed, "TikTok lists the login's advertisers")]


async def _role(asked: _Asked) -> Prerequisite:
    """The login's role in the advertiser, as the Business Centers it belongs to have it."""
    api, token, advertiser_id = asked.side.api, asked.access.token, asked.chosen.advertiser_id
    try:
        for center in await business_centers(api, token):
            for asset in await advertiser_assets(api, token, center.bc_id):
                if asset.advertiser_id != advertiser_id or not asset.role:
                    continue
                app_id = asked.access.grant.app_id
                await set_advertiser_role(asked.session.database, app_id, advertiser_id, asset.role)
                ok = asset.role in ROLES and asset.relation_status in {"", "BOUND"}
                detail = f"{asset.role} in {center.name or center.bc_id}, {asset.relation_status or 'BOUND'}"
                return Prerequisite("role", ok, detail, "" if ok else _SHARE)
    except ApiRefused as error:
        return Prerequisite("role", None, f"TikTok does not tell ({error.words})", _SHARE)
    return Prerequisite("role", None, "the advertiser is in no Business Center of the login's", _SHARE)


async def _pixel(asked: _Asked, pixel: Pixel) -> Prerequisite:
    """The advertiser may use the pixel that the app sends to."""
    name, api, token = f"pixel {pixel.code}", asked.side.api, asked.access.token
    try:
        listed = await listed_pixels(api, token, asked.chosen.advertiser_id, pixel.code)
    except ApiRefused as error:
        return Prerequisite(name, None, f"TikTok does not tell ({error.words})", error.remedy)
    if any(one.code == pixel.code and one.relation != "UNBOUND" for one in listed):
        return Prerequisite(name, True, f"linked to {_named(asked.chosen)}")
    fix = "TikTok Business Center, Assets, Pixels: link it to the advertiser; or take a pixel of the advertiser's own"
    linked = await _linked_elsewhere(asked, pixel.code)
    detail = f"not linked to {_named(asked.chosen)}" + (f", but to {', '.join(linked)}" if linked else "")
    return Prerequisite(name, False, detail, fix)


async def _linked_elsewhere(asked: _Asked, code: str) -> list[str]:
    """Advertisers that a Business Center of the login's links the pixel to."""
    api, token, found = asked.side.api, asked.access.token, []
    try:
        for center in await business_centers(api, token):
            found += await linked_advertisers(api, token, center.bc_id, code)
    except ApiRefused:
        return found  # a pixel of no Business Center of theirs, or no permission: it only says more of what is known
    return [advertiser_id for advertiser_id in found if advertiser_id != asked.chosen.advertiser_id]


async def _answer(name: str, ask: Callable[[], Awaitable[object]], well: str) -> Prerequisite:
    try:
        await ask()
    except ApiRefused as error:
        known = error.kind not in {"throttled", "transient"}
        fix = f"{error.remedy} {_REVIEW}" if error.kind in {"permission", "app"} else error.remedy
        return Prerequisite(name, False if known else None, error.words, fix)
    return Prerequisite(name, True, well)


def _named(advertiser: Advertiser) -> str:
    return f"advertiser {advertiser.advertiser_id} ({advertiser.name})"
