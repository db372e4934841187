"""Whether a pixel may be sent to at this moment: held until its set-up is mended, paused while TikTok throttles it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ledger.apps import AppSettings
from ledger.field_mappings import FieldSources
from ledger.partitions import Place, place_of
from ledger.pixels import PixelRef, PixelSettings, PixelState

PROBE_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SendingPixel:
    """A pixel with everything that decides how its deliveries are sent."""

    pixel_id: str
    app_id: str
    code: str
    token_encrypted: bytes
    test_event_code: str
    enabled: bool
    state: PixelState
    paused_until: datetime | None
    throttle_step: int
    settings: PixelSettings
    app_settings: AppSettings
    link_slug: str | None
    """A Signal link of the app, for the page of events that no click belongs to; None when it has none."""
    fields: FieldSources = field(default_factory=dict)
    """Fields of the payload that are read from elsewhere in the event."""
    place: Place = ""
    """Where the delivery lies that is due for longest."""

    @property
    def ref(self) -> PixelRef:
        return self.app_id, self.pixel_id

    def open_at(self, now: datetime) -> bool:
        """Whether deliveries may be sent to it; a held one takes probes alone."""
        return self.enabled and self.state != "held" and (self.paused_until is None or self.paused_until <= now)


# The first of each queue, by its index: where it is asked for any (EXISTS), all that is due may be read, at every poll.
PIXELS_WITH_DUE = """
SELECT p.app_id, p.pixel_id FROM pixels p
CROSS JOIN LATERAL (SELECT FROM deliveries d
    WHERE d.app_id = p.app_id AND d.pixel_id = p.pixel_id AND d.state IN ('due', 'sending') AND d.next_attempt_at <= $1
    ORDER BY d.next_attempt_at LIMIT 1) AS first
WHERE p.enabled AND p.state <> 'held' AND (p.paused_until IS NULL OR p.paused_until <= $1)
ORDER BY p.pixel_id
"""


async def pixels_with_due(connection: Any, now: datetime) -> list[PixelRef]:
    """Pixels that are open and have something to be claimed. `connection` is an asyncpg connection or pool."""
    return [(row["app_id"], row["pixel_id"]) for row in await connection.fetch(PIXELS_WITH_DUE, now)]


SENDING_PIXEL = """
SELECT p.pixel_id, p.app_id, p.code, p.token_encrypted, p.test_event_code, p.enabled, p.state, p.paused_until,
    p.throttle_step, p.settings, a.settings AS app_settings,
    (SELECT slug FROM links l WHERE l.app_id = p.app_id AND l.enabled ORDER BY created_at, slug LIMIT 1) AS link_slug,
    -- of two rows for one target the last one stands: the pixel's
    (SELECT jsonb_object_agg(target, sources ORDER BY f.pixel_id) FROM field_mappings f
        WHERE f.app_id = p.app_id AND f.pixel_id IN ('', p.pixel_id)) AS fields,
    (SELECT d.tableoid::regclass::text FROM deliveries d
        WHERE d.app_id = p.app_id AND d.pixel_id = p.pixel_id AND d.state IN ('due', 'sending')
            AND d.next_attempt_at <= $3
        ORDER BY d.next_attempt_at LIMIT 1) AS due_in
FROM pixels p JOIN apps a ON a.app_id = p.app_id
WHERE p.app_id = $1 AND p.pixel_id = $2
"""


async def sending_pixel(connection: Any, pixel: PixelRef, now: datetime) -> SendingPixel | None:
    row = await connection.fetchrow(SENDING_PIXEL, *pixel, now)
    if row is None:
        return None
    fields = dict(row)
    fields["settings"] = msgspec.convert(fields["settings"], PixelSettings)
    fields["place"] = place_of(fields.pop("due_in"), "deliveries")
    fields["app_settings"] = msgspec.convert(fields["app_settings"], AppSettings)
    fields["fields"] = {target: tuple(sources) for target, sources in (fields["fields"] or {}).items()}
    return SendingPixel(**fields)


HOLD = """
UPDATE pixels SET state = 'held', held_reason = $3, held_since = coalesce(held_since, $4), probe_at = $5,
    updated_at = now()
WHERE app_id = $1 AND pixel_id = $2 AND ($6::bytea IS NULL OR token_encrypted = $6)
RETURNING held_since = $4
"""


async def hold(connection: Any, pixel: PixelRef, reason: str, now: datetime, sent_with: bytes | None = None) -> bool:
    """Stop sending until a probe succeeds. True when it was not held before.

    Args:
        sent_with: the encrypted token that was refused. Where another is stored by now nothing is held: nobody has
            refused that one.
    """
    return bool(await connection.fetchval(HOLD, *pixel, reason, now, now + PROBE_EVERY, sent_with))


PAUSE = """
UPDATE pixels SET paused_until = greatest(paused_until, $3::timestamptz),
    throttle_step = CASE WHEN throttle_step = $4 THEN $4 + 1 ELSE throttle_step END
WHERE app_id = $1 AND pixel_id = $2
"""


async def pause(connection: Any, pixel: SendingPixel, until: datetime | None) -> None:
    """Count a failure and stop sending until then, if at all. Requests that failed side by side count once."""
    await connection.execute(PAUSE, *pixel.ref, until, pixel.throttle_step)


RESUME = """
UPDATE pixels SET state = 'ok', held_reason = '', held_since = NULL, probe_at = NULL, paused_until = NULL,
    throttle_step = 0, updated_at = now()
WHERE app_id = $1 AND pixel_id = $2
"""


async def resume(connection: Any, pixel: PixelRef) -> None:
    """TikTok took something: what is due flows again."""
    await connection.execute(RESUME, *pixel)


TAKE_PROBES = """
UPDATE pixels SET probe_at = $2 WHERE state = 'held' AND enabled AND coalesce(probe_at, $1) <= $1
RETURNING app_id, pixel_id
"""


async def take_probes(connection: Any, now: datetime) -> list[PixelRef]:
    """Held pixels whose next probe is due, each given to one caller alone, and again a minute later."""
    rows = await connection.fetch(TAKE_PROBES, now, now + PROBE_EVERY)
    return [(row["app_id"], row["pixel_id"]) for row in rows]


HELD_PIXELS = "SELECT app_id, pixel_id, state = 'held' AS held FROM pixels WHERE enabled"


async def held_pixels(connection: Any) -> dict[PixelRef, bool]:
    """Every enabled pixel -> whether it is held."""
    return {(row["app_id"], row["pixel_id"]): row["held"] for row in await connection.fetch(HELD_PIXELS)}
