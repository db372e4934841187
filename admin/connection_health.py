"""Whether an app's connection to TikTok is in order: what `tiktok status`, doctor and the console show of it."""

from dataclasses import dataclass
from typing import Any, Literal

from admin.apps import require_app
from admin.check import Check
from admin.refusal import Refused
from admin.session import Session, open_session
from config.secrets import Keyring, SecretError
from config.settings import AllSettings
from ledger.advertisers import Advertiser, selected_advertisers, selected_of
from ledger.grant_watch import reconnect_with
from ledger.grants import Grant, access_record, all_grants, get_grant
from tiktok.oauth import SCOPES

Health = Literal["green", "red", "off"]


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """green, red with a reason and a way out, or off: not connected."""

    health: Health
    reason: str = ""
    fix: str = ""


def health_of(grant: Grant | None, chosen: Advertiser | None, keyring: Keyring, app_id: str) -> ConnectionHealth:
    """What stands in the way of reading spend; what is still well, and what to do next, is green with a reason."""
    if grant is None:
        return ConnectionHealth("off", "not connected", f"`signalpost tiktok connect --app {app_id}`")
    if broken := _broken(grant, keyring):
        return ConnectionHealth("red", broken, reconnect_with(app_id))
    if chosen is not None and chosen.state != "ok":
        fix = f"have it shared with the login again, or choose another with `signalpost tiktok use --app {app_id}`"
        return ConnectionHealth("red", f"advertiser {chosen.advertiser_id} ({chosen.name}): {chosen.reason}", fix)
    if grant.reason:
        return ConnectionHealth("green", grant.reason, reconnect_with(app_id))
    if chosen is None:
        fix = f"choose one of `signalpost tiktok advertisers --app {app_id}` with `signalpost tiktok use`"
        return ConnectionHealth("green", "no advertiser is chosen, so no spend is read", fix)
    return ConnectionHealth("green")


def _broken(grant: Grant, keyring: Keyring) -> str:
    """Why the grant cannot be used; empty = it can."""
    try:
        keyring.decrypt(grant.access_token_encrypted, access_record(grant.app_id))
    except SecretError as error:
        return str(error)
    return f"TikTok refuses the connection ({grant.reason})" if grant.state == "broken" else ""


async def connection_status(session: Session, app_id: str) -> dict[str, Any]:
    """{"app_id", "health", "reason", "fix", "scopes", "advertiser_id", "advertiser_name", "connected_at",
    "checked_at", "expires_at"}.

    Raises:
        Refused: there is no such app.
    """
    await require_app(session, app_id)
    grant, chosen = await get_grant(session.database, app_id), await selected_of(session.database, app_id)
    found = health_of(grant, chosen, session.keyring, app_id)
    return {
        "app_id": app_id,
        "health": found.health,
        "reason": found.reason,
        "fix": found.fix,
        "advertiser_id": chosen.advertiser_id if chosen else None,
        "advertiser_name": chosen.name if chosen else "",
        "scopes": [{"scope": scope, "name": SCOPES.get(scope, "")} for scope in (grant.scopes if grant else ())],
        "connected_at": grant.connected_at if grant else None,
        "checked_at": grant.checked_at if grant else None,
        "expires_at": grant.expires_at if grant else None,
    }


async def check_connections(settings: AllSettings) -> list[Check]:
    """Every connected app's, for doctor."""
    try:
        async with open_session(settings) as session:
            chosen = {one.app_id: one for one in await selected_advertisers(session.database)}
            found = {
                grant.app_id: health_of(grant, chosen.get(grant.app_id), session.keyring, grant.app_id)
                for grant in await all_grants(session.database)
            }
    except (Refused, SecretError):
        return []  # the engine's own check has said so
    return [
        Check(f"tiktok of {app_id}", one.health != "red", one.reason or "connected, and works", one.fix)
        for app_id, one in found.items()
    ]
