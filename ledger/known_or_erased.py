"""What a batch asks before it is stored: which installs are there, and who was erased, in one question."""

from collections.abc import Collection, Sequence
from typing import Any

from ledger.erasure import ERASED
from ledger.installs import KNOWN_INSTALLS, InstallKey, KnownInstall, known_of

KNOWN_OR_ERASED = f"""
SELECT known.*, NULL::bytea AS hash FROM ({KNOWN_INSTALLS}) AS known
UNION ALL
SELECT NULL, NULL, NULL, NULL, stones.hash FROM ({ERASED.replace("$1", "$3")}) AS stones
"""  # noqa: S608 - put together from the ledger's own text


async def known_or_erased(
    connection: Any, keys: Collection[InstallKey], hashes: Sequence[bytes]
) -> tuple[dict[InstallKey, KnownInstall], frozenset[bytes]]:
    """Those of the installs that are there, and those of the tombstones that stand. `connection` is an asyncpg
    connection or pool.
    """
    app_ids, install_ids = [app_id for app_id, _ in keys], [install_id for _, install_id in keys]
    installs: dict[InstallKey, KnownInstall] = {}
    standing = []
    for row in await connection.fetch(KNOWN_OR_ERASED, app_ids, install_ids, hashes):
        if row["hash"] is not None:
            standing.append(row["hash"])
        else:
            installs[row["app_id"], row["install_id"]] = known_of(row)
    return installs, frozenset(standing)
