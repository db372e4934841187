"""What is kept fresh while PostgreSQL comes and goes."""

import anyio
import pytest
from structlog.testing import capture_logs

from forwarder.outages import OutageLog
from forwarder.refreshing import keep_fresh

pytestmark = pytest.mark.anyio


async def logged(*readings: type[Exception] | None) -> list[str]:
    """What is logged while the readings end this way, one after the other; then it is cancelled."""
    rest = iter(readings)

    async def refresh() -> None:
        error = next(rest, StopAsyncIteration)
        if error is StopAsyncIteration:
            life.cancel()
        elif error is not None:
            raise error

    with capture_logs() as lines, anyio.CancelScope() as life:
        await keep_fresh(refresh, 0.0, "directory", OutageLog())
    return [line["event"] for line in lines]


async def test_an_outage_is_said_once_a_minute_however_it_flickers() -> None:
    said = ["engine away, trying again until it is back"]
    assert await logged(OSError, TimeoutError, OSError) == said
    assert await logged(OSError, None, OSError) == said


async def test_a_mistake_is_not_taken_for_an_outage() -> None:
    with pytest.raises(KeyError):
        await logged(KeyError)
