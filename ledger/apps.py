"""Apps: their settings, their write-only secrets and their API keys."""

import base64
import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ledger.destinations import NEVER_SCHEMES
from ledger.webhook_providers import SECRETS, RevenueSource

API_KEY_PREFIX = "sp_"
API_KEY_CHARS = 40  # 238 bits
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

# Write-only settings: encrypted, never shown again.
APP_SECRETS = SECRETS

ProbabilisticMatching = Literal["always", "with_consent", "never"]

AppleAppId = Annotated[
    str, msgspec.Meta(pattern=r"^([0-9]{1,19})?$", description="must be the number in the App Store URL, digits only")
]
AndroidPackage = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+)?$",
        max_length=255,
        description="must be a package name such as com.example.app",
    ),
]
Currency = Annotated[
    str, msgspec.Meta(pattern=r"^([A-Z]{3})?$", description="must be an ISO 4217 code of three capital letters")
]
AppScheme = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^(?!({'|'.join(sorted(NEVER_SCHEMES))})$)[a-z][a-z0-9+.-]{{1,63}}$",
        description="must be the app's own schemes such as exampleapp",
    ),
]
AppleAppIdentifier = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Z0-9]{10}(\.[A-Za-z0-9-]{1,100}){0,20}$",
        description="must be Apple app identifiers such as ABCDE12345.com.example.app",
    ),
]
Domain = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$",
        description="must be host names in lower case such as go.example.com, without scheme, port or path",
    ),
]
CertificateHash = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([0-9A-F]{2}:){31}[0-9A-F]{2}$", description="must be SHA-256 fingerprints: 32 hex pairs with colons"
    ),
]


class AppSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `signalpost app set` sets besides the name and the secrets; an absent key has its default."""

    ios_app_id: AppleAppId = ""
    android_package: AndroidPackage = ""
    fallback_url: str = ""
    """Where a visitor goes whose OS the link has no store URL for; empty = a small page with both stores."""
    timezone: str = ""
    """IANA name that days of reports are counted in; empty = the advertiser's once connected, else UTC."""
    currency: Currency = ""
    """For events with a value and no currency; empty = none."""
    send: Literal["all", "attributed"] = "all"
    unmapped: Literal["skip", "custom"] = "skip"
    """What happens to an event that no mapping names: nothing, or sent under its own name."""
    consent_when_unknown: Literal["allow", "deny"] = "allow"
    probabilistic_ios: ProbabilisticMatching = "with_consent"
    probabilistic_android: ProbabilisticMatching = "with_consent"
    match_threshold: Annotated[
        float, msgspec.Meta(ge=0.5, le=1.0, description="must be a probability from 0.5 to 1")
    ] = 0.90
    match_window_hours: Annotated[
        int, msgspec.Meta(ge=1, le=720, description="must be a whole number of hours from 1 to 720")
    ] = 24
    referrer_window_days: Annotated[
        int, msgspec.Meta(ge=1, le=90, description="must be a whole number of days from 1 to 90")
    ] = 30
    revenue_source: RevenueSource = "sdk"
    refund_event: Literal["", "CancelOrder"] = ""
    qualified_delay_minutes: Annotated[
        int, msgspec.Meta(ge=1, le=10_080, description="must be a whole number of minutes from 1 to 10080")
    ] = 150
    event_max_age_days: Annotated[
        int, msgspec.Meta(ge=1, le=28, description="must be a whole number of days from 1 to 28")
    ] = 7
    generate_ttp: bool = True
    apple_app_id_prefix: tuple[AppleAppIdentifier, ...] = ()
    """For apple-app-site-association: `TEAMID.bundle.id`; a bare prefix takes android_package as its bundle id."""
    android_cert_sha256: tuple[CertificateHash, ...] = ()
    domains: tuple[Domain, ...] = ()
    """Host names that serve this app's links alone; the first is the base of its links."""
    app_schemes: tuple[AppScheme, ...] = ()
    """Schemes besides http and https that this app's links may lead to."""


@dataclass(frozen=True, slots=True)
class PreviousKey:
    """The key that an app had before its present one."""

    key_hash: bytes
    key_encrypted: bytes
    """As those of the present one."""
    until: datetime
    """Up to then it opens as the present one does."""


@dataclass(frozen=True, slots=True)
class App:
    """One row of `apps`."""

    app_id: str
    name: str
    settings: AppSettings
    api_key_hash: bytes
    """SHA-256 of the key: what a bearer key is looked up by."""
    api_key_encrypted: bytes
    """By `Keyring.encrypt` with `api_key_record`: what a signature is checked with."""
    secrets: dict[str, str]
    """Name of a write-only setting -> base64 of what `Keyring.encrypt` gave for `app_secret_record`."""
    created_at: datetime
    previous_key: PreviousKey | None = None
    """None where the one before ended at once, or there was none."""

    def previous_key_at(self, now: datetime) -> PreviousKey | None:
        """The one before, where it still opens."""
        return self.previous_key if self.previous_key is not None and now < self.previous_key.until else None

    def opened_by(self, key_hash: bytes, now: datetime) -> bool:
        """Whether a key of this hash opens."""
        previous = self.previous_key_at(now)
        return hmac.compare_digest(self.api_key_hash, key_hash) or (
            previous is not None and hmac.compare_digest(previous.key_hash, key_hash)
        )


@dataclass(frozen=True, slots=True)
class AppChanges:
    """What an update of an app sets; whatever it does not name stays as it is."""

    name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Key -> plain value; None goes back to the default."""
    secrets: Mapping[str, str | None] = field(default_factory=dict)
    """Name -> base64 ciphertext; None forgets it."""


def new_app_id() -> str:
    return "app_" + base64.b32encode(secrets.token_bytes(10))[:12].decode().lower()


def new_api_key() -> str:
    return API_KEY_PREFIX + "".join(secrets.choice(BASE62) for _ in range(API_KEY_CHARS))


def hash_api_key(api_key: str) -> bytes:
    return hashlib.sha256(api_key.encode()).digest()


ALL_APPS = "SELECT * FROM apps ORDER BY created_at, app_id"


async def all_apps(connection: Any) -> list[App]:
    """Every app, oldest first. `connection` is an asyncpg connection or pool, here and below."""
    return [_app(row) for row in await connection.fetch(ALL_APPS)]


def api_key_record(app_id: str) -> str:
    """What an app's API key is bound to when it is encrypted."""
    return app_secret_record(app_id, "api_key")


def app_secret_record(app_id: str, name: str) -> str:
    """The same of a write-only setting."""
    return f"app:{app_id}:{name}"


GET_APP = "SELECT * FROM apps WHERE app_id = $1"


async def get_app(connection: Any, app_id: str) -> App | None:
    row = await connection.fetchrow(GET_APP, app_id)
    return _app(row) if row is not None else None


INSERT_APP = """
INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted, settings, secrets, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def insert_app(connection: Any, app: App) -> None:
    """Raises:
    asyncpg.UniqueViolationError: the id or the key is taken.
    """
    settings = {k: v for k, v in msgspec.to_builtins(app.settings).items() if v != _DEFAULTS[k]}
    row = (app.app_id, app.name, app.api_key_hash, app.api_key_encrypted, settings, app.secrets, app.created_at)
    await connection.execute(INSERT_APP, *row)


UPDATE_APP = """
UPDATE apps SET
    name = coalesce($2, name),
    settings = (settings - $4::text[]) || $3::jsonb,
    secrets = (secrets - $6::text[]) || $5::jsonb,
    updated_at = now()
WHERE app_id = $1
RETURNING *
"""


async def update_app(connection: Any, app_id: str, changes: AppChanges) -> App | None:
    """The app as it is now; None where there is no such app."""
    set_settings, cleared_settings = _split(changes.settings)
    set_secrets, cleared_secrets = _split(changes.secrets)
    row = await connection.fetchrow(
        UPDATE_APP, app_id, changes.name, set_settings, cleared_settings, set_secrets, cleared_secrets
    )
    return _app(row) if row is not None else None


SET_API_KEY = """
UPDATE apps SET
    previous_api_key_hash = CASE WHEN $4::int > 0 THEN api_key_hash END,
    previous_api_key_encrypted = CASE WHEN $4::int > 0 THEN api_key_encrypted END,
    previous_key_until = CASE WHEN $4::int > 0 THEN clock_timestamp() + make_interval(hours => $4::int) END,
    api_key_hash = $2, api_key_encrypted = $3, updated_at = now()
WHERE app_id = $1
RETURNING *
"""


async def set_api_key(
    connection: Any, app_id: str, api_key_hash: bytes, api_key_encrypted: bytes, keep_old_for_hours: int = 0
) -> App | None:
    """Put another key in the place of the present one, which stops working then: at once, or so many hours later. One
    that was before it stops at once. None: no such app.
    """
    row = await connection.fetchrow(SET_API_KEY, app_id, api_key_hash, api_key_encrypted, keep_old_for_hours)
    return _app(row) if row is not None else None


_DEFAULTS: dict[str, Any] = msgspec.to_builtins(AppSettings())


def _split(changes: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    kept = {key: value for key, value in changes.items() if value is not None}
    return kept, [key for key, value in changes.items() if value is None]


def _app(row: Mapping[str, Any]) -> App:
    return App(
        app_id=row["app_id"],
        name=row["name"],
        settings=msgspec.convert(row["settings"], AppSettings),
        api_key_hash=row["api_key_hash"],
        api_key_encrypted=row["api_key_encrypted"],
        secrets=row["secrets"],
        created_at=row["created_at"],
        previous_key=_previous_key(row),
    )


def _previous_key(row: Mapping[str, Any]) -> PreviousKey | None:
    if row.get("previous_key_until") is None:  # before migration 0017 there is no such column
        return None
    return PreviousKey(row["previous_api_key_hash"], row["previous_api_key_encrypted"], row["previous_key_until"])
