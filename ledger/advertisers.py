"""TikTok's advertisers (ad accounts) that an app's grant shows, and which of them the app's spend is read from.

They stay when the grant goes or TikTok no longer lists them: history needs their time zone and currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from ledger.local_time import DEFAULT_ZONE

AdvertiserState = Literal["ok", "missing", "refused"]
"""missing: TikTok no longer lists it for the grant; refused: it is listed, and closed to the grant."""

# Local days of an app are cut by this, wherever they are cut (contract 10). To stand in a statement about `apps`.
ZONE_OF_APP: Final = f"""coalesce(nullif(apps.settings ->> 'timezone', ''),
    (SELECT nullif(chosen.timezone, '') FROM advertisers chosen WHERE chosen.app_id = apps.app_id AND chosen.selected),
    '{DEFAULT_ZONE}')"""  # noqa: S608 - only the ledger's own text


ZONE_OF = f"SELECT {ZONE_OF_APP} FROM apps WHERE apps.app_id = $1"  # noqa: S608 - only the ledger's own text


async def zone_of_app(connection: Any, app_id: str) -> str:
    """The zone that the app's days are counted in."""
    return str(await connection.fetchval(ZONE_OF, app_id) or DEFAULT_ZONE)


@dataclass(frozen=True, slots=True)
class Advertiser:
    """One row of `advertisers`."""

    app_id: str
    advertiser_id: str
    name: str
    currency: str
    """Of its money; empty = TikTok did not say."""
    timezone: str
    """IANA name its days are counted in; never changes. Empty = TikTok did not say."""
    status: str
    """TikTok's: STATUS_ENABLE, STATUS_LIMIT and others."""
    role: str
    """The connected user's in it: ADMIN, OPERATOR, ANALYST; empty = not known."""
    opened_at: datetime | None
    """When TikTok made the account: no spend is older."""
    selected: bool
    selected_at: datetime | None
    """When it was first chosen: its spend stays the app's, also when another is chosen later."""
    state: AdvertiserState
    reason: str
    seen_at: datetime
    """When TikTok last listed it."""


@dataclass(frozen=True, slots=True)
class SeenAdvertiser:
    """What TikTok says of an advertiser; an empty field leaves what is known."""

    advertiser_id: str
    name: str = ""
    currency: str = ""
    timezone: str = ""
    status: str = ""
    role: str = ""
    opened_at: datetime | None = None


ADVERTISERS_OF = "SELECT * FROM advertisers WHERE app_id = $1 ORDER BY name, advertiser_id"


async def advertisers_of(connection: Any, app_id: str) -> list[Advertiser]:
    """Every one the app's grants have shown. `connection` is an asyncpg connection or pool, here and below."""
    return [_advertiser(row) for row in await connection.fetch(ADVERTISERS_OF, app_id)]


SELECTED_OF = "SELECT * FROM advertisers WHERE app_id = $1 AND selected"


async def selected_of(connection: Any, app_id: str) -> Advertiser | None:
    """The one the app has chosen; None where it has chosen none."""
    row = await connection.fetchrow(SELECTED_OF, app_id)
    return _advertiser(row) if row is not None else None


SELECTED_ADVERTISERS = "SELECT * FROM advertisers WHERE selected ORDER BY app_id"


async def selected_advertisers(connection: Any) -> list[Advertiser]:
    """The chosen one of every app that has chosen; one advertiser may be several apps'."""
    return [_advertiser(row) for row in await connection.fetch(SELECTED_ADVERTISERS)]


ADVERTISERS_ASTRAY = "SELECT * FROM advertisers WHERE selected AND state <> 'ok' ORDER BY app_id"


async def advertisers_astray(connection: Any) -> list[Advertiser]:
    """Chosen ones of all apps that the grant no longer reaches."""
    return [_advertiser(row) for row in await connection.fetch(ADVERTISERS_ASTRAY)]


PUT_ADVERTISERS = """
INSERT INTO advertisers AS known (app_id, advertiser_id, name, currency, timezone, status, role, opened_at, seen_at)
SELECT $1, advertiser_id, name, currency, timezone, status, role, opened_at, $9
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
    AS seen (advertiser_id, name, currency, timezone, status, role, opened_at)
ORDER BY advertiser_id
ON CONFLICT (app_id, advertiser_id) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), known.name),
    currency = coalesce(nullif(excluded.currency, ''), known.currency),
    timezone = coalesce(nullif(excluded.timezone, ''), known.timezone),
    status = coalesce(nullif(excluded.status, ''), known.status),
    role = coalesce(nullif(excluded.role, ''), known.role),
    opened_at = coalesce(excluded.opened_at, known.opened_at),
    state = CASE WHEN known.state = 'missing' THEN 'ok' ELSE known.state END,
    reason = CASE WHEN known.state = 'missing' THEN '' ELSE known.reason END,
    seen_at = excluded.seen_at
"""


async def put_advertisers(connection: Any, app_id: str, seen: Sequence[SeenAdvertiser], now: datetime) -> None:
    """Those that TikTok lists for the app's grant; one that was missing is back."""
    rows = [
        (one.advertiser_id, one.name, one.currency, one.timezone, one.status, one.role, one.opened_at) for one in seen
    ]
    if rows:
        await connection.execute(PUT_ADVERTISERS, app_id, *map(list, zip(*rows, strict=True)), now)


MISS_ADVERTISERS = """
UPDATE advertisers SET state = 'missing', reason = $3
WHERE app_id = $1 AND advertiser_id <> ALL ($2::text[]) AND state <> 'missing'
RETURNING advertiser_id
"""


async def miss_advertisers(connection: Any, app_id: str, listed: Sequence[str], reason: str) -> list[str]:
    """Every one but those `listed` has vanished; the ids of those that were there before."""
    rows = await connection.fetch(MISS_ADVERTISERS, app_id, list(listed), reason)
    return [row["advertiser_id"] for row in rows]


SET_ADVERTISER_STATE = """
UPDATE advertisers SET state = $3, reason = $4 WHERE app_id = $1 AND advertiser_id = $2 RETURNING true
"""


async def set_advertiser_state(
    connection: Any, app_id: str, advertiser_id: str, state: AdvertiserState, reason: str = ""
) -> bool:
    """What an answer of TikTok's about this advertiser alone says of it. False: there is none such."""
    return bool(await connection.fetchval(SET_ADVERTISER_STATE, app_id, advertiser_id, state, reason))


FORGET_REFUSALS = "UPDATE advertisers SET state = 'ok', reason = '' WHERE app_id = $1 AND state = 'refused'"


async def forget_refusals(connection: Any, app_id: str) -> None:
    """What TikTok refused was refused to another login: whether it is to this one shows when it asks."""
    await connection.execute(FORGET_REFUSALS, app_id)


SET_ROLE = "UPDATE advertisers SET role = $3 WHERE app_id = $1 AND advertiser_id = $2"


async def set_advertiser_role(connection: Any, app_id: str, advertiser_id: str, role: str) -> None:
    """What a Business Center says of the connected user's role in it."""
    await connection.execute(SET_ROLE, app_id, advertiser_id, role)


# two who choose at once are let in one after the other: only one advertiser of an app is chosen
LOCK_APP = "SELECT app_id FROM apps WHERE app_id = $1 FOR NO KEY UPDATE"
LEAVE_ADVERTISER = """
UPDATE advertisers SET selected = false WHERE app_id = $1 AND selected AND advertiser_id <> $2
"""
SELECT_ADVERTISER = """
UPDATE advertisers SET selected = true, selected_at = coalesce(selected_at, $3)
WHERE app_id = $1 AND advertiser_id = $2 RETURNING true
"""


async def select_advertiser(connection: Any, app_id: str, advertiser_id: str, now: datetime) -> bool:
    """Choose the one the app's spend is read from; False: there is none such. `connection` stands in a transaction
    that is taken back then.
    """
    await connection.execute(LOCK_APP, app_id)
    await connection.execute(LEAVE_ADVERTISER, app_id, advertiser_id)
    return bool(await connection.fetchval(SELECT_ADVERTISER, app_id, advertiser_id, now))


def _advertiser(row: Mapping[str, Any]) -> Advertiser:
    return Advertiser(**dict(row))
