"""What someone should look at: raised while its cause stands, cleared with it, posted once a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

POST_AGAIN_AFTER: Final = timedelta(days=1)  # while the cause still stands
OTHER_CLOCK: Final = timedelta(minutes=1)  # machines' clocks are within so much, unless one is wrong


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause. Neither field holds personal data."""

    kind: str
    subject: str
    """What of the kind it is about, such as a pixel's id: kind and subject name the cause."""
    message: str
    app_id: str = ""
    pixel_id: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}"


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """What a look around found new and found gone."""

    raised: tuple[Alert, ...]
    cleared: tuple[str, ...]
    """Keys."""


# a machine clears its own; what another raised goes after a day: if that one is still there, it raises it anew
# nor does a look that began before it was raised, or by a clock that is behind: it would be raised and posted anew
CLEAR = """
DELETE FROM alerts WHERE kind = ANY($1::text[])
    AND (app_id, alert_key) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))
    AND ($4::text[] IS NULL OR alert_key = ANY($4::text[]) OR raised_at < $5)
    AND raised_at NOT BETWEEN $6::timestamptz + interval '1 microsecond' AND $7
RETURNING alert_key
"""
RAISE = """
INSERT INTO alerts (alert_key, kind, app_id, pixel_id, message, raised_at, post_at)
SELECT alert_key, kind, app_id, pixel_id, message, $6, $6
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS given (alert_key, kind, app_id, pixel_id,
    message)
ON CONFLICT (app_id, alert_key) DO UPDATE SET message = excluded.message WHERE alerts.message <> excluded.message
RETURNING app_id, alert_key, xmax = 0 AS raised
"""


async def sync_alerts(
    connection: Any, kinds: Sequence[str], alerts: Iterable[Alert], now: datetime, machine: str | None = None
) -> AlertChanges:
    """Let exactly these alerts of these kinds stand. Any number of workers may look around at once: each change is
    returned to one of them. `connection` is an asyncpg connection or pool, here and below.

    Args:
        now: when the look began.
        machine: the subject of all of them, where each machine looks around for itself; others' stay.
    """
    given = {(alert.app_id, alert.key): alert for alert in alerts}
    standing = [app_id for app_id, _ in given], [key for _, key in given]
    own = [f"{kind}:{machine}" for kind in kinds] if machine is not None else None
    times = now - POST_AGAIN_AFTER, now, now + OTHER_CLOCK
    cleared = await connection.fetch(CLEAR, list(kinds), *standing, own, *times)
    columns = [(a.key, a.kind, a.app_id, a.pixel_id, a.message) for _, a in sorted(given.items())]
    rows = await connection.fetch(RAISE, *(map(list, zip(*columns, strict=True)) if columns else [[]] * 5), now)
    raised = tuple(given[row["app_id"], row["alert_key"]] for row in rows if row["raised"])
    return AlertChanges(raised, tuple(row["alert_key"] for row in cleared))


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """An alert as it is kept."""

    alert_key: str
    kind: str
    app_id: str
    pixel_id: str
    message: str
    raised_at: datetime


_COLUMNS: Final = "alert_key, kind, app_id, pixel_id, message, raised_at"
STANDING = f"SELECT {_COLUMNS} FROM alerts ORDER BY raised_at, alert_key"  # noqa: S608 - only the module's own text


async def standing_alerts(connection: Any) -> list[StandingAlert]:
    """Every alert whose cause stands, oldest first."""
    return [StandingAlert(**dict(row)) for row in await connection.fetch(STANDING)]


# given to one caller alone, and again a while later, should that one not say that it has posted it; longer than to post
# one takes
TAKE_POST = f"""
UPDATE alerts SET post_failures = post_failures + 1,
    post_at = $1::timestamptz + least(60, power(2, least(post_failures, 10))) * interval '1 minute'
WHERE (app_id, alert_key) IN (
    SELECT app_id, alert_key FROM alerts WHERE post_at <= $1
    ORDER BY post_at, alert_key LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}
"""  # noqa: S608 - only the module's own text


async def take_post(connection: Any, now: datetime) -> StandingAlert | None:
    """An alert that is to be posted now, within the minute; None where there is none."""
    row = await connection.fetchrow(TAKE_POST, now)
    return StandingAlert(**dict(row)) if row is not None else None


POSTED = "UPDATE alerts SET post_failures = 0, post_at = $3 WHERE app_id = $1 AND alert_key = $2"


async def posted(connection: Any, alert: StandingAlert, now: datetime) -> None:
    """Somebody was told; they are told again a day later, should the cause still stand."""
    await connection.execute(POSTED, alert.app_id, alert.alert_key, now + POST_AGAIN_AFTER)


STANDING_OF_APP = f"""
SELECT {_COLUMNS} FROM alerts WHERE app_id = $1 ORDER BY raised_at, alert_key
"""  # noqa: S608 - only the module's own text


async def standing_alerts_of(connection: Any, app_id: str) -> list[StandingAlert]:
    """One app's, oldest first."""
    return [StandingAlert(**dict(row)) for row in await connection.fetch(STANDING_OF_APP, app_id)]
