"""Claims: a credited click leaves the pool, whoever comes first."""

from collections.abc import Collection, Sequence
from typing import Any

from ledger.row_inserts import inserts

CLAIM_CLICKS = """
INSERT INTO click_claims (app_id, click_id, install_id)
VALUES ($1::text, $2::text, $3::text)
ON CONFLICT (app_id, click_id) DO NOTHING
RETURNING click_id, app_id, install_id
"""


async def claim_clicks(connection: Any, claims: Sequence[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Claim clicks, (click_id, app_id, install_id) each; returns the claims that were won.

    A click another transaction is claiming is waited for: its rollback leaves it to this one.
    """
    won: set[tuple[str, str, str]] = set()
    given = sorted((app_id, click_id, install_id) for click_id, app_id, install_id in claims)
    for statement, values in inserts(CLAIM_CLICKS, given):
        rows = await connection.fetch(statement, *values)
        won.update((row["click_id"], row["app_id"], row["install_id"]) for row in rows)
    return won


CLAIMED_CLICKS = """
SELECT c.click_id FROM unnest($1::text[], $2::text[]) AS wanted (app_id, click_id)
CROSS JOIN LATERAL (
    SELECT click_id FROM click_claims WHERE app_id = wanted.app_id AND click_id = wanted.click_id OFFSET 0
) AS c
"""


async def claimed_clicks(connection: Any, clicks: Collection[tuple[str, str]]) -> frozenset[str]:
    """Which of these clicks, (app_id, click_id) each, are credited."""
    if not clicks:
        return frozenset()
    columns = [list(column) for column in zip(*clicks, strict=True)]
    return frozenset(row["click_id"] for row in await connection.fetch(CLAIMED_CLICKS, *columns))


INSTALLS_OF_TTCLIDS = """
SELECT wanted.app_id, wanted.ttclid, found.installs FROM unnest($1::text[], $2::text[]) AS wanted (app_id, ttclid)
-- counted one by one: a join planned while the table was empty reads all of it
CROSS JOIN LATERAL (
    SELECT count(*) AS installs FROM installs i
    WHERE i.app_id = wanted.app_id AND md5(i.click ->> 'ttclid') = md5(wanted.ttclid)
        AND i.click ->> 'ttclid' IS NOT NULL
) AS found
WHERE found.installs > 0
"""


async def installs_of_ttclids(connection: Any, ttclids: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(app_id, ttclid) -> installs of the app that were credited with it; those without one are left out."""
    if not ttclids:
        return {}
    columns = [list(column) for column in zip(*dict.fromkeys(ttclids), strict=True)]
    rows = await connection.fetch(INSTALLS_OF_TTCLIDS, *columns)
    return {(row["app_id"], row["ttclid"]): row["installs"] for row in rows}


RELEASE_CLAIMS = """
DELETE FROM click_claims c USING unnest($1::text[], $2::text[], $3::text[]) AS given (click_id, app_id, install_id)
WHERE c.click_id = given.click_id AND c.app_id = given.app_id AND c.install_id = given.install_id
"""


async def release_claims(connection: Any, claims: Sequence[tuple[str, str, str]]) -> None:
    """Give clicks back to the pool."""
    if claims:
        await connection.execute(RELEASE_CLAIMS, *(list(column) for column in zip(*claims, strict=True)))
