"""The engines of one `signalpost up`: those that are set are checked, the others started and kept running."""

import asyncio
from collections.abc import Callable

import asyncpg

from admin.ledger_failures import reason_of
from admin.refusal import Refused
from admin.session import open_redis
from admin.shown_url import without_password
from config.settings import AllSettings
from ledger.connecting import connect
from ledger.outages import LEDGER_FAILED
from stack.child import Child, NotReadyError
from stack.engines.errors import EngineError, last_log_line
from stack.engines.postgresql import PostgreSQL
from stack.engines.valkey import Valkey
from stack.together import together

CONNECT_TIMEOUT_S = 5.0
GRACE_S = 20.0  # they hold the data: nothing hurries them


class RunningEngines:
    """`children` holds the embedded engines, by the names `redis` and `postgresql`."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when an engine had to be started again."""
        self.children: dict[str, Child] = {}
        self._changed = changed

    async def start(self, settings: AllSettings) -> AllSettings:
        """The settings with the URLs of both engines, which answer.

        Raises:
            Refused: an engine does not start, or one that was set does not answer.
        """
        engines: list[Valkey | PostgreSQL] = []
        try:
            if settings.redis_url:
                async with open_redis(settings) as redis:
                    await redis.ping()
            else:
                engines.append(Valkey(settings.data_dir))
            if settings.database_url:
                await _check_database(settings.database_url)
            else:
                engines.append(PostgreSQL(settings.data_dir))
            await together(self._start(engine) for engine in engines)
            return settings.model_copy(update={engine.setting: engine.url for engine in engines})
        except EngineError as error:
            raise Refused(str(error)) from None

    async def stop(self) -> None:
        """Stop the embedded engines in good order."""
        await asyncio.gather(*(child.stop(GRACE_S, asyncio.Event()) for child in self.children.values()))

    async def _start(self, engine: Valkey | PostgreSQL) -> None:
        async def ready() -> bool:
            return await asyncio.to_thread(engine.ready)

        try:
            program = await asyncio.to_thread(engine.prepare)
            written = engine.log.stat().st_size if engine.log.exists() else 0
            child = self.children[engine.name] = Child(program, ready, self._changed)
            await child.start()
        except NotReadyError as error:
            reason = last_log_line(engine.log, written) or str(error)
            raise EngineError(f"{engine.title} does not start: {reason} (log: {engine.log})") from None
        except OSError as error:
            place = error.filename or engine.directory
            raise EngineError(f"{engine.title} cannot be started: {place}: {error.strerror}") from None
        if isinstance(engine, PostgreSQL):
            try:
                await engine.create_database()
            except asyncpg.PostgresError as error:
                raise EngineError(f"PostgreSQL cannot make its database: {reason_of(error)}") from None


async def _check_database(database_url: str) -> None:
    try:
        connection = await connect(database_url, timeout_s=CONNECT_TIMEOUT_S)
    except LEDGER_FAILED as error:
        raise Refused(
            f"PostgreSQL at {without_password(database_url)} does not let us in ({reason_of(error)}): "
            "check DATABASE_URL, or start it"
        ) from None
    await connection.close()
