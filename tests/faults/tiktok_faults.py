"""What TikTok, or the way to it, may do to a whole machine."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from tests.faults.certificates import certificate
from tests.faults.fault import Fault, Says
from tests.faults.machine_oracle import Losses
from tests.faults.redis_faults import Breaks
from tests.faults.tiktok_proxy import Way
from tests.faults.whole_machine import PIXEL_TOKEN, WholeMachine

SAID = "request not delivered"
UNANSWERED = Losses(unanswered=True)
WAITS = {"worker": "pixels not delivered to: 1"}


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
    # a held pixel is tried once a minute, and resumes by itself


@contextmanager
def name_gone(machine: WholeMachine) -> Iterator[None]:
    with _led_to(machine, {"TIKTOK_API_URL": "http://tiktok.invalid"}):
        yield


@contextmanager
def certificate_expired(machine: WholeMachine) -> Iterator[None]:
    """The machine trusts who signed it, so that its date alone is wrong; nobody may send a request over it."""
    context = certificate(machine.directory, "localhost", ended=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        received: list[bytes] = []
        threading.Thread(target=_talk, args=(listener, context, received), daemon=True).start()
        trusted = {"SSL_CERT_FILE": str(machine.directory / "server.pem")}
        with _led_to(machine, trusted | {"TIKTOK_API_URL": f"https://localhost:{listener.getsockname()[1]}"}):
            yield
        assert received == [], "a request went out over a certificate that has expired"


def _talk(listener: socket.socket, context: ssl.SSLContext, received: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            received.append(secured.recv(65_536))


@contextmanager
def _led_to(machine: WholeMachine, settings: dict[str, str]) -> Iterator[None]:
    before = dict(machine.env)
    machine.restart_up(settings)
    yield
    machine.restart_up(before)


TIKTOK_FAULTS = (
    Fault("429 with Retry-After: 2", (12,), scripted(status=429, retry_after=2), Says(WAITS, log=SAID)),
    Fault("40100, too many requests", (12,), scripted(code=40100), Says(WAITS, log=SAID)),
    Fault("503 to everything", (13,), scripted(status=503), Says(WAITS, log=SAID)),
    Fault("connections reset", (14,), on_the_way("closed"), Says(WAITS, "tiktok api", SAID)),
    Fault("no answer", (14,), on_the_way("silent"), Says(WAITS, "tiktok api", SAID)),
    Fault("an answer that stalls", (14,), on_the_way("stalled"), Says(WAITS, "tiktok api", SAID)),
    Fault("an answer that drips", (14,), on_the_way("dripping")),
    Fault("an answer cut off", (14,), on_the_way("cut"), Says(WAITS, "tiktok api", SAID)),
    # the request counts as delivered; of a row that is dead there is an alert, once in days
    Fault("one row of a batch is wrong", (16,), scripted(times=1, code=20001, rows=[0])),
    Fault("the token is revoked", (17,), token_revoked, Says(WAITS, "pixel", "pixel held")),
    Fault("TikTok's name does not resolve", (28, 106), name_gone, Says(WAITS, "tiktok api", SAID), UNANSWERED),
    Fault(
        "TikTok's certificate has expired", (28, 107), certificate_expired, Says(WAITS, "tiktok api", SAID), UNANSWERED
    ),
)
