"""What was asked for again together: which deliveries, by whom, and how far they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ledger.deliveries import rows_of
from ledger.delivery_views import ITEM

KEPT: Final = timedelta(days=30)

OWN_DELIVERIES = """
SELECT delivery_id::text FROM deliveries WHERE app_id = $1 AND delivery_id = ANY($2::bigint[])
"""


async def own_deliveries(connection: Any, app_id: str, delivery_ids: Sequence[int]) -> set[str]:
    """Those that are the app's."""
    return {row["delivery_id"] for row in await connection.fetch(OWN_DELIVERIES, app_id, delivery_ids)}


DELETE_REPLAYS = "DELETE FROM replays WHERE app_id = $1 AND asked_at < $2"
INSERT_REPLAY = """
INSERT INTO replays (app_id, actor, asked_at, delivery_ids, refused) VALUES ($1, $2, $3, $4, $5)
RETURNING replay_id::text
"""


async def insert_replay(
    connection: Any, asked: tuple[str, str, datetime], delivery_ids: Sequence[str], refused: Sequence[Mapping[str, str]]
) -> str:
    """The id under which its progress is read; the app's old ones go.

    Args:
        asked: of which app, by whom, when.
    """
    app_id, actor, at = asked
    rows_of(await connection.execute(DELETE_REPLAYS, app_id, at - KEPT))
    numbers = [int(text) for text in delivery_ids]
    replay_id: str = await connection.fetchval(INSERT_REPLAY, app_id, actor, at, numbers, list(refused))
    return replay_id


GET_REPLAY = "SELECT actor, asked_at, delivery_ids, refused FROM replays WHERE app_id = $1 AND replay_id = $2"
STATES_NOW = f"""
SELECT state, count(*) AS deliveries FROM (
    SELECT {ITEM} WHERE d.app_id = $1 AND d.delivery_id = ANY($2::bigint[])
) AS asked_for GROUP BY state
"""  # noqa: S608 - only the ledger's own text


async def replay_progress(connection: Any, app_id: str, replay_id: int) -> dict[str, Any] | None:
    """{actor, asked_at, delivery_ids, refused, states: {state: how many}}; None where there is none of this id."""
    row = await connection.fetchrow(GET_REPLAY, app_id, replay_id)
    if row is None:
        return None
    states = await connection.fetch(STATES_NOW, app_id, row["delivery_ids"])
    return {**dict(row), "states": {one["state"]: one["deliveries"] for one in states}}
