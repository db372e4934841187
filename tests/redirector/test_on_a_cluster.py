"""A redirector whose Redis is a cluster of three nodes."""

import asyncio
import signal
from collections.abc import Iterator

import anyio
import pytest

from clicks.connection import connect
from clicks.links import Link
from clicks.record import Click
from clicks.store import ClickStore
from tests.clicks.cluster import Cluster
from tests.engines import short_directory
from tests.redirector.serving import Redirector, address_keys, counted, publish, running, ttclid, wait_for
from tests.redirector.wire import ask, ask_many, request


@pytest.fixture
def redirector(cluster_url: str) -> Iterator[Redirector]:
    publish(cluster_url)
    with short_directory() as directory, running(cluster_url, directory, TRUSTED_PROXIES="127.0.0.0/8") as started:
        yield started


def clicks_in(cluster_url: str) -> list[Click]:
    async def scan() -> list[Click]:
        async with connect(cluster_url) as redis:
            return [click async for clicks in ClickStore(redis, address_keys()).scan(0, 2**53) for click in clicks]

    return asyncio.run(scan())


def click_request(number: int) -> bytes:
    forwarded = f"X-Forwarded-For: 203.0.{number // 250}.{number % 250 + 1}"
    return request(f"/spring?ttclid={ttclid(number)}&ip=198.51.100.{number % 250}", forwarded)


def test_each_302_has_its_click_on_the_cluster_once(redirector: Redirector, cluster: Cluster) -> None:
    replies = anyio.run(ask_many, redirector.port, [click_request(number) for number in range(600)], 30)
    assert [reply.status for reply in replies] == [302] * 600
    # a batch that was late for its redirect comes by the spool
    wait_for(lambda: len(clicks_in(redirector.redis_url)) >= 600)
    wait_for(redirector.is_spool_empty)
    by_ttclid = {click.ttclid: click.click_id for click in clicks_in(redirector.redis_url)}
    assert by_ttclid == {ttclid(number): reply.click_id for number, reply in enumerate(replies)}
    assert sum(counted(redirector.redis_url).values()) == 600
    assert min(cluster.sizes()) > 50


def test_a_node_that_hangs_costs_no_click(redirector: Redirector, cluster: Cluster) -> None:
    ask(redirector.port, "/spring")
    wait_for(lambda: counted(redirector.redis_url).total() == 1)
    hung = cluster.nodes[1].process
    hung.send_signal(signal.SIGSTOP)
    try:
        replies = anyio.run(ask_many, redirector.port, [click_request(number) for number in range(60)], 5)
        assert [reply.status for reply in replies] == [302] * 60
    finally:
        hung.send_signal(signal.SIGCONT)
    wait_for(lambda: len({click.ttclid for click in clicks_in(redirector.redis_url)} - {None}) == 60)
    wait_for(redirector.is_spool_empty)
    assert len(clicks_in(redirector.redis_url)) == 61
    assert sum(counted(redirector.redis_url).values()) == 60


def test_links_follow_the_cluster(redirector: Redirector) -> None:
    assert ask(redirector.port, "/new").status == 404
    publish(redirector.redis_url, (Link("new", "app_new", fallback_url="https://new.example"),))
    wait_for(lambda: ask(redirector.port, "/new").status == 302)
    assert redirector.ready_state() == {"ok": True, "links": 1, "redis": "ok"}
