"""The apps, their pixels and mappings, in memory: the last snapshot serves while PostgreSQL is away."""

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from config.secrets import Keyring, SecretError
from forwarder.matching.policy import Policy
from forwarder.outages import LEDGER_FAILED
from forwarder.refreshing import keep_fresh
from forwarder.routing import Destination, destination
from ledger.apps import App, AppSettings, all_apps, hash_api_key
from ledger.mappings import all_mappings
from ledger.pixels import all_pixels

REFRESH_S = 1.0
UNKNOWN_KEY_S = 0.2  # how often at most an unknown key makes the directory be read again

log = structlog.get_logger()

FINGERPRINT = """
SELECT concat_ws(' ',
    (SELECT md5(string_agg(a::text, '' ORDER BY app_id)) FROM apps a),
    (SELECT md5(string_agg(concat_ws(' ', pixel_id, app_id, enabled, settings), '' ORDER BY pixel_id)) FROM pixels),
    (SELECT md5(string_agg(m::text, '' ORDER BY app_id, pixel_id, source)) FROM mappings m))
"""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One app as the forwarder needs it."""

    app: App
    destinations: tuple[Destination, ...]
    """Its enabled pixels."""
    policies: Mapping[str, Policy]
    """By platform."""

    @property
    def app_id(self) -> str:
        return self.app.app_id


class Snapshot(msgspec.Struct, frozen=True):
    """Every app at one moment."""

    by_id: Mapping[str, Entry]
    by_key_hash: Mapping[bytes, Entry]
    fingerprint: str


class Directory:
    """Who may send, and where it goes. Refreshed every second, and at once when a key is not known."""

    def __init__(self, pool: Any, keyring: Keyring) -> None:
        self._pool = pool
        self._keyring = keyring
        self._snapshot = Snapshot({}, {}, "")
        self._keys: dict[bytes, str] = {}
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    @property
    def loaded(self) -> bool:
        """Whether a snapshot was ever read."""
        return self._snapshot.fingerprint != ""

    def get(self, app_id: str) -> Entry | None:
        """The app; None where there is none of this id (as of a second ago)."""
        return self._snapshot.by_id.get(app_id)

    async def by_api_key(self, api_key: str) -> Entry | None:
        """The app a key opens; None where it opens none."""
        digest = hash_api_key(api_key)
        entry = self._snapshot.by_key_hash.get(digest)
        if entry is None and await self._read_again():
            entry = self._snapshot.by_key_hash.get(digest)
        return entry if entry is not None and hmac.compare_digest(entry.app.api_key_hash, digest) else None

    async def by_id(self, app_id: str) -> Entry | None:
        """The app of this id, looked for in the ledger where it is not known yet."""
        if app_id not in self._snapshot.by_id:
            await self._read_again()
        return self._snapshot.by_id.get(app_id)

    def api_key(self, entry: Entry) -> str | None:
        """The app's key itself, to check a signature with; None where the secret key no longer opens it."""
        encrypted = entry.app.api_key_encrypted
        if encrypted not in self._keys:
            try:
                key = self._keyring.decrypt(encrypted, f"app:{entry.app_id}:api_key")
            except SecretError as error:
                log.error("api key does not open", app=entry.app_id, error=str(error))
                return None
            self._keys[encrypted] = key
        return self._keys[encrypted]

    def secret(self, entry: Entry, name: str) -> str | None:
        """A write-only setting of the app; None where it is not set or no longer opens."""
        encrypted = entry.app.secrets.get(name)
        if encrypted is None:
            return None
        try:
            return self._keyring.decrypt(base64.b64decode(encrypted), f"app:{entry.app_id}:{name}")
        except (SecretError, binascii.Error) as error:
            log.error("app secret does not open", app=entry.app_id, setting=name, error=type(error).__name__)
            return None

    async def reread(self) -> bool:
        """Read the ledger now, where that was not done a moment ago; whether it was."""
        return await self._read_again()

    async def keep_fresh(self) -> None:
        """Refresh every second until cancelled; while PostgreSQL is away the last snapshot stays."""
        await keep_fresh(self._refresh_unless_unreadable, REFRESH_S, "directory")

    async def _refresh_unless_unreadable(self) -> None:
        try:
            await self.refresh()
        except (msgspec.ValidationError, ValueError) as error:
            log.error("directory cannot be read", error=str(error))

    async def refresh(self) -> None:
        """Read the ledger where it has changed.

        Raises:
            OSError, asyncpg.PostgresError: PostgreSQL is away.
        """
        async with self._reading, self._pool.acquire(timeout=REFRESH_S * 5) as connection:
            self._read_at = time.monotonic()
            fingerprint = await connection.fetchval(FINGERPRINT)
            if fingerprint == self._snapshot.fingerprint and self.loaded:
                return
            self._snapshot = await _read(connection, fingerprint)
            known = {entry.app.api_key_encrypted for entry in self._snapshot.by_id.values()}
            self._keys = {encrypted: key for encrypted, key in self._keys.items() if encrypted in known}

    async def _read_again(self) -> bool:
        if time.monotonic() - self._read_at < UNKNOWN_KEY_S:
            return False
        try:
            await self.refresh()
        except LEDGER_FAILED:
            return False
        return True


async def _read(connection: Any, fingerprint: str) -> Snapshot:
    apps, pixels = await all_apps(connection), await all_pixels(connection)
    mappings = await all_mappings(connection)
    entries = [
        Entry(
            app=app,
            destinations=tuple(
                destination(pixel, app.settings, mappings)
                for pixel in pixels
                if pixel.app_id == app.app_id and pixel.enabled
            ),
            policies={platform: match_policy(app.settings, platform) for platform in ("ios", "android")},
        )
        for app in apps
    ]
    return Snapshot(
        by_id={entry.app_id: entry for entry in entries},
        by_key_hash={entry.app.api_key_hash: entry for entry in entries},
        fingerprint=fingerprint or "empty",
    )


def match_policy(settings: AppSettings, platform: str) -> Policy:
    """What the app allows the matcher on this platform."""
    return Policy(
        probabilistic=settings.probabilistic_ios if platform == "ios" else settings.probabilistic_android,
        threshold=settings.match_threshold,
        window_hours=settings.match_window_hours,
        referrer_window_days=settings.referrer_window_days,
    )
