"""A backup or restore that is told to end stops what it started."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli.backup import done


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Whoever starts the tests in the background, or under `nohup`, has some of them ignored."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number in before:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_lets_it_put_away_what_it_opened(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    put_away = []

    async def work() -> dict[str, Any]:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            put_away.append(True)
        return {}

    with pytest.raises(typer.Exit) as ended:
        done(work(), "there is no backup")
    assert (ended.value.exit_code, put_away) == (1, [True])
    assert capsys.readouterr().err == "ended before it was done: there is no backup\n"
