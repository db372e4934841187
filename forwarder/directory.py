"""The apps, their pixels and mappings, in memory: the last snapshot serves while PostgreSQL is away.

A change is in force at once: before a batch is stored, and before a request is refused for its key, the ledger is asked
whether it has changed (`catch_up`). One such question serves all who came before it was asked.
"""

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from config.secrets import Keyring, SecretError
from forwarder.intake.routing import Destination, destination
from forwarder.matching.policy import Policy
from forwarder.outages import OutageLog
from forwarder.refreshing import keep_fresh
from ledger.apps import App, AppSettings, all_apps, api_key_record, app_secret_record, hash_api_key
from ledger.directory_version import directory_version
from ledger.mappings import all_mappings
from ledger.outages import LEDGER_FAILED
from ledger.partitions import Layout, layout_of
from ledger.pixels import all_pixels

REFRESH_S = 1.0
READ_WITHIN_S = 5.0

log = structlog.get_logger()


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
    version: int
    """Of `ledger.directory_version`; 0 = nothing was read yet."""
    layout: Layout = "plain"
    """How the ledger lies."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Directory:
    """Who may send, and where it goes. Read again as soon as somebody acts by it after a change."""

    def __init__(self, pool: Any, keyring: Keyring, clock: Callable[[], datetime] = _utc_now) -> None:
        self._clock = clock
        self._pool = pool
        self._keyring = keyring
        self._snapshot = Snapshot({}, {}, 0)
        self._keys: dict[bytes, str] = {}
        self._reading = asyncio.Lock()
        self._reads_begun = 0

    @property
    def loaded(self) -> bool:
        """Whether a snapshot was ever read."""
        return self._snapshot.version > 0

    @property
    def layout(self) -> Layout:
        """How the ledger lies, as of the last `catch_up`: by that events are stored."""
        return self._snapshot.layout

    def get(self, app_id: str) -> Entry | None:
        """The app; None where there is none of this id, as of the last `catch_up`."""
        return self._snapshot.by_id.get(app_id)

    def opened_by(self, key_hash: bytes) -> Entry | None:
        """The app that a key of this hash opens; None where it opens none, as of the last `catch_up`."""
        entry = self._snapshot.by_key_hash.get(key_hash)
        return entry if entry is not None and self.opens(entry, key_hash) else None

    def opens(self, entry: Entry, key_hash: bytes) -> bool:
        """Whether a key of this hash is the app's, or the one before while that still opens."""
        return entry.app.opened_by(key_hash, self._clock())

    async def by_api_key(self, api_key: str) -> Entry | None:
        """The app a key opens, looked for in the ledger where it is not known yet; None where it opens none."""
        key_hash = hash_api_key(api_key)
        entry = self.opened_by(key_hash)
        return self.opened_by(key_hash) if entry is None and await self.caught_up() else entry

    async def by_id(self, app_id: str) -> Entry | None:
        """The app of this id, looked for in the ledger where it is not known yet."""
        if app_id not in self._snapshot.by_id:
            await self.caught_up()
        return self._snapshot.by_id.get(app_id)

    def api_keys(self, entry: Entry) -> dict[bytes, str]:
        """The keys that open now, by their hashes, to check a signature with; without those that cannot be read."""
        app, previous = entry.app, entry.app.previous_key_at(self._clock())
        stored = {app.api_key_hash: app.api_key_encrypted}
        if previous is not None:
            stored[previous.key_hash] = previous.key_encrypted
        keys = {key_hash: self._api_key(app.app_id, encrypted) for key_hash, encrypted in stored.items()}
        return {key_hash: key for key_hash, key in keys.items() if key is not None}

    def _api_key(self, app_id: str, encrypted: bytes) -> str | None:
        """None where the secret key no longer opens it."""
        if encrypted not in self._keys:
            try:
                key = self._keyring.decrypt(encrypted, api_key_record(app_id))
            except SecretError as error:
                log.error("api key does not open", app=app_id, error=str(error))
                return None
            self._keys[encrypted] = key
        return self._keys[encrypted]

    def secret(self, entry: Entry, name: str) -> str | None:
        """A write-only setting of the app; None where it is not set or no longer opens."""
        encrypted = entry.app.secrets.get(name)
        if encrypted is None:
            return None
        try:
            return self._keyring.decrypt(base64.b64decode(encrypted), app_secret_record(entry.app_id, name))
        except (SecretError, binascii.Error) as error:
            log.error("app secret does not open", app=entry.app_id, setting=name, error=type(error).__name__)
            return None

    async def catch_up(self) -> None:
        """Act from here on by every change that was committed before this call.

        Raises:
            OSError, asyncpg.PostgresError, asyncpg.InterfaceError: PostgreSQL is away.
        """
        wanted = self._reads_begun + 1
        async with self._reading:
            if self._reads_begun < wanted:  # else somebody has asked since
                self._reads_begun += 1
                await self._refresh()

    async def caught_up(self) -> bool:
        """`catch_up`; False where PostgreSQL is away, so that what was known last has to do."""
        try:
            await self.catch_up()
        except LEDGER_FAILED:
            return False
        return True

    async def keep_fresh(self, outages: OutageLog) -> None:
        """Refresh every second until cancelled; while PostgreSQL is away the last snapshot stays."""
        await keep_fresh(self._refresh_unless_unreadable, REFRESH_S, "directory", outages)

    async def _refresh_unless_unreadable(self) -> None:
        try:
            await self.refresh()
        except (msgspec.ValidationError, ValueError) as error:
            log.error("directory cannot be read", error=str(error))

    async def refresh(self) -> None:
        """Read the ledger where it has changed. Raises as `catch_up`."""
        await self.catch_up()

    async def _refresh(self) -> None:
        async with asyncio.timeout(READ_WITHIN_S), self._pool.acquire(timeout=READ_WITHIN_S) as connection:
            version = await directory_version(connection)
            if version == self._snapshot.version:
                return
            # a change that comes between is counted, and read again by whoever asks next
            self._snapshot = await _read(connection, version)
        apps = [entry.app for entry in self._snapshot.by_id.values()]
        known = {app.api_key_encrypted for app in apps} | {
            app.previous_key.key_encrypted for app in apps if app.previous_key is not None
        }
        self._keys = {encrypted: key for encrypted, key in self._keys.items() if encrypted in known}


async def _read(connection: Any, version: int) -> Snapshot:
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
        by_key_hash={key_hash: entry for entry in entries for key_hash in _key_hashes(entry.app)},
        version=version,
        layout=await layout_of(connection),
    )


def _key_hashes(app: App) -> tuple[bytes, ...]:
    """Of all keys that may open it, now or no longer: `App.opened_by` tells."""
    return (app.api_key_hash,) if app.previous_key is None else (app.previous_key.key_hash, app.api_key_hash)


def match_policy(settings: AppSettings, platform: str) -> Policy:
    """What the app allows the matcher on this platform."""
    return Policy(
        probabilistic=settings.probabilistic_ios if platform == "ios" else settings.probabilistic_android,
        threshold=settings.match_threshold,
        window_hours=settings.match_window_hours,
        referrer_window_days=settings.referrer_window_days,
    )
