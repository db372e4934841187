"""One connection to the ledger, made from a DATABASE_URL: the pool, the migrations and doctor all use it."""

import os
import ssl
from collections.abc import Mapping
from typing import Any

import asyncpg

from ledger.database_url import DatabaseAddress, read_database_url

CONNECT_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_OF_SEVERAL_S = 10.0  # a host that does not answer at all must not keep us from the next

_NEXT_HOST = (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)


async def connect(
    address: DatabaseAddress | str,
    timeout_s: float | None = None,
    server_settings: Mapping[str, str] | None = None,
    **options: Any,
) -> asyncpg.Connection:
    """Connect to the first host that lets us in and is of the wanted sort. `options` are asyncpg's.

    Where there are several hosts and the URL does not say which will do, it must be one that takes writes.

    Args:
        timeout_s: for each host, at most, whatever the URL says.
        server_settings: PostgreSQL's, besides those of the URL. A session shared by a pooler does without them.

    Raises:
        DatabaseUrlError: `address` is a URL that cannot be read.
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: no server can be reached, or it refuses.
    """
    if isinstance(address, str):
        address = read_database_url(address)
    arguments = {**_arguments(address, server_settings or {}), **options}
    if address.shared_sessions:
        arguments["statement_cache_size"] = 0
    limits = [limit for limit in (timeout_s, address.timeout_s) if limit is not None]
    usual_s = CONNECT_TIMEOUT_OF_SEVERAL_S if len(address.hosts) > 1 else CONNECT_TIMEOUT_S
    arguments["timeout"] = min(limits) if limits else usual_s
    failure: BaseException | None = None
    for session in _sessions(address):
        for host, port in address.hosts:
            try:
                return await asyncpg.connect(
                    address.dsn, host=host, port=port, target_session_attrs=session, **arguments
                )
            except _NEXT_HOST as error:
                # of several failures the one that says most: a server that answered, before one that did not
                failure = failure if isinstance(failure, asyncpg.PostgresError) else error
    assert failure is not None  # noqa: S101 - there is always a host
    raise failure


def _sessions(address: DatabaseAddress) -> tuple[str | None, ...]:
    if address.session == "prefer-standby":
        return ("standby", "any")
    if address.session is None and len(address.hosts) > 1 and not os.environ.get("PGTARGETSESSIONATTRS"):
        return ("read-write",)
    return (address.session,)


def _arguments(address: DatabaseAddress, server_settings: Mapping[str, str]) -> dict[str, Any]:
    ours = {} if address.shared_sessions else dict(server_settings)
    arguments: dict[str, Any] = {
        "user": address.user,
        "password": address.password,
        "database": address.database,
        "server_settings": {**ours, **address.server_settings},
        **address.other,
    }
    if address.tls.get("sslrootcert") == "system":
        arguments["ssl"] = _checked_by_the_system(address.tls)
    return {name: value for name, value in arguments.items() if value is not None}


def _checked_by_the_system(tls: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if tls.get("sslcert"):
        context.load_cert_chain(tls["sslcert"], tls.get("sslkey"), tls.get("sslpassword", ""))
    return context
