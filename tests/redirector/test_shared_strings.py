"""A redirector shares what its clicks say alike: after a second the records are short, and read as the first did."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from clicks.links import Link
from clicks.record import Click
from clicks.record_layout import references
from clicks.shared_strings import MIN_USES
from redirector import visit_reader as reader_module
from redirector.visit_reader import Request
from tests.redirector.serving import Redirector, find_clicks, ttclid
from tests.redirector.test_visit_reader import reader
from tests.redirector.wire import IPHONE, ask
from tests.redis_clients import open_redis

ADDRESS = "203.0.113.77"
OWN_IPHONE = f"{IPHONE} musical_ly_47.9.9"  # which no other test uses: the redirector is shared
SHARED_S = 10.0


def click(redirector: Redirector, number: int) -> None:
    query = f"campaign_id=4799&campaign_name=Shared+Texts&ad_id=4799&callback=own{number}&ttclid={ttclid(number)}"
    ask(redirector.port, f"/spring?{query}", f"X-Forwarded-For: {ADDRESS}", user_agent=OWN_IPHONE)


def shared_in_all(client: Any) -> int:
    """References in all records."""
    return sum(len(references(record)) for key in client.scan_iter(b"c:*") for record in client.zrange(key, 0, -1))


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SHARED_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def said(found: Click) -> dict[str, object]:
    """What every click here has in common."""
    own = {"click_id", "at_ms", "ttclid", "ttp", "query", "callback"}
    return {name: value for name, value in msgspec.structs.asdict(found).items() if name not in own}


def test_clicks_read_alike_before_and_after_their_texts_are_shared_and_after_redis_was_emptied(
    redirector: Redirector,
) -> None:
    with open_redis(redirector.redis_url) as client:
        for number in range(MIN_USES):
            click(redirector, number)
        assert shared_in_all(client) == 0
        numbers = iter(range(MIN_USES, 10_000))

        def both_are_shared() -> bool:
            click(redirector, next(numbers))
            return shared_in_all(client) >= 2

        wait_until(both_are_shared)
        before = find_clicks(redirector.redis_url, ADDRESS)
        client.flushall()
        click(redirector, 10_000)
        (after,) = find_clicks(redirector.redis_url, ADDRESS)
    assert all(said(found) == said(before[-1]) for found in [*before, after])
    assert {found.ttclid for found in before} == {ttclid(number) for number in range(len(before))}
    assert {found.callback for found in before} == {f"own{number}" for number in range(len(before))}
    assert (after.ttclid, after.callback) == (ttclid(10_000), "own10000")


def test_the_texts_that_wait_to_be_shared_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "MAX_TEXTS", 10)
    one = reader()
    link = Link(
        "spring", "app_1", "https://apps.apple.com/app/id1", "https://play.google.com/store/apps/details?id=a.b"
    )
    for number in range(50):
        for _ in range(MIN_USES):
            one.open(link, Request(b"ad_id=%d" % number, ((b"user-agent", b"Phone %d" % number),), "203.0.113.7"))
    assert len(one._counters.texts) == 10
