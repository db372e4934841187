"""What is too old is deleted, a few thousand rows at a time, so that no lock is held for long.

Visit counts, roll-ups and what reports keep of deleted rows stay: they name no person. Tombstones stay: they keep what
was erased from coming back.
"""

from datetime import datetime, timedelta
from typing import Any

from ledger import oauth_states, replays, sessions
from ledger.deliveries import rows_of
from ledger.partition_retention import drop_old
from ledger.partitions import layout_of
from ledger.report_facts import ARCHIVED, added_up, credited, event_facts, inserted, install_facts

CHUNK = 5_000  # rows per statement
BODIES_KEPT = timedelta(days=30)  # long enough to look into what a subscription platform said
DRAINS_KEPT = timedelta(days=2)  # a drain is repeated within minutes or never
SPARED = timedelta(days=7)  # events of a partition whose youngest is not too old yet: they go with it, or by then

_GONE_EVENTS = "gone e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id"
# with an install its younger events lose what they are counted by
_OF_GONE_INSTALLS = "gone i JOIN events e ON e.app_id = i.app_id AND e.install_id = i.install_id"
_OF_INSTALLS = (credited(install_facts("gone i")), credited(event_facts(_OF_GONE_INSTALLS)))
# What these rows say to reports stays; an event takes its deliveries and their attempts with it. The installs are held
# before, by a statement of its own: of what was being stored or matched, the next one sees how it ended, and what comes
# meanwhile waits.
OLD = {
    "events": "SELECT app_id, event_key, install_id FROM events WHERE received_at < $1 LIMIT $2",
    "installs": "SELECT app_id, install_id FROM installs WHERE received_at < $1 LIMIT $2",
}
_NAMED = "SELECT * FROM unnest($1::text[], $2::text[])"
HOLD_INSTALLS = {
    # a match or an erasure of the click changes what events say
    "events": f"""
        SELECT FROM installs WHERE (app_id, install_id) IN ({_NAMED}) ORDER BY app_id, install_id FOR KEY SHARE
        """,
    # an event that is being stored would be counted, and not be found
    "installs": f"""
        SELECT FROM installs WHERE (app_id, install_id) IN ({_NAMED}) ORDER BY app_id, install_id FOR UPDATE
        """,
}
DELETE_COUNTED = {
    "events": f"""
        WITH gone AS (
            DELETE FROM events WHERE (app_id, event_key) IN (SELECT * FROM unnest($1::text[], $2::bigint[])) RETURNING *
        ), archived AS ({inserted("report_archive", added_up(credited(event_facts(_GONE_EVENTS))))}
        ), forgotten AS (
            DELETE FROM event_ids i USING gone WHERE i.app_id = gone.app_id AND i.event_id = gone.event_id
        )
        SELECT count(*) FROM gone
        """,  # noqa: S608
    "installs": f"""
        WITH gone AS (
            DELETE FROM installs WHERE (app_id, install_id) IN ({_NAMED}) RETURNING *
        ), archived AS ({inserted("report_archive", added_up(" UNION ALL ".join(_OF_INSTALLS)))}
        ), marked AS (
            UPDATE events e SET flags = e.flags || '{ARCHIVED}'::text FROM gone
            WHERE e.app_id = gone.app_id AND e.install_id = gone.install_id AND e.joined
        )
        SELECT count(*) FROM gone
        """,  # noqa: S608
}
DELETE_OLD = {
    "click_claims": """
        DELETE FROM click_claims WHERE (app_id, click_id) IN
            (SELECT app_id, click_id FROM click_claims WHERE claimed_at < $1 LIMIT $2)
        """,
    "charge_refunds": """
        DELETE FROM charge_refunds WHERE (app_id, charge_id, refund_id) IN
            (SELECT app_id, charge_id, refund_id FROM charge_refunds WHERE at < $1 LIMIT $2)
        """,
    "webhook_bodies": """
        DELETE FROM webhook_bodies WHERE (app_id, body_key) IN
            (SELECT app_id, body_key FROM webhook_bodies WHERE received_at < $1 LIMIT $2)
        """,
    "ad_names": """
        DELETE FROM ad_names WHERE (kind, id) IN (SELECT kind, id FROM ad_names WHERE seen_at < $1 LIMIT $2)
        """,
    "input_set_aside": """
        DELETE FROM input_set_aside WHERE (app_id, day, field, reason) IN
            (SELECT app_id, day, field, reason FROM input_set_aside WHERE day < $1 LIMIT $2)
        """,
    "count_drains": """
        DELETE FROM count_drains WHERE drain_id IN (SELECT drain_id FROM count_drains WHERE at < $1 LIMIT $2)
        """,
    "replays": """
        DELETE FROM replays WHERE (app_id, replay_id) IN
            (SELECT app_id, replay_id FROM replays WHERE asked_at < $1 LIMIT $2)
        """,
    "oauth_states": """
        DELETE FROM oauth_states WHERE (app_id, nonce) IN
            (SELECT app_id, nonce FROM oauth_states WHERE used_at < $1 LIMIT $2)
        """,
    "sessions": """
        DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions WHERE created_at < $1 LIMIT $2)
        """,
    # not a row of its own: what an app keeps of the key it had before, which opens nothing any more
    "previous_api_keys": """
        UPDATE apps SET previous_api_key_hash = NULL, previous_api_key_encrypted = NULL, previous_key_until = NULL
        WHERE app_id IN (SELECT app_id FROM apps WHERE previous_key_until < $1 LIMIT $2)
        """,
}

SHORTER = {
    "count_drains": DRAINS_KEPT,
    "webhook_bodies": BODIES_KEPT,
    "replays": replays.KEPT,
    "oauth_states": oauth_states.KEPT,
    "sessions": sessions.LONGEST,
    "previous_api_keys": timedelta(),  # beyond its own end
}


async def delete_old(connection: Any, retention_days: int, now: datetime) -> dict[str, int]:
    """Delete what was received more than `retention_days` ago. Returns rows deleted by table, `partitions`, and
    `previous_api_keys`. `connection` is an asyncpg pool.
    """
    oldest = now - timedelta(days=retention_days)
    partitioned = await layout_of(connection) == "partitioned"
    deleted = {"partitions": await drop_old(connection, oldest) if partitioned else 0}
    for table in DELETE_COUNTED:
        deleted[table] = 0
        before = oldest - SPARED if partitioned and table == "events" else oldest
        while (chunk := await _delete_counted(connection, table, before)) is not None:
            deleted[table] += chunk
    for table, statement in DELETE_OLD.items():
        before = max(oldest, now - SHORTER[table]) if table in SHORTER else oldest
        deleted[table] = await _delete(connection, statement, before)
    return deleted


async def _delete_counted(pool: Any, table: str, before: datetime) -> int | None:
    """How many rows of a chunk went; None where there is none any more."""
    async with pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch(OLD[table], before, CHUNK)
        if not rows:
            return None
        installs = {(row["app_id"], row["install_id"]) for row in rows if row["install_id"] is not None}
        await connection.execute(HOLD_INSTALLS[table], [app_id for app_id, _ in installs], [one for _, one in installs])
        columns = [row["app_id"] for row in rows], [row[1] for row in rows]
        gone: int = await connection.fetchval(DELETE_COUNTED[table], *columns)
        return gone


async def _delete(connection: Any, statement: str, before: datetime) -> int:
    deleted = 0
    while chunk := rows_of(await connection.execute(statement, before, CHUNK)):
        deleted += chunk
    return deleted
