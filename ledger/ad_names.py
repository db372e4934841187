"""What campaigns, ad groups, ads and creatives are called. The latest name counts."""

from collections.abc import Sequence
from typing import Any, Protocol


class Named(Protocol):
    """A campaign, ad group, ad or creative (`kind`) and its name."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


LOCK_NAMES = "SELECT pg_advisory_xact_lock(hashtext('signalpost ad names'))"


async def lock_names(connection: Any) -> None:
    """Whoever brings names reads them behind it, in the same transaction: else one that was read earlier could be
    stored over a later one.
    """
    await connection.execute(LOCK_NAMES)


ADD_NAMES = """
INSERT INTO ad_names (kind, id, name)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS given (kind, id, name) ORDER BY kind, id
ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, seen_at = excluded.seen_at
"""


async def add_names(connection: Any, names: Sequence[Named]) -> None:
    """Store names, or replace them. No two of them may have the same kind and id."""
    await connection.execute(
        ADD_NAMES, [one.kind for one in names], [one.id for one in names], [one.name for one in names]
    )


NAMES_OF = "SELECT id, name FROM ad_names WHERE kind = $1 AND id = ANY($2::text[])"


# as TikTok's own lists have them
TIKTOK_NAMES = {
    kind: f"""SELECT {kind}_id AS id, name FROM {kind}s
        WHERE advertiser_id = ANY($1::text[]) AND {kind}_id = ANY($2::text[]) AND name <> ''"""  # noqa: S608
    for kind in ("campaign", "adgroup", "ad")
}


async def names_at_tiktok(
    connection: Any, kind: str, advertiser_ids: Sequence[str], ids: Sequence[str]
) -> dict[str, str]:
    """Id -> name of those that an import of these advertisers brought; TikTok names no creatives."""
    if kind not in TIKTOK_NAMES or not advertiser_ids:
        return {}
    rows = await connection.fetch(TIKTOK_NAMES[kind], list(advertiser_ids), list(ids))
    return {row["id"]: row["name"] for row in rows}


async def names_of(connection: Any, kind: str, ids: Sequence[str]) -> dict[str, str]:
    """Id -> name of those that are known."""
    return {row["id"]: row["name"] for row in await connection.fetch(NAMES_OF, kind, list(ids))}
