"""Clients that leave, a server that is told to stop: what was accepted is answered, and answered with its own click."""

import asyncio
import random
import threading
import time
from contextlib import suppress

from clicks.record import Click
from tests.faults.outage import Outage, outage
from tests.redirector.serving import STOP_TIMEOUT_S, counted, running, stored_clicks, ttclid, wait_for
from tests.redirector.wire import read_reply, request


async def visit(port: int, token: str, patience_s: float | None) -> tuple[str, str] | None:
    """Click once; the ttclid and the click id of the reply. Whoever has no patience leaves without it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request(f"/spring?ttclid={token}"))
    try:
        if patience_s is None:
            return token, (await read_reply(reader)).click_id
        await asyncio.sleep(patience_s)
        return None
    finally:
        writer.transport.abort()


async def visits(port: int, tokens: list[str]) -> dict[str, str]:
    """Everybody at once: three of four leave within a few milliseconds."""
    rng = random.Random(1)
    visitors = [visit(port, token, rng.random() * 0.02 if n % 4 else None) for n, token in enumerate(tokens)]
    return dict(answer for answer in await asyncio.gather(*visitors) if answer is not None)


def hold_writes_back(scene: Outage, stopping: threading.Event) -> None:
    """Redis answers writes late all the time, but within the budget, so that visitors leave in the middle of them."""
    with scene.client() as client:
        while not stopping.is_set():
            client.client_pause(20, all=False)
            time.sleep(0.03)


def test_of_1000_clients_that_leave_in_the_middle_none_gets_the_click_of_another() -> None:
    with outage() as scene:
        tokens = [ttclid(number) for number in range(1_000)]
        stopping = threading.Event()
        holding = threading.Thread(target=hold_writes_back, args=(scene, stopping))
        holding.start()
        answered: dict[str, str] = {}
        for start in range(0, len(tokens), 200):
            answered |= asyncio.run(visits(scene.redirector.port, tokens[start : start + 200]))
        stopping.set()
        holding.join()
        wait_for(lambda: not list(scene.redirector.data_dir.glob("spool/*.spool")))
        stored = {str(click.ttclid): click for click in stored_clicks(scene.redis_url)}
        assert len(answered) == 250
        assert answered == {token: stored[token].click_id for token in answered}
        assert len({click.click_id for click in stored.values()}) == len(stored) == counted(scene.redis_url).total()
        scene.click(20)
        assert {reply.status for reply in scene.replies} == {302}


async def click_until_it_stops(port: int, connection: int) -> dict[str, str]:
    """Click over one connection after another until nobody listens; click ids by ttclid."""
    answered: dict[str, str] = {}
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return answered
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                token = ttclid(connection * 1_000_000 + len(answered))
                writer.write(request(f"/spring?ttclid={token}"))
                answered[token] = (await read_reply(reader)).click_id
        writer.close()


async def click_while_it_is_told_to_stop(scene: Outage) -> tuple[dict[str, str], int]:
    """All that was answered, and the exit status."""
    clicking = asyncio.gather(*(click_until_it_stops(scene.redirector.port, number) for number in range(30)))
    await asyncio.sleep(0.5)
    status = await asyncio.to_thread(scene.redirector.stop)
    return {token: click_id for answers in await clicking for token, click_id in answers.items()}, status


def ids(clicks: list[Click]) -> dict[str, str]:
    return {str(click.ttclid): click.click_id for click in clicks}


def test_a_redirector_told_to_stop_answers_all_it_has_accepted_and_exits_with_0() -> None:
    with outage() as scene:
        answered, status = asyncio.run(click_while_it_is_told_to_stop(scene))
        assert status == 0
        assert len(answered) > 100
        assert ids(stored_clicks(scene.redis_url)) == answered
        assert counted(scene.redis_url).total() == len(answered)


def test_told_to_stop_while_redis_is_away_it_leaves_every_click_in_the_spool() -> None:
    with outage() as scene:
        scene.kill_engine()
        started = time.monotonic()
        answered, status = asyncio.run(click_while_it_is_told_to_stop(scene))
        assert status == 0
        assert time.monotonic() - started < STOP_TIMEOUT_S
        scene.restart_engine()
        with running(scene.redis_url, scene.directory):
            wait_for(lambda: not list(scene.directory.glob("spool/*.spool")))
        assert ids(stored_clicks(scene.redis_url)) == answered


def test_idle_and_half_open_connections_do_not_keep_it_from_stopping() -> None:
    with outage() as scene:

        async def stop_with_company() -> int:
            company = [await asyncio.open_connection("127.0.0.1", scene.redirector.port) for _ in range(50)]
            for number, (_, writer) in enumerate(company):
                writer.write(b"" if number % 2 else b"GET /spring HTTP/1.1\r\nX-Slow: ")
            status = await asyncio.to_thread(scene.redirector.stop)
            for _, writer in company:
                writer.close()
            return status

        assert asyncio.run(stop_with_company()) == 0


def test_honest_clicks_pass_while_others_come_go_and_drip() -> None:
    with outage() as scene:

        async def crowd(stopping: threading.Event) -> None:
            slow = [await asyncio.open_connection("127.0.0.1", scene.redirector.port) for _ in range(400)]
            while not stopping.is_set():
                for _, writer in slow:
                    writer.write(b"G" if random.random() < 0.01 else b"")
                for _ in range(20):
                    _, writer = await asyncio.open_connection("127.0.0.1", scene.redirector.port)
                    writer.write(b"GET /spring")
                    writer.transport.abort()
                await asyncio.sleep(0.01)
            for _, writer in slow:
                writer.transport.abort()

        stopping = threading.Event()
        crowding = threading.Thread(target=lambda: asyncio.run(crowd(stopping)))
        crowding.start()
        try:
            scene.click(500)
        finally:
            stopping.set()
            crowding.join()
        scene.reconcile()
