"""Both engines for the length of one command: those that are set or run, else the embedded ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from admin.engine_urls import NO_DATABASE, NO_REDIS
from admin.refusal import Refused
from config.settings import AllSettings
from stack.data_dir import locked, open_data_dir
from stack.engines.running import RunningEngines


@asynccontextmanager
async def engines_for_command(settings: AllSettings, *, new: bool) -> AsyncIterator[AllSettings]:
    """The settings with the addresses of both.

    Args:
        new: whether embedded engines that do not exist yet are made.

    Raises:
        Refused: an engine does not start, or there is none.
    """
    if settings.redis_url and settings.database_url:
        yield settings
        return
    for url, name, lacking in (
        (settings.redis_url, "valkey", NO_REDIS),
        (settings.database_url, "postgresql", NO_DATABASE),
    ):
        if not (new or url or (settings.data_dir / name).exists()):
            raise Refused(f"{lacking} (in {settings.data_dir} there is none)")
    data_dir = open_data_dir(settings.data_dir)
    with locked(data_dir):
        engines = RunningEngines(lambda: None)
        try:
            yield await engines.start(settings.model_copy(update={"data_dir": data_dir}))
        finally:
            await engines.stop()
