"""Installs: one row each, first come; what was matched is part of the row."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

InstallKey = tuple[str, str]
"""(app_id, install_id)."""


class Install(msgspec.Struct, frozen=True):
    """One row of `installs`."""

    app_id: str
    install_id: str
    platform: str
    """ios | android."""
    occurred_at: datetime
    received_at: datetime
    body: dict[str, Any]
    """The request as accepted, normalised, only what was given; `ip` filled in."""
    match_method: str
    """referrer | click_id | probabilistic | none | pending (Redis or the click was away: the worker matches it)."""
    match_probability: float | None
    match_reason: str
    match_detail: dict[str, Any]
    click_id: str | None
    click: dict[str, Any] | None
    """The matched click as it was stored (`clicks.record.Click` as plain values)."""
    external_ids: tuple[str, ...]

    @property
    def key(self) -> InstallKey:
        return self.app_id, self.install_id


class KnownInstall(msgspec.Struct, frozen=True):
    """What an event needs to know of its install."""

    app_id: str
    install_id: str
    match_method: str
    consent: dict[str, str]
    """Category -> granted | denied | unknown, as the install said."""


UPDATE_MATCHES = """
UPDATE installs i SET match_method = m.match_method, match_probability = m.match_probability,
    match_reason = m.match_reason, match_detail = m.match_detail, click_id = m.click_id, click = m.click
FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::text[], $6::jsonb[], $7::text[], $8::jsonb[])
    AS m (app_id, install_id, match_method, match_probability, match_reason, match_detail, click_id, click)
WHERE i.app_id = m.app_id AND i.install_id = m.install_id
"""


async def update_matches(connection: Any, installs: Sequence[Install]) -> None:
    """Write the match of installs that are there already; the other columns stay as they are."""
    await connection.execute(
        UPDATE_MATCHES,
        [install.app_id for install in installs],
        [install.install_id for install in installs],
        [install.match_method for install in installs],
        [install.match_probability for install in installs],
        [install.match_reason for install in installs],
        [install.match_detail for install in installs],
        [install.click_id for install in installs],
        [install.click for install in installs],
    )


# OFFSET keeps both a look-up per id: while a table has no statistics, as in its first minutes, PostgreSQL takes all
# installs of an app for a few, and would meet each of them with each of the wanted
GET_INSTALLS = """
SELECT i.* FROM unnest($1::text[], $2::text[]) AS wanted (app_id, install_id)
CROSS JOIN LATERAL (
    SELECT * FROM installs WHERE app_id = wanted.app_id AND install_id = wanted.install_id OFFSET 0
) AS i
"""


async def get_installs(connection: Any, keys: Sequence[InstallKey]) -> dict[InstallKey, Install]:
    """Those of the wanted installs that are there."""
    app_ids, install_ids = [app_id for app_id, _ in keys], [install_id for _, install_id in keys]
    rows = await connection.fetch(GET_INSTALLS, app_ids, install_ids)
    return {(row["app_id"], row["install_id"]): _install(row) for row in rows}


async def get_install(connection: Any, app_id: str, install_id: str) -> Install | None:
    """One install; None where it is not there."""
    return (await get_installs(connection, [(app_id, install_id)])).get((app_id, install_id))


KNOWN_INSTALLS = """
SELECT i.app_id, i.install_id, i.match_method, i.body -> 'consent' AS consent
FROM unnest($1::text[], $2::text[]) AS wanted (app_id, install_id)
CROSS JOIN LATERAL (
    SELECT * FROM installs WHERE app_id = wanted.app_id AND install_id = wanted.install_id OFFSET 0
) AS i
"""


async def known_installs(connection: Any, keys: Sequence[InstallKey]) -> dict[InstallKey, KnownInstall]:
    """What events need to know of their installs, by key; an install that is not there is left out."""
    if not keys:
        return {}
    app_ids, install_ids = [app_id for app_id, _ in keys], [install_id for _, install_id in keys]
    rows = await connection.fetch(KNOWN_INSTALLS, app_ids, install_ids)
    return {(row["app_id"], row["install_id"]): known_of(row) for row in rows}


INSTALLS_OF_PEOPLE = """
SELECT wanted.external_id, latest.*
FROM unnest($1::text[], $2::text[]) AS wanted (app_id, external_id)
CROSS JOIN LATERAL (
    SELECT app_id, install_id, match_method, body -> 'consent' AS consent FROM (
        SELECT * FROM installs i
        WHERE i.app_id = wanted.app_id AND i.external_ids @> ARRAY[wanted.external_id]
        UNION ALL
        SELECT i.* FROM person_installs p JOIN installs i USING (app_id, install_id)
        WHERE p.app_id = wanted.app_id AND p.person = wanted.external_id
    ) AS theirs
    ORDER BY received_at DESC LIMIT 1
) AS latest
"""


async def installs_of_people(connection: Any, people: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KnownInstall]:
    """(app_id, external_id) -> that person's latest install, by the installs' own ids and those that events brought;
    people without one are left out.
    """
    if not people:
        return {}
    app_ids, external_ids = [app_id for app_id, _ in people], [external_id for _, external_id in people]
    rows = await connection.fetch(INSTALLS_OF_PEOPLE, app_ids, external_ids)
    return {(row["app_id"], row["external_id"]): known_of(row) for row in rows}


_LOOKED_AT = "coalesce((match_detail ->> 'look_again_at')::float8, 0) <= extract(epoch FROM $1::timestamptz)"
APPS_WITH_PENDING = f"""
SELECT a.app_id FROM apps a WHERE EXISTS (
    SELECT FROM installs i WHERE i.app_id = a.app_id AND i.match_method = 'pending' AND {_LOOKED_AT})
ORDER BY a.app_id
"""  # noqa: S608 - only the module's own text, here and below


async def apps_with_pending(connection: Any, now: datetime) -> list[str]:
    """Apps that `pending_installs` returns something of. `connection` is an asyncpg connection or pool."""
    return [row["app_id"] for row in await connection.fetch(APPS_WITH_PENDING, now)]


PENDING_INSTALLS = f"""
SELECT * FROM installs
WHERE app_id = $3 AND match_method = 'pending' AND {_LOOKED_AT}
ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""  # noqa: S608


async def pending_installs(connection: Any, app_id: str, limit: int, now: datetime) -> list[Install]:
    """The app's oldest installs that wait for their match, locked for this transaction; not those whose `match_detail`
    says `look_again_at` (Unix s) and means later than `now`.
    """
    return [_install(row) for row in await connection.fetch(PENDING_INSTALLS, now, limit, app_id)]


def known_of(row: Mapping[str, Any]) -> KnownInstall:
    """Of a row of `KNOWN_INSTALLS`."""
    return KnownInstall(row["app_id"], row["install_id"], row["match_method"], row["consent"] or {})


def _install(row: Mapping[str, Any]) -> Install:
    return Install(
        app_id=row["app_id"],
        install_id=row["install_id"],
        platform=row["platform"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        body=row["body"],
        match_method=row["match_method"],
        match_probability=row["match_probability"],
        match_reason=row["match_reason"],
        match_detail=row["match_detail"],
        click_id=row["click_id"],
        click=row["click"],
        external_ids=tuple(row["external_ids"]),
    )
