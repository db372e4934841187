"""A login at TikTok that came back: the code becomes a grant, and what the grant reaches is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ad_accounts.access import opened
from ad_accounts.account_side import AccountSide
from ad_accounts.importing import Imported, import_advertisers, import_pixels
from ad_accounts.oauth_state import OAuthState, consume_state, read_state
from config.secrets import Keyring
from ledger.advertisers import forget_refusals, selected_of
from ledger.grants import Grant, NewGrant, access_record, get_grant, probe_from, refresh_record, store_grant
from tiktok.account_refusals import ApiRefused
from tiktok.oauth import Token, exchange

PIXELS_WITHIN_S: Final = 20.0  # someone looks at a page that is still loading

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A login whose code was taken."""

    state: OAuthState
    token: Token


async def redeem(side: AccountSide, code: str, state: str, clock: Clock) -> Redeemed:
    """The token for the code. The state is used up first, so a page that is loaded again spends no code twice.

    Raises:
        StateRefused: nothing was asked of TikTok.
        ApiRefused, NoToken: TikTok did not take the code; the login has to begin anew.
    """
    assert side.app is not None  # noqa: S101 - no state is made without it
    read = read_state(side.keyring, state, clock())
    await consume_state(side.pool, read, clock())
    return Redeemed(read, await exchange(side.api, side.app, code))


def sealed(keyring: Keyring, app_id: str, token: Token, now: datetime) -> NewGrant:
    """A token as the ledger keeps it."""
    renewal = token.refresh_token
    return NewGrant(
        app_id=app_id,
        access_token_encrypted=keyring.encrypt(token.access_token, access_record(app_id)),
        refresh_token_encrypted=keyring.encrypt(renewal, refresh_record(app_id)) if renewal else None,
        expires_at=now + timedelta(seconds=token.expires_in_s) if token.expires_in_s else None,
        scopes=token.scopes,
    )


async def keep_grant(connection: Any, keyring: Keyring, redeemed: Redeemed, now: datetime) -> None:
    """In the place of the grant the app has, and of what was refused to that. `connection` is an asyncpg connection or
    pool.
    """
    await store_grant(connection, sealed(keyring, redeemed.state.app_id, redeemed.token, now), now)
    await forget_refusals(connection, redeemed.state.app_id)


async def import_accounts(side: AccountSide, redeemed: Redeemed, clock: Clock) -> Imported:
    """Everything the new grant reaches; what TikTok refuses of it stands in the notes."""
    grant = await get_grant(side.pool, redeemed.state.app_id)
    if grant is None:
        return Imported(notes=["it was disconnected meanwhile"])
    access = opened(grant, side.keyring)
    try:
        imported = await import_advertisers(side, access, clock(), redeemed.token.advertiser_ids)
    except ApiRefused as error:
        imported = Imported(complete=False, notes=[f"advertisers: {error.words}. {error.remedy}"])
    await import_pixels(side, access, imported, clock(), PIXELS_WITHIN_S)
    await _read_on_later(side, grant, imported, clock())
    return imported


async def _read_on_later(side: AccountSide, grant: Grant, imported: Imported, now: datetime) -> None:
    if not imported.complete:
        await probe_from(side.pool, grant.app_id, now)


async def only_choice(connection: Any, app_id: str, imported: Imported) -> str:
    """The advertiser to be chosen without asking: the only one there is. Empty where one is chosen already, or someone
    has to choose. `connection` is an asyncpg connection or pool.
    """
    chosen = await selected_of(connection, app_id)
    if len(imported.advertiser_ids) != 1 or (chosen is not None and chosen.advertiser_id in imported.advertiser_ids):
        return ""
    return imported.advertiser_ids[0]
