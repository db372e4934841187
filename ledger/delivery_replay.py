"""Sending dead deliveries again, because someone says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from ledger.delivery_filter import FILTERS, DeliveryFilter

DOUBLE_COUNT_AFTER: Final = timedelta(hours=47)  # TikTok forgets after 48 h, and the replay has still to be sent

MAY_COUNT_TWICE: Final = "may count twice: TikTok may have had it more than 47 hours ago; --force sends it all the same"


@dataclass(frozen=True, slots=True)
class Refused:
    """A delivery that is not sent again."""

    delivery_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay did."""

    replayed: tuple[str, ...]
    """Ids of the deliveries that are due now."""
    refused: tuple[Refused, ...]


# A payload that TikTok refused or never saw is built anew, so that a mended event or setting takes effect; one that may
# have arrived is sent byte for byte. The log of attempts stays and keeps what was sent; the schedule begins anew.
REPLAY = """
WITH chosen AS (
    SELECT delivery_id, payload, maybe_arrived_at IS NULL OR last_outcome = 'invalid' AS anew FROM deliveries
    WHERE app_id = $5 AND delivery_id = ANY($1::bigint[]) AND state = 'dead'
        AND ($4 OR maybe_arrived_at IS NULL OR maybe_arrived_at > $3)
    FOR UPDATE
), kept AS (
    UPDATE attempts a SET payload = chosen.payload FROM chosen
    WHERE a.app_id = $5 AND a.delivery_id = chosen.delivery_id AND chosen.anew AND a.payload IS NULL
)
UPDATE deliveries d SET
    state = 'due', reason = '', attempts = 0, next_attempt_at = $2, lease = NULL, takeovers = 0,
    payload = CASE WHEN NOT chosen.anew THEN d.payload END,
    maybe_arrived_at = CASE WHEN d.maybe_arrived_at > $3 THEN d.maybe_arrived_at END
FROM chosen WHERE d.app_id = $5 AND d.delivery_id = chosen.delivery_id
RETURNING d.delivery_id
"""
# people name deliveries by their numbers alone
APPS_OF = "SELECT app_id, delivery_id FROM deliveries WHERE delivery_id = ANY($1::bigint[]) ORDER BY app_id"
STATES = "SELECT delivery_id, state FROM deliveries WHERE app_id = $1 AND delivery_id = ANY($2::bigint[])"


async def replay(connection: Any, delivery_ids: Sequence[str], now: datetime, force: bool = False) -> Replay:
    """Make dead deliveries due again, with the event_id they always had.

    One that may have reached TikTok more than 47 hours ago is refused unless `force`: it may count twice. Consent is
    asked again when it is sent.
    """
    done: set[int] = set()
    states: dict[int, str] = {}
    for app_id, numbers in (await _by_app(connection, delivery_ids)).items():
        arguments = (numbers, now, now - DOUBLE_COUNT_AFTER, force, app_id)
        done |= {row["delivery_id"] for row in await connection.fetch(REPLAY, *arguments)}
        states |= {row["delivery_id"]: row["state"] for row in await connection.fetch(STATES, app_id, numbers)}
    refused = [
        Refused(text, _refusal(states.get(int(text)) if _is_number(text) else None))
        for text in delivery_ids
        if not _is_number(text) or int(text) not in done
    ]
    return Replay(tuple(text for text in delivery_ids if _is_number(text) and int(text) in done), tuple(refused))


async def _by_app(connection: Any, delivery_ids: Sequence[str]) -> dict[str, list[int]]:
    """Their numbers by app; one that is not there is left out."""
    numbers: dict[str, list[int]] = {}
    for row in await connection.fetch(APPS_OF, [int(text) for text in delivery_ids if _is_number(text)]):
        numbers.setdefault(row["app_id"], []).append(row["delivery_id"])
    return numbers


DEAD_SINCE = f"""
SELECT d.delivery_id::text FROM deliveries d
WHERE d.state = 'dead' AND {FILTERS}
ORDER BY d.created_at, d.delivery_id
"""  # noqa: S608 - only the module's own text


async def dead_since(connection: Any, wanted: DeliveryFilter) -> list[str]:
    """Ids of the dead deliveries the filter leaves (its state does not count), oldest first: what
    `replay --state dead --since` replays.
    """
    return [row["delivery_id"] for row in await connection.fetch(DEAD_SINCE, *wanted.parameters())]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _refusal(state: str | None) -> str:
    if state is None:
        return "there is no such delivery"
    return MAY_COUNT_TWICE if state == "dead" else f"is {state}: only dead deliveries are replayed"
