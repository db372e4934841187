"""A number that is larger after every change of an app, pixel or mapping: triggers count it up in the change's own
transaction, whoever makes it.
"""

from typing import Any

DIRECTORY_VERSION = "SELECT version FROM directory_version"


async def directory_version(connection: Any) -> int:
    """At least 1. Any change that was committed before this call is counted. `connection` is an asyncpg connection."""
    version: int = await connection.fetchval(DIRECTORY_VERSION)
    return version
