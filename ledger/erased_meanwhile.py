"""Who was erased while something of theirs was being stored.

Whoever stores asks for tombstones before; an erasure that comes in between finds nothing yet of what is stored behind
it. So it is asked again once that is committed, and an erasure looks again until it finds nothing: whichever of the two
comes last finds the other's.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from ledger.erasure import Erased, TombstoneKeys, erase_what_came, erased, tombstones


class Whose(NamedTuple):
    """By which ids something was stored."""

    app_id: str
    install_id: str | None
    external_ids: tuple[str, ...]


async def erase_again(connection: Any, keys: TombstoneKeys, stored: Collection[Whose]) -> dict[Whose, Erased]:
    """Erase what was stored of those who have a tombstone by now; what went of each. Behind the transaction that
    stored it; `connection` is an asyncpg connection.
    """
    hashes = {whose: tombstones(keys, *whose) for whose in set(stored)}
    if not hashes:
        return {}
    standing = await erased(connection, [one for own in hashes.values() for one in own])
    return {
        whose: await _erase(connection, keys, whose, standing)
        for whose, own in hashes.items()
        if not standing.isdisjoint(own)
    }


async def _erase(connection: Any, keys: TombstoneKeys, whose: Whose, standing: frozenset[bytes]) -> Erased:
    app_id, install_id, external_ids = whose
    gone = Erased()
    async with connection.transaction():
        if install_id is not None and not standing.isdisjoint(tombstones(keys, app_id, install_id, ())):
            gone += await erase_what_came(connection, keys[0], app_id, install_ids=[install_id])
        for person in external_ids:
            if not standing.isdisjoint(tombstones(keys, app_id, None, (person,))):
                gone += await erase_what_came(connection, keys[0], app_id, external_id=person)
    return gone
