"""What TikTok, or the way to it, may do to a whole machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.faults.fault import Fault, Says
from tests.faults.redis_faults import Breaks
from tests.faults.tiktok_proxy import Way
from tests.faults.whole_machine import PIXEL_TOKEN, WholeMachine

SAID = "request not delivered"


def scripted(times: int = 1_000, **answer: Any) -> Breaks:
    """The sandbox answers so."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        faults = f"{machine.sandbox_url}/_sandbox/faults"
        script = {"endpoint": "event/track", "times": times, **answer}
        httpx.post(faults, json=script, trust_env=False).raise_for_status()
        try:
            yield
        finally:
            httpx.delete(faults, trust_env=False).raise_for_status()

    return broken


def on_the_way(way: Way) -> Breaks:
    """The proxy lets nothing, or not all, come back."""

    @contextmanager
    def broken(machine: WholeMachine) -> Iterator[None]:
        machine.proxy.way = way
        try:
            yield
        finally:
            machine.proxy.way = "open"

    return broken


@contextmanager
def token_revoked(machine: WholeMachine) -> Iterator[None]:
    tokens = f"{machine.sandbox_url}/_sandbox/tokens"
    httpx.post(f"{tokens}/revoke", json={"token": PIXEL_TOKEN}, trust_env=False).raise_for_status()
    yield
    httpx.post(f"{tokens}/restore", json={"token": PIXEL_TOKEN}, trust_env=False).raise_for_status()
    machine.command("pixel", "validate", machine.command("pixel", "list")["items"][0]["pixel_id"])


TIKTOK_FAULTS = (
    Fault("429 with Retry-After: 2", (12,), scripted(status=429, retry_after=2), Says(log=SAID)),
    Fault("40100, too many requests", (12,), scripted(code=40100), Says(log=SAID)),
    Fault("503 to everything", (13,), scripted(status=503), Says(log=SAID)),
    Fault("connections reset", (14,), on_the_way("closed"), Says(doctor="tiktok api", log=SAID)),
    Fault("no answer", (14,), on_the_way("silent"), Says(doctor="tiktok api", log=SAID)),
    Fault("an answer that stalls", (14,), on_the_way("stalled"), Says(doctor="tiktok api", log=SAID)),
    Fault("an answer that drips", (14,), on_the_way("dripping")),
    Fault("an answer cut off", (14,), on_the_way("cut"), Says(doctor="tiktok api", log=SAID)),
    Fault("one row of a batch is wrong", (16,), scripted(times=1, code=20001, rows=[0]), Says(log=SAID)),
    Fault("the token is revoked", (17,), token_revoked, Says(doctor="pixel", log="pixel held")),
)

