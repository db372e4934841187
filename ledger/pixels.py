"""Pixels: where an app's events go, with the token that opens the door and the state it is in."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

PixelRef = tuple[str, str]
"""(app_id, pixel_id): the app comes first, as in every key of the ledger."""
PixelState = Literal["ok", "held", "unvalidated"]

ConsentCategory = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="must be names such as marketing, comma-separated")
]


class PixelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `signalpost pixel set` sets besides the columns of the table; an absent key has its default."""

    consent_categories: tuple[ConsentCategory, ...] = ("marketing",)
    """What a person must not have denied for this pixel to be sent to."""
    send: Literal["all", "attributed"] | None = None
    """None = as the app has it."""
    event_names: Literal["current", "legacy"] = "current"
    """legacy sends CompletePayment and SubmitForm, for a pixel whose browser side fires the old names."""


@dataclass(frozen=True, slots=True)
class Pixel:
    """One row of `pixels`."""

    pixel_id: str
    app_id: str
    code: str
    """TikTok's pixel code, the `event_source_id` of what is sent."""
    name: str
    token_encrypted: bytes
    """By `Keyring.encrypt` with the record `pixel:<pixel_id>:token`."""
    test_event_code: str
    """Tags everything that is sent while set; empty = none."""
    enabled: bool
    state: PixelState
    held_reason: str
    held_since: datetime | None
    probe_at: datetime | None
    """When a held pixel is tried again."""
    paused_until: datetime | None
    """Throttled by TikTok until then."""
    throttle_step: int
    """How often in a row the limit per second was hit."""
    settings: PixelSettings
    created_at: datetime

    @property
    def ref(self) -> PixelRef:
        return self.app_id, self.pixel_id


@dataclass(frozen=True, slots=True)
class NewPixel:
    """A pixel before it is stored; everything else has the table's default."""

    pixel_id: str
    app_id: str
    code: str
    name: str
    token_encrypted: bytes
    test_event_code: str
    state: PixelState

    @property
    def ref(self) -> PixelRef:
        return self.app_id, self.pixel_id


def new_pixel_id() -> str:
    return "px_" + base64.b32encode(secrets.token_bytes(10))[:12].decode().lower()


def token_record(pixel_id: str) -> str:
    """What a pixel's token is bound to when it is encrypted."""
    return f"pixel:{pixel_id}:token"


ALL_PIXELS = "SELECT * FROM pixels ORDER BY created_at, pixel_id"


async def all_pixels(connection: Any) -> list[Pixel]:
    """Every pixel, oldest first. `connection` is an asyncpg connection or pool, here and below."""
    return [_pixel(row) for row in await connection.fetch(ALL_PIXELS)]


GET_PIXEL = "SELECT * FROM pixels WHERE pixel_id = $1"


async def get_pixel(connection: Any, pixel_id: str) -> Pixel | None:
    """The pixel that a person names by its id alone; None where there is none."""
    row = await connection.fetchrow(GET_PIXEL, pixel_id)
    return _pixel(row) if row is not None else None


INSERT_PIXEL = """
INSERT INTO pixels (pixel_id, app_id, code, name, token_encrypted, test_event_code, state)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def insert_pixel(connection: Any, pixel: NewPixel) -> None:
    """Raises:
    asyncpg.ForeignKeyViolationError: there is no such app.
    """
    await connection.execute(
        INSERT_PIXEL,
        pixel.pixel_id,
        pixel.app_id,
        pixel.code,
        pixel.name,
        pixel.token_encrypted,
        pixel.test_event_code,
        pixel.state,
    )


_UPDATABLE = frozenset(
    {
        "name",
        "token_encrypted",
        "test_event_code",
        "enabled",
        "state",
        "held_reason",
        "held_since",
        "probe_at",
        "paused_until",
        "throttle_step",
        "settings",
    }
)


# the columns are names of _UPDATABLE, their values parameters
UPDATE_PIXEL = "UPDATE pixels SET {assignments}updated_at = now() WHERE app_id = $1 AND pixel_id = $2 RETURNING *"


async def update_pixel(connection: Any, pixel: PixelRef, **columns: Any) -> Pixel | None:
    """Set the named columns (`settings` as a PixelSettings); the pixel as it is now, None where there is no such pixel.

    Raises:
        KeyError: a column that is not there to be updated.
    """
    unknown = columns.keys() - _UPDATABLE
    if unknown:
        raise KeyError(f"pixels has no column to update named {', '.join(sorted(unknown))}")
    if "settings" in columns:
        columns["settings"] = msgspec.to_builtins(columns["settings"])
    assignments = "".join(f"{column} = ${number}, " for number, column in enumerate(columns, start=3))
    row = await connection.fetchrow(UPDATE_PIXEL.format(assignments=assignments), *pixel, *columns.values())
    return _pixel(row) if row is not None else None


def _pixel(row: Mapping[str, Any]) -> Pixel:
    return Pixel(
        pixel_id=row["pixel_id"],
        app_id=row["app_id"],
        code=row["code"],
        name=row["name"],
        token_encrypted=row["token_encrypted"],
        test_event_code=row["test_event_code"],
        enabled=row["enabled"],
        state=row["state"],
        held_reason=row["held_reason"],
        held_since=row["held_since"],
        probe_at=row["probe_at"],
        paused_until=row["paused_until"],
        throttle_step=row["throttle_step"],
        settings=msgspec.convert(row["settings"], PixelSettings),
        created_at=row["created_at"],
    )
