"""What an act works with: the settings, the secret keys and the ledger, opened for its length."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from admin.engine_urls import NO_DATABASE, NO_REDIS
from admin.ledger_failures import bring_up_to_date, reason_of, refused_by_ledger
from admin.refusal import Refused
from admin.shown_url import without_password
from config.secrets import Keyring, load_keyring
from config.settings import AllSettings, load
from ledger.outages import LEDGER_FAILED
from ledger.pool import open_pool
from ledger.report_pool import ReportPool

if TYPE_CHECKING:
    from redis.asyncio import Redis, RedisCluster


@dataclass(frozen=True, slots=True)
class Session:
    """What every act that reads or changes the ledger is given."""

    settings: AllSettings
    keyring: Keyring
    database: Any
    """An asyncpg pool; the ledger's tables exist."""
    actor: str = "system"
    """Who acts, for the audit log: `cli:name`, `user:name`."""
    notes: list[str] = field(default_factory=list)
    """What whoever acts should know although the act was done."""
    replica: ReportPool | None = None
    """Of REPORT_DATABASE_URL; None = reports are read where all else is."""
    unchanged: "Callable[[Session], Awaitable[None]] | None" = None
    """Asked within the transaction of the act, with a session that stands in it: raises where what is to be changed is
    no more what the actor saw, and nothing is done."""

    def note(self, text: str) -> None:
        """Something to know that does not keep the act from being done."""
        self.notes.append(text)

    @property
    def reports(self) -> ReportPool:
        """Where reports are read."""
        return self.replica or ReportPool(self.database)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """A connection in a transaction; within another one where the session stands in one already."""
        if hasattr(self.database, "acquire"):
            async with self.database.acquire() as connection, connection.transaction():
                yield connection
        else:
            async with self.database.transaction():
                yield self.database


@asynccontextmanager
async def open_session(
    settings: AllSettings | None = None, actor: str = "system", connections: int = 2
) -> AsyncIterator[Session]:
    """With these settings, else those that stand in the environment, `.env` or a running `up`.

    Args:
        connections: to PostgreSQL, at most.

    Raises:
        SettingsError, SecretError: as `config` says them.
        Refused: there is no PostgreSQL, it does not let us in, or what the block asks of it fails.
    """
    settings = settings or load(AllSettings)
    if not settings.database_url:
        raise Refused(NO_DATABASE)
    try:
        keyring = load_keyring(settings.secret_key, settings.data_dir)
    except OSError as error:
        raise Refused(f"DATA_DIR: {settings.data_dir} cannot be used: {error.strerror}") from None
    pool = await _open_ledger(settings.database_url, connections)
    replica = ReportPool(pool, settings.report_database_url)
    try:
        with refused_by_ledger(settings.database_url):
            yield Session(settings, keyring, pool, actor, replica=replica)
    finally:
        await replica.close()
        await pool.close()


async def _open_ledger(database_url: str, connections: int) -> Any:
    """The pool; a database that has no tables yet is given them."""
    try:
        pool = await open_pool(database_url, max_size=connections)
    except LEDGER_FAILED as error:
        raise Refused(
            f"PostgreSQL at {without_password(database_url)} does not let us in ({reason_of(error)}): "
            "check DATABASE_URL, or start it"
        ) from None
    if await pool.fetchval("SELECT to_regclass('apps')") is None:
        await bring_up_to_date(database_url)
    return pool


@asynccontextmanager
async def open_redis(settings: AllSettings) -> AsyncIterator["Redis | RedisCluster"]:
    """A connection to the clicks; whatever goes wrong with Redis inside the block becomes one sentence.

    Raises:
        Refused: there is no Redis, or it does not answer.
    """
    # a third of the commands need no Redis and are quicker without its client
    from redis.exceptions import RedisError  # noqa: PLC0415

    from clicks.connection import connect  # noqa: PLC0415

    if not settings.redis_url:
        raise Refused(NO_REDIS)
    redis = connect(settings.redis_url, data_dir=settings.data_dir)
    try:
        yield redis
    except (RedisError, OSError) as error:
        raise Refused(
            f"Redis at {without_password(settings.redis_url)} does not answer ({reason_of(error)}): "
            "check REDIS_URL, or start it"
        ) from None
    finally:
        await redis.aclose()
