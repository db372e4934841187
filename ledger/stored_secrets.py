"""Everything in the ledger that is encrypted with SECRET_KEY, wherever it stands: keys, tokens, webhook secrets."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.apps import App, all_apps, api_key_record, app_secret_record
from ledger.grants import Grant, access_record, all_grants, refresh_record
from ledger.pixels import all_pixels, token_record


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """One of them."""

    app_id: str
    name: str
    """For people, e.g. `app_x api_key`."""
    record: str
    """What it is bound to: `Keyring.decrypt` wants it."""
    encrypted: bytes
    place: str
    """The statement that puts another in its place: (app_id, what is there, what comes there, *`row`)."""
    row: tuple[str, ...] = ()
    as_text: bool = False
    """It stands there as base64."""


async def all_stored_secrets(connection: Any) -> list[StoredSecret]:
    """Those of every app, without keys that open no more. `connection` is an asyncpg connection or pool."""
    found = [secret for app in await all_apps(connection) for secret in _of_app(app)]
    for pixel in await all_pixels(connection):
        record, row = token_record(pixel.pixel_id), (pixel.pixel_id,)
        name = f"pixel {pixel.pixel_id} token"
        found.append(StoredSecret(pixel.app_id, name, record, pixel.token_encrypted, REPLACE_OF_PIXEL, row))
    return found + [secret for grant in await all_grants(connection) for secret in _of_grant(grant)]


def _of_app(app: App) -> list[StoredSecret]:
    record, name = api_key_record(app.app_id), f"{app.app_id} api_key"
    keys = [StoredSecret(app.app_id, name, record, app.api_key_encrypted, REPLACE_KEY)]
    previous = app.previous_key_at(datetime.now(UTC))
    if previous is not None:
        name = f"{app.app_id} previous api_key"
        keys.append(StoredSecret(app.app_id, name, record, previous.key_encrypted, REPLACE_PREVIOUS_KEY))
    return keys + [
        StoredSecret(
            app_id=app.app_id,
            name=f"{app.app_id} {name}",
            record=app_secret_record(app.app_id, name),
            encrypted=_of_text(text),
            place=REPLACE_SETTING,
            row=(name,),
            as_text=True,
        )
        for name, text in sorted(app.secrets.items())
    ]


def _of_text(text: str) -> bytes:
    """Nothing, which does not open, for what somebody changed by hand."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def _of_grant(grant: Grant) -> Sequence[StoredSecret]:
    app_id, refresh = grant.app_id, grant.refresh_token_encrypted
    name = f"{app_id} tiktok"
    found = [
        StoredSecret(
            app_id, f"{name} access token", access_record(app_id), grant.access_token_encrypted, REPLACE_ACCESS
        )
    ]
    if refresh is not None:
        found.append(StoredSecret(app_id, f"{name} refresh token", refresh_record(app_id), refresh, REPLACE_REFRESH))
    return found


# only where it still stands: somebody may have set another meanwhile
REPLACE_KEY = """
UPDATE apps SET api_key_encrypted = $3 WHERE app_id = $1 AND api_key_encrypted = $2 RETURNING true
"""
REPLACE_PREVIOUS_KEY = """
UPDATE apps SET previous_api_key_encrypted = $3 WHERE app_id = $1 AND previous_api_key_encrypted = $2 RETURNING true
"""
REPLACE_SETTING = """
UPDATE apps SET secrets = secrets || jsonb_build_object($4::text, $3::text)
WHERE app_id = $1 AND secrets ->> $4::text = $2::text RETURNING true
"""
REPLACE_OF_PIXEL = """
UPDATE pixels SET token_encrypted = $3 WHERE app_id = $1 AND token_encrypted = $2 AND pixel_id = $4 RETURNING true
"""
REPLACE_ACCESS = """
UPDATE tiktok_grants SET access_token_encrypted = $3 WHERE app_id = $1 AND access_token_encrypted = $2 RETURNING true
"""
REPLACE_REFRESH = """
UPDATE tiktok_grants SET refresh_token_encrypted = $3 WHERE app_id = $1 AND refresh_token_encrypted = $2 RETURNING true
"""


async def replace_stored_secret(connection: Any, secret: StoredSecret, encrypted: bytes) -> bool:
    """The same secret, encrypted anew; False where another has taken its place meanwhile."""
    there, comes = secret.encrypted, encrypted
    if secret.as_text:
        texts = base64.b64encode(there).decode(), base64.b64encode(comes).decode()
        return bool(await connection.fetchval(secret.place, secret.app_id, *texts, *secret.row))
    return bool(await connection.fetchval(secret.place, secret.app_id, there, comes, *secret.row))
