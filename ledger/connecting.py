"""One connection to the ledger, made from a DATABASE_URL: the pool, the migrations and doctor all use it.

A pooler in transaction mode gives each transaction another session. A statement that one of ours prepared there would
be met by another of ours under the same name: wrong rows without an error. So where the URL does not say whose a
session is, the server is asked, and what looks like a pooler is taken for one of that mode.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

import asyncpg
import structlog

from ledger.database_url import DatabaseAddress, read_database_url

CONNECT_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_OF_SEVERAL_S = 10.0  # a host that does not answer at all must not keep us from the next
ANSWER_WITHIN_S: Final = 10.0  # a pooler lets us in before it has a server to ask

POOLER_UNSAID: Final = "a pooler stands before PostgreSQL, and DATABASE_URL does not say so"
SAY_POOLER: Final = (
    "add pgbouncer=true to it, or pgbouncer=false where each connection keeps one session (pool_mode=session)"
)
OWN_PROCESS: Final = "SELECT pg_backend_pid()"

_REFUSED_SETTING = "unsupported startup parameter"  # PgBouncer, and poolers after its model
_NEXT_HOST = (
    OSError,
    asyncpg.PostgresConnectionError,  # a pooler that cannot reach its server, among others
    asyncpg.CannotConnectNowError,
    asyncpg.TargetServerAttributeNotMatched,
)

log = structlog.get_logger()


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
        asyncpg.FeatureNotSupportedError: a pooler refuses a setting; the text has the way out.
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: no server can be reached, or it refuses.
    """
    if isinstance(address, str):
        address = read_database_url(address)
    return await Connector(address, server_settings or {}).connect(timeout_s, **options)


class _PoolerMetError(Exception):
    """Where the URL does not say that there is one."""


class Connector:
    """Connects to one address, and remembers that a pooler was met there."""

    def __init__(self, address: DatabaseAddress, server_settings: Mapping[str, str]) -> None:
        """As `connect` takes them."""
        self._address = address
        self._server_settings = server_settings

    async def connect(self, timeout_s: float | None = None, **options: Any) -> asyncpg.Connection:
        """As the function of this name."""
        if self._address.shared_sessions is None:
            try:
                return await self._directly(timeout_s, options)
            except _PoolerMetError:
                pass
            except asyncpg.ProtocolViolationError as error:
                if _REFUSED_SETTING not in str(error):
                    raise
            log.warning(f"{POOLER_UNSAID}: its sessions are taken for shared ones", fix=SAY_POOLER)
            self._address = replace(self._address, shared_sessions=True)
        try:
            return await self._once(timeout_s, options)
        except asyncpg.ProtocolViolationError as error:
            if _REFUSED_SETTING not in str(error):
                raise
            raise self._refused(error) from None

    async def _directly(self, timeout_s: float | None, options: Mapping[str, Any]) -> asyncpg.Connection:
        """Raises _PoolerMetError, too."""
        connection = await self._once(timeout_s, options)
        try:
            if await is_direct(connection):
                return connection
        except BaseException:
            connection.terminate()
            raise
        await connection.close()
        raise _PoolerMetError

    async def _once(self, timeout_s: float | None, options: Mapping[str, Any]) -> asyncpg.Connection:
        address = self._address
        arguments = {**_arguments(address, self._server_settings), **options}
        if address.shared_sessions:
            arguments |= {"statement_cache_size": 0, "connection_class": SharedSessionConnection}
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

    def _refused(self, error: asyncpg.ProtocolViolationError) -> asyncpg.PostgresError:
        """Of another kind than a pooler that lost its server: waiting does not mend a setting of the URL."""
        way_out = (
            "it takes no settings of a session: take it out of DATABASE_URL, give it to the role (ALTER ROLE ... SET)"
            if self._address.shared_sessions
            else "name it in the pooler's ignore_startup_parameters, or say pgbouncer=true in DATABASE_URL"
        )
        return asyncpg.FeatureNotSupportedError(f"the pooler before PostgreSQL says: {error}; {way_out}")


class SharedSessionConnection(asyncpg.Connection):  # type: ignore[misc]
    """Names what it must name, as for a cursor, so that no other connection, of any process, has the name."""

    def _get_unique_id(self, prefix: str) -> str:  # asyncpg counts them, from 1 in each process
        return f"signalpost_{prefix}_{uuid4().hex}"


async def is_direct(connection: Any) -> bool:
    """Whether the server at the other end is PostgreSQL itself: a pooler tells its clients a process of its own making.

    Asked without a statement that would have to be prepared.
    """
    told = bytearray()

    async def take(piece: bytes) -> None:
        told.extend(piece)

    await connection.copy_from_query(OWN_PROCESS, output=take, timeout=ANSWER_WITHIN_S)
    return bool(int(told) == connection.get_server_pid())


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
