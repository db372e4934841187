"""Any bytes at all: what comes back is an answer of ours, no fault, and the next request is answered as ever.

A case is named by its number: the seed and the number say every byte of it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil
import pytest
import uvicorn

from tests.attacks.fuzz import LAST_WORD, answered, packets, replies_in, spoilt
from tests.attacks.honest import pages, reports, visits
from tests.attacks.length import dice, how_to_repeat, rounds
from tests.attacks.servers import SECRETS, Server
from tests.attacks.test_heads import OURS
from tests.redirector.serving import Redirector, counted, wait_for
from tests.redirector.test_packets import WithLook, WithoutLook, config, happened
from tests.redirector.wire import ask

__all__ = ["config"]

OF_REDIRECTS = {
    "location",
    "set-cookie",
    "last-modified",
    "etag",
    "accept-ranges",
    "content-range",
    "content-disposition",
}
MOST_GROWTH = 96 * 1024 * 1024  # bytes of a server's memory, over all of its cases
NOT_OURS = re.compile(rb"Traceback|site-packages|asyncpg|\bx-injected:|\r\nset-cookie: injected", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A server under fire."""

    name: str
    port: int
    pid: int
    honest: Sequence[bytes]
    is_right: Callable[[], bool]
    """Whether an honest request is answered as it should be."""
    log: Callable[[], str]


def sent(number: int, target: Target) -> list[bytes]:
    """The packets of a case. Most end with a plain request, so that a head without an end gets one."""
    chance = dice(target.name, number)
    raw = spoilt(chance, target.honest)
    return packets(chance, raw + LAST_WORD if chance.random() < 0.9 else raw)


def attack(target: Target, number: int) -> list[int]:
    """The statuses it was answered with."""
    raw = answered(target.port, sent(number, target))
    replies = replies_in(raw)
    assert NOT_OURS.search(raw) is None
    assert not any(secret.encode() in raw for secret in SECRETS)
    for reply in replies:
        assert reply.status < 500, reply
        assert {name for name, _ in reply.headers} <= OURS | OF_REDIRECTS, reply.headers
    return [reply.status for reply in replies]


def survived(target: Target, cases: int) -> list[int]:
    """All statuses. Each failure names its case."""
    process = psutil.Process(target.pid)
    before, statuses = process.memory_info().rss, list[int]()
    for number in range(cases):
        try:
            statuses += attack(target, number)
            assert number % 10 or target.is_right()
        except (AssertionError, OSError, ValueError) as error:
            pytest.fail(how_to_repeat(f"{target.name}, case {number}: {error!r}\n{sent(number, target)!r}"))
    assert target.is_right()
    assert process.memory_info().rss - before < MOST_GROWTH
    said = target.log()
    assert [line for line in said.splitlines() if '"level": "error"' in line] == []
    assert "Traceback" not in said
    return statuses


def test_a_redirector_under_fire_goes_on_and_counts_every_302(redirector: Redirector) -> None:
    target = Target(
        "redirector", redirector.port, redirector.process.pid, visits(),
        lambda: ask(redirector.port, "/spring").status == 302, redirector.log.read_text,
    )  # fmt: skip
    statuses = survived(target, rounds(160, 20_000))
    assert {302, 400, 404} <= set(statuses)
    visits_counted = counted(redirector.redis_url)

    def all_are_counted() -> bool:
        visits_counted.update(counted(redirector.redis_url))
        return visits_counted.total() >= statuses.count(302)

    wait_for(all_are_counted)


def of_server(server: Server, honest: Sequence[bytes]) -> Target:
    return Target(
        server.name, server.port, server.process.pid, honest,
        lambda: ask(server.port, "/readyz").status == 200, server.log.read_text,
    )  # fmt: skip


def test_a_forwarder_under_fire_goes_on(forwarder: Server, redis_url: str) -> None:
    statuses = survived(of_server(forwarder, reports()), rounds(160, 20_000))
    assert {200, 202, 400, 401, 404, 422} <= set(statuses)


def test_a_console_under_fire_goes_on(console: Server, redis_url: str) -> None:
    statuses = survived(of_server(console, pages(console)), rounds(120, 10_000))
    assert {200, 303, 400, 404} <= set(statuses)


def test_spoilt_visits_are_read_alike_from_raw_bytes_and_by_the_parser(config: uvicorn.Config) -> None:
    honest = visits()
    for number in range(rounds(150, 100_000)):
        chance = dice("two ways", number)
        parts = packets(chance, spoilt(chance, honest))
        if happened(WithLook, config, parts) != happened(WithoutLook, config, parts):
            pytest.fail(how_to_repeat(f"two ways, case {number}: {parts!r}"))
