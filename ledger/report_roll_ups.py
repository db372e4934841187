"""Adding up: deltas become figures of local days, hours and cohorts, each delta once.

One worker at a time adds up an app, in one transaction that sees one state of the ledger: what it adds and what it
takes out are the same rows, whoever dies when. A report adds the deltas that wait, so it is right at every moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from asyncpg.exceptions import SerializationError

from ledger.local_time import local_day, local_hour
from ledger.report_building import BUILD_TIMEOUT_S, build_part, forget
from ledger.report_tables import OF_COHORTS, OF_TIME, OLDEST_AGE
from ledger.report_zones import RULES, ReportedApp, check_zone, reported_apps
from ledger.setting_values import SettingError

CHUNK: Final = 50_000  # deltas in one transaction

_LOCAL: Final = "unnest($3::timestamptz[], $4::date[], $5::text[])"
_WAITING: Final = "d.app_id = $1 AND d.delta_id <= $2"
_AT: Final = f"""SELECT d.*, local.day, local.hour
FROM report_deltas d JOIN {_LOCAL} AS local (quarter, day, hour) USING (quarter) WHERE {_WAITING}"""  # noqa: S608
_BORN: Final = f"""SELECT d.*, born.day, least(greatest(at.day - born.day, 0), {OLDEST_AGE}) AS age
FROM report_deltas d JOIN {_LOCAL} AS at (quarter, day, hour) ON at.quarter = d.quarter
JOIN unnest($3::timestamptz[], $4::date[]) AS born (quarter, day) ON born.quarter = d.installed_quarter
WHERE {_WAITING} AND (installs <> 0 OR revenue <> 0 OR refunds <> 0)"""  # noqa: S608 - own constants


ADD: Final = {one.table: one.add(_AT) for one in OF_TIME} | {one.table: one.add(_BORN) for one in OF_COHORTS}

PUT_ZONE = """
INSERT INTO report_zones (app_id, zone, rules, built_at) VALUES ($1, '', '', $2) ON CONFLICT DO NOTHING
"""
LOCK_ZONE = """
SELECT zone, rules, building, built_before FROM report_zones WHERE app_id = $1 FOR UPDATE SKIP LOCKED
"""
SET_ZONE = """
UPDATE report_zones SET zone = $2, rules = $3, built_at = $4, building = '', built_before = NULL WHERE app_id = $1
"""
# what stands is no longer by any rules, should the app come back to them
SET_BUILDING = "UPDATE report_zones SET rules = '', building = $2, built_before = $3 WHERE app_id = $1"
LAST_WAITING = """
SELECT max(delta_id) FROM (SELECT delta_id FROM report_deltas WHERE app_id = $1 ORDER BY delta_id LIMIT $2) AS first
"""
QUARTERS = """
SELECT quarter FROM report_deltas WHERE app_id = $1 AND delta_id <= $2
UNION SELECT installed_quarter FROM report_deltas
WHERE app_id = $1 AND delta_id <= $2 AND installed_quarter IS NOT NULL
"""
TAKE_OUT = "DELETE FROM report_deltas WHERE app_id = $1 AND delta_id <= $2"


@dataclass(frozen=True, slots=True)
class AddedUp:
    """What a round did."""

    deltas: int = 0
    parts: int = 0
    """Of roll-ups that are built anew, and not all there yet."""
    built: tuple[str, ...] = ()
    """Apps whose roll-ups are all there anew."""

    def __add__(self, other: "AddedUp") -> "AddedUp":
        return AddedUp(self.deltas + other.deltas, self.parts + other.parts, self.built + other.built)


NOTHING: Final = AddedUp()


async def add_up(pool: Any, now: datetime) -> AddedUp:
    """Add up what waits, a chunk of each app. Call until it did nothing.

    An app whose zone, or the rules of it, are others than its roll-ups' is built anew, a part at a time; one whose zone
    cannot be is left alone, and so is one that another worker adds up.
    """
    done = AddedUp()
    for app in await reported_apps(pool):
        if app.rolled_up and not app.waiting:
            continue
        try:
            check_zone(app)
            done += await _add_up_app(pool, app, now)
        except (SettingError, SerializationError):
            continue
    return done


async def _add_up_app(pool: Any, app: ReportedApp, now: datetime) -> AddedUp:
    async with pool.acquire() as connection:
        if not app.rolled_up:
            await connection.execute(PUT_ZONE, app.app_id, now)
        async with connection.transaction(isolation="repeatable_read"):
            stands = await connection.fetchrow(LOCK_ZONE, app.app_id)
            if stands is None:
                return AddedUp()
            if (stands["zone"], stands["rules"]) != (app.zone, RULES):
                return await _build_on(connection, app, stands, now)
            if stands["building"]:  # a worker of the version before has built all of it
                await connection.execute(SET_ZONE, app.app_id, app.zone, RULES, now)
            return AddedUp(await _add_chunk(connection, app))


async def _build_on(connection: Any, app: ReportedApp, stands: Mapping[str, Any], now: datetime) -> AddedUp:
    """The next part of the app's roll-ups, by the rules and in the zone of now."""
    building, since = f"{app.zone} {RULES}", stands["built_before"]
    if stands["building"] != building:
        await forget(connection, app.app_id)
        since = None
    before = await build_part(connection, app, since)
    if before is not None:
        await connection.execute(SET_BUILDING, app.app_id, building, before)
        return AddedUp(parts=1)
    await connection.execute(SET_ZONE, app.app_id, app.zone, RULES, now)
    return AddedUp(built=(app.app_id,))


async def _add_chunk(connection: Any, app: ReportedApp) -> int:
    last = await connection.fetchval(LAST_WAITING, app.app_id, CHUNK)
    if last is None:
        return 0
    quarters = [row[0] for row in await connection.fetch(QUARTERS, app.app_id, last)]
    days: list[date] = [local_day(app.zone, quarter) for quarter in quarters]
    hours = [local_hour(app.zone, quarter) for quarter in quarters]
    for statement in ADD.values():
        await connection.execute(statement, app.app_id, last, quarters, days, hours, timeout=BUILD_TIMEOUT_S)
    taken = await connection.execute(TAKE_OUT, app.app_id, last)
    return int(taken.rsplit(" ", maxsplit=1)[1])
