"""What the processes stand on: the engines, the ledger's tables, what redirectors serve, the demo.

Loading this takes as long as all else of `signalpost up`: the processes load their own code meanwhile.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog

from admin.demo import Demo, store_demo
from admin.ledger_failures import bring_up_to_date
from admin.publishing import publish
from admin.refusal import Refused
from admin.session import Session
from admin.users import new_setup_token
from config.secrets import load_keyring
from config.settings import AllSettings
from ledger.pool import open_pool
from stack.demo.app import ensure_demo
from stack.engines.running import RunningEngines

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found or made."""

    demo: Demo | None
    setup_token: str | None
    """The first owner's one-time secret; None where there is an owner."""
    notes: list[str]
    """What an operator should know although everything runs."""


class Foundation:
    """Laid before any process begins, taken away after all have ended."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when an engine had to be started again."""
        self.engines = RunningEngines(changed)
        self._history: asyncio.Task[None] | None = None

    async def prepare_ledger(self, settings: AllSettings, *, demo: bool) -> Prepared:
        """Bring the tables up to date, and publish what redirectors serve.

        Raises:
            Refused, SecretError: what is in the way, in a sentence.
        """
        await bring_up_to_date(settings.database_url)
        keyring = load_keyring(settings.secret_key, settings.data_dir)
        pool = await open_pool(settings.database_url, max_size=2)
        try:
            session = Session(settings, keyring, pool)
            made = await ensure_demo(session) if demo else None
            # for a Redis that lost its data, and for links that were changed while it was away
            await publish(session)
            return Prepared(made, await new_setup_token(session), session.notes)
        finally:
            await pool.close()

    def begin_history(self, settings: AllSettings, demo: Demo) -> None:
        """Make the demo's past, in the background; without it everything runs, too."""
        self._history = asyncio.create_task(_make_history(settings, demo))

    async def end_history(self) -> None:
        """It is taken up at the next start."""
        if self._history is not None:
            self._history.cancel()
            await asyncio.gather(self._history, return_exceptions=True)


async def _make_history(settings: AllSettings, demo: Demo) -> None:
    from stack.demo.account import connect_account, read_spend  # noqa: PLC0415 - once in a demo's life
    from stack.demo.history import fill_history  # noqa: PLC0415

    keyring = load_keyring(settings.secret_key, settings.data_dir)
    pool = await open_pool(settings.database_url, max_size=2)
    try:
        session = Session(settings, keyring, pool)
        await connect_account(session, demo)
        await read_spend(session, demo)
        await fill_history(session, demo)
        store_demo(session, msgspec.structs.replace(demo, has_history=True))
    except Refused as error:
        log.warning("the demo has no history", reason=str(error))
    except Exception:
        log.exception("the demo has no history")
    finally:
        await pool.close()
