"""An app's connection to TikTok's account side: begun, looked at, ended. Its pixels' tokens are no part of it.

What a login reaches is read again whenever someone looks, so that an account or pixel made a minute ago is there.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ad_accounts.access import note_refusal, note_success, open_access
from ad_accounts.account_side import AccountSide, opened_side, redirect_uri
from ad_accounts.importing import Imported, import_advertisers, import_pixels
from ad_accounts.oauth_state import new_state
from admin.apps import require_app
from admin.audit import audited
from admin.refusal import Refused
from admin.session import Session
from admin.shared_tokens import users_of_token
from ledger.advertiser_pixels import advertiser_pixels_of
from ledger.advertisers import Advertiser, advertisers_of, select_advertiser, selected_of
from ledger.grants import delete_grant
from ledger.pixels import all_pixels
from tiktok.account_refusals import ApiRefused
from tiktok.oauth import portal_url, revoke

PIXELS_WITHIN_S = 60.0


async def begin_connect(session: Session, app_id: str) -> dict[str, str]:
    """{"url"}: where to log in at TikTok within ten minutes.

    Raises:
        Refused: there is no such app, or no developer app is set.
    """
    await require_app(session, app_id)
    async with account_side(session) as side:
        return {"url": login_url(session, side, app_id)}


def login_url(session: Session, side: AccountSide, app_id: str) -> str:
    """For one login.

    Raises:
        Refused: no developer app is set.
    """
    settings = session.settings
    if side.app is None:
        raise Refused(
            "TIKTOK_APP_ID: set it and TIKTOK_APP_SECRET to those of your app in TikTok's developer portal, which has "
            f"to name {redirect_uri(settings)} as a redirect URL"
        )
    return portal_url(settings.tiktok_api_url, side.app, new_state(session.keyring, app_id), redirect_uri(settings))


async def list_advertisers(session: Session, app_id: str) -> list[dict[str, Any]]:
    """Every advertiser that the app's logins have shown, with whether its spend is the app's.

    Raises:
        Refused: there is no such app.
    """
    await require_app(session, app_id)
    await _read_anew(session, app_id, with_pixels=False)
    return await known_advertisers(session, app_id)


async def known_advertisers(session: Session, app_id: str) -> list[dict[str, Any]]:
    """The same as last known: TikTok is not asked, so nothing waits for it."""
    return [_advertiser(one) for one in await advertisers_of(session.database, app_id)]


async def use_advertiser(session: Session, app_id: str, advertiser_id: str) -> dict[str, Any]:
    """The advertiser whose spend is the app's from now on. What was read of another stays the app's.

    Raises:
        Refused: there is no such app, or its login does not reach this advertiser.
    """
    await require_app(session, app_id)
    advertiser_id = advertiser_id.strip()
    known = {one.advertiser_id: one for one in await advertisers_of(session.database, app_id)}
    wanted = known.get(advertiser_id)
    if wanted is None or wanted.state == "missing":
        there = ", ".join(f"{one.advertiser_id} ({one.name})" for one in known.values() if one.state != "missing")
        raise Refused(
            f"advertiser: the app's login does not reach {advertiser_id[:40]!r}; "
            + (f"it reaches {there}" if there else f"`signalpost tiktok connect --app {app_id}` connects one that does")
        )
    async with audited(session, "tiktok.use", advertiser_id, app_id) as change:
        before = await selected_of(change.connection, app_id)
        await select_advertiser(change.connection, app_id, advertiser_id, datetime.now(UTC))
        after = await selected_of(change.connection, app_id) or wanted
        change.before, change.after = before and _advertiser(before), _advertiser(after)
    return _advertiser(after)


async def list_advertiser_pixels(session: Session, app_id: str) -> list[dict[str, Any]]:
    """The pixels of the chosen advertiser; of all of them where none is chosen.

    Raises:
        Refused: there is no such app.
    """
    await require_app(session, app_id)
    await _read_anew(session, app_id, with_pixels=True)
    return await known_advertiser_pixels(session, app_id)


async def known_advertiser_pixels(session: Session, app_id: str) -> list[dict[str, Any]]:
    """The same as last known: TikTok is not asked, so nothing waits for it."""
    chosen = await selected_of(session.database, app_id)
    users: dict[str, set[str]] = {}
    for pixel in await all_pixels(session.database):
        users.setdefault(pixel.code, set()).add(pixel.app_id)
    return [
        {
            "pixel_code": pixel.pixel_code,
            "pixel_id": pixel.pixel_number,
            "name": pixel.name,
            "advertiser_id": pixel.advertiser_id,
            "relation": pixel.relation,
            "warning": sharing(users.get(pixel.pixel_code, set()), app_id),
        }
        for pixel in await advertiser_pixels_of(session.database, app_id)
        if chosen is None or pixel.advertiser_id == chosen.advertiser_id
    ]


def sharing(users: set[str], app_id: str) -> str:
    """What to know of a pixel that these apps send to; empty = nothing."""
    others = ", ".join(sorted(users - {app_id}))
    return f"{others} uses this pixel too: TikTok advises a fresh pixel per app, or their events mix" if others else ""


async def disconnect(session: Session, app_id: str) -> dict[str, Any]:
    """{"app_id", "revoked", "reason"}: the grant is gone; advertisers, spend and pixels stay. It is revoked at TikTok,
    too, unless someone else uses the same token.

    Raises:
        Refused: there is no such app, or it is not connected.
        SecretError: the token does not open with the present SECRET_KEY.
    """
    await require_app(session, app_id)
    access = await open_access(session.database, session.keyring, app_id)
    if access is None:
        raise Refused(f"app: {app_id} is not connected to TikTok")
    reason = await _revoked(session, app_id, access.token)
    done = {"app_id": app_id, "revoked": not reason, "reason": reason}
    async with audited(session, "tiktok.disconnect", app_id, app_id) as change:
        await delete_grant(change.connection, app_id)
        change.after = done
    if reason:
        session.note(f"the token was not revoked at TikTok: {reason}. It is forgotten here")
    return done


async def _revoked(session: Session, app_id: str, token: str) -> str:
    """Why the token was not revoked; empty = it was."""
    if users := await users_of_token(session, token, app_id):
        return f"{', '.join(users)} uses the same one"
    async with account_side(session) as side:
        if side.app is None:
            return "TIKTOK_APP_ID and TIKTOK_APP_SECRET are not set"
        try:
            await revoke(side.api, side.app, token)
        except ApiRefused as error:
            return error.words
    return ""


@asynccontextmanager
async def account_side(session: Session) -> AsyncIterator[AccountSide]:
    """The session's way to TikTok, for the length of an act."""
    async with opened_side(session.database, session.keyring, session.settings) as side:
        yield side


async def _read_anew(session: Session, app_id: str, with_pixels: bool) -> None:
    """What TikTok lists now; where it cannot be asked, what is known stays, with a note."""
    access = await open_access(session.database, session.keyring, app_id)
    async with account_side(session) as side:
        if access is None or side.app is None:
            return
        try:
            imported = await import_advertisers(side, access, datetime.now(UTC))
        except ApiRefused as error:
            await note_refusal(session.database, access, error, datetime.now(UTC))
            session.note(f"as last known, for TikTok does not tell ({error.words}). {error.remedy}")
            return
        await note_success(session.database, access, datetime.now(UTC))
        if with_pixels:
            chosen = await selected_of(session.database, app_id)
            if chosen is not None and chosen.advertiser_id in imported.advertiser_ids:
                imported = Imported([chosen.advertiser_id], notes=imported.notes)
            await import_pixels(side, access, imported, datetime.now(UTC), PIXELS_WITHIN_S)
    for text in imported.notes:
        session.note(text)


def _advertiser(one: Advertiser) -> dict[str, Any]:
    fields = asdict(one)
    shown = ("advertiser_id", "name", "currency", "timezone", "selected", "status", "role", "state", "reason")
    return {name: fields[name] for name in shown}
