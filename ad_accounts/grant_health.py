"""Whether each app's grant still works: asked daily, renewed ahead of its end, broken and healed as TikTok answers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from ad_accounts.access import Access, opened
from ad_accounts.account_side import AccountSide
from ad_accounts.connecting import sealed
from ad_accounts.importing import import_advertisers, import_pixels
from config.secrets import SecretError
from ledger.grants import (
    PROBE_AGAIN_AFTER,
    Grant,
    get_grant,
    mark_broken,
    mark_ok,
    probe_from,
    refresh_record,
    replace_tokens,
    take_grant_probes,
)
from tiktok.account_refusals import ApiRefused
from tiktok.accounts import probe
from tiktok.oauth import NoToken, Token, refresh

log = structlog.get_logger()

REFRESH_WITHIN: Final = timedelta(days=3)  # of its end; half of a shorter life is left when it is asked after
PIXELS_WITHIN_S: Final = 300.0

Clock = Callable[[], datetime]


async def probe_due_grants(side: AccountSide, clock: Clock) -> None:
    """Each grant whose time has come. One that fails does not keep the others from being asked after."""
    for grant in await take_grant_probes(side.pool, clock()):
        try:
            await check_grant(side, grant, clock)
        except ApiRefused as error:
            # throttled, or not reached: that says nothing of the grant, which is asked after again in ten minutes
            log.warning("tiktok grant not checked", app_id=grant.app_id, reason=error.words)
        except SecretError as error:
            await mark_broken(side.pool, grant, str(error), clock())


async def check_grant(side: AccountSide, grant: Grant, clock: Clock) -> None:
    """Renew it where its end is near, see whether it works, and read what it reaches.

    Raises:
        ApiRefused: TikTok could not be asked.
        SecretError: a stored token does not open with the present SECRET_KEY.
    """
    warning = ""
    if _ends_soon(grant, clock()):
        grant, warning = await _refreshed(side, grant, clock)
    access = opened(grant, side.keyring)
    try:
        await probe(side.api, access.token)
    except ApiRefused as error:
        if error.kind in {"throttled", "transient"}:
            raise
        if error.kind == "reconnect":
            if await mark_broken(side.pool, grant, error.words, clock()):
                log.error("tiktok grant broken", app_id=grant.app_id, reason=error.words)
            return
    if await mark_ok(side.pool, grant, clock(), warning):
        log.info("tiktok grant works again", app_id=grant.app_id)
    await _read_again(side, access, clock)


def _ends_soon(grant: Grant, now: datetime) -> bool:
    return grant.expires_at is not None and grant.expires_at - now < REFRESH_WITHIN


async def _refreshed(side: AccountSide, grant: Grant, clock: Clock) -> tuple[Grant, str]:
    """The grant as it is now, and why it could not be renewed; empty = it was."""
    if grant.refresh_token_encrypted is None:
        return grant, _ending(grant, "TikTok gave no refresh token")
    if side.app is None:
        return grant, _ending(grant, "TIKTOK_APP_ID and TIKTOK_APP_SECRET are not set")
    renewal = side.keyring.decrypt(grant.refresh_token_encrypted, refresh_record(grant.app_id))
    try:
        token: Token = await refresh(side.api, side.app, renewal)
    except NoToken as error:
        return grant, _ending(grant, str(error))
    except ApiRefused as error:
        return grant, _ending(grant, error.words)
    await replace_tokens(side.pool, grant, sealed(side.keyring, grant.app_id, token, clock()), clock())
    return await get_grant(side.pool, grant.app_id) or grant, ""


def _ending(grant: Grant, reason: str) -> str:
    until = f"{grant.expires_at:%Y-%m-%d %H:%M} UTC" if grant.expires_at else "its end"
    return f"the connection ends at {until} and cannot be renewed ({reason})"


async def _read_again(side: AccountSide, access: Access, clock: Clock) -> None:
    """Advertisers that came or vanished, and pixels. What is refused of it does not break a grant that works."""
    if side.app is None:
        return
    app_id = access.grant.app_id
    try:
        imported = await import_advertisers(side, access, clock())
    except ApiRefused as error:
        log.warning("advertisers not read", app_id=app_id, reason=error.words, fix=error.remedy)
        return
    await import_pixels(side, access, imported, clock(), PIXELS_WITHIN_S)
    if not imported.complete:
        await probe_from(side.pool, app_id, clock() + PROBE_AGAIN_AFTER)
    for advertiser_id in imported.vanished:
        log.warning("advertiser vanished", app_id=app_id, advertiser_id=advertiser_id)
    for text in imported.notes:
        log.warning("not all of an account was read", app_id=app_id, reason=text)
