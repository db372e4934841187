"""A pixel's token from the app's connection, where that may send events: a copy, which disconnecting leaves alone."""

from ad_accounts.access import open_access
from admin.refusal import Refused
from admin.session import Session
from tiktok.oauth import EVENT_SCOPES, SCOPES


async def events_token(session: Session, app_id: str) -> str:
    """Raises:
    Refused: the app is not connected, or its connection may not send events, or not for long.
    SecretError: the token does not open with the present SECRET_KEY.
    """
    pasted = "paste the Events API token that Events Manager makes (pixel, Settings, Events API) with --token"
    access = await open_access(session.database, session.keyring, app_id)
    if access is None:
        raise Refused(f"token: {pasted}, or connect TikTok first (`signalpost tiktok connect --app {app_id}`)")
    if not EVENT_SCOPES & set(access.grant.scopes):
        raise Refused(f"token: the connection does not hold TikTok's permission {SCOPES['5']}: {pasted}")
    if access.grant.expires_at is not None:
        raise Refused(f"token: the connection's token ends, and a copy of it would not be renewed: {pasted}")
    return access.token
