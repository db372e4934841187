"""What events say of consent that have not found their install: it is not there, or both were stored in one moment, so
that neither saw the other. Nothing is sent past it.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from ledger.consent import ConsentWord, event_word, with_words
from ledger.delivery_claims import Claimed

# People by a look-up for each, which OFFSET keeps: with the app beside the id, or of many ids at once, all that waits
# for anybody would be read.
UNHEARD = """
SELECT install_id AS about, event_id, occurred_at, body -> 'consent' AS consent FROM events
WHERE NOT joined AND install_id IS NOT NULL AND app_id = $1 AND install_id = ANY ($2::text[]) AND body ? 'consent'
UNION ALL
SELECT given.id, e.event_id, e.occurred_at, e.consent
FROM unnest($2::text[]) AS given (id)
CROSS JOIN LATERAL (
    SELECT app_id, install_id, event_id, occurred_at, body -> 'consent' AS consent FROM events
    WHERE NOT joined AND external_ids @> ARRAY[given.id] OFFSET 0
) AS e
WHERE e.app_id = $1 AND e.install_id IS NULL AND e.consent IS NOT NULL
"""


async def heard(connection: Any, claimed: Sequence[Claimed]) -> list[Claimed]:
    """The same deliveries, of one app, each with its install as if it had heard these events. `connection` is an
    asyncpg connection or pool.
    """
    ids = {one for row in claimed for one in _ids(row)}
    if not ids:
        return list(claimed)
    words: dict[str, list[ConsentWord]] = {}
    for row in await connection.fetch(UNHEARD, claimed[0].app_id, list(ids)):
        about = row["about"]
        word = event_word((claimed[0].app_id, about), row["consent"], row["occurred_at"], row["event_id"])
        words.setdefault(about, []).append(word)
    return [_heard(row, [word for one in _ids(row) for word in words.get(one, ())]) for row in claimed]


def _ids(row: Claimed) -> tuple[str, ...]:
    """Of its install, by which an event may name it; of one that is not there, what the delivery's own event says."""
    people = row.external_ids if row.match_method is None else row.install_external_ids
    return (row.install_id, *people) if row.install_id is not None else people


def _heard(row: Claimed, words: Sequence[ConsentWord]) -> Claimed:
    if not words:
        return row
    body = with_words(row.install_body or {}, row.installed_at or row.occurred_at, words)
    return msgspec.structs.replace(row, install_body=body)
