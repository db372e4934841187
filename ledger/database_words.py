"""The words behind the `?` of a DATABASE_URL, as data: what each becomes. Those in no table here are set aside.

Sources: libpq (https://www.postgresql.org/docs/current/libpq-connect.html), Prisma's, JDBC's, node-postgres's and
SQLAlchemy's pages on connection URLs, for the words that hosters copy into the URL they show.
"""

from collections.abc import Mapping
from typing import Final

TLS_WORDS: Final = (
    "sslcert", "sslkey", "sslrootcert", "sslnegotiation", "sslcrl", "sslpassword", "ssl_min_protocol_version",
    "ssl_max_protocol_version",
)  # fmt: skip
"""asyncpg takes them as libpq spells them. `sslmode` is read by `tls_mode`."""

SERVER_WORDS: Final = {
    "application_name": "application_name",
    "options": "options",
    "statement_timeout": "statement_timeout",
    "lock_timeout": "lock_timeout",
    "idle_in_transaction_session_timeout": "idle_in_transaction_session_timeout",
    "idle_session_timeout": "idle_session_timeout",
    "schema": "search_path",  # Prisma
    "currentSchema": "search_path",  # JDBC
    "search_path": "search_path",
}
"""A word -> the server's setting, which is sent with the start of a session."""

CACHE_OFF: Final = {
    "statement_cache_size": "0",  # asyncpg
    "prepared_statement_cache_size": "0",  # SQLAlchemy
    "prepareThreshold": "0",  # JDBC
    "prepared_statements": "false",  # Rails
    "statement-cache-capacity": "0",  # sqlx
}
"""Other clients' ways of saying `pgbouncer=true`."""

WORDS_FOR_OTHERS: Final = frozenset(
    {
        "host", "hostaddr", "port", "user", "password", "dbname", "database", "passfile", "service", "krbsrvname",
        "gsslib", "connect_timeout", "target_session_attrs", "targetServerType", "sslmode", "ssl", "requiressl",
        "fallback_application_name",
    }
)  # fmt: skip
"""Read by `ledger.database_url` one by one."""

_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_SAME_MODES: Final = {
    "no-verify": "require", "verify_ca": "verify-ca", "verify_full": "verify-full",
    "true": "require", "1": "require", "require": "require", "false": "disable", "0": "disable",
}  # fmt: skip


def tls_mode(words: Mapping[str, str]) -> str | None:
    """libpq's `sslmode`, also from `ssl=true` (JDBC, node-postgres) and `requiressl=1`; None = as libpq decides.

    Raises:
        ValueError: it is none that is known.
    """
    said = words.get("sslmode") or words.get("ssl") or ("require" if words.get("requiressl") == "1" else "")
    mode = _SAME_MODES.get(said.lower(), said.lower())
    if mode and mode not in _MODES:
        raise ValueError(f"`sslmode` is none of {', '.join(sorted(_MODES))}")
    if words.get("sslrootcert") == "system" and mode in {"", "verify-full"}:
        return "verify-full"
    if words.get("sslrootcert") == "system":
        raise ValueError("`sslrootcert=system` needs sslmode=verify-full")
    return mode or None
